import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import type { DatabaseEngine } from './database-engine';
import type { IDatabaseServer } from './database-server';
import type { IServiceBinding } from './service-binding';

/** One logical database on a server, of any engine. */
export interface ILogicalDatabase extends IConstruct {
  /** The kind of the server. */
  readonly engine: DatabaseEngine;

  /** Name of the database on its server. */
  readonly databaseName: string;

  /** The server that the database is on. */
  readonly server: IDatabaseServer;

  /** The user that owns the objects of the database. Migrations run as it. */
  readonly owner: IDatabaseUser;
}

/** A login on a database server. A service that is bound to it gets its credentials and the way to the server. */
export interface IDatabaseUser extends IConstruct, IServiceBinding {
  /** Name of the user on its server. */
  readonly username: string;

  /**
   * The secret with the credentials of the user. Whoever refers to it waits until the user can log in.
   *
   * @default - the user has no password
   */
  readonly secret?: ISecret;
}
