import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, type IConstruct } from 'constructs';
import { createAlarms } from './private/cache-alarms';
import { CacheBase } from './private/cache-base';
import type { CacheParts } from './private/cache-parts';
import { validateCache } from './private/cache-rules';
import { cacheSettings, fillsUp, type CacheSettings } from './private/cache-settings';
import { CacheUsers } from './private/cache-users';
import { ImportedCache } from './private/imported-cache';
import { createNodeCache } from './private/node-cache';
import { createServerlessCache } from './private/serverless-cache';
import { SERVERLESS_READ_PORTS } from './private/serverless-ports';
import type { RedisCacheProps } from './redis-cache-props';
import { RedisUser, type RedisUserOptions } from './redis-user';
import type { INetworkEndpoint } from '../binding';
import { connectionsIn } from '../network/shared/connections';
import { portsOf } from '../network/shared/endpoint-ports';
import { Posture } from '../posture';
import { companionRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { dependOnKey } from '../private/keys';
import { requireKind, requireNewId, VPC } from '../private/props';
import { requireKeyHere } from '../private/same-environment';

/**
 * A cache that speaks the Redis protocol. Services connect to it as one of its users. Only a `RedisCache` has `addUser`, because the group that
 * lists all users of a cache is a resource of the stack that made it, to which no other stack can add one.
 */
export interface IRedisCache extends IConstruct, INetworkEndpoint {
  /** A metric in namespace `AWS/ElastiCache`; average over 5 minutes unless told otherwise. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** How much of its one thread the engine uses, in percent; average over 5 minutes. A serverless cache has no such metric. */
  metricEngineCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** How much of the memory for data is used, in percent; greatest within 5 minutes. A serverless cache has no such metric. */
  metricMemoryUsage(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Keys that were dropped because memory was full; sum over 5 minutes. */
  metricEvictions(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Open connections; greatest number within 5 minutes. */
  metricConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** A cache that exists already. */
export interface RedisCacheAttributes {
  /** Host name of the cache: the primary endpoint of a replication group, or the endpoint of a serverless cache. */
  readonly endpoint: string;

  /**
   * TCP port that the cache listens on. Clients may use 6380, too, of a cache whose name or endpoint says that it is serverless.
   *
   * @default 6379
   */
  readonly port?: number;

  /** Security groups of the cache, at least one. Consumers are let in through them. */
  readonly securityGroups: ec2.ISecurityGroup[];

  /**
   * Identifier of the node that metrics are of, such as `my-group-001`.
   *
   * @default - no metrics
   */
  readonly cacheClusterId?: string;

  /**
   * Name of the serverless cache that metrics are of.
   *
   * @default - no metrics
   */
  readonly serverlessCacheName?: string;
}

/**
 * A cache or queue store for Redis clients that nobody outside the network can reach, with users that are declared like any
 * other resource.
 *
 * ## What it makes
 *
 * A replication group of ElastiCache with its parameter and subnet group, or a serverless cache (`capacity`); a security group
 * without rules, a group of users with a disabled `default`, and in production alarms without actions. `addUser` adds a
 * user with its secrets.
 *
 * ## Defaults that matter
 *
 * Valkey 8, which Redis clients take for Redis OSS 7. Nodes, replicas, snapshots and what becomes of the cache come from the posture; an
 * explicit prop wins. When memory is full, keys with a time to live are dropped: for a queue set
 * `eviction: CacheEviction.NO_EVICTION`. What can never change in place: `vpc`, `encryptionKey`, `port`, `snapshotName`, the
 * kind of `capacity`, the engine (not its version), and the subnets of a serverless cache.
 *
 * ## Security considerations
 *
 * TLS and encryption at rest always, in isolated or private subnets. Without a user nobody can log in. Nothing may connect but
 * services that are bound to a user and tunnels. Certificates chain to the roots of Amazon Trust Services, which systems have.
 *
 * ## Cost
 *
 * us-east-1, a month, Valkey: in development a cache.t4g.micro, about 9.30 USD; in production two cache.m7g.large, about
 * 184. Serverless at least 6 for 100 MB, then 0.084 for a GB and hour, and 0.0023 for a million units. Nodes of Redis OSS
 * cost a quarter more. One snapshot is free, more cost 0.085 for a GB.
 *
 * @see https://aws.amazon.com/elasticache/pricing/
 *
 * @example
 * import { Stack, aws_ec2 as ec2 } from 'aws-cdk-lib';
 * import { CacheEviction, RedisCache } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const vpc: ec2.IVpc;
 * const cache = new RedisCache(stack, 'Redis', { vpc, eviction: CacheEviction.NO_EVICTION });
 * const worker = cache.addUser('Worker');
 */
export class RedisCache extends CacheBase {
  /**
   * Uses a cache that exists already. Services connect to it as `RedisUser.fromRedisUserAttributes`.
   *
   * @throws InvalidBackendError when the endpoint is no host name, the port is out of range, there is no security group, or both
   * kinds of names are given
   */
  public static fromRedisCacheAttributes(scope: Construct, id: string, attributes: RedisCacheAttributes): IRedisCache {
    return new ImportedCache(scope, id, attributes);
  }

  /** Host name of the primary node, or of the serverless cache. */
  public readonly endpoint: string;

  /** Host name that shares connections among the replicas, read only; none for a serverless cache. */
  public readonly readerEndpoint?: string;

  /** TCP port that the cache listens on. */
  public readonly port: number;

  /** 6380 of a serverless cache, where it serves reads from replicas; none of nodes. */
  public readonly additionalPorts?: number[];

  /** Security groups of the cache, with its port as default. */
  public readonly connections: ec2.Connections;

  /** Name of the replication group or serverless cache, which IAM authentication is signed for. */
  public readonly cacheName: string;

  /** ARN of the replication group or serverless cache. */
  public readonly cacheArn: string;

  /** Identifiers of the nodes, for metrics; none for a serverless cache. Any of them can be the primary. */
  public readonly nodeIds: string[];

  /** @internal */
  public readonly _users: CacheUsers;

  /** @internal */
  public readonly _companionPolicy: RemovalPolicy;

  /**
   * Whether full memory is what it is meant to have.
   *
   * @internal
   */
  public readonly _fillsUp: boolean;

  private readonly userScope: Construct;

  /**
   * @throws InvalidBackendError when a value is out of range, when subnets are public or in too few zones, and when props contradict
   * the capacity
   */
  constructor(scope: Construct, id: string, props: RedisCacheProps) {
    super(scope, id);
    requireKind(this, 'vpc', props.vpc, VPC);
    const settings = cacheSettings(this, props);
    validateCache(this, props, settings);
    requireKeyHere(this, props.encryptionKey);
    dependOnKey(this, props.encryptionKey);
    this._companionPolicy = companionRemovalPolicy(settings.removalPolicy);
    this._fillsUp = fillsUp(settings);
    this._users = new CacheUsers(this, this._companionPolicy);
    const securityGroups = props.securityGroups ?? [this.createSecurityGroup(settings)];
    const parts = this.createCache(settings, securityGroups);
    referWeakly(parts.resource);
    this.endpoint = parts.endpoint;
    this.readerEndpoint = parts.readerEndpoint;
    this.port = settings.port;
    this.additionalPorts = settings.nodes === undefined ? SERVERLESS_READ_PORTS : undefined;
    this.connections = connectionsIn(this, props.vpc, { securityGroups, defaultPort: portsOf(this)[0] });
    this.cacheName = parts.cacheName;
    this.cacheArn = parts.arn;
    this.nodeIds = parts.nodeIds;
    this.userScope = new Construct(this, 'Users');
    if (Posture.of(this).alarms) {
      createAlarms(this);
    }
    describe(this, parts.resource, () => ({ kind: 'cache', engine: settings.engine.engineName, port: this.port }));
  }

  /**
   * Declares a user, in the stack of the cache.
   *
   * @param id construct id of the user, unique on this cache
   * @throws InvalidBackendError for what RedisUser refuses
   */
  public addUser(id: string, options: RedisUserOptions = {}): RedisUser {
    requireNewId(this, 'addUser', id, this.userScope);
    return new RedisUser(this.userScope, id, { ...options, cache: this });
  }

  /** @internal */
  public _metricDimensions(): { [name: string]: string } {
    return this.nodeIds.length === 0 ? { clusterId: this.cacheName } : { CacheClusterId: this.nodeIds[0] };
  }

  private createSecurityGroup(settings: CacheSettings): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: settings.vpc,
      description: 'Cache: nothing may connect but its users and tunnels',
      allowAllOutbound: false,
      disableInlineRules: false,
    });
    group.applyRemovalPolicy(this._companionPolicy);
    referWeakly(group);
    return group;
  }

  private createCache(settings: CacheSettings, securityGroups: ec2.ISecurityGroup[]): CacheParts {
    return settings.nodes === undefined
      ? createServerlessCache(this, settings, securityGroups, this._users.group)
      : createNodeCache(this, settings, settings.nodes, securityGroups, this._users.group);
  }
}
