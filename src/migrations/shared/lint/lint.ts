import { parseDbmate } from './dbmate-file';
import { checkNames, checkReleased, parseSums, type ReleasedFiles } from './directory-rules';
import { compareText } from './file-name';
import { parseGoose } from './goose-file';
import { ERROR_RULES, findingText, WARNING_RULES } from './lint-rules';
import type { Finding, LintResult, MigrationFile, ParsedMigration, SplitSql } from './lint-types';
import type { EngineName } from '../runner.contract';

/** What follows the rules on the line is the reason. */
const ALLOW = /--\s*cdk-private-backend:allow\b\s*([\w-]+(?:\s*,\s*[\w-]+)*)?/;
const RULES: readonly string[] = [...ERROR_RULES, ...WARNING_RULES];
const WARNINGS: readonly string[] = WARNING_RULES;

/** How the lint reads and judges the SQL of one kind of server. */
export interface SqlGrammar {
  /** Takes a text apart into statements. */
  readonly split: SplitSql;
  /** Judges the statements of a file. Released files get no advice: what is done is done. */
  readonly check: (engine: EngineName, file: string, parsed: ParsedMigration, released: boolean) => Finding[];
}

/**
 * Checks a directory of migrations without running anything.
 *
 * @param files the engine's files
 * @param sums content of `migrations.sum`, where there is one
 */
export function lintFiles(grammar: SqlGrammar, engine: EngineName, files: readonly MigrationFile[], sums?: string): LintResult {
  const sorted = [...files].sort((left, right) => compareText(left.name, right.name));
  const list = sums === undefined ? undefined : parseSums(sums);
  const released: ReleasedFiles = list?.released ?? new Map();
  const findings = [
    ...list?.findings ?? [],
    ...checkNames(engine, sorted),
    ...checkReleased(engine, sorted, released),
    ...sorted.flatMap((file) => checkFile(grammar, engine, file, released.has(file.name))),
  ];
  const kept = withoutAllowed(sorted, findings);
  return {
    errors: kept.filter((finding) => !WARNINGS.includes(finding.rule)),
    warnings: kept.filter((finding) => WARNINGS.includes(finding.rule)),
  };
}

/** Reads a file in the engine's format. */
export function parseMigration(split: SplitSql, engine: EngineName, file: MigrationFile): ParsedMigration {
  return engine === 'goose' ? parseGoose(file, split) : parseDbmate(file, split);
}

/** One finding as a line of text. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line} ${finding.rule}: ${finding.message}`;
}

function checkFile(grammar: SqlGrammar, engine: EngineName, file: MigrationFile, released: boolean): Finding[] {
  const unreadable = wrongEncoding(file) ?? foreignAnnotation(engine, file);
  if (unreadable) return [unreadable];
  const parsed = parseMigration(grammar.split, engine, file);
  return [...parsed.findings, ...grammar.check(engine, file.name, parsed, released)];
}

/** Bytes that are not UTF-8 have become U+FFFD. */
function wrongEncoding(file: MigrationFile): Finding | undefined {
  const index = file.content.search(/(?<=^|\n)\uFEFF|[\uFFFD\0]/);
  if (index === -1) return undefined;
  const wrong = file.content.startsWith('\uFEFF') ? 'The file begins with a byte order mark.' : 'The file is not UTF-8.';
  return { rule: 'encoding', file: file.name, line: lineAt(file.content, index), message: findingText('encoding', { wrong }) };
}

function foreignAnnotation(engine: EngineName, file: MigrationFile): Finding | undefined {
  const [pattern, other] = engine === 'goose' ? [/(?<=^|\n)[^\S\n]*--[^\S\n]*migrate:(up|down)\b/, 'dbmate'] : [/(?<=^|\n)[^\S\n]*--[^\S\n]*\+goose\s/, 'goose'];
  const index = file.content.search(pattern);
  if (index === -1) return undefined;
  const exactly = { wrong: `This is an annotation of ${other}, which ${engine} ignores.`, why: '', remedy: `Use \`MigrationSource.${other}\`, or rewrite the file for ${engine}.` };
  return { rule: 'wrong-engine', file: file.name, line: lineAt(file.content, index), message: findingText('wrong-engine', exactly) };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** A file acknowledges a rule with a comment; a comment that names no rule would acknowledge nothing, silently. */
function withoutAllowed(files: MigrationFile[], findings: Finding[]): Finding[] {
  const allowed = new Set<string>();
  const unknown: Finding[] = [];
  for (const file of files) {
    if (!file.content.includes('cdk-private-backend:allow')) continue;
    file.content.split(/\r?\n/).forEach((text, index) => {
      const comment = ALLOW.exec(text);
      if (!comment) return;
      const names = (comment[1] ?? '(none)').split(/\s*,\s*/);
      names.forEach((name) => allowed.add(`${file.name} ${name}`));
      const wrong = names.find((name) => !RULES.includes(name));
      if (wrong) {
        const exactly = { wrong: `The comment accepts '${wrong}', which is not a rule.`, why: '', remedy: `Use one of ${RULES.map((rule) => `\`${rule}\``).join(', ')}.` };
        unknown.push({ rule: 'unknown-rule', file: file.name, line: index + 1, message: findingText('unknown-rule', exactly) });
      }
    });
  }
  return [...unknown, ...findings.filter((finding) => !allowed.has(`${finding.file} ${finding.rule}`))];
}
