import { findingText, type LintRule, type RuleName } from './lint-rules';
import type { Finding, MigrationFile, ParsedMigration, SplitSql } from './lint-types';

const REFUSED = 'dbmate refuses the file.';

const UP = /^--[^\S\n]*migrate:up([^\S\n]*$|[^\S\n]+\S+.*)/m;
const DOWN = /^--[^\S\n]*migrate:down([^\S\n]*$|[^\S\n]+\S+[^\S\n]*$)/m;

/**
 * Reads a dbmate file as dbmate does.
 *
 * @see https://github.com/amacneil/dbmate/blob/v2.36.0/pkg/dbmate/migration.go
 */
export function parseDbmate(file: MigrationFile, split: SplitSql): ParsedMigration {
  const findings: Finding[] = [];
  const report = (rule: RuleName, line: number, exactly?: Partial<LintRule>) => findings.push({ rule, file: file.name, line, message: findingText(rule, exactly) });
  const text = file.content.replace(/\r\n/g, '\n');
  const up = UP.exec(text);
  const down = DOWN.exec(text);
  if (!up) {
    report('missing-up', 1, { wrong: '`-- migrate:up` is missing.', why: REFUSED, remedy: 'Put the annotation at the start of a line, before the first statement.' });
    return { statements: [], batches: [], transactional: true, findings };
  }
  const preface = text.slice(0, up.index).split('\n').findIndex((line) => !/^\s*(--.*)?$/.test(line));
  if (preface !== -1) report('statement-before-up', preface + 1, { wrong: 'Something other than a `--` comment comes before `-- migrate:up`.', why: REFUSED });
  const second = UP.exec(text.slice(up.index + 1));
  if (second) report('many-sections', lineAt(text, up.index + 1 + second.index));
  if (!down) report('missing-down', lineAt(text, up.index));
  if (down && down.index < up.index) {
    report('missing-up', lineAt(text, down.index), { wrong: '`-- migrate:down` comes before `-- migrate:up`.', why: REFUSED, remedy: 'Put Up first.' });
  }
  const end = down && down.index > up.index ? down.index : text.length;
  const body = text.slice(up.index, end);
  const { statements, unterminated } = split(body, lineAt(text, up.index));
  if (unterminated) report('unterminated', unterminated.line, { wrong: `The ${unterminated.what} never ends.` });
  return { statements, batches: [statements], transactional: !/(^|\s)transaction:false(\s|$)/.test(up[1]), findings };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
