import { SizeRoundingBehavior, Token, type Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { refuseOf, type Refuse } from '../private/errors';

/** Nodes of a cache. */
export interface CacheNodeOptions {
  /**
   * Type of each node, without `cache.` in front. Another type is a change in place, with a short interruption.
   *
   * @default - as the posture says: t4g.micro in development, m7g.large in production
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Replicas beside the primary node, from 0 to 5. With at least one, a replica takes over when the primary fails.
   *
   * @default - as the posture says with `multiAz`: 0 in development, 1 in production
   */
  readonly replicas?: number;

  /**
   * Whether the nodes are in different availability zones. Needs a replica and two zones.
   *
   * @default - true where there is a replica
   */
  readonly multiAz?: boolean;
}

/** Limits of a serverless cache, which bound what it can cost. */
export interface ServerlessCacheOptions {
  /**
   * Greatest amount of data, in whole GiB, from 1 to 5000 GiB. What needs more evicts keys, or fails.
   *
   * @default - no limit
   */
  readonly maxDataStorage?: Size;

  /**
   * Greatest number of ElastiCache processing units per second, from 1,000 to 15,000,000. A simple command on 1 KB is one.
   * More are throttled.
   *
   * @default - no limit
   */
  readonly maxEcpuPerSecond?: number;
}

/**
 * What a cache runs on.
 *
 * A living cache cannot go from one kind to the other: CloudFormation refuses to change the type of a resource.
 */
export class CacheCapacity {
  /**
   * A replication group of one shard: a primary node and replicas.
   *
   * @throws InvalidBackendError when a value is out of range, or they contradict each other
   */
  public static node(options: CacheNodeOptions = {}): CacheCapacity {
    validateNodes(options);
    return new CacheCapacity(options, undefined);
  }

  /**
   * ElastiCache Serverless: scales by itself over several zones, and is paid by what is stored and done. It behaves like a
   * cluster: commands and scripts on several keys need keys with the same `{tag}`.
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/WhatIs.deployment.html
   * @throws InvalidBackendError when a limit is out of range
   */
  public static serverless(options: ServerlessCacheOptions = {}): CacheCapacity {
    validateServerless(options);
    return new CacheCapacity(undefined, options);
  }

  private constructor(
    /** Nodes; none: serverless. */
    public readonly nodes: CacheNodeOptions | undefined,
    /** Limits of a serverless cache; none: nodes. */
    public readonly serverlessLimits: ServerlessCacheOptions | undefined,
  ) {}
}

function validateNodes({ instanceType, replicas, multiAz }: CacheNodeOptions): void {
  const refuse: Refuse = refuseOf('CacheCapacity.node()');
  if (replicas !== undefined && (Token.isUnresolved(replicas) || !Number.isInteger(replicas) || replicas < 0 || replicas > 5)) {
    const got = Token.isUnresolved(replicas) ? 'a number that isn\'t known until deployment (it\'s a token)' : replicas;
    refuse('CacheCapacity.replicas', `\`replicas\` must be a whole number from 0 to 5, got ${got}.`);
  }
  if (multiAz === true && replicas === 0) {
    refuse('CacheCapacity.multiAz', '`multiAz` needs a replica in another availability zone, and `replicas` is 0. Set `replicas: 1`, or remove `multiAz`.');
  }
  const type = instanceType?.toString();
  if (type !== undefined && !Token.isUnresolved(type) && (!/^[a-z0-9-]+\.[a-z0-9-]+$/.test(type) || type.endsWith('.nano'))) {
    refuse('CacheCapacity.instanceType', `'${type}' isn't a valid node type. Use a type such as 't4g.micro', without 'cache.' in front and not nano.`);
  }
}

function validateServerless({ maxDataStorage, maxEcpuPerSecond }: ServerlessCacheOptions): void {
  const refuse: Refuse = refuseOf('CacheCapacity.serverless()');
  const storage = maxDataStorage === undefined || maxDataStorage.isUnresolved() ? 1 : maxDataStorage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(storage) || storage < 1 || storage > 5000) {
    refuse('CacheCapacity.maxDataStorage', `\`maxDataStorage\` must be a whole number of GiB from 1 to 5000, got ${storage} GiB.`);
  }
  if (maxEcpuPerSecond !== undefined && !Token.isUnresolved(maxEcpuPerSecond)
    && (!Number.isInteger(maxEcpuPerSecond) || maxEcpuPerSecond < 1000 || maxEcpuPerSecond > 15_000_000)) {
    refuse('CacheCapacity.maxEcpuPerSecond', `\`maxEcpuPerSecond\` must be a whole number from 1000 to 15000000, got ${maxEcpuPerSecond}.`);
  }
}
