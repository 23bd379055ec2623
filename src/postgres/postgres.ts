import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { PostgresDatabase, PostgresDatabaseOptions } from './postgres-database';
import type { INetworkEndpoint } from '../network';

/** A PostgreSQL server or cluster that databases and users can be declared on. */
export interface IPostgres extends IConstruct, INetworkEndpoint {
  /** The network that the server is in. */
  readonly vpc: ec2.IVpc;

  /** The server's first database. */
  readonly database: PostgresDatabase;

  /** Declares another database on this server. */
  addDatabase(id: string, options?: PostgresDatabaseOptions): PostgresDatabase;
}
