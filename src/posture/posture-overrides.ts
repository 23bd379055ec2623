import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Egress } from './egress';

/** Fields of a posture that differ from the named one. */
export interface PostureOverrides {
  /**
   * Availability zones that the network uses, from 1 to 3.
   *
   * @default - 2 in development, 3 in production
   */
  readonly maxAzs?: number;

  /**
   * How tasks reach the internet and AWS.
   *
   * @default - Egress.publicIp() in development, Egress.natGateway({ perAz: true }) in production
   */
  readonly egress?: Egress;

  /**
   * Whether the network writes VPC flow logs.
   *
   * @default - false in development, true in production
   */
  readonly flowLogs?: boolean;

  /**
   * Whether the default security group of the VPC loses its rules. Adds a Lambda-backed custom resource of CDK's own.
   *
   * @default - false in development, true in production
   */
  readonly restrictDefaultSecurityGroup?: boolean;

  /**
   * Instance type of a PostgreSQL server. A cluster on instances has a small one where this is a micro one.
   *
   * @default - t4g.micro in development, r7g.large in production
   */
  readonly databaseInstanceType?: ec2.InstanceType;

  /**
   * Whether a PostgreSQL server has a standby, and a cache a replica, in another availability zone. A cluster on instances has three nodes instead of one, which needs
   * three zones.
   *
   * @default - false in development, true in production
   */
  readonly multiAz?: boolean;

  /**
   * Storage of a PostgreSQL server at creation, and of each node of a cluster on instances, gp3.
   *
   * @default - Size.gibibytes(20) in development, Size.gibibytes(100) in production
   */
  readonly databaseAllocatedStorage?: Size;

  /**
   * Type of the nodes of a cache, without `cache.` in front.
   *
   * @default - t4g.micro in development, m7g.large in production
   */
  readonly cacheNodeType?: ec2.InstanceType;

  /**
   * How long automated backups are kept, from 0 to 35 days.
   *
   * @default - Duration.days(7) in development, Duration.days(35) in production
   */
  readonly backupRetention?: Duration;

  /**
   * Whether AWS Backup copies file systems every day and keeps each copy for 35 days.
   *
   * @default - false in development, true in production
   */
  readonly fileBackups?: boolean;

  /**
   * Whether a `SelfHostedPostgres` is restored once a week by an instance that ends itself, to see that it can be.
   *
   * @default - false in development, true in production
   */
  readonly restoreDrills?: boolean;

  /**
   * Whether a database server refuses to be deleted.
   *
   * @default - false in development, true in production
   */
  readonly deletionProtection?: boolean;

  /**
   * Whether a stack with a PostgreSQL server, an ingress or a file system must have termination protection: `new Stack(app, 'Backend', { terminationProtection: true })`.
   * Where it has none, synthesis fails. False demands nothing.
   *
   * @default - false in development, true in production
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
   */
  readonly terminationProtection?: boolean;

  /**
   * What happens to a database server that leaves the stack: destroy, snapshot, retain, or retain on update or delete, which deletes it where its first deployment fails.
   *
   * @default - DESTROY in development, SNAPSHOT in production
   */
  readonly databaseRemovalPolicy?: RemovalPolicy;

  /**
   * What happens to everything else that holds data (log groups, buckets, keys, repositories): destroy, retain, or retain on update or delete, which deletes it where
   * its first deployment fails. Buckets are retained then as well, since CloudFormation can't delete a bucket with files in it.
   *
   * @default - DESTROY in development, RETAIN_ON_UPDATE_OR_DELETE in production
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether a PostgreSQL server has Database Insights in advanced mode, with 15 months of performance history.
   *
   * @default - false in development, true in production
   */
  readonly databaseInsights?: boolean;

  /**
   * Whether the PostgreSQL log goes to CloudWatch Logs.
   *
   * @default - false in development, true in production
   */
  readonly cloudwatchLogsExport?: boolean;

  /**
   * Whether a PostgreSQL server refuses connections without TLS (`rds.force_ssl`).
   *
   * @default true
   */
  readonly forceSsl?: boolean;

  /**
   * Whether storage is encrypted at rest.
   *
   * @default true
   */
  readonly storageEncrypted?: boolean;

  /**
   * Connections that each task may hold to a database, given to the service as `DATABASE_POOL_SIZE`.
   *
   * @default - 5 in development, 10 in production
   */
  readonly poolSize?: number;

  /**
   * Longest time a statement of a database user may run (`statement_timeout`).
   *
   * @default Duration.seconds(30)
   */
  readonly statementTimeout?: Duration;

  /**
   * Longest time a session may stay idle inside a transaction (`idle_in_transaction_session_timeout`).
   *
   * @default Duration.seconds(60)
   */
  readonly idleInTransactionSessionTimeout?: Duration;

  /**
   * Longest time that a database owner, and so a migration, waits for a lock (`lock_timeout`).
   *
   * @default Duration.seconds(5)
   */
  readonly lockTimeout?: Duration;

  /**
   * Least number of tasks of a service, and the number it starts with.
   *
   * @default - 1 in development, 2 in production
   */
  readonly minTasks?: number;

  /**
   * Greatest number of tasks of a service. Equal to `minTasks` means no scaling.
   *
   * @default - 1 in development, 10 in production
   */
  readonly maxTasks?: number;

  /**
   * Whether a new version of an API is tried out in one task before ECS touches the service; see `ServiceRehearsal`.
   *
   * @default - false in development, true in production
   */
  readonly rehearsal?: boolean;

  /**
   * Whether a cluster has Container Insights with enhanced observability.
   *
   * @default - false in development, true in production
   */
  readonly containerInsights?: boolean;

  /**
   * How long log groups keep their events.
   *
   * @default - ONE_WEEK in development, THREE_MONTHS in production
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * How long the log files of an audit trail are kept, in whole days, at least 1.
   *
   * @default - Duration.days(30) in development, Duration.days(365) in production
   */
  readonly auditRetention?: Duration;

  /**
   * Whether an ingress without HTTPS is an error. Where it is not, it is a warning.
   *
   * @default - false in development, true in production
   */
  readonly requireHttps?: boolean;

  /**
   * Whether an ingress is protected by a web ACL with AWS managed rules.
   *
   * @default - false in development, true in production
   */
  readonly waf?: boolean;

  /**
   * Whether a load balancer writes access logs to a bucket.
   *
   * @default - false in development, true in production
   */
  readonly accessLogs?: boolean;

  /**
   * Whether a load balancer refuses to be deleted.
   *
   * @default - false in development, true in production
   */
  readonly loadBalancerDeletionProtection?: boolean;

  /**
   * Subnets that a bastion prefers. It never has an ingress rule.
   *
   * @default - PUBLIC in development, PRIVATE_WITH_EGRESS in production
   */
  readonly bastionSubnetType?: ec2.SubnetType;

  /**
   * Whether shell sessions on a bastion are logged to CloudWatch Logs.
   *
   * @default - false in development, true in production
   */
  readonly sessionLogging?: boolean;

  /**
   * Whether constructs create CloudWatch alarms.
   *
   * @default - false in development, true in production
   */
  readonly alarms?: boolean;
}
