import { MadeObjects } from './made-objects';
import { anyOf, splitList, sqlPattern, topLevel, verb } from './sql-text';
import type { Exactly, Report } from './statement-report';
import { adviseTable } from './table-advice';
import type { RuleName } from '../../../migrations/shared/lint/lint-rules';
import type { ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';

/** A row of the table of advice. The first group of the pattern names what the statement is about, if anything. */
interface Advice {
  readonly pattern: RegExp;
  readonly rule: RuleName;
  readonly exactly?: (object: string, statement: SqlStatement) => Exactly;
  /** Advice also on what the file itself has made, or makes again later. */
  readonly always?: boolean;
  /** Advice only where this holds of the code without parentheses. */
  readonly unless?: RegExp;
}

const DROPPED = '(?:CONCURRENTLY )?(?:IF EXISTS )?(.*)$';
const BLOCKS = (object: string, statement: SqlStatement) => ({ wrong: `\`${verb(statement)}\` locks ${object} against reads and writes.`, why: 'Requests wait until the transaction ends.' });

/** What a statement costs on a database that is in use: lost data, long locks, and code of the release before that breaks. */
const ADVICE: readonly Advice[] = [
  { pattern: /^DROP (?:TABLE|SCHEMA|MATERIALIZED VIEW|OWNED|DATABASE)\b/i, rule: 'drops-table', always: true, exactly: (_, statement) => ({ wrong: `\`${verb(statement)}\` deletes data.` }) },
  { pattern: sqlPattern(`^DROP (?:VIEW|FUNCTION|PROCEDURE|ROUTINE|AGGREGATE|TYPE|DOMAIN|SEQUENCE|FOREIGN TABLE) ${DROPPED}`), rule: 'drops-object' },
  { pattern: sqlPattern('^DROP INDEX (?!CONCURRENTLY\\b)(?:IF EXISTS )?(.*)$'), rule: 'locks-table', exactly: dropIndex },
  { pattern: /^TRUNCATE\b/i, rule: 'truncates', always: true },
  { pattern: sqlPattern('^DELETE FROM (?:ONLY )?(NAME)'), rule: 'deletes-everything', unless: /\bWHERE\b/i, always: true },
  { pattern: sqlPattern('^UPDATE (?:ONLY )?(NAME)'), rule: 'updates-everything', unless: /\bWHERE\b/i, exactly: (table) => ({ wrong: `\`UPDATE\` without \`WHERE\` rewrites all rows of ${table}.` }) },
  { pattern: /^WITH\b.* UPDATE\b/i, rule: 'updates-everything', unless: /\bWHERE\b|^(?!.* UPDATE\b)/i },
  { pattern: sqlPattern('^ALTER (?:VIEW|MATERIALIZED VIEW|TYPE|DOMAIN|SEQUENCE|SCHEMA|FUNCTION|PROCEDURE|ROUTINE|FOREIGN TABLE) (?:IF EXISTS )?(NAME).*\\bRENAME (?!CONSTRAINT\\b|VALUE\\b)'), rule: 'renames' },
  { pattern: /^ALTER TYPE\b.*\bRENAME VALUE\b/i, rule: 'renames', always: true, exactly: () => ({ wrong: 'The statement renames a value that running code uses.' }) },
  { pattern: sqlPattern('^ALTER (?!EXTENSION\\b)[A-Z ]+? (?:IF EXISTS )?(?:ONLY )?(NAME)(?: ?\\(.*\\))? SET SCHEMA\\b'), rule: 'renames', exactly: (object) => ({ wrong: `The statement moves ${object} into another schema.` }) },
  { pattern: sqlPattern('^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY\\b)(?:.*? )?ON (?:ONLY )?(NAME)'), rule: 'index-blocks-writes', exactly: newIndex },
  { pattern: sqlPattern('^LOCK (?:TABLE )?(?:ONLY )?(NAME)'), rule: 'locks-table', unless: /\bIN (ACCESS SHARE|ROW SHARE|ROW EXCLUSIVE) MODE\b/i, exactly: lockTable },
  { pattern: sqlPattern('^VACUUM (?:FULL\\b|\\([^)]*\\bFULL\\b(?! ?(?:false|off|0))[^)]*\\)) ?(?:(?:FREEZE|VERBOSE|ANALYZE) )*(NAME)?'), rule: 'locks-table', exactly: vacuumFull },
  { pattern: sqlPattern('^CLUSTER(?: VERBOSE| ?\\([^)]*\\))?(?: (NAME))?'), rule: 'locks-table', exactly: (table = 'each clustered table', statement = { code: 'CLUSTER' } as SqlStatement) => ({ ...BLOCKS(table, statement), why: 'Requests wait until the table is written anew.', remedy: 'Cluster outside of a deployment, while nobody uses the table.' }) },
  { pattern: sqlPattern('^REINDEX (?:\\((?![^)]*CONCURRENTLY)[^)]*\\) ?)?(?:INDEX|TABLE|SCHEMA|DATABASE|SYSTEM) (?!CONCURRENTLY\\b)(NAME)'), rule: 'locks-table', exactly: reindex },
  { pattern: sqlPattern('^REFRESH MATERIALIZED VIEW (?!CONCURRENTLY\\b)(NAME)(?!.* WITH NO DATA$)'), rule: 'locks-table', exactly: refresh },
  { pattern: /^SET (?:SESSION |LOCAL )?ROLE\b/i, rule: 'changes-role', always: true },
  { pattern: /^SELECT (?:pg_catalog ?\. ?)?set_config ?\( ?'' ?,/i, rule: 'changes-role', always: true },
];

const ANY = anyOf(ADVICE.map(({ pattern }) => pattern));

/**
 * Advice about the statements of a file. Tables made in the same file are empty and unknown to running code, so there are no findings about
 * them; neither is there about what is dropped to be made again.
 */
export function adviseStatements(parsed: ParsedMigration, report: Report) {
  const made = new MadeObjects();
  const all = new MadeObjects(parsed.statements);
  const notValid = new Set<string>();
  for (const statement of parsed.statements) {
    made.add(statement);
    advise(statement, made, all, report);
    adviseTable(statement, made, { notValid, transactional: parsed.transactional }, report);
  }
}

function advise(statement: SqlStatement, made: MadeObjects, all: MadeObjects, report: Report) {
  if (!ANY.test(statement.code)) return;
  for (const { pattern, rule, exactly, always, unless } of ADVICE) {
    const found = pattern.exec(statement.code);
    if (!found) continue;
    if (unless?.test(topLevel(statement.code).replace(/"(?:[^"]|"")*"/g, '""'))) return;
    if (rule === 'changes-role' && pattern.source.includes('set_config') && statement.literals[0]?.toLowerCase() !== 'role') continue;
    const [, object] = found;
    const dropped = /^DROP\b/i.test(statement.code);
    const names = object && dropped ? splitList(object.replace(/ (CASCADE|RESTRICT)$/i, '')).map((name) => topLevel(name).replace(/ ?\(\)$/, '')) : [object];
    if (!always && names.every((name) => name !== undefined && (dropped ? all : made).has(name))) return;
    return report(rule, statement, exactly?.(names[0], statement));
  }
}

function newIndex(table: string): Exactly {
  return { wrong: `\`CREATE INDEX\` blocks all writes to ${table} until the index is built.`, why: '' };
}

function dropIndex(index: string): Exactly {
  return {
    wrong: `\`DROP INDEX\` locks the table of ${index} against reads and writes.`,
    why: 'The lock waits for running queries, and all others wait behind it.',
    remedy: 'Use `DROP INDEX CONCURRENTLY`, alone in a file without a transaction.',
  };
}

function lockTable(table: string, statement: SqlStatement): Exactly {
  return /\bIN (SHARE|SHARE UPDATE EXCLUSIVE|SHARE ROW EXCLUSIVE|EXCLUSIVE) MODE\b/i.test(statement.code) ? { ...BLOCKS(table, statement), wrong: `\`LOCK TABLE\` locks ${table} against writes.` } : BLOCKS(table, statement);
}

function vacuumFull(table = 'each table'): Exactly {
  return { wrong: `\`VACUUM FULL\` locks ${table} against reads and writes.`, why: 'Requests wait until the table is written anew.', remedy: 'Use `VACUUM` without `FULL`.' };
}

function reindex(object: string, statement: SqlStatement): Exactly {
  return { wrong: `\`${verb(statement)}\` locks the table of ${object} against writes.`, why: 'Requests wait until the index is built.', remedy: 'Use `REINDEX … CONCURRENTLY`, alone in a file without a transaction.' };
}

function refresh(view: string): Exactly {
  return { wrong: `\`REFRESH MATERIALIZED VIEW\` locks ${view} against reads.`, why: 'Requests wait until all of it is computed.', remedy: 'Add a unique index, and use `REFRESH MATERIALIZED VIEW CONCURRENTLY`.' };
}
