import { findingText, type LintRule, type RuleName } from './lint-rules';
import type { Finding, MigrationFile, ParsedMigration, SplitSql } from './lint-types';

const REFUSED = 'dbmate refuses the file.';
const SECOND_DOWN = { wrong: '`-- migrate:down` appears more than once.', why: REFUSED, remedy: 'Keep one, and write no line in a string that looks like it.' };

/** What follows the annotation are options; dbmate passes over those that it does not know. */
const SECTION = /(?<=^|\n)--[\t\n\f\r ]*migrate:(up|down)(?:[\t\n\f\r ]*(?=\n|$)|[\t\n\f\r ]+([^\t\n\f\r ].*))/g;

/**
 * Reads a dbmate file as dbmate does.
 *
 * @see https://github.com/amacneil/dbmate/blob/v2.36.0/pkg/dbmate/migration.go
 */
export function parseDbmate(file: MigrationFile, split: SplitSql): ParsedMigration {
  const findings: Finding[] = [];
  const report = (rule: RuleName, line: number, exactly?: Partial<LintRule>) => findings.push({ rule, file: file.name, line, message: findingText(rule, exactly) });
  const text = file.content.replace(/\r\n/g, '\n');
  const [up, down, ...more] = [...text.matchAll(SECTION)].map((found) => ({ kind: found[1], index: found.index, options: found[2] ?? '' }));
  const lineOf = ({ index }: { readonly index: number }) => lineAt(text, index);
  if (up?.kind !== 'up') {
    const exactly = up && [up, down, ...more].some((section) => section?.kind === 'up')
      ? { wrong: '`-- migrate:down` comes before `-- migrate:up`.', why: REFUSED, remedy: 'Put Up first.' }
      : { wrong: '`-- migrate:up` is missing.', why: REFUSED, remedy: 'Put the annotation at the start of a line, before the first statement.' };
    report('missing-up', up ? lineOf(up) : 1, exactly);
    return { statements: [], batches: [], transactional: true, findings };
  }
  const preface = text.slice(0, up.index).split('\n').findIndex((line) => !/^\s*(--.*)?$/.test(line));
  if (preface !== -1) report('statement-before-up', preface + 1, { wrong: 'Something other than a `--` comment comes before `-- migrate:up`.', why: REFUSED });
  const second = down?.kind === 'up' ? down : more[0];
  if (second) report('many-sections', lineOf(second), second.kind === 'down' ? SECOND_DOWN : {});
  if (down?.kind !== 'down') report('missing-down', lineOf(up));
  const body = split(text.slice(up.index, down?.index ?? text.length), lineOf(up));
  if (body.unterminated) report('unterminated', body.unterminated.line, { wrong: `The ${body.unterminated.what} never ends.` });
  const back = down && split(text.slice(down.index), lineOf(down)).unterminated;
  if (back && !second) report('down-section', back.line, { wrong: `The ${back.what} in Down never ends.` });
  return { statements: body.statements, batches: [body.statements], transactional: !/(^|\s)transaction:false(\s|$)/.test(up.options), findings };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
