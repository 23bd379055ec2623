import { splitSql } from './sql-splitter';
import { checkStatements } from './statement-rules';
import { lintFiles, type SqlGrammar } from '../../../migrations/shared/lint/lint';
import type { LintResult, MigrationFile } from '../../../migrations/shared/lint/lint-types';
import type { EngineName } from '../../../migrations/shared/runner.contract';

const GRAMMAR: SqlGrammar = { split: splitSql, check: checkStatements };

/** Checks a directory of migrations for PostgreSQL without running anything. */
export function lintMigrations(engine: EngineName, files: readonly MigrationFile[], sums?: string): LintResult {
  return lintFiles(GRAMMAR, engine, files, sums);
}
