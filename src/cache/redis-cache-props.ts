import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { CacheCapacity } from './cache-capacity';
import type { CacheEngine, CacheEviction } from './cache-engine';

/** Properties of a cache. */
export interface RedisCacheProps {
  /** The network that the cache is in. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the cache. They can change later on nodes, never on a serverless cache.
   *
   * @default - isolated subnets, else private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * What the cache runs on. The kind can never change in place.
   *
   * @default - nodes, as the posture says: one t4g.micro in development, two m7g.large in production
   */
  readonly capacity?: CacheCapacity;

  /**
   * Engine and version.
   *
   * @default CacheEngine.VALKEY_8
   */
  readonly engine?: CacheEngine;

  /**
   * What happens when the memory of the nodes is full. A serverless cache always drops keys with a time to live.
   *
   * @default - what ElastiCache does: CacheEviction.VOLATILE_LRU
   */
  readonly eviction?: CacheEviction;

  /**
   * More parameters of the engine, by name. Nodes only.
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
   * @default - those of the engine
   */
  readonly parameters?: { [name: string]: string };

  /**
   * TCP port of the nodes. It can never change in place. A serverless cache has 6379, and 6380 for reads from replicas.
   *
   * @default 6379
   */
  readonly port?: number;

  /**
   * Security groups of the cache. They get the rules that consumers need. Import existing ones in the stack of the cache.
   *
   * @default - a new one without rules
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Key that encrypts the data at rest and its snapshots. It can never change in place.
   *
   * @default - ElastiCache encrypts them with a key of its own
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long daily snapshots are kept, in whole days from 0, which means none, to 35.
   *
   * @default - as the posture says: 7 days in development, 35 in production
   */
  readonly backupRetention?: Duration;

  /**
   * Time of day in UTC at which nodes take the daily snapshot, at least an hour long, like `05:00-06:00`. It must not overlap
   * the maintenance window, so set both.
   *
   * @default - ElastiCache chooses
   */
  readonly preferredBackupWindow?: string;

  /**
   * Time of week in UTC for maintenance of nodes, at least an hour long, like `sun:23:00-mon:01:30`.
   *
   * @default - ElastiCache chooses
   */
  readonly preferredMaintenanceWindow?: string;

  /**
   * Name of a snapshot whose data the cache starts with. It can never change in place.
   *
   * @default - an empty cache
   */
  readonly snapshotName?: string;

  /**
   * What happens when the cache leaves the stack: destroy, snapshot (a last one is kept), retain, or retain on update or delete,
   * which deletes the cache where its first deployment fails. Users that are retained have other ids, so a change to or from retain
   * replaces users and user group.
   *
   * @default - as the posture says with `databaseRemovalPolicy`: destroy in development, snapshot in production
   */
  readonly removalPolicy?: RemovalPolicy;
}
