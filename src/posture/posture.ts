import { Stack, type Duration, type RemovalPolicy, type Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import type { Egress } from './egress';
import type { PostureOverrides } from './posture-overrides';
import { validatePosture } from './private/posture-rules';
import { POSTURE_DEVELOPMENT, POSTURE_PRODUCTION } from './private/posture-values';
import { InvalidBackendError, warn } from '../private/errors';

const APPLIED = Symbol.for('cdk-private-backend.Posture');
const READ = Symbol.for('cdk-private-backend.Posture.readBy');
const WARNED = Symbol.for('cdk-private-backend.Posture.warned');

/**
 * A named set of defaults, from a development stack that costs next to nothing idle to a hardened production stack.
 *
 * Every construct of this library reads its defaults from the nearest posture above it and from nowhere else; an
 * explicit prop always wins. Where no posture was applied, production holds and each stack has one warning.
 *
 * ## What it makes
 *
 * Nothing by itself: it decides what constructs below it make.
 *
 * ## Defaults that matter
 *
 * | field | development | production | why |
 * |---|---|---|---|
 * | `maxAzs` | 2 | 3 | Production outlives the loss of a zone and still has two. A database and a load balancer need two anyway. |
 * | `egress` | publicIp | natGateway per zone | Public addresses cost nothing while no task runs; a gateway in each zone outlives the loss of another. |
 * | `flowLogs` | false | true | Who talked to whom can be answered afterwards, at the price of storage. |
 * | `restrictDefaultSecurityGroup` | false | true | Nothing put into the default group by accident is reachable; costs a custom resource. |
 * | `databaseInstanceType` | t4g.micro | r7g.large | The cheapest Graviton class; the smallest one with memory for a real working set. |
 * | `multiAz` | false | true | A standby takes over in about a minute, for twice the price of the instance; of three nodes another one does, for three times. |
 * | `databaseAllocatedStorage` | 20 GiB | 100 GiB | The least that gp3 allows; headroom, since storage cannot shrink. |
 * | `cacheNodeType` | t4g.micro | m7g.large | The cheapest Graviton class; the smallest one whose speed does not run out. |
 * | `backupRetention` | 7 days | 35 days | Enough to undo yesterday; the longest that RDS keeps. |
 * | `fileBackups` | false | true | A copy each day for 35 days, at a sixth of the price of the files. |
 * | `restoreDrills` | false | true | A backup that nobody has restored proves nothing; an instance runs for some minutes a week. |
 * | `deletionProtection` | false | true | A stack can be thrown away; a server only by two deliberate steps. |
 * | `terminationProtection` | false | true | What depends on a server is deleted before the server refuses; a protected stack loses nothing. |
 * | `databaseRemovalPolicy` | destroy | snapshot | Nothing to keep; a last snapshot whatever happens. |
 * | `removalPolicy` | destroy | retain-on-update-or-delete | No leftovers; logs, keys and buckets outlive a mistake, and a failed first deployment leaves none. |
 * | `databaseInsights` | false | true | 15 months of performance history, priced by vCPU. |
 * | `cloudwatchLogsExport` | false | true | The server's log outlives the server. |
 * | `forceSsl` | true | true | Clients of the database never speak in clear text. |
 * | `storageEncrypted` | true | true | Costs nothing, and cannot be turned on later without a new server. |
 * | `poolSize` | 5 | 10 | Many connections for each task exhaust a small server first. |
 * | `statementTimeout` | 30 seconds | 30 seconds | A runaway query ends before its caller's patience. |
 * | `idleInTransactionSessionTimeout` | 60 seconds | 60 seconds | A forgotten transaction does not hold locks and block vacuum. |
 * | `lockTimeout` | 5 seconds | 5 seconds | A migration that waits for a lock blocks everybody behind it, so it gives up early. |
 * | `minTasks` | 1 | 2 | One is enough to try things; two outlive a deployment and a zone. |
 * | `maxTasks` | 1 | 10 | No scaling; room for five times the usual load. |
 * | `rehearsal` | false | true | A version that can't start never reaches the service; a deployment takes one to two minutes longer. |
 * | `containerInsights` | false | true | Metrics of each task, at the price of custom metrics. |
 * | `logRetention` | 7 days | 90 days | Until the end of the sprint; until an incident is understood. |
 * | `auditRetention` | 30 days | 365 days | Enough to see what a week's work changed; a year, as most audits ask for. |
 * | `requireHttps` | false | true | Without a domain one can still start; in production it is an error. |
 * | `waf` | false | true | AWS's managed rules in front of the ingress, about 10 USD a month. |
 * | `accessLogs` | false | true | Every request can be found afterwards. |
 * | `loadBalancerDeletionProtection` | false | true | The address that clients know does not vanish. |
 * | `bastionSubnetType` | public | private | Needs no NAT; needs no public address. |
 * | `sessionLogging` | false | true | What was typed in a shell can be read afterwards. |
 * | `alarms` | false | true | Nobody watches a development stack. |
 *
 * Changing the posture of a living stack replaces nothing that holds data and no subnet.
 *
 * Where `terminationProtection` is true, synthesis fails for a stack with a PostgreSQL server, an ingress or a file system and without termination
 * protection. After a first deployment that failed, protection must be turned off before the next one, and CDK Pipelines ignore it: see docs/stuck.md.
 *
 * ## Security considerations
 *
 * Both postures encrypt storage, force TLS, keep databases private and containers hardened. Development leaves out what
 * costs money or gets in the way of throwing a stack away: logs, alarms, protection, a second zone.
 *
 * ## Cost
 *
 * The README of each example states the price of both postures.
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Egress, Posture } from 'cdk-private-backend';
 *
 * const app = new App();
 * Posture.production({ maxAzs: 2, egress: Egress.natGateway() }).applyTo(app);
 * const stack = new Stack(app, 'Backend', { terminationProtection: true });
 */
export class Posture {
  /**
   * Cheap when idle, quick to destroy, as private and encrypted as production.
   *
   * @param overrides fields that differ
   * @throws InvalidBackendError for values and combinations that could not be deployed or contradict each other
   */
  public static development(overrides: PostureOverrides = {}): Posture {
    return new Posture('development', { ...POSTURE_DEVELOPMENT, ...defined(overrides) });
  }

  /**
   * Survives the loss of an availability zone and of an operator's attention.
   *
   * @param overrides fields that differ
   * @throws InvalidBackendError for values and combinations that could not be deployed or contradict each other
   */
  public static production(overrides: PostureOverrides = {}): Posture {
    return new Posture('production', { ...POSTURE_PRODUCTION, ...defined(overrides) });
  }

  /**
   * The posture of this name, for a stage that an app reads from its context: `Posture.fromName(app.node.tryGetContext('posture'))`.
   *
   * @param name `development` or `production`
   * @param overrides fields that differ
   * @throws InvalidBackendError for another name, and for what the two factories refuse
   */
  public static fromName(name: string, overrides: PostureOverrides = {}): Posture {
    switch (name) {
      case 'development': return Posture.development(overrides);
      case 'production': return Posture.production(overrides);
      default: throw new InvalidBackendError('Posture.fromName()', 'Posture.unknownName', `The posture '${name}' does not exist. Use 'development' or 'production'.`);
    }
  }

  /**
   * The posture that holds for a construct: the nearest applied on it or above it, else production with a warning on
   * its stack.
   *
   * @param scope the construct that reads its defaults
   */
  public static of(scope: IConstruct): Posture {
    for (const construct of [...scope.node.scopes].reverse()) {
      const applied = read<Posture>(construct, APPLIED);
      if (applied !== undefined) {
        return applied;
      }
      write(construct, READ, scope.node.path);
    }
    warnOnce(scope.node.scopes.some((construct) => Stack.isStack(construct)) ? Stack.of(scope) : scope);
    return Posture.production();
  }

  /**
   * The posture that was applied to a construct or to one that it stands in, the nearest; undefined where none was.
   *
   * For code that only looks, such as an aspect or a check. Unlike `of()`, it warns nobody, has no default, and a posture may still be
   * applied afterwards.
   *
   * @param scope the construct that is asked about
   */
  public static appliedTo(scope: IConstruct): Posture | undefined {
    return scope.node.scopes.map((construct) => read<Posture>(construct, APPLIED)).filter((applied) => applied !== undefined).pop();
  }

  /** Availability zones that the network uses, from 1 to 3. */
  public readonly maxAzs: number;
  /** How tasks reach the internet and AWS. */
  public readonly egress: Egress;
  /** Whether the network writes VPC flow logs. */
  public readonly flowLogs: boolean;
  /** Whether the default security group of the VPC loses its rules. Adds a Lambda-backed custom resource of CDK's own. */
  public readonly restrictDefaultSecurityGroup: boolean;
  /** Instance type of a PostgreSQL server. */
  public readonly databaseInstanceType: ec2.InstanceType;
  /** Whether a PostgreSQL server has a standby, and a cache a replica, in another availability zone. A cluster on instances has three nodes. */
  public readonly multiAz: boolean;
  /** Storage of a PostgreSQL server at creation, gp3. */
  public readonly databaseAllocatedStorage: Size;
  /** Type of the nodes of a cache, without `cache.` in front. */
  public readonly cacheNodeType: ec2.InstanceType;
  /** How long automated backups are kept, from 0 to 35 days. */
  public readonly backupRetention: Duration;
  /** Whether AWS Backup copies file systems every day and keeps each copy for 35 days. */
  public readonly fileBackups: boolean;
  /** Whether a `SelfHostedPostgres` is restored once a week, to see that it can be. */
  public readonly restoreDrills: boolean;
  /** Whether a database server refuses to be deleted. */
  public readonly deletionProtection: boolean;
  /** Whether a stack with a server, an ingress or a file system must have termination protection. Where it has none, synthesis fails. */
  public readonly terminationProtection: boolean;
  /** What happens to a database server that leaves the stack: destroy, snapshot, retain, or retain on update or delete. */
  public readonly databaseRemovalPolicy: RemovalPolicy;
  /** What happens to everything else that holds data (log groups, buckets, keys, repositories): destroy, retain, or retain on update or delete. */
  public readonly removalPolicy: RemovalPolicy;
  /** Whether a PostgreSQL server has Database Insights in advanced mode, with 15 months of performance history. */
  public readonly databaseInsights: boolean;
  /** Whether the PostgreSQL log goes to CloudWatch Logs. */
  public readonly cloudwatchLogsExport: boolean;
  /** Whether a PostgreSQL server refuses connections without TLS (`rds.force_ssl`). */
  public readonly forceSsl: boolean;
  /** Whether storage is encrypted at rest. */
  public readonly storageEncrypted: boolean;
  /** Connections that each task may hold to a database, given to the service as `DATABASE_POOL_SIZE`. */
  public readonly poolSize: number;
  /** Longest time a statement of a database user may run (`statement_timeout`). */
  public readonly statementTimeout: Duration;
  /** Longest time a session may stay idle inside a transaction (`idle_in_transaction_session_timeout`). */
  public readonly idleInTransactionSessionTimeout: Duration;
  /** Longest time that a database owner, and so a migration, waits for a lock (`lock_timeout`). */
  public readonly lockTimeout: Duration;
  /** Least number of tasks of a service, and the number it starts with. */
  public readonly minTasks: number;
  /** Greatest number of tasks of a service. Equal to `minTasks` means no scaling. */
  public readonly maxTasks: number;
  /** Whether a new version of an API is tried out before its service is touched. */
  public readonly rehearsal: boolean;
  /** Whether a cluster has Container Insights with enhanced observability. */
  public readonly containerInsights: boolean;
  /** How long log groups keep their events. */
  public readonly logRetention: logs.RetentionDays;
  /** How long the log files of an audit trail are kept. */
  public readonly auditRetention: Duration;
  /** Whether an ingress without HTTPS is an error. Where it is not, it is a warning. */
  public readonly requireHttps: boolean;
  /** Whether an ingress is protected by a web ACL with AWS managed rules. */
  public readonly waf: boolean;
  /** Whether a load balancer writes access logs to a bucket. */
  public readonly accessLogs: boolean;
  /** Whether a load balancer refuses to be deleted. */
  public readonly loadBalancerDeletionProtection: boolean;
  /** Subnets that a bastion prefers. It never has an ingress rule. */
  public readonly bastionSubnetType: ec2.SubnetType;
  /** Whether shell sessions on a bastion are logged to CloudWatch Logs. */
  public readonly sessionLogging: boolean;
  /** Whether constructs create CloudWatch alarms. */
  public readonly alarms: boolean;

  private constructor(
    /** `development` or `production`. */
    public readonly name: string,
    settings: Required<PostureOverrides>,
  ) {
    validatePosture(name, settings);
    this.maxAzs = settings.maxAzs;
    this.egress = settings.egress;
    this.flowLogs = settings.flowLogs;
    this.restrictDefaultSecurityGroup = settings.restrictDefaultSecurityGroup;
    this.databaseInstanceType = settings.databaseInstanceType;
    this.multiAz = settings.multiAz;
    this.databaseAllocatedStorage = settings.databaseAllocatedStorage;
    this.cacheNodeType = settings.cacheNodeType;
    this.backupRetention = settings.backupRetention;
    this.fileBackups = settings.fileBackups;
    this.restoreDrills = settings.restoreDrills;
    this.deletionProtection = settings.deletionProtection;
    this.terminationProtection = settings.terminationProtection;
    this.databaseRemovalPolicy = settings.databaseRemovalPolicy;
    this.removalPolicy = settings.removalPolicy;
    this.databaseInsights = settings.databaseInsights;
    this.cloudwatchLogsExport = settings.cloudwatchLogsExport;
    this.forceSsl = settings.forceSsl;
    this.storageEncrypted = settings.storageEncrypted;
    this.poolSize = settings.poolSize;
    this.statementTimeout = settings.statementTimeout;
    this.idleInTransactionSessionTimeout = settings.idleInTransactionSessionTimeout;
    this.lockTimeout = settings.lockTimeout;
    this.minTasks = settings.minTasks;
    this.maxTasks = settings.maxTasks;
    this.rehearsal = settings.rehearsal;
    this.containerInsights = settings.containerInsights;
    this.logRetention = settings.logRetention;
    this.auditRetention = settings.auditRetention;
    this.requireHttps = settings.requireHttps;
    this.waf = settings.waf;
    this.accessLogs = settings.accessLogs;
    this.loadBalancerDeletionProtection = settings.loadBalancerDeletionProtection;
    this.bastionSubnetType = settings.bastionSubnetType;
    this.sessionLogging = settings.sessionLogging;
    this.alarms = settings.alarms;
  }

  /**
   * Makes this the posture of a construct and all below it.
   *
   * @param scope an app, a stage, a stack or any construct, before anything below it was created
   * @throws InvalidBackendError when the construct has a posture already, or when something at or below it has already read one
   */
  public applyTo(scope: IConstruct): void {
    if (read(scope, APPLIED) !== undefined) {
      throw new InvalidBackendError(scope, 'Posture.appliedTwice', 'A posture was already applied here. Call `applyTo()` once for each construct.');
    }
    const reader = read<string>(scope, READ);
    if (reader !== undefined) {
      throw new InvalidBackendError(scope, 'Posture.appliedLate', `'${reader}' was created before this posture was applied, and uses another one. Call \`applyTo()\` before you create constructs.`);
    }
    write(scope, APPLIED, this);
  }
}

function defined(overrides: PostureOverrides): PostureOverrides {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

function read<T>(construct: IConstruct, key: symbol): T | undefined {
  return (construct as unknown as Record<symbol, T | undefined>)[key];
}

function write(construct: IConstruct, key: symbol, value: unknown): void {
  Object.defineProperty(construct, key, { value, configurable: true, enumerable: false, writable: true });
}

function warnOnce(scope: IConstruct): void {
  if (read(scope, WARNED) === undefined) {
    write(scope, WARNED, true);
    warn(scope, 'Posture.notApplied', 'No posture was applied, so this stack uses production defaults. Call `Posture.production().applyTo(app)` or `Posture.development().applyTo(app)` before you create constructs.');
  }
}
