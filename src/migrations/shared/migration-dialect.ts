import type { LintResult, MigrationFile } from './lint/lint-types';
import type { EngineName } from './runner.contract';

/** Names of the variables that a connection comes in, as the owner of a database gives them. */
export interface ConnectionVariables {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** All that migrations have to know of the engine of their database, while the app is synthesised. */
export interface MigrationDialect {
  readonly variables: ConnectionVariables;
  /** Variables that would lead a client of the engine to another server or file. */
  readonly misleading: RegExp;
  /** Path of the bundled runner. */
  readonly runner: string;
  /**
   * Checks a directory of migrations without running anything.
   *
   * @param sums content of `migrations.sum`, where there is one
   */
  lint(engine: EngineName, files: readonly MigrationFile[], sums?: string): LintResult;
}
