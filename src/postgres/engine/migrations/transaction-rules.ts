import { anyOf, blockStatements, bodyStatements, normalName, sqlPattern, verb } from './sql-text';
import type { Report } from './statement-report';
import type { ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';
import type { EngineName } from '../../../migrations/shared/runner.contract';

/**
 * Statements that PostgreSQL refuses inside a transaction block.
 *
 * @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
const OUTSIDE_TRANSACTION = anyOf([
  /^CREATE (UNIQUE )?INDEX CONCURRENTLY\b/i,
  /^DROP INDEX CONCURRENTLY\b/i,
  /^REINDEX (\([^)]*\) ?)?((INDEX|TABLE|SCHEMA|DATABASE|SYSTEM) CONCURRENTLY|SCHEMA|DATABASE|SYSTEM)\b/i,
  /^REINDEX \([^)]*\bCONCURRENTLY\b(?! ?(?:false|off|0))[^)]*\)/i,
  /^ALTER TABLE .*\bDETACH PARTITION .*\bCONCURRENTLY$/i,
  /^VACUUM\b/i,
  /^CLUSTER( VERBOSE| ?\([^)]*\))?$/i,
  /^(CREATE|DROP) (DATABASE|TABLESPACE)\b/i,
  /^ALTER DATABASE .* SET TABLESPACE\b/i,
  /^ALTER SYSTEM\b/i,
  /^(CREATE|DROP) SUBSCRIPTION\b/i,
  /^DISCARD ALL$/i,
]);

const TRANSACTION_CONTROL = /^(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK(?! TO| (?:WORK|TRANSACTION) TO)|ABORT|PREPARE TRANSACTION)\b/i;
const PROCEDURE = sqlPattern('^CREATE (?:OR REPLACE )?PROCEDURE (NAME)');
const CALL = sqlPattern('^CALL (NAME)');
/** In a body of a procedural language; other words may follow a `COMMIT`, but none that make it a name. */
const BODY_ENDS_TRANSACTION = /^(COMMIT|ROLLBACK(?! TO))( AND (NO )?CHAIN)?$/i;

/** Whether PostgreSQL refuses the statement inside a transaction. */
export function needsNoTransaction({ code }: SqlStatement): boolean {
  return OUTSIDE_TRANSACTION.test(code);
}

/** Checks the statements of a file that the engine wraps in a transaction. */
export function checkTransaction(engine: EngineName, { statements }: ParsedMigration, report: Report) {
  const switchOff = engine === 'goose' ? '`-- +goose NO TRANSACTION` before Up' : '`-- migrate:up transaction:false`';
  const committing = new Set<string>();
  for (const statement of statements) {
    if (needsNoTransaction(statement)) {
      report('not-in-transaction', statement, {
        wrong: `PostgreSQL refuses \`${verb(statement)}\` inside a transaction.`,
        why: `${engine} runs the file in one.`,
        remedy: `Put the statement alone into a file of its own with ${switchOff}.`,
      });
    }
    const ending = TRANSACTION_CONTROL.test(statement.code) ? `\`${verb(statement)}\`` : endInside(statement, committing);
    if (ending) {
      report('transaction-control', statement, { wrong: `${ending} would end the transaction of ${engine} half way.`, why: '', remedy: `Remove the statement, or use ${switchOff}.` });
    }
  }
}

/** What a block, or a procedure that the file makes, does to the transaction: PostgreSQL refuses it (2D000). */
function endInside(statement: SqlStatement, committing: Set<string>): string | undefined {
  const made = PROCEDURE.exec(statement.code)?.[1];
  if (made && endsTransaction(bodyStatements(statement))) committing.add(normalName(made));
  const called = CALL.exec(statement.code)?.[1];
  if (called && committing.has(normalName(called))) return `The \`COMMIT\` or \`ROLLBACK\` in ${called}`;
  return endsTransaction(blockStatements(statement)) ? 'The `COMMIT` or `ROLLBACK` in the block' : undefined;
}

function endsTransaction(statements: readonly SqlStatement[]): boolean {
  return statements.some(({ code }) => BODY_ENDS_TRANSACTION.test(code));
}
