import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { AdoptExisting } from './adopt-existing';
import type { PemFile } from '../trust';

/** A PostgreSQL server that exists already, of version 15 or later. An older one makes the deployment fail. */
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
   * Name of the login that `database.owner` is, at most 63 bytes. Changing it makes a new login before the old one goes.
   *
   * @default - `<databaseName>_migrator`; where that is longer than 63 bytes, the database's name is cut and a hash of it follows
   */
  readonly ownerUsername?: string;

  /**
   * Key that encrypts the secret of `database.owner`.
   *
   * @default - the account's key for Secrets Manager (`aws/secretsmanager`)
   */
  readonly ownerEncryptionKey?: kms.IKey;

  /**
   * What happens to the first database, `databaseName`, where it exists and this stack did not create it.
   *
   * @default - an error in the deployment
   */
  readonly adoptExisting?: AdoptExisting;

  /**
   * Connections that the server accepts (`max_connections`). The users declared here are checked against it.
   *
   * @default - not checked
   */
  readonly maxConnections?: number;

  /**
   * Any text. A deployment in which it changes sets all databases and users of this server right again, also where their
   * declarations are the same: what somebody granted, revoked or set by hand, and secrets and passwords that differ. CloudFormation
   * updates only what changes in a template, so drift stays without it. Deploy each stack that has users of the server. A date or
   * the number of a ticket does.
   *
   * It does not touch data, objects that belong to others, versions of extensions, or what nobody declares.
   *
   * @default - databases and users are set right when their declarations change
   */
  readonly repairRevision?: string;

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
