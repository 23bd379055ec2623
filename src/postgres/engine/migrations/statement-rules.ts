import { adviseStatement, type Report } from './statement-advice';
import { findingText } from '../../../migrations/shared/lint/lint-rules';
import type { Finding, ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';
import type { EngineName } from '../../../migrations/shared/runner.contract';

/**
 * Statements that PostgreSQL refuses inside a transaction block.
 *
 * @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
const OUTSIDE_TRANSACTION = [
  /^CREATE (UNIQUE )?INDEX CONCURRENTLY\b/i,
  /^DROP INDEX CONCURRENTLY\b/i,
  /^REINDEX (\(.*?\) ?)?((INDEX|TABLE|SCHEMA|DATABASE|SYSTEM) CONCURRENTLY|SCHEMA|DATABASE|SYSTEM)\b/i,
  /^REINDEX \([^)]*\bCONCURRENTLY\b[^)]*\)/i,
  /^ALTER TABLE .*\bDETACH PARTITION .*\bCONCURRENTLY$/i,
  /^VACUUM\b/i,
  /^CLUSTER$/i,
  /^(CREATE|DROP) (DATABASE|TABLESPACE)\b/i,
  /^ALTER DATABASE .* SET TABLESPACE\b/i,
  /^ALTER SYSTEM\b/i,
  /^(CREATE|DROP) SUBSCRIPTION\b/i,
];

const TRANSACTION_CONTROL = /^(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK(?! TO)|ABORT|PREPARE TRANSACTION)\b/i;

/** Statements that do no harm when they run again after a failure. */
const REPEATABLE = /^(SET|RESET|SELECT|ANALYZE|VACUUM|COMMENT|GRANT|REVOKE|REINDEX)\b|\bIF (NOT )?EXISTS\b|^CREATE OR REPLACE\b/i;

/** Checks the statements that are applied. Released files get no advice: what is done is done. */
export function checkStatements(engine: EngineName, file: string, parsed: ParsedMigration, released: boolean): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (rule, statement, exactly) => findings.push({ rule, file, line: statement.line, message: findingText(rule, exactly) });
  const [first] = parsed.statements;
  if (!first && parsed.findings.length === 0) {
    findings.push({ rule: 'empty-migration', file, line: 1, message: findingText('empty-migration') });
  }
  for (const statement of parsed.statements) {
    if (parsed.transactional) checkTransaction(engine, statement, report);
    checkPsql(statement, report);
  }
  checkSearchPath(parsed.statements, report);
  if (!parsed.transactional) checkSteps(parsed.batches, report);
  if (!released) adviseStatement(parsed, report);
  return findings;
}

function checkTransaction(engine: EngineName, statement: SqlStatement, report: Report) {
  const switchOff = engine === 'goose' ? '`-- +goose NO TRANSACTION` before Up' : '`-- migrate:up transaction:false`';
  if (OUTSIDE_TRANSACTION.some((pattern) => pattern.test(statement.code))) {
    report('not-in-transaction', statement, {
      wrong: `PostgreSQL refuses \`${verb(statement)}\` inside a transaction.`,
      why: `${engine} runs the file in one.`,
      remedy: `Put the statement alone into a file of its own with ${switchOff}.`,
    });
  }
  if (TRANSACTION_CONTROL.test(statement.code)) {
    report('transaction-control', statement, {
      wrong: `\`${verb(statement)}\` would end the transaction of ${engine} half way.`,
      why: '',
      remedy: `Remove the statement, or use ${switchOff}.`,
    });
  }
}

/** Dumps are made for psql. Engines send nothing but statements to the server. */
function checkPsql(statement: SqlStatement, report: Report) {
  if (statement.code.startsWith('\\')) report('psql-only', statement, { wrong: `'${statement.code}' is a command of psql, which a server doesn't understand.`, why: '', remedy: 'Remove the line.' });
  if (/^COPY .* FROM STDIN\b/i.test(statement.code)) {
    report('psql-only', statement, { wrong: 'Only psql can send the data of `COPY … FROM stdin`.', why: '', remedy: 'Write `INSERT` statements instead, for example with `pg_dump --inserts`.' });
  }
}

/** Dumps begin with an empty search path, and nothing is found by its bare name any more, unless they end with another. */
function checkSearchPath(statements: SqlStatement[], report: Report) {
  const changes = statements.flatMap((statement) => {
    const path = searchPathOf(statement);
    return path === undefined ? [] : [{ statement, path }];
  });
  const last = changes[changes.length - 1];
  if (last?.path === '') {
    report('empty-search-path', last.statement);
  }
}

/** What a statement makes of the search path; text that is not empty stands for any that names schemas. */
function searchPathOf({ code, literals }: SqlStatement): string | undefined {
  if (/^SELECT (pg_catalog ?\. ?)?set_config ?\(/i.test(code)) return literals[0] === 'search_path' ? literals[1] : undefined;
  if (/^(RESET (search_path|ALL)|DISCARD ALL)$/i.test(code)) return 'default';
  const [, value] = /^SET (?:SESSION |LOCAL )?search_path ?(?:=|\bTO\b) ?(.*)$/i.exec(code) ?? [];
  return value === "''" ? literals[0] : value;
}

/** Without a transaction, what ran before a failure stays; the next run starts the file from its top. */
function checkSteps(batches: SqlStatement[][], report: Report) {
  for (const batch of batches) {
    const alone = batch.find((statement) => batch.length > 1 && OUTSIDE_TRANSACTION.some((pattern) => pattern.test(statement.code)));
    if (alone) {
      report('many-without-transaction', alone, {
        wrong: `The engine sends the statement together with others, and PostgreSQL then refuses \`${verb(alone)}\`.`, why: '', remedy: 'Put the statement alone into a file of its own.',
      });
    }
  }
  const stuck = batches.slice(0, -1).flat().find((statement) => !REPEATABLE.test(statement.code));
  if (stuck) {
    report('many-without-transaction', stuck, {
      wrong: `Without a transaction, a failure further down leaves \`${verb(stuck)}\` applied, and the next run fails on it.`, why: '',
    });
  }
}

/** The words that name a statement in a message. */
export function verb(statement: SqlStatement): string {
  return statement.code.split(' ').slice(0, /CONCURRENTLY/i.test(statement.code) ? 3 : 2).join(' ').replace(/[^A-Za-z_ ].*$/, '').trim().toUpperCase();
}
