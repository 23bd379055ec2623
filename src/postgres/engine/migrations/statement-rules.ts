import { checkEnumValues } from './enum-rules';
import { adviseInvalidIndex, checkSteps } from './repeatable-rules';
import { checkRights } from './rights-rules';
import { adviseStatements } from './statement-advice';
import type { Report } from './statement-report';
import { checkTransaction } from './transaction-rules';
import { checkVersionTable } from './version-table-rules';
import { findingText } from '../../../migrations/shared/lint/lint-rules';
import type { Finding, ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';
import type { EngineName } from '../../../migrations/shared/runner.contract';

/**
 * Checks the statements that are applied. Released files get no advice: what is done is done. An admin may have done it, before this library came; to
 * accept a finding would change the file.
 */
export function checkStatements(engine: EngineName, file: string, parsed: ParsedMigration, released: boolean): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (rule, statement, exactly) => findings.push({ rule, file, line: statement.line, message: findingText(rule, exactly) });
  if (parsed.statements.length === 0 && parsed.findings.length === 0) {
    findings.push({ rule: 'empty-migration', file, line: 1, message: findingText('empty-migration') });
  }
  if (parsed.transactional) checkTransaction(engine, parsed, report);
  else checkSteps(parsed, report);
  for (const statement of parsed.statements) checkPsql(statement, report);
  checkVersionTable(engine, parsed, report);
  checkEnumValues(parsed, report);
  if (released) return findings;
  checkRights(parsed, report);
  adviseInvalidIndex(parsed, report);
  adviseStatements(parsed, report);
  return findings;
}

/** Dumps are made for psql. Engines send nothing but statements to the server. */
function checkPsql(statement: SqlStatement, report: Report) {
  if (statement.code.startsWith('\\')) report('psql-only', statement, { wrong: `'${statement.code}' is a command of psql, which a server doesn't understand.`, why: '', remedy: 'Remove the line.' });
  if (/^COPY .* FROM STDIN\b/i.test(statement.code)) {
    report('psql-only', statement, { wrong: 'Only psql can send the data of `COPY … FROM stdin`.', why: '', remedy: 'Write `INSERT` statements instead, for example with `pg_dump --inserts`.' });
  }
}
