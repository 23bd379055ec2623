import type { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { MigrationDialect } from './migration-dialect';
import type { ILogicalDatabase } from '../../binding';
import { InvalidBackendError } from '../../private/errors';

/**
 * A database whose engine migrations know. Others are migrated by commands.
 *
 * @internal
 */
export interface Migratable extends ILogicalDatabase {
  /** @internal */
  readonly _migrations: MigrationDialect;
  /**
   * Tables that users other than owners get no rights on.
   *
   * @internal
   */
  readonly _protectedTables: string[];
  /**
   * Calls back for each CloudFormation resource of this database and its users, those there are and those to come.
   *
   * @internal
   */
  _onResourceDeclared(callback: (resource: CfnResource) => void): void;
}

/** Whether migrations know the engine of a database. */
export function isMigratable(database: ILogicalDatabase): database is Migratable {
  return (database as Partial<Migratable>)._migrations !== undefined;
}

/** The dialect of a database that goose or dbmate should migrate. */
export function dialectOf(scope: IConstruct, database: ILogicalDatabase): MigrationDialect {
  if (!isMigratable(database)) {
    throw new InvalidBackendError(scope, 'MigrationSource.unknownEngine', `goose and dbmate can't migrate database '${database.node.path}', because this library can't connect them to its engine '${database.engine.engineName}'. Use \`MigrationSource.command\`.`);
  }
  return database._migrations;
}
