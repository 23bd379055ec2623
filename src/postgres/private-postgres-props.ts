import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { AdminSecret } from './admin-secret';
import type { PostgresCapacity } from './postgres-capacity';
import type { PostgresVersion } from './postgres-version';
import type { PemFile } from '../trust';

/** Properties of a private PostgreSQL server. */
export interface PrivatePostgresProps {
  /** The network that the server is in. Cannot change later. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the server and of the broker's SQL function, in at least two availability zones. Never public ones.
   *
   * @default - isolated subnets, else private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the server.
   *
   * @default - a new one without rules
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * TCP port that the server listens on. On an instance it cannot change later: CloudFormation would replace the server.
   *
   * @default 5432
   */
  readonly port?: number;

  /**
   * Name of the first database. It never reaches RDS, so changing it makes another, empty database on the same server and
   * keeps the old one.
   *
   * @default 'app'
   */
  readonly databaseName?: string;

  /**
   * Extensions that the admin creates in the first database, like `pgcrypto`.
   *
   * @default - none
   */
  readonly extensions?: string[];

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
   * Version of PostgreSQL.
   *
   * @default PostgresVersion.VER_17
   */
  readonly engineVersion?: PostgresVersion;

  /**
   * Whether a change of `engineVersion` may take an instance to another major version, which takes it down for minutes.
   * Serverless clusters always may. Name a full version for the upgrade: RDS need not be able to go from the current version to the one that it
   * chooses for `17`.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html
   * @default false
   */
  readonly allowMajorVersionUpgrade?: boolean;

  /**
   * Whether RDS installs minor versions in the maintenance window.
   *
   * @default true
   */
  readonly autoMinorVersionUpgrade?: boolean;

  /**
   * What the server runs on. A living server cannot go from an instance to serverless or back.
   *
   * @default - PostgresCapacity.instance(): a t4g.micro in development, an r7g.large in production, from the posture
   */
  readonly capacity?: PostgresCapacity;

  /**
   * Whether a standby (instance) or a reader (serverless) in another availability zone takes over when the server fails.
   *
   * @default - false in development, true in production, from the posture
   */
  readonly multiAz?: boolean;

  /**
   * Storage of an instance, gp3, at least 20 GiB. It can grow later, never shrink. Serverless clusters need none.
   *
   * @default - 20 GiB in development, 100 GiB in production, from the posture
   */
  readonly allocatedStorage?: Size;

  /**
   * Up to where RDS enlarges the storage of an instance by itself, at least 10 % above `allocatedStorage`, at most 65,536 GiB.
   *
   * @default - five times `allocatedStorage`, at most 65,536 GiB
   */
  readonly maxAllocatedStorage?: Size;

  /**
   * Key that encrypts storage, snapshots and performance data. Cannot change later: CloudFormation would replace the server.
   *
   * @default - the account's key for RDS (`aws/rds`)
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Who makes and keeps the admin's password.
   *
   * @default - AdminSecret.rdsManaged(); AdminSecret.generated() for an instance restored from a snapshot
   */
  readonly adminSecret?: AdminSecret;

  /**
   * Name of the admin. Cannot change later: CloudFormation would replace the server. With `snapshotIdentifier` it must be
   * the name that the snapshot has.
   *
   * @default 'postgres'
   */
  readonly adminUsername?: string;

  /**
   * How long automated backups are kept, from 0 (none; serverless: from 1) to 35 days.
   *
   * @default - 7 days in development, 35 days in production, from the posture
   */
  readonly backupRetention?: Duration;

  /**
   * When backups are made, in UTC: `hh24:mi-hh24:mi`, at least 30 minutes. It must not overlap the maintenance window, so set both.
   *
   * @default - RDS chooses
   */
  readonly preferredBackupWindow?: string;

  /**
   * When maintenance happens, in UTC: `ddd:hh24:mi-ddd:hh24:mi`, at least 30 minutes.
   *
   * @default - RDS chooses
   */
  readonly preferredMaintenanceWindow?: string;

  /**
   * Whether the server refuses to be deleted.
   *
   * @default - false in development, true in production, from the posture; false where `removalPolicy` is DESTROY
   */
  readonly deletionProtection?: boolean;

  /**
   * What happens to the server when it leaves the stack: destroy, snapshot (a last one is kept), retain, or retain on update or delete, which deletes the server
   * where its first deployment fails. Snapshot makes one of an empty server then.
   *
   * @default - DESTROY in development, SNAPSHOT in production, from the posture; SNAPSHOT where `deletionProtection` is true
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether Database Insights runs in advanced mode, with 15 months of performance history. Costs by vCPU or capacity unit.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.html
   * @default - false in development, true in production, from the posture
   */
  readonly databaseInsights?: boolean;

  /**
   * Whether the PostgreSQL log goes to CloudWatch Logs.
   *
   * @default - false in development, true in production, from the posture
   */
  readonly cloudwatchLogsExport?: boolean;

  /**
   * How long the exported log is kept. The log groups stay when the server leaves the stack, until their events have expired.
   *
   * @default - from the posture: one week in development, three months in production
   */
  readonly cloudwatchLogsRetention?: logs.RetentionDays;

  /**
   * Whether the server refuses connections without TLS (`rds.force_ssl`).
   *
   * @default true
   */
  readonly forceSsl?: boolean;

  /**
   * Parameters of the server, by name. They win over those that this construct sets.
   *
   * @default - password authentication by SCRAM only, statements of more than a second and waits for locks are logged without bound values
   * and details of errors, pg_stat_statements is loaded
   */
  readonly parameters?: { [name: string]: string };

  /**
   * Connections that the server accepts (`max_connections`). The connection limits of all users must fit.
   *
   * @default - by the memory of the server; not checked where that is not known at synth
   */
  readonly maxConnections?: number;

  /**
   * Snapshot that the server is restored from, when it is created. Keep it for ever: without it, and with another one,
   * CloudFormation makes a new server. Storage is encrypted exactly if the snapshot is. Databases and users that the snapshot
   * brings and the app declares are taken over, users with new passwords.
   *
   * @default - an empty server
   */
  readonly snapshotIdentifier?: string;

  /**
   * Certificate authorities that the server's certificate chains to, at most 48 KiB. Needed in GovCloud and
   * China.
   *
   * @default - the RDS roots of the region
   */
  readonly caCertificates?: PemFile;

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
}
