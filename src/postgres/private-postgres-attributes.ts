import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { PemFile } from '../trust';

/** A PostgreSQL server that exists already. */
export interface PrivatePostgresAttributes {
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
   * Certificate authorities that the server's certificate chains to, at most 48 KiB. Needed for servers
   * that are not RDS, and in GovCloud and China.
   *
   * @default - the RDS roots of the region
   */
  readonly caCertificates?: PemFile;

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
