import { Tokenization } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { ServiceBindingConfig } from '../../binding';
import type { IRedisCache } from '../redis-cache';

/** What a binding to a cache is made from. */
export interface RedisBindingSource {
  readonly cache: IRedisCache;
  readonly username: string;
  /** Holds `password` and `url`; none where the service authenticates by IAM. */
  readonly secret?: secretsmanager.ISecret;
  /** Name that an IAM token is signed for. */
  readonly cacheName?: string;
}

/**
 * What a service receives from a user of a cache. Host, port and name stand in the environment, so that tasks are
 * replaced where the cache is.
 */
export function redisBinding({ cache, username, secret, cacheName }: RedisBindingSource, prefix?: string): ServiceBindingConfig {
  const named = <T>(variables: { [variable: string]: T }) =>
    Object.fromEntries(Object.entries(variables).map(([variable, value]) => [prefix === undefined ? variable : `${prefix}_${variable}`, value]));
  return {
    environment: named({
      REDIS_HOST: cache.endpoint,
      REDIS_PORT: Tokenization.stringifyNumber(cache.port),
      REDIS_USERNAME: username,
      REDIS_TLS: 'true',
      ...(cacheName === undefined ? {} : { REDIS_CACHE_NAME: cacheName }),
    }),
    secrets: secret === undefined ? undefined : named({
      REDIS_PASSWORD: ecs.Secret.fromSecretsManager(secret, 'password'),
      REDIS_URL: ecs.Secret.fromSecretsManager(secret, 'url'),
    }),
    targets: [cache],
  };
}
