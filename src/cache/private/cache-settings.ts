import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { placeStore } from '../../network/shared/placement';
import { zonesOf } from '../../network/shared/subnet-lists';
import { Posture } from '../../posture';
import { CacheCapacity, type ServerlessCacheOptions } from '../cache-capacity';
import { CacheEngine } from '../cache-engine';
import type { RedisCacheProps } from '../redis-cache-props';

/** Nodes with every value decided. */
export interface NodeSettings {
  readonly instanceType: ec2.InstanceType;
  readonly replicas: number;
  readonly multiAz: boolean;
}

/** What a cache is made from: props, and what the posture says where they are silent. */
export interface CacheSettings {
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.ISubnet[];
  /** Zones of the subnets; none where subnets were imported without saying theirs. */
  readonly zones: string[];
  /** None: serverless. */
  readonly nodes?: NodeSettings;
  readonly serverlessLimits: ServerlessCacheOptions;
  readonly engine: CacheEngine;
  readonly parameters: { [name: string]: string };
  readonly port: number;
  readonly encryptionKey?: kms.IKey;
  readonly backupRetention: Duration;
  readonly preferredBackupWindow?: string;
  readonly preferredMaintenanceWindow?: string;
  readonly snapshotName?: string;
  readonly removalPolicy: RemovalPolicy;
}

/** Decides everything about a cache, and nothing else does. */
export function cacheSettings(scope: Construct, props: RedisCacheProps): CacheSettings {
  const posture = Posture.of(scope);
  const capacity = props.capacity ?? CacheCapacity.node();
  const { subnets } = props.vpc.selectSubnets(placeStore(scope, props.vpc, props.vpcSubnets));
  return {
    vpc: props.vpc,
    subnets,
    zones: zonesOf(subnets),
    nodes: nodeSettings(capacity, posture),
    serverlessLimits: capacity.serverlessLimits ?? {},
    engine: props.engine ?? CacheEngine.VALKEY_8,
    parameters: { ...props.parameters, ...(props.eviction === undefined ? {} : { 'maxmemory-policy': props.eviction }) },
    port: props.port ?? 6379,
    encryptionKey: props.encryptionKey,
    backupRetention: props.backupRetention ?? posture.backupRetention,
    preferredBackupWindow: props.preferredBackupWindow,
    preferredMaintenanceWindow: props.preferredMaintenanceWindow,
    snapshotName: props.snapshotName,
    removalPolicy: props.removalPolicy ?? posture.databaseRemovalPolicy,
  };
}

/**
 * Whether memory is full by design: any key may be dropped for another, or the least used ones move to the disk of the node.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/data-tiering.html
 */
export function fillsUp({ parameters, nodes }: CacheSettings): boolean {
  return parameters['maxmemory-policy']?.startsWith('allkeys-') || nodes?.instanceType.toString().startsWith('r6gd.') === true;
}

function nodeSettings({ nodes }: CacheCapacity, posture: Posture): NodeSettings | undefined {
  if (nodes === undefined) {
    return undefined;
  }
  const replicas = nodes.replicas ?? (nodes.multiAz ?? posture.multiAz ? 1 : 0);
  return { instanceType: nodes.instanceType ?? posture.cacheNodeType, replicas, multiAz: nodes.multiAz ?? replicas > 0 };
}
