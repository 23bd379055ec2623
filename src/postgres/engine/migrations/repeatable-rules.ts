import { anyOf, normalName, splitList, sqlPattern, topLevel, verb } from './sql-text';
import type { Report } from './statement-report';
import { needsNoTransaction } from './transaction-rules';
import type { ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';

const KIND = '(MATERIALIZED VIEW|FOREIGN TABLE|EVENT TRIGGER|TEXT SEARCH [A-Z]+|[A-Z]+)';
const DROP = sqlPattern(`^DROP ${KIND} (?:CONCURRENTLY )?IF EXISTS (.*)$`);
const CREATE = sqlPattern(`^CREATE (?:UNIQUE |CONSTRAINT |RECURSIVE |UNLOGGED |(?:GLOBAL |LOCAL )?TEMP(?:ORARY)? )*${KIND} (?:CONCURRENTLY )?(NAME)`);
const ALTER_TABLE = sqlPattern('^ALTER (?:FOREIGN )?TABLE (?:IF EXISTS )?(?:ONLY )?(NAME) ?\\*? ?(.*)$');

/** Statements that do no harm when they run again after a failure; of a `DO` block or a procedure nobody can tell. */
const REPEATABLE = anyOf([
  /^(SET|RESET|SHOW|SELECT|VALUES|TABLE|ANALYZE|VACUUM|COMMENT|GRANT|REVOKE|REINDEX|CLUSTER|CHECKPOINT|DISCARD|EXPLAIN|LOCK|NOTIFY)\b/i,
  /^(DO|CALL|MERGE|DELETE|TRUNCATE|REFRESH|SECURITY LABEL)\b/i,
  /^CREATE (UNIQUE |UNLOGGED |TEMP |TEMPORARY )*[A-Z ]+? (CONCURRENTLY )?IF NOT EXISTS\b/i,
  /^CREATE OR REPLACE\b/i,
  /^DROP [A-Z ]+? IF EXISTS\b/i,
  /^ALTER TYPE .* ADD VALUE IF NOT EXISTS\b/i,
  /^ALTER (?!TABLE\b|FOREIGN TABLE\b)(?!.*\b(RENAME|SET SCHEMA|ADD|DROP|ATTACH|DETACH)\b)/i,
  /^ALTER INDEX .* ATTACH PARTITION\b/i,
  /^ALTER (DEFAULT PRIVILEGES|EXTENSION .* UPDATE)\b/i,
  /^(REASSIGN|DROP) OWNED\b/i,
  /^(INSERT|WITH)\b.* ON CONFLICT\b/i,
  /^INSERT\b.* WHERE NOT EXISTS\b/i,
  /^WITH\b(?!.*\b(INSERT|UPDATE)\b)/i,
]);

const REPEATABLE_ACTION = anyOf([
  /^ALTER (COLUMN )?NAME SET (DEFAULT|NOT NULL|STATISTICS|STORAGE|COMPRESSION|GENERATED|DATA TYPE|EXPRESSION)\b/,
  /^ALTER (COLUMN )?NAME (SET ?\(|RESET ?\(|TYPE\b|DROP (DEFAULT|NOT NULL|EXPRESSION IF EXISTS|IDENTITY IF EXISTS)\b)/,
  /^(ADD (COLUMN )?IF NOT EXISTS|DROP (COLUMN |CONSTRAINT )?IF EXISTS|VALIDATE CONSTRAINT|ALTER CONSTRAINT|OWNER TO|REPLICA IDENTITY|CLUSTER ON)\b/,
  /^(ENABLE|DISABLE|FORCE|NO FORCE) /,
  /^(SET|RESET) (?!SCHEMA\b)|^(SET|RESET)\(/,
].map(({ source }) => sqlPattern(source)));

const ASSIGNMENT = sqlPattern('^(NAME) ?= ?(.*)$');
const LENIENT_INDEX = sqlPattern('^CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS (NAME)');
const ADD_CONSTRAINT = sqlPattern('^ADD CONSTRAINT (NAME)');
const DROP_CONSTRAINT = sqlPattern('^DROP CONSTRAINT IF EXISTS (NAME)');

/** What a file has dropped so far, if it was there: to make it again bears a second run. */
class Dropped {
  private readonly objects = new Set<string>();

  public add(kind: string, name: string) {
    this.objects.add(`${kind.toUpperCase()} ${normalName(name)}`);
  }

  public has(kind: string, name: string): boolean {
    return this.objects.has(`${kind.toUpperCase()} ${normalName(name)}`);
  }

  /** Takes note of a statement, and answers whether it bears a second run. */
  public bears({ code }: SqlStatement): boolean {
    const [, kind, names] = DROP.exec(code) ?? [];
    if (kind) for (const name of splitList(topLevel(names))) this.add(kind, name.replace(/ ?\(\).*| (ON|CASCADE|RESTRICT)\b.*/i, ''));
    const [, made, name] = CREATE.exec(code) ?? [];
    if (made && this.has(made, name)) return true;
    if (/^UPDATE\b/i.test(code)) return bearsUpdate(code);
    const [, table, rest] = ALTER_TABLE.exec(code) ?? [];
    if (table) return splitList(rest).every((action) => this.bearsAction(table, action));
    return REPEATABLE.test(code);
  }

  private bearsAction(table: string, action: string): boolean {
    const dropped = DROP_CONSTRAINT.exec(action)?.[1];
    if (dropped) this.add('CONSTRAINT', `${table}.${dropped}`);
    const added = ADD_CONSTRAINT.exec(action)?.[1];
    return added ? this.has('CONSTRAINT', `${table}.${added}`) : REPEATABLE_ACTION.test(action);
  }
}

/** `SET n = n + 1` counts twice when it runs twice. */
function bearsUpdate(code: string): boolean {
  const [, assignments = ''] = /\bSET (.*?)(?: WHERE\b| FROM\b|$)/i.exec(code) ?? [];
  return splitList(assignments).every((assignment) => {
    const [, column, value] = ASSIGNMENT.exec(assignment) ?? [];
    return column !== undefined && !value.toLowerCase().split(/[^\w$\u0080-\uffff]+/).includes(normalName(column));
  });
}

/** Without a transaction, what ran before a failure stays; the next run starts the file from its top. */
export function checkSteps({ batches }: ParsedMigration, report: Report) {
  for (const batch of batches) {
    const alone = batch.find((statement) => batch.length > 1 && needsNoTransaction(statement));
    if (alone) {
      report('many-without-transaction', alone, {
        wrong: `The engine sends the statement together with others, and PostgreSQL then refuses \`${verb(alone)}\`.`, why: '', remedy: 'Put the statement alone into a file of its own.',
      });
    }
  }
  const dropped = new Dropped();
  const stuck = batches.slice(0, -1).flat().find((statement) => !dropped.bears(statement));
  if (stuck) {
    report('many-without-transaction', stuck, {
      wrong: `Without a transaction, a failure further down leaves \`${verb(stuck)}\` applied, and the next run fails on it.`, why: '',
    });
  }
}

/** A build that fails leaves an invalid index, which `IF NOT EXISTS` takes for the finished one. */
export function adviseInvalidIndex({ statements }: ParsedMigration, report: Report) {
  if (!statements.some(({ code }) => LENIENT_INDEX.test(code))) return;
  const dropped = new Dropped();
  for (const statement of statements) {
    dropped.bears(statement);
    const [, name] = LENIENT_INDEX.exec(statement.code) ?? [];
    if (name && !dropped.has('INDEX', name)) report('invalid-index', statement, { wrong: `A build of ${name} that fails leaves an invalid index, which \`IF NOT EXISTS\` takes for finished.` });
  }
}
