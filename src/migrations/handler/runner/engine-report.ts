import { shorten } from './redact';
import type { EngineName } from '../../shared/runner.contract';

/** Why an engine ended with an error, as far as its output says so. */
export interface EngineReport {
  /** The server's words, or the engine's, in one line; empty where there are none. */
  readonly cause: string;
  /** SQLSTATE, where the server refused something. */
  readonly code?: string;
  /** The file that failed. */
  readonly file?: string;
  /** Whether the engine had begun the file. Undefined where that can't be seen. */
  readonly begun?: boolean;
}

const LONGEST_CAUSE = 1_000;
const LAST_LINES = 20;

/** The server refused a connection, not a statement. */
const CONNECTION = /^(?:08|28|3D|53300|57P0)/;

const READERS: Record<EngineName, (output: readonly string[]) => EngineReport> = { goose: readGoose, dbmate: readDbmate };

/** Reads the last words of an engine: they name the file that failed, and hold the error of the server. */
export function readReport(engine: EngineName, output: readonly string[]): EngineReport {
  const report = READERS[engine](output);
  return { ...report, cause: shorten(report.cause.replace(/\s+/g, ' ').trim(), LONGEST_CAUSE) };
}

/**
 * One line with everything: the file, the statement quoted by Go, and the error, whose own line breaks stay.
 *
 * @see https://github.com/pressly/goose/blob/v3.27.3/migration_sql.go
 */
function readGoose(output: readonly string[]): EngineReport {
  const text = textFrom(output, /^(?:[\d/]+ [\d:]+ )?goose(?: run)?: /);
  if (text === undefined) return lastWords(output, /\(SQLSTATE ([0-9A-Z]{5})\)\s*$/);
  const [, file, rest] = /^ERROR (\S+): ([^]*)$/.exec(text) ?? [undefined, undefined, text];
  const code = /\(SQLSTATE ([0-9A-Z]{5})\)\s*$/.exec(rest)?.[1];
  const [, step, error] = /^failed to run SQL migration: (failed to [a-z ]+[a-z])([^]*)$/i.exec(rest) ?? [];
  if (step === undefined) return { file, code, cause: rest, begun: false };
  return { file, code, cause: afterQuoted(error), begun: step !== 'failed to begin transaction' };
}

/**
 * Names each file before it reads it, and the error last.
 *
 * @see https://github.com/amacneil/dbmate/blob/v2.36.0/pkg/dbmate/db.go
 */
function readDbmate(output: readonly string[]): EngineReport {
  const file = [...output].reverse().find((line) => line.startsWith('Applying: '))?.slice('Applying: '.length);
  const cause = textFrom(output, /^Error: /);
  if (cause === undefined) return lastWords(output, /\(([0-9A-Z]{5})\)\s*$/);
  const code = /\(([0-9A-Z]{5})\)\s*$/.exec(cause)?.[1];
  const unbegun = file === undefined || /^dbmate (?:requires|does not support)/.test(cause) || CONNECTION.test(code ?? '');
  return { file, code, cause, begun: unbegun ? false : code === undefined ? undefined : true };
}

/** An error may have more lines than are kept, or an engine may end without one. */
function lastWords(output: readonly string[], code: RegExp): EngineReport {
  const cause = output.slice(-LAST_LINES).filter((line) => !/^(?:Applying|Applied): |^[\d/]+ [\d:]+ OK /.test(line)).join('\n');
  return { cause, code: code.exec(cause)?.[1] };
}

/** From the last line that begins so to the end, without the beginning. */
function textFrom(output: readonly string[], beginning: RegExp): string | undefined {
  const from = output.map((line) => beginning.test(line)).lastIndexOf(true);
  return from === -1 ? undefined : output.slice(from).join('\n').replace(beginning, '');
}

/** What follows a string that Go has quoted; the whole text where there is none. */
function afterQuoted(text: string): string {
  let at = text.startsWith(' "') ? 2 : text.length;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return (at < text.length ? text.slice(at + 1) : text).replace(/^: /, '');
}
