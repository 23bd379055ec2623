import { join } from 'path';
import { Tags, Tokenization } from 'aws-cdk-lib';
import type { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import { allowBackups, createBackupBucket } from './private/backup-bucket';
import { ClusterBalancer, type BalancerEndpoint } from './private/cluster-balancer';
import { judgeExtensions } from './private/cluster-extensions';
import { ClusterNetwork, placeCluster, POSTGRES_PORT, READER_PORT, type ClusterPlacement } from './private/cluster-network';
import { ClusterNode } from './private/cluster-node';
import { createSecrets, type ClusterSecrets } from './private/cluster-secrets';
import { clusterSettings, type ClusterSettings } from './private/cluster-settings';
import { clusterSymptoms } from './private/cluster-symptoms';
import { nodeEnvironment, type ClusterEnvironment } from './private/node-environment';
import { NAMESPACE } from './private/node-role';
import { nodeMemory } from './private/node-types';
import type { RegionPart } from './private/region-part';
import { RegionRecovery } from './private/region-recovery';
import { RegionReplication } from './private/region-replication';
import { RestoreDrill } from './private/restore-drill';
import type { SelfHostedPostgresProps } from './self-hosted-postgres-props';
import type { INetworkEndpoint } from '../../binding';
import { Broker } from '../../broker/broker';
import { ServerWatch } from '../../broker/server-watch';
import { CertificateAuthority } from '../../certificates/certificate-authority';
import { FirstBootScripts } from '../../compute/first-boot-scripts';
import { Posture } from '../../posture';
import { describe } from '../../posture/shared/describe';
import { requireTerminationProtection } from '../../posture/shared/termination-protection';
import { InvalidBackendError } from '../../private/errors';
import { dependOnKey } from '../../private/keys';
import { requireKind, VPC } from '../../private/props';
import { requireKeyHere } from '../../private/same-environment';
import type { Monitoring } from '../../symptoms/shared/monitored';
import { POSTGRES_BROKER_ENGINE, POSTGRES_ENGINE } from '../engine/postgres-engine';
import type { MonitorPostgresOptions } from '../monitor-postgres-options';
import { PostgresDatabase, type PostgresDatabaseOptions } from '../postgres-database';
import { createAlarms } from '../private/alarms';
import { PostgresServer, type ServerLimits } from '../private/postgres-server';
import type { ServerMetrics } from '../private/server-metrics';

/** Roles that the nodes make for each other. */
const CLUSTER_ROLES = ['replicator', 'rewinder'];

/** Files that the nodes run. */
const NODE_FILES = join(__dirname, 'node');

/**
 * PostgreSQL 17 on instances of EC2 that nobody outside the network can reach: one node, or three that survive the loss of any one of them. Databases, users,
 * migrations, tunnels and alarms are the same as on `PrivatePostgres`, whose place it takes by one line.
 *
 * ## What it makes
 *
 * For each node a network interface, an encrypted data volume, and an Auto Scaling group of exactly one instance of Debian 13 with PostgreSQL, Patroni and etcd. An
 * internal network load balancer: 5432 leads to the primary, 5433 to replicas (`reader`). A certificate authority whose key stays in KMS, a bucket for backups, the
 * secrets of the admin and of the backups, and in production three alarms without actions, and an Auto Scaling group that launches an instance once a week for a restore drill. The broker is the
 * same as that of `PrivatePostgres`.
 *
 * ## Defaults that matter
 *
 * Number of nodes, instance type, storage, backups and what becomes of them come from the posture; an explicit prop wins. With three nodes a commit is
 * acknowledged when a second node has it. In production the stack must have `terminationProtection`. What can never change in place: `vpc`, `encryptionKey` and `adminUsername`. `nodes` can
 * grow, not shrink.
 *
 * A deployment changes one node after the other, and waits until each replicates and votes again: a deployment never touches two nodes at once, a fault can. Five weaknesses:
 *
 * - A node that is to go hands over first, and asks for more time while it does. Where it is silent for 30 minutes, EC2 terminates it anyway.
 * - EC2 launches the next instance before the network interface of the former one is free, and tries again until it is.
 * - An update of a node in a zone that is out of order waits for an hour and fails. `stoppedNodes` takes that node out of the deployment.
 * - Nodes that move to other subnets, as with another egress of the network, have other addresses, and each joins the cluster again as a new member.
 * - The load balancer sends to every node while it finds none healthy. Clients that must not read from a replica set `target_session_attrs=read-write`.
 *
 * The loss of a region is another matter: `disasterRecovery` replicates the backups, and a cluster with `recoverFrom` is made of them (docs/disaster-recovery.md).
 *
 * ## Security considerations
 *
 * Never publicly accessible: nodes accept connections from each other and from the load balancer only, and no SSH. People come in by Session Manager. Connections are encrypted, between nodes with
 * certificates of both sides. The admin is no superuser; that one logs in on a node only. Disks are encrypted; backups too, with a pass that is in a secret. The role of a node may attach its own
 * volume, read these secrets, sign its own certificate, write backups without deleting their versions, and publish metrics: whoever is root on a node has the data.
 *
 * ## Cost
 *
 * us-east-1, a month: in development a t4g.small with 20 GB, about 12 + 3 USD, the load balancer for 16, and key and secrets for 2; in production three r7g.large with 100 GB each, about 235 + 28 + 18 USD. Backups in S3,
 * traffic between zones, the metrics of the nodes and the hours of restore drills come by use.
 *
 * @see https://patroni.readthedocs.io
 *
 * @example
 * import { Stack } from 'aws-cdk-lib';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import { SelfHostedPostgres } from 'cdk-private-backend';
 * declare const stack: Stack;
 * declare const vpc: ec2.IVpc;
 *
 * const postgres = new SelfHostedPostgres(stack, 'Postgres', { vpc, databaseName: 'shop', extensions: ['pgcrypto'] });
 * const api = postgres.database.addUser('Api');
 */
export class SelfHostedPostgres extends PostgresServer {
  /** Host name of the load balancer. */
  public readonly endpoint: string;

  /** TCP port of the load balancer that leads to the primary, 5432. */
  public readonly port: number = POSTGRES_PORT;

  /** The same host on port 5433, which leads to replicas. They may be behind by some seconds. With one node it leads to that. */
  public readonly reader: INetworkEndpoint;

  /** The network that the cluster is in. */
  public readonly vpc: ec2.IVpc;

  /** Security groups of the load balancer, with its port as default. */
  public readonly connections: ec2.Connections;

  /** The admin's secret. It holds `username` and `password`, and no host. */
  public readonly adminSecret: secretsmanager.ISecret;

  /** Name of the admin. */
  public readonly adminUsername: string;

  /** Bucket with backups and archive, which the nodes encrypt. */
  public readonly backups: IBucket;

  /** Name of the cluster: dimension `Cluster` of its metrics, and stanza of its backups. */
  public readonly clusterName: string;

  private readonly settings: ClusterSettings;
  private readonly nodes: ClusterNode[];
  private readonly firstDatabase?: PostgresDatabase;
  private readonly restoreDrill?: RestoreDrill;

  /**
   * Declares a cluster.
   *
   * @throws when a value is out of range, when the network has fewer zones than the cluster has nodes, when nodes can't reach what they need, or for
   * parameters and extensions that the cluster can't have, and when the copies of backups of other regions are not where they must be
   */
  constructor(scope: Construct, id: string, props: SelfHostedPostgresProps) {
    super(scope, id);
    requireKind(this, 'vpc', props.vpc, VPC);
    this.settings = clusterSettings(this, props);
    requireKeyHere(this, props.encryptionKey);
    dependOnKey(this, props.encryptionKey);
    const placement = placeCluster(this, props, this.settings);
    const network = new ClusterNetwork(this, 'Network', props, this.settings);
    this.vpc = props.vpc;
    this.clusterName = this.settings.clusterName;
    this.nodes = this.createNodes(props, placement, network);
    const balancer = this.createBalancer(placement, network);
    this.endpoint = balancer.endpoint;
    this.connections = network.connectionsTo(this.port);
    const primary = balancer.addListener(this, 'Primary', { port: this.port, healthCheckPath: '/primary', connections: this.connections });
    this.reader = balancer.addListener(this, 'Reader', { port: READER_PORT, healthCheckPath: '/replica', connections: network.connectionsTo(READER_PORT) });
    const secrets = createSecrets(this, { ...this.settings, encryptionKey: props.encryptionKey });
    this.adminSecret = secrets.admin;
    this.adminUsername = this.settings.adminUsername;
    const backups = createBackupBucket(this, 'Backups', this.settings);
    this.backups = backups;
    const regions = this.createRegions(props, placement, secrets, backups);
    const authority = this.createAuthority();
    const groups = this.settings.active ? this.launchNodes(network, secrets, authority, regions) : [];
    if (this.settings.active) {
      this.restoreDrill = this.createDrill(placement, network, secrets);
      this.announceBroker(props, placement, authority, [...groups, primary.listener, ...network.rules]);
      this.firstDatabase = this.createDatabase(props);
    }
    this.finish(balancer, primary);
  }

  /**
   * The cluster's first database.
   *
   * @throws where the cluster is not active
   */
  public get database(): PostgresDatabase {
    return this.firstDatabase ?? this.refuseInactive();
  }

  /**
   * Declares another database on this cluster, in its stack.
   *
   * @throws where the cluster is not active, when it has a database with this id already, and for whatever PostgresDatabase refuses
   */
  public addDatabase(id: string, options?: PostgresDatabaseOptions): PostgresDatabase {
    return this.settings.active ? super.addDatabase(id, options) : this.refuseInactive();
  }

  /**
   * Name of the Auto Scaling group of restore drills, which has one instance while a drill runs.
   *
   * @throws where the cluster has no restore drills
   */
  public get restoreDrillGroupName(): string {
    return this.drill.group.ref;
  }

  /**
   * Command of the AWS CLI that starts a restore drill now, beside those of the schedule. It ends by itself.
   *
   * @throws where the cluster has no restore drills
   */
  public get restoreDrillCommand(): string {
    return this.drill.command;
  }

  /**
   * Lets a grantee start restore drills, and end them before they are done.
   *
   * @param grantee a role, user or group of people
   * @throws where the cluster has no restore drills
   */
  public grantStartRestoreDrill(grantee: iam.IGrantable): iam.Grant {
    return this.drill.grantStart(grantee);
  }

  /** How much of its processors the busiest node uses, in percent; greatest number within 5 minutes. */
  public metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return super.metricCpuUtilization({ statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** @internal */
  public _monitor(options: MonitorPostgresOptions): Monitoring {
    return { symptoms: [...super._monitor(options).symptoms, ...clusterSymptoms(this, this.settings, options)] };
  }

  /** @internal */
  public _metrics(): ServerMetrics {
    return {
      namespace: NAMESPACE,
      dimensions: { Cluster: this.clusterName },
      names: { cpu: 'CPUUtilization', connections: 'DatabaseConnections', memory: 'FreeableMemory', storage: 'FreeStorageSpace' },
    };
  }

  /** @internal */
  public _limits(): ServerLimits {
    const { maxConnections, parameters, allocatedStorage, instanceType } = this.settings;
    return {
      maxConnections,
      declaredConnections: parameters.max_connections,
      allocatedStorage,
      growsStorage: false,
      memory: nodeMemory(instanceType.toString()),
      pauses: false,
    };
  }

  /**
   * Addresses of the nodes in their order, for clients that look for the primary themselves.
   *
   * @internal
   */
  public _hosts(): string[] {
    return this.nodes.map(({ address }) => address);
  }

  /** @internal */
  public _judgeExtensions(database: IConstruct, extensions: string[]): void {
    judgeExtensions(database, extensions, this.settings);
  }

  private createNodes({ encryptionKey }: SelfHostedPostgresProps, placement: ClusterPlacement, { nodeGroup: securityGroup }: ClusterNetwork): ClusterNode[] {
    return placement.nodes.map((place, index) => new ClusterNode(this, `Node${index + 1}`, { number: index + 1, place, securityGroup, settings: this.settings, encryptionKey }));
  }

  private createBalancer({ balancerSubnets: subnets }: ClusterPlacement, { balancerGroups: securityGroups }: ClusterNetwork): ClusterBalancer {
    const deletionProtection = Posture.of(this).loadBalancerDeletionProtection;
    return new ClusterBalancer(this, 'Balancer', { vpc: this.vpc, subnets, securityGroups, deletionProtection, addresses: this._hosts() });
  }

  /** Name constraints let it sign for this cluster only. */
  private createAuthority(): CertificateAuthority {
    const { clusterName: commonName, removalPolicy } = this.settings;
    return new CertificateAuthority(this, 'Authority', { commonName, permittedDnsNames: [this.endpoint], permittedIpAddresses: this._hosts(), removalPolicy });
  }

  /** What it has to do with clusters of other regions. */
  private createRegions(props: SelfHostedPostgresProps, { nodes }: ClusterPlacement, { cluster }: ClusterSecrets, backups: Bucket): RegionPart[] {
    const { disasterRecovery, recoverFrom, encryptionKey } = props;
    const isolated = nodes.some(({ subnet }) => this.vpc.isolatedSubnets.includes(subnet));
    const replication = disasterRecovery && { ...this.settings, replica: disasterRecovery._replica, backups, isolated, clusterSecret: cluster, encryptionKey };
    const recovery = recoverFrom && { ...this.settings, replica: recoverFrom };
    return [
      ...(replication === undefined ? [] : [new RegionReplication(this, 'Replication', replication)]),
      ...(recovery === undefined ? [] : [new RegionRecovery(this, 'Recovery', recovery)]),
    ];
  }

  private refuseInactive(): never {
    throw new InvalidBackendError(this, 'SelfHostedPostgres.inactive', 'The cluster isn\'t active, so it can\'t have databases or users. Declare them, and what connects to them, only where you set `active: true`.');
  }

  private launchNodes(network: ClusterNetwork, secrets: ClusterSecrets, authority: CertificateAuthority, regions: RegionPart[]): CfnAutoScalingGroup[] {
    const scripts = new FirstBootScripts(this, 'Scripts', { directory: NODE_FILES, entry: 'start.sh' });
    const common: ClusterEnvironment = { settings: this.settings, addresses: this._hosts(), endpoint: this.endpoint, secrets, bucket: this.backups, regions };
    const dependencies = [authority, this.backups, ...network.rules, ...regions.flatMap((region) => region.dependencies)];
    const groups: CfnAutoScalingGroup[] = [];
    this.nodes.forEach((node, index) => {
      const number = index + 1;
      const identity = authority.addIdentity(`Node${number}`, { commonName: `node-${number}`, dnsNames: [this.endpoint], ipAddresses: [node.address] });
      identity.grantSign(node.role);
      Object.values(secrets).forEach((secret: secretsmanager.ISecret) => secret.grantRead(node.role));
      allowBackups(this.backups, node.role);
      regions.forEach((region) => region.allow(node.role));
      const environment = nodeEnvironment(common, { number, volumeId: node.volume.volumeId, signerArn: identity.functionArn });
      groups.push(node.launch({ scripts, environment, previous: groups[index - 1], dependencies }));
      regions.forEach(({ tags }) => Object.entries(tags).forEach((tag) => Tags.of(groups[index]).add(...tag)));
      describe(node, groups[index], () => ({ kind: 'database-node', server: this }));
    });
    return groups;
  }

  private get drill(): RestoreDrill {
    if (this.restoreDrill === undefined) {
      throw new InvalidBackendError(this, 'SelfHostedPostgres.noRestoreDrills', 'This cluster doesn\'t have restore drills. Set `restoreDrills: true`, and call this only where the cluster is active.');
    }
    return this.restoreDrill;
  }

  /** Where the first node is that runs: the zone of one that is stopped may be out of order. */
  private createDrill({ nodes }: ClusterPlacement, network: ClusterNetwork, { cluster: clusterSecret }: ClusterSecrets): RestoreDrill | undefined {
    if (!this.settings.restoreDrills) {
      return undefined;
    }
    const place = nodes.find((_, index) => !this.settings.stoppedNodes.includes(index + 1)) ?? nodes[0];
    const scripts = new FirstBootScripts(this, 'DrillScripts', { directory: NODE_FILES, entry: 'drill.sh' });
    const drill = new RestoreDrill(this, 'RestoreDrill', { settings: this.settings, place, network, bucket: this.backups, clusterSecret, scripts, dependencies: [this.backups, ...network.rules] });
    describe(drill, drill.group, () => ({ kind: 'restore-drill', server: this }));
    return drill;
  }

  private announceBroker(props: SelfHostedPostgresProps, { vpcSubnets }: ClusterPlacement, authority: CertificateAuthority, serverResources: IConstruct[]): void {
    const { adminUsername, maxConnections } = this.settings;
    Broker.announce(this, () => ({
      server: this,
      engine: POSTGRES_BROKER_ENGINE,
      owned: true,
      watch: ServerWatch.selfHosted(this.clusterName),
      portText: Tokenization.stringifyNumber(this.port),
      vpcSubnets,
      adminSecret: this.adminSecret,
      adminSecretKey: props.encryptionKey,
      adminUsername,
      ownRoles: CLUSTER_ROLES,
      caBundle: authority.certificates._read(this),
      repairRevision: props.repairRevision,
      restored: props.recoverFrom !== undefined,
      maxConnections,
      serverResources,
      inputs: [props.vpc, ...(props.securityGroups ?? []), ...(props.encryptionKey === undefined ? [] : [props.encryptionKey])],
    }));
  }

  private createDatabase({ databaseName = 'app', extensions, ownerUsername, ownerEncryptionKey }: SelfHostedPostgresProps): PostgresDatabase {
    return new PostgresDatabase(this, 'Database', { server: this, databaseName, extensions, ownerUsername, ownerEncryptionKey });
  }

  private finish(balancer: ClusterBalancer, primary: BalancerEndpoint): void {
    requireTerminationProtection(this);
    if (Posture.of(this).alarms && this.settings.active) {
      createAlarms(this);
    }
    describe(this, balancer, () => ({ kind: 'database-server', backups: this.backups, engine: POSTGRES_ENGINE.engineName, listener: primary, port: this.port }));
  }
}
