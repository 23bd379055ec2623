import { Token, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import { POSTGRES_BROKER_ENGINE } from './engine/postgres-engine';
import type { IPostgres } from './postgres';
import { PostgresDatabase } from './postgres-database';
import { ImportedPostgres } from './private/imported-postgres';
import { Broker, type BrokerProps } from '../broker/broker';
import { keepingLogs } from '../broker/server-watch';
import { Posture } from '../posture';
import { adminSecretOf } from './private/admin-credentials';
import { createAlarms } from './private/alarms';
import { createCluster } from './private/aurora-cluster';
import { judgeExtensions } from './private/extension-rules';
import { memoryOf } from './private/max-connections';
import { type ExportedLogs, PostgresServer, type ServerLimits } from './private/postgres-server';
import { createInstance } from './private/rds-instance';
import type { ServerMetrics } from './private/server-metrics';
import type { ServerParts } from './private/server-parts';
import { serverSettings, type ServerSettings } from './private/server-settings';
import { readCertificateAuthorities } from './private/trust';
import type { PrivatePostgresAttributes } from './private-postgres-attributes';
import type { PrivatePostgresProps } from './private-postgres-props';
import { connectionsIn } from '../network/shared/connections';
import { placeStore } from '../network/shared/placement';
import { companionRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { requireTerminationProtection } from '../posture/shared/termination-protection';
import { referWeakly } from '../private/cross-stack';
import { refuseMisnomers } from '../private/misnomers';
import { requireKind, VPC } from '../private/props';
import { requireKeyHere } from '../private/same-environment';

/**
 * A PostgreSQL server that nobody outside the network can reach, with databases and users that are declared like any
 * other resource.
 *
 * ## What it makes
 *
 * An RDS for PostgreSQL instance, or an Aurora Serverless v2 cluster (`capacity`), with its subnet group, parameter group,
 * security group without rules, admin secret and, in production, three alarms without actions; and the broker: a Lambda function outside the network that answers
 * CloudFormation, and one in the server's subnets that runs SQL. Neither NAT nor endpoints are needed.
 *
 * ## Defaults that matter
 *
 * Instance type, Multi-AZ, storage, backups, deletion protection, insights and log export come from the posture; an
 * explicit prop wins. In production the stack must have `terminationProtection`. `databaseName`, `extensions` and users can
 * change at any time. What can never change in place:
 * `vpc`, `encryptionKey`, `adminUsername`, `snapshotIdentifier`, the kind of `capacity`, and the `port` of an instance.
 *
 * ## Security considerations
 *
 * Never publicly accessible. Storage is encrypted, connections are encrypted (`rds.force_ssl`), passwords are accepted as
 * SCRAM only. The server's log has no bound values and no rows, and its group in CloudWatch Logs expires (`cloudwatchLogsRetention`). IAM database authentication is off: members of `rds_iam` cannot log in by password. The SQL function has no
 * permissions but its network interfaces and its log group, and reaches nothing but the server; the other has the admin's
 * secret, but no network path. Let people in with `SsmBastion`.
 *
 * ## Cost
 *
 * us-east-1, a month: in development a db.t4g.micro with 20 GB, about 11.70 + 2.30 = 14 USD; in production a Multi-AZ
 * db.r7g.large with 100 GB, about 349 + 23 USD, and Database Insights for 2 vCPUs on both instances, about 36 USD. The
 * secret that RDS manages is 0.40 USD. The broker costs nothing while nothing is deployed.
 *
 * @see https://aws.amazon.com/rds/postgresql/pricing/
 *
 * @example
 * import { Stack } from 'aws-cdk-lib';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import { PostgresAccess, PrivatePostgres } from 'cdk-private-backend';
 * declare const stack: Stack;
 * declare const vpc: ec2.IVpc;
 *
 * const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'shop', extensions: ['pgcrypto'] });
 * const api = postgres.database.addUser('Api');
 * const reports = postgres.database.addUser('Reports', { access: PostgresAccess.READ_ONLY });
 */
export class PrivatePostgres extends PostgresServer {
  /**
   * Uses a server that exists already. Databases and users are declared on it as on any other; the server itself is not
   * touched. Two apps that import one server do not take each other's roles.
   *
   * @throws when the endpoint is no host name, or that of a proxy or of readers; when there is no security group, the port is
   * out of range, or the region has no known RDS roots and `caCertificates` is missing
   */
  public static fromPrivatePostgresAttributes(scope: Construct, id: string, attributes: PrivatePostgresAttributes): IPostgres {
    return new ImportedPostgres(scope, id, attributes);
  }

  /** Host name of the writer. */
  public readonly endpoint: string;

  /** TCP port that the server listens on. */
  public readonly port: number;

  /** The network that the server is in. */
  public readonly vpc: ec2.IVpc;

  /** Security groups of the server, with its port as default. */
  public readonly connections: ec2.Connections;

  /** The admin's secret. It holds `username` and `password`, and no host. */
  public readonly adminSecret: secretsmanager.ISecret;

  /** Name of the admin. */
  public readonly adminUsername: string;

  /** Identifier of the RDS instance; none for a serverless cluster. */
  public readonly instanceIdentifier?: string;

  /** Identifier of the Aurora cluster; none for an instance. */
  public readonly clusterIdentifier?: string;

  /** The server's first database. */
  public readonly database: PostgresDatabase;

  private readonly parts: ServerParts;
  private readonly settings: ServerSettings;

  /**
   * Declares a server.
   *
   * @throws when a value is out of range, when subnets are public or in fewer than two zones, when props contradict the
   * capacity, or when the region has no known RDS roots and `caCertificates` is missing
   */
  constructor(scope: Construct, id: string, props: PrivatePostgresProps) {
    super(scope, id);
    refuseMisnomers(this, props, { instanceType: 'Set `capacity: PostgresCapacity.instance(new ec2.InstanceType(\'t4g.small\'))`.' });
    requireKind(this, 'vpc', props.vpc, VPC);
    const settings = serverSettings(this, props, Posture.of(this), placeStore(this, props.vpc, props.vpcSubnets));
    this.settings = settings;
    requireKeyHere(this, props.encryptionKey);
    const caBundle = readCertificateAuthorities(this, props.caCertificates);
    const securityGroups = props.securityGroups ?? [this.createSecurityGroup(settings)];
    this.parts = this.createServer(settings, securityGroups);
    this.vpc = props.vpc;
    this.endpoint = this.parts.endpoint;
    this.port = settings.port;
    this.connections = connectionsIn(this, props.vpc, { securityGroups, defaultPort: ec2.Port.tcp(this.port) });
    this.adminSecret = adminSecretOf(this, settings, this.parts.managedSecretArn);
    this.adminUsername = settings.adminUsername;
    this.instanceIdentifier = this.parts.instanceIdentifier;
    this.clusterIdentifier = this.parts.clusterIdentifier;
    Broker.announce(this, () => this.brokerProps(props, settings, caBundle));
    this.database = this.createDatabase(props);
    requireTerminationProtection(this);
    if (Posture.of(this).alarms) {
      createAlarms(this);
    }
    describe(this, this, () => ({ kind: 'database-server', engine: this.database.engine.engineName, port: this.port }));
  }

  /** @internal */
  public _metrics(): ServerMetrics {
    return this.parts.metrics;
  }

  /** @internal */
  public _limits(): ServerLimits {
    const { maxConnections, allocatedStorage, maxAllocatedStorage, parameters, capacity, instanceType } = this.settings;
    const least = capacity.serverlessLimits?.min;
    return {
      maxConnections,
      declaredConnections: parameters.max_connections,
      allocatedStorage,
      growsStorage: maxAllocatedStorage !== undefined,
      memory: memoryOf(capacity, instanceType),
      pauses: least === 0 || Token.isUnresolved(least),
    };
  }

  /**
   * The first database has the server's logs with it, because it is always there, and in the server's stack.
   *
   * @internal
   */
  public _exportedLogs(database: IConstruct): ExportedLogs {
    const { logGroups } = this.parts;
    return logGroups.length === 0 || database.node.scope !== this
      ? {}
      : { LogGroups: logGroups, LogRetention: Tokenization.stringifyNumber(this.settings.cloudwatchLogsRetention) };
  }

  /** @internal */
  public _judgeExtensions(database: IConstruct, extensions: string[], databaseName: string): void {
    judgeExtensions(database, extensions, { databaseName, parameters: this.settings.parameters });
  }

  private createSecurityGroup(settings: ServerSettings): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: settings.vpc,
      description: 'Private PostgreSQL server',
      allowAllOutbound: false,
      disableInlineRules: false,
    });
    group.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
    referWeakly(group);
    return group;
  }

  private createDatabase({ databaseName = 'app', extensions, ownerUsername, ownerEncryptionKey }: PrivatePostgresProps): PostgresDatabase {
    return new PostgresDatabase(this, 'Database', { server: this, databaseName, extensions, ownerUsername, ownerEncryptionKey });
  }

  private createServer(settings: ServerSettings, securityGroups: ec2.ISecurityGroup[]): ServerParts {
    const { serverlessLimits } = settings.capacity;
    return serverlessLimits === undefined
      ? createInstance(this, settings, securityGroups)
      : createCluster(this, settings, serverlessLimits, securityGroups);
  }

  private brokerProps(props: PrivatePostgresProps, settings: ServerSettings, caBundle?: string): BrokerProps {
    return {
      server: this,
      engine: POSTGRES_BROKER_ENGINE,
      owned: true,
      watch: keepingLogs(this, this.parts.watch, this.parts.logGroups),
      portText: Tokenization.stringifyNumber(this.port),
      vpcSubnets: settings.vpcSubnets,
      adminSecret: this.adminSecret,
      adminSecretKey: settings.adminSecret.encryptionKey,
      adminUsername: settings.adminUsername,
      caBundle,
      repairRevision: props.repairRevision,
      restored: props.snapshotIdentifier !== undefined,
      maxConnections: settings.maxConnections,
      serverResources: this.parts.resources,
      inputs: [props.vpc, ...(props.securityGroups ?? []), ...[props.encryptionKey, settings.adminSecret.encryptionKey].filter(key => key !== undefined)],
    };
  }
}
