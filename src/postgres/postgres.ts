import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { PostgresDatabase, PostgresDatabaseOptions } from './postgres-database';
import type { IDatabaseServer } from '../binding';
import { ImportedPostgres } from './private/imported-postgres';

/** A PostgreSQL server or cluster that databases and users can be declared on. */
export interface IPostgres extends IDatabaseServer {
  /** The server's first database. */
  readonly database: PostgresDatabase;

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

/** A PostgreSQL server that exists already. */
export interface PostgresAttributes {
  /** Host name of the server: of an Aurora cluster the writer endpoint. Never that of an RDS Proxy, which loses locks. */
  readonly endpoint: string;

  /**
   * TCP port that the server listens on.
   *
   * @default 5432
   */
  readonly port?: number;

  /** The network that the server is in. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets from which the broker's SQL function reaches the server.
   *
   * @default - isolated subnets, else private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /** Security groups of the server, at least one. The broker and consumers are let in through them. */
  readonly securityGroups: ec2.ISecurityGroup[];

  /** Secret with the admin's password as JSON field `password`, and perhaps its `username`. Other fields are ignored. */
  readonly adminSecret: secretsmanager.ISecret;

  /**
   * Name of the admin: a role that may create roles and databases. It need not be a superuser.
   *
   * @default - `username` of the secret, else `postgres`
   */
  readonly adminUsername?: string;

  /**
   * Key that encrypts the admin's secret.
   *
   * @default - the key that `adminSecret` was imported with, else the account's key for Secrets Manager
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * PEM text of the certificate authorities that the server's certificate chains to, at most 48 KiB. Needed for servers
   * that are not RDS, and in GovCloud and China.
   *
   * @default - the RDS roots of the region
   */
  readonly caBundle?: string;

  /**
   * Name of the server's first database.
   *
   * @default - `database` cannot be used; declare databases with `addDatabase()`
   */
  readonly databaseName?: string;

  /**
   * Whether the first database is taken over when it exists already and this stack did not make it.
   *
   * @default false
   */
  readonly adoptExisting?: boolean;

  /**
   * Connections that the server accepts (`max_connections`). The users declared here are checked against it.
   *
   * @default - not checked
   */
  readonly maxConnections?: number;

  /**
   * Identifier of the RDS instance, for metrics.
   *
   * @default - no metrics
   */
  readonly instanceIdentifier?: string;

  /**
   * Identifier of the Aurora cluster, for metrics.
   *
   * @default - no metrics
   */
  readonly clusterIdentifier?: string;
}

/** PostgreSQL servers that this app did not make. */
export abstract class Postgres {
  /**
   * Uses a server that exists already. Databases and users are declared on it as on any other; the server itself is not
   * touched. Two apps that import one server do not take each other's roles.
   *
   * @throws when the endpoint is no host name, or that of a proxy or of readers; when there is no security group, the port is
   * out of range, or the region has no known RDS roots and `caBundle` is missing
   */
  public static fromPostgresAttributes(scope: Construct, id: string, attributes: PostgresAttributes): IPostgres {
    return new ImportedPostgres(scope, id, attributes);
  }
}
