import { Token } from 'aws-cdk-lib';
import { InvalidBackendError } from '../private/errors';

/** What a cache does when its memory is full. Queues need `NO_EVICTION`: anything else can lose jobs. */
export enum CacheEviction {
  /** Refuses what needs more memory. Nothing is lost silently. */
  NO_EVICTION = 'noeviction',
  /** Drops the keys that were not used for longest, among those with a time to live. */
  VOLATILE_LRU = 'volatile-lru',
  /** Drops the keys that are used least often, among those with a time to live. */
  VOLATILE_LFU = 'volatile-lfu',
  /** Drops the keys that would expire first. */
  VOLATILE_TTL = 'volatile-ttl',
  /** Drops any keys, among those with a time to live. */
  VOLATILE_RANDOM = 'volatile-random',
  /** Drops the keys that were not used for longest, whether they have a time to live or not. */
  ALL_KEYS_LRU = 'allkeys-lru',
  /** Drops the keys that are used least often, whether they have a time to live or not. */
  ALL_KEYS_LFU = 'allkeys-lfu',
  /** Drops any keys. */
  ALL_KEYS_RANDOM = 'allkeys-random',
}

/**
 * Engine and version of a cache. Both engines speak the Redis protocol and work with Redis clients.
 *
 * A later version is an upgrade in place, an earlier one is impossible, and another engine is another cache.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html
 */
export class CacheEngine {
  /** Redis OSS 7.1, the last that ElastiCache has. */
  public static readonly REDIS_7 = CacheEngine.redis('7.1');
  /** Valkey 7.2, compatible with Redis OSS 7. */
  public static readonly VALKEY_7 = CacheEngine.valkey('7.2');
  /** Valkey 8.1. About 20 % cheaper than Redis OSS on nodes, 33 % serverless. */
  public static readonly VALKEY_8 = CacheEngine.valkey('8.1');

  /**
   * Another version of Redis OSS.
   *
   * @param version like `7.1`, at least 7.0
   * @throws InvalidBackendError when the version is no version, or older than 7.0
   */
  public static redis(version: string): CacheEngine {
    return new CacheEngine('redis', version, 7);
  }

  /**
   * Another version of Valkey.
   *
   * @param version like `8.2`, at least 7.2
   * @throws InvalidBackendError when the version is no version, or older than 7.2
   */
  public static valkey(version: string): CacheEngine {
    return new CacheEngine('valkey', version, 7.2);
  }

  /** The major version, which is what a serverless cache takes. */
  public readonly majorVersion: string;

  private constructor(
    /** `redis` or `valkey`. */
    public readonly engineName: string,
    /** The version, like `8.1`. */
    public readonly engineVersion: string,
    least: number,
  ) {
    if (Token.isUnresolved(engineVersion) || !/^\d+\.\d+$/.test(engineVersion) || Number(engineVersion) < least) {
      const got = Token.isUnresolved(engineVersion) ? 'a version that isn\'t known until deployment (it\'s a token)' : `'${engineVersion}'`;
      throw new InvalidBackendError(`CacheEngine.${engineName}()`, 'CacheEngine.version', `The version must have the form '8.1' and be at least ${least.toFixed(1)}, got ${got}.`);
    }
    this.majorVersion = engineVersion.split('.')[0];
  }
}
