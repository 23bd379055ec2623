import type { ParsedMigration, RuleName, SqlStatement } from '../../../migrations/shared/lint/lint-types';

type Report = (rule: RuleName, statement: SqlStatement, message: string) => void;

const NAME = '(?:"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+)(?: ?\\. ?(?:"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+))*';
const CREATE_TABLE = new RegExp(`^CREATE (?:(?:GLOBAL |LOCAL )?(?:TEMP|TEMPORARY) |UNLOGGED )?TABLE (?:IF NOT EXISTS )?(${NAME})`, 'i');
const ALTER_TABLE = new RegExp(`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(${NAME}) ?\\*? ?(.*)$`, 'i');
const CREATE_INDEX = new RegExp(`^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY\\b)(?:.*? )?ON (?:ONLY )?(${NAME})`, 'i');
const OTHER_DROPS = /^DROP (CONSTRAINT|DEFAULT|NOT NULL|EXPRESSION|IDENTITY)\b/i;

/**
 * Says what a statement costs on a database that is in use: lost data, long locks, and code of the release before that breaks. Tables
 * made in the same file are empty and unknown to running code, so nothing is said about them.
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
  if (/^DROP (TABLE|SCHEMA|MATERIALIZED VIEW|OWNED|DATABASE)\b/i.test(code)) {
    report('drops-table', statement, 'The data is gone once this is applied, and code that still runs fails. Drop only what no running release uses, after a backup.');
  }
  if (/^TRUNCATE\b/i.test(code)) report('truncates', statement, 'All rows are gone once this is applied, and the table is locked against reads until the transaction ends.');
  if (/^DELETE FROM\b(?!.*\bWHERE\b)/i.test(code)) report('deletes-everything', statement, 'DELETE without WHERE removes all rows.');
  if (/^ALTER TABLE .*\bRENAME\b|^ALTER (VIEW|TYPE|SEQUENCE|SCHEMA) .*\bRENAME\b/i.test(code) && !/\bRENAME CONSTRAINT\b/i.test(code)) {
    report('renames', statement, 'Code of the release before runs during and after the migration and does not know the new name. Add the new one, move over in a release, then drop the old one.');
  }
}

function adviseIndex(statement: SqlStatement, made: Set<string>, report: Report) {
  const table = CREATE_INDEX.exec(statement.code)?.[1];
  if (table && !made.has(normal(table))) {
    report('index-blocks-writes', statement, `CREATE INDEX blocks all writes to ${table} until it is built. Use CREATE INDEX CONCURRENTLY, alone in a file without transaction.`);
  }
}

function adviseTable(statement: SqlStatement, made: Set<string>, report: Report) {
  const [, table, rest] = ALTER_TABLE.exec(statement.code) ?? [];
  if (!table || made.has(normal(table))) return;
  for (const action of splitActions(rest)) {
    const notValid = /\bNOT VALID$/i.test(action);
    if (/^DROP\b/i.test(action) && !OTHER_DROPS.test(action)) {
      report('drops-column', statement, 'The column\'s data is gone once this is applied, and code that still names it fails. Drop only what no running release uses.');
    } else if (/^ALTER (COLUMN )?.* (SET DATA )?TYPE\b/i.test(action)) {
      report('rewrites-table', statement, `Changing a type usually rewrites ${table} while nobody can read it. Add a column of the new type, copy in batches, move over, then drop the old one.`);
    } else if (/\bSET NOT NULL$/i.test(action)) {
      report('scans-table', statement, `SET NOT NULL reads all of ${table} while nobody can read or write it. First add CHECK (… IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT in another file, then SET NOT NULL.`);
    } else if (/^ADD (CONSTRAINT\b.*? )?(CHECK|FOREIGN KEY|EXCLUDE)\b/i.test(action) && !notValid) {
      report('scans-table', statement, `The constraint is checked against all of ${table} under a lock that blocks writes. Add it NOT VALID, and VALIDATE CONSTRAINT in another file.`);
    } else if (/^ADD (CONSTRAINT\b.*? )?(UNIQUE|PRIMARY KEY)\b(?! USING INDEX)/i.test(action)) {
      report('scans-table', statement, `The index for this constraint is built while nobody can read or write ${table}. Build it with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX.`);
    }
  }
}

/** A value added in a transaction cannot be used before the transaction ends. */
function adviseEnum(statement: SqlStatement, parsed: ParsedMigration, report: Report) {
  if (!parsed.transactional || !/^ALTER TYPE .* ADD VALUE\b/i.test(statement.code)) return;
  const [value] = statement.literals;
  const used = parsed.statements.some((other) => other !== statement && other.literals.some((literal) => literal.includes(value)));
  if (used) {
    report('enum-value-in-transaction', statement, `'${value}' cannot be used in the transaction that adds it (55P04). Add the value in a file of its own.`);
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
