import type { EngineName } from '../shared/runner.contract';

/** What the library knows about a migration engine. */
export interface EngineDefinition {
  readonly name: EngineName;
  readonly defaultVersion: string;
  /** Name of the build argument of the Dockerfile that holds the version. */
  readonly versionArgument: string;
  /** Table in which the engine keeps what it has applied. */
  readonly versionTable: string;
}

/** @see https://github.com/pressly/goose */
export const GOOSE: EngineDefinition = { name: 'goose', defaultVersion: '3.27.3', versionArgument: 'GOOSE_VERSION', versionTable: 'goose_db_version' };

/** @see https://github.com/amacneil/dbmate */
export const DBMATE: EngineDefinition = { name: 'dbmate', defaultVersion: '2.36.0', versionArgument: 'DBMATE_VERSION', versionTable: 'schema_migrations' };
