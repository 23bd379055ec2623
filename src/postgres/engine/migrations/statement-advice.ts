import type { LintRule, RuleName } from '../../../migrations/shared/lint/lint-rules';
import type { ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';

/** Adds a finding about a statement. */
export type Report = (rule: RuleName, statement: SqlStatement, exactly?: Partial<LintRule>) => void;

const NAME = '(?:"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+)(?: ?\\. ?(?:"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+))*';
const CREATE_TABLE = new RegExp(`^CREATE (?:(?:GLOBAL |LOCAL )?(?:TEMP|TEMPORARY) |UNLOGGED )?TABLE (?:IF NOT EXISTS )?(${NAME})`, 'i');
const ALTER_TABLE = new RegExp(`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(${NAME}) ?\\*? ?(.*)$`, 'i');
const CREATE_INDEX = new RegExp(`^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY\\b)(?:.*? )?ON (?:ONLY )?(${NAME})`, 'i');
const OTHER_DROPS = /^DROP (CONSTRAINT|DEFAULT|NOT NULL|EXPRESSION|IDENTITY)\b/i;

/**
 * Says what a statement costs on a database that is in use: lost data, long locks, and code of the release before that breaks. Tables
 * made in the same file are empty and unknown to running code, so there are no findings about them.
 */
export function adviseStatement(parsed: ParsedMigration, report: Report) {
  const made = new Set<string>();
  for (const statement of parsed.statements) {
    const table = CREATE_TABLE.exec(statement.code)?.[1];
    if (table) made.add(normal(table));
    adviseDrops(statement, report);
    adviseIndex(statement, made, report);
    adviseTable(statement, made, report);
    adviseEnum(statement, parsed, report);
  }
}

function adviseDrops(statement: SqlStatement, report: Report) {
  const { code } = statement;
  const [, dropped] = /^DROP (TABLE|SCHEMA|MATERIALIZED VIEW|OWNED|DATABASE)\b/i.exec(code) ?? [];
  if (dropped) report('drops-table', statement, { wrong: `\`DROP ${dropped.toUpperCase()}\` deletes data.` });
  if (/^TRUNCATE\b/i.test(code)) report('truncates', statement);
  if (/^DELETE FROM\b(?!.*\bWHERE\b)/i.test(code)) report('deletes-everything', statement);
  if (/^ALTER TABLE .*\bRENAME\b|^ALTER (VIEW|TYPE|SEQUENCE|SCHEMA) .*\bRENAME\b/i.test(code) && !/\bRENAME CONSTRAINT\b/i.test(code)) {
    report('renames', statement);
  }
}

function adviseIndex(statement: SqlStatement, made: Set<string>, report: Report) {
  const table = CREATE_INDEX.exec(statement.code)?.[1];
  if (table && !made.has(normal(table))) {
    report('index-blocks-writes', statement, { wrong: `\`CREATE INDEX\` blocks all writes to ${table} until the index is built.`, why: '' });
  }
}

function adviseTable(statement: SqlStatement, made: Set<string>, report: Report) {
  const [, table, rest] = ALTER_TABLE.exec(statement.code) ?? [];
  if (!table || made.has(normal(table))) return;
  for (const action of splitActions(rest)) {
    const notValid = /\bNOT VALID$/i.test(action);
    if (/^DROP\b/i.test(action) && !OTHER_DROPS.test(action)) {
      report('drops-column', statement, { wrong: `The statement deletes a column of ${table} with its data.` });
    } else if (/^ALTER (COLUMN )?.* (SET DATA )?TYPE\b/i.test(action)) {
      report('rewrites-table', statement, { wrong: `Changing the type of a column usually rewrites ${table}.` });
    } else if (/\bSET NOT NULL$/i.test(action)) {
      report('scans-table', statement, notNull(table));
    } else if (/^ADD (CONSTRAINT\b.*? )?(CHECK|FOREIGN KEY|EXCLUDE)\b/i.test(action) && !notValid) {
      report('scans-table', statement, { wrong: `The constraint is checked against all of ${table}.`, why: 'A lock blocks writes until that is done.' });
    } else if (/^ADD (CONSTRAINT\b.*? )?(UNIQUE|PRIMARY KEY)\b(?! USING INDEX)/i.test(action)) {
      report('scans-table', statement, newIndex(table));
    }
  }
}

function notNull(table: string): Partial<LintRule> {
  return {
    wrong: `\`SET NOT NULL\` reads all of ${table}.`,
    why: 'Nobody can read or write the table until that is done.',
    remedy: 'Add `CHECK (… IS NOT NULL) NOT VALID`, then use `VALIDATE CONSTRAINT` in another file, then `SET NOT NULL`.',
  };
}

function newIndex(table: string): Partial<LintRule> {
  return {
    wrong: `The index for the constraint is built from all of ${table}.`,
    why: 'Nobody can read or write the table until that is done.',
    remedy: 'Build the index with `CREATE UNIQUE INDEX CONCURRENTLY`, then use `ADD CONSTRAINT … USING INDEX`.',
  };
}

/** A value added in a transaction cannot be used before the transaction ends. */
function adviseEnum(statement: SqlStatement, parsed: ParsedMigration, report: Report) {
  if (!parsed.transactional || !/^ALTER TYPE .* ADD VALUE\b/i.test(statement.code)) return;
  const [value] = statement.literals;
  const used = parsed.statements.some((other) => other !== statement && other.literals.some((literal) => literal.includes(value)));
  if (used) {
    report('enum-value-in-transaction', statement, { wrong: `The enum value '${value}' is used in the transaction that adds it.`, why: 'PostgreSQL refuses that (55P04).' });
  }
}

/** The comma-separated actions of ALTER TABLE; commas in parentheses and quoted names do not count. */
function splitActions(text: string): string[] {
  const actions = [''];
  let depth = 0;
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (!quoted && character === '(') depth++;
    if (!quoted && character === ')') depth--;
    if (!quoted && depth === 0 && character === ',') actions.push('');
    else actions[actions.length - 1] += character;
  }
  return actions.map((action) => action.trim());
}

function normal(name: string): string {
  return name.split('.').map((part) => part.trim()).map((part) => part.startsWith('"') ? part.slice(1, -1) : part.toLowerCase()).filter((part, index, parts) => !(part === 'public' && index < parts.length - 1)).join('.');
}
