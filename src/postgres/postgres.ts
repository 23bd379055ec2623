import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { PostgresDatabase, PostgresDatabaseOptions } from './postgres-database';
import type { PostgresUser, PostgresUserOptions } from './postgres-user';
import type { IDatabaseServer } from '../binding';

/** A PostgreSQL server or cluster that databases and users can be declared on. */
export interface IPostgres extends IDatabaseServer {
  /** The server's first database. */
  readonly database: PostgresDatabase;

  /**
   * Declares a user of the server's first database: the same as `database.addUser()`.
   *
   * @param id id of the user; its name is the id in snake case, unless `username` is set
   */
  addUser(id: string, options?: PostgresUserOptions): PostgresUser;

  /** Declares another database on this server, in the server's stack. */
  addDatabase(id: string, options?: PostgresDatabaseOptions): PostgresDatabase;

  /** A metric of the server; average over 5 minutes unless told otherwise. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** How much of its processors the server uses, in percent; average over 5 minutes. */
  metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Open connections; greatest number within 5 minutes. */
  metricDatabaseConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Memory that is free, in bytes; least within 5 minutes. */
  metricFreeableMemory(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Storage that is free, in bytes; least within 5 minutes. */
  metricFreeStorageSpace(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}
