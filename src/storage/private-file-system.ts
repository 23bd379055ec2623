import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct, IConstruct } from 'constructs';
import type { IMountableFileSystem, INetworkEndpoint } from '../binding';
import { FileSystemBase } from './private/file-system-base';
import { ImportedFileSystem } from './private/imported-file-system';
import { connectionsIn } from '../network/shared/connections';
import { placeStore } from '../network/shared/placement';
import { requireSeparateSubnets } from '../network/shared/subnet-lists';
import { Posture } from '../posture';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { requireTerminationProtection } from '../posture/shared/termination-protection';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { dependOnKey } from '../private/keys';
import { nameTag } from '../private/path-text';
import { requireKind, VPC } from '../private/props';
import { requireKeyHere } from '../private/same-environment';

/** A file system of EFS. Services mount directories of it as `ServiceVolume.efs`. */
export interface IPrivateFileSystem extends IConstruct, INetworkEndpoint, IMountableFileSystem {
  /** Identifier of the file system. */
  readonly fileSystemId: string;

  /** ARN of the file system. */
  readonly fileSystemArn: string;

  /** A metric in namespace `AWS/EFS`; average over 5 minutes unless told otherwise. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Connections of clients; sum over 5 minutes, in which each reports every minute. */
  metricClientConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Operations in percent of those that the file system can do; average over 5 minutes. */
  metricPercentIoLimit(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Burst credits in bytes, which count with bursting throughput only; minimum over 5 minutes. */
  metricBurstCreditBalance(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** What is stored, in bytes; average over 15 minutes. */
  metricStorageBytes(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** Properties of a file system. */
export interface PrivateFileSystemProps {
  /** The network that services mount the file system in. It can never change. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the mount targets, of which the first of each availability zone gets one. They can never change: EFS takes one mount target
   * in a zone, and CloudFormation makes the new one first.
   *
   * @default - isolated subnets, else private subnets; never public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the mount targets. They get the rules that services need.
   *
   * @default - one without rules
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Key that files are encrypted with. It can never change.
   *
   * @default - the key of AWS for EFS in this account
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Whether AWS Backup copies the file system every day and keeps each copy for 35 days.
   *
   * @see https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html#automatic-backups
   * @default - as the posture says: no in development, yes in production
   */
  readonly backups?: boolean;

  /**
   * How fast files are read and written. `ELASTIC` is as fast as is asked for, and what is read and written is paid for; `BURSTING` costs
   * nothing more, and is as slow as little is stored.
   *
   * @see https://docs.aws.amazon.com/efs/latest/ug/performance.html#throughput-modes
   * @default efs.ThroughputMode.ELASTIC
   */
  readonly throughputMode?: efs.ThroughputMode;

  /**
   * What happens to the files when the file system leaves the stack: destroy, retain, or retain on update or delete, which
   * deletes them where the first deployment fails.
   *
   * @default - as the posture says: destroy in development, retain on update or delete in production
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** A file system that exists already. */
export interface PrivateFileSystemAttributes {
  /** Identifier of the file system, such as `fs-0123456789abcdef0`. */
  readonly fileSystemId: string;

  /** Security groups of its mount targets, at least one. Services are let in through them. */
  readonly securityGroups: ec2.ISecurityGroup[];
}

/**
 * Files that outlive a task and that several services share, which nobody outside the network can reach.
 *
 * ## What it makes
 *
 * A file system of EFS with its policy, a mount target in each availability zone, and a security group without rules. What mounts it brings its own
 * access point and its own rules.
 *
 * ## Defaults that matter
 *
 * Elastic throughput; backups and what becomes of the files by posture, which in production also wants termination protection of the stack. `vpc`, `vpcSubnets` and `encryptionKey` can never change in place. Files
 * take milliseconds where the disk of a task takes a fraction of one: not for databases, and not for many small files.
 *
 * ## Security considerations
 *
 * Encrypted at rest; the policy refuses whoever comes without TLS and, because there is one, whoever comes without the permission of IAM. A
 * service may mount its own access point and nothing else, and is its one user there whatever its process runs as, never root.
 *
 * ## Cost
 *
 * us-east-1: 0.30 USD a month for each GB, 0.03 for a GB that is read and 0.06 for one that is written, 0.05 a month for each GB of backups.
 * Mount targets cost nothing.
 *
 * @see https://aws.amazon.com/efs/pricing/
 *
 * @example
 * import { Stack } from 'aws-cdk-lib';
 * import type { ICluster } from 'aws-cdk-lib/aws-ecs';
 * import { FargateApi, PrivateFileSystem, ServiceImage, ServiceVolume } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const cluster: ICluster;
 * const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc: cluster.vpc });
 * new FargateApi(stack, 'Api', {
 *   cluster,
 *   image: ServiceImage.fromDirectory('service'),
 *   volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/var/uploads' })],
 * });
 */
export class PrivateFileSystem extends FileSystemBase {
  /**
   * Uses a file system that exists already.
   *
   * @throws InvalidBackendError when the identifier is none, or there is no security group
   */
  public static fromPrivateFileSystemAttributes(scope: Construct, id: string, attributes: PrivateFileSystemAttributes): IPrivateFileSystem {
    return new ImportedFileSystem(scope, id, attributes);
  }

  /** Identifier of the file system. */
  public readonly fileSystemId: string;

  /** Security groups of the mount targets, with the port as default. */
  public readonly connections: ec2.Connections;

  /**
   * @internal
   */
  public readonly _vpc: ec2.IVpc;

  /**
   * Subnets with a mount target.
   *
   * @internal
   */
  public readonly _subnets: ec2.ISubnet[];

  /** @internal */
  public readonly _throughputMode: efs.ThroughputMode;

  /** @throws InvalidBackendError for public subnets, provisioned throughput, and the removal policy snapshot */
  constructor(scope: Construct, id: string, props: PrivateFileSystemProps) {
    super(scope, id);
    requireKind(this, 'vpc', props.vpc, VPC);
    this._vpc = props.vpc;
    this._subnets = onePerZone(props.vpc, placeStore(this, props.vpc, props.vpcSubnets));
    requireSeparateSubnets(this, props.vpc, this._subnets);
    if (props.throughputMode === efs.ThroughputMode.PROVISIONED) {
      throw new InvalidBackendError(this, 'PrivateFileSystem.provisionedThroughput', '`throughputMode` is PROVISIONED, which costs money even while no service uses the files. Use ELASTIC or BURSTING.');
    }
    this._throughputMode = props.throughputMode ?? efs.ThroughputMode.ELASTIC;
    requireKeyHere(this, props.encryptionKey);
    const resource = this.createFileSystem(props);
    this.fileSystemId = resource.ref;
    const securityGroups = props.securityGroups ?? [this.createSecurityGroup()];
    this.connections = connectionsIn(this, props.vpc, { securityGroups, defaultPort: ec2.Port.tcp(this.port) });
    this.createMountTargets(securityGroups);
    requireTerminationProtection(this);
    describe(this, resource, () => ({ kind: 'file-system' }));
  }

  private createFileSystem(props: PrivateFileSystemProps): efs.CfnFileSystem {
    dependOnKey(this, props.encryptionKey);
    const resource = new efs.CfnFileSystem(this, 'Resource', {
      encrypted: true,
      kmsKeyId: props.encryptionKey?.keyArn,
      throughputMode: this._throughputMode,
      backupPolicy: { status: props.backups ?? Posture.of(this).fileBackups ? 'ENABLED' : 'DISABLED' },
      fileSystemPolicy: refuseClearText(),
      fileSystemTags: [{ key: 'Name', value: nameTag(this) }],
    });
    resource.applyRemovalPolicy(dataRemovalPolicy(this, props.removalPolicy));
    referWeakly(resource);
    return resource;
  }

  private createSecurityGroup(): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this._vpc,
      description: 'Files: nothing may connect but services that mount them',
      allowAllOutbound: false,
      disableInlineRules: false,
    });
    referWeakly(group);
    return group;
  }

  private createMountTargets(securityGroups: ec2.ISecurityGroup[]): void {
    this._subnets.forEach(({ subnetId }, index) => new efs.CfnMountTarget(this, `MountTarget${index + 1}`, {
      fileSystemId: this.fileSystemId,
      subnetId,
      securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
    }));
  }
}

/**
 * Where there is a policy, whatever it says, whoever comes without IAM is refused.
 *
 * @see https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
 */
function refuseClearText(): iam.PolicyDocument {
  const statement = new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['*'],
    conditions: { Bool: { 'aws:SecureTransport': 'false' } },
  });
  return new iam.PolicyDocument({ statements: [statement] });
}

/** The first subnet of each zone; all of them where subnets were imported without their zones, so that whoever chose them has to know. */
function onePerZone(vpc: ec2.IVpc, selection: ec2.SubnetSelection): ec2.ISubnet[] {
  const { subnets } = vpc.selectSubnets(selection);
  try {
    const zones = subnets.map(({ availabilityZone }) => availabilityZone);
    return subnets.filter((_subnet, index) => zones.indexOf(zones[index]) === index);
  } catch {
    return subnets;
  }
}
