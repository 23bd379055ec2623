import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CacheCapacity, CacheEngine, CacheEviction, FargateApi, RedisAccess, RedisCache, RedisUser, type RedisCacheAttributes } from '../../../src';
import type { ErrorCases } from '../case';
import type { World } from '../world';

/** Imports a cache that others made. */
function importCache({ stack, bastion }: World, attributes: Partial<RedisCacheAttributes>) {
  return RedisCache.fromRedisCacheAttributes(stack, 'Legacy', { endpoint: 'legacy.example.com', securityGroups: bastion.connections.securityGroups, ...attributes });
}

/** Caches and their users. */
export const CACHE: ErrorCases = {
  'CacheCapacity.instanceType': () => CacheCapacity.node({ instanceType: new ec2.InstanceType('cache.t4g.micro') }),
  'CacheCapacity.maxDataStorage': () => CacheCapacity.serverless({ maxDataStorage: Size.mebibytes(512) }),
  'CacheCapacity.maxEcpuPerSecond': () => CacheCapacity.serverless({ maxEcpuPerSecond: 100 }),
  'CacheCapacity.multiAz': () => CacheCapacity.node({ multiAz: true, replicas: 0 }),
  'CacheCapacity.replicas': () => CacheCapacity.node({ replicas: 6 }),
  'CacheEngine.version': () => CacheEngine.valkey('8'),
  'RedisAccess.keyPrefixes': () => RedisAccess.readWrite({ keyPrefixes: ['bull:*'] }),
  'RedisAccess.noKeyPrefixes': () => RedisAccess.readOnly({ keyPrefixes: [] }),
  'RedisAccess.off': () => RedisAccess.of('~* &* +@all'),
  'RedisAccess.passwordRule': () => RedisAccess.of('on nopass ~* &* +@all'),
  'RedisCache.backupRetention': ({ stack, vpc }) => new RedisCache(stack, 'Cache', { vpc, backupRetention: Duration.days(90) }),
  'RedisCache.backupType': ({ stack, vpc }) => {
    const capacity = CacheCapacity.node({ instanceType: new ec2.InstanceType('t1.micro'), replicas: 0 });
    new RedisCache(stack, 'Cache', { vpc, capacity });
  },
  'RedisCache.clusterParameter': ({ stack, vpc }) => new RedisCache(stack, 'Cache', { vpc, parameters: { 'cluster-enabled': 'yes' } }),
  'RedisCache.endpoint': (world) => importCache(world, { endpoint: 'rediss://legacy.example.com:6379' }),
  'RedisCache.evictionParameter': ({ stack, vpc }) => new RedisCache(stack, 'Cache', { vpc, eviction: CacheEviction.ALL_KEYS_LRU, parameters: { 'maxmemory-policy': 'noeviction' } }),
  'RedisCache.importedMetrics': (world) => world.monitoring.monitorCache(importCache(world, {})),
  'RedisCache.importedSecurityGroups': (world) => importCache(world, { securityGroups: [] }),
  'RedisCache.replicaType': ({ stack, vpc }) => {
    const capacity = CacheCapacity.node({ instanceType: new ec2.InstanceType('t2.micro'), replicas: 1 });
    new RedisCache(stack, 'Cache', { vpc, capacity });
  },
  'RedisCache.replicaZone': ({ stack, vpc }) => {
    const vpcSubnets = { subnets: vpc.isolatedSubnets.slice(0, 1) };
    new RedisCache(stack, 'Cache', { vpc, vpcSubnets, capacity: CacheCapacity.node({ replicas: 1 }) });
  },
  'RedisCache.securityGroups': ({ stack, vpc }) => new RedisCache(stack, 'Cache', { vpc, securityGroups: [] }),
  'RedisCache.serverlessPort': ({ stack, vpc }) => new RedisCache(stack, 'Cache', { vpc, capacity: CacheCapacity.serverless(), port: 6380 }),
  'RedisCache.serverlessProps': ({ stack, vpc }) => new RedisCache(stack, 'Cache', { vpc, capacity: CacheCapacity.serverless(), eviction: CacheEviction.ALL_KEYS_LRU }),
  'RedisCache.serverlessZones': ({ stack, vpc }) => {
    const vpcSubnets = { subnets: vpc.isolatedSubnets.slice(0, 1) };
    new RedisCache(stack, 'Cache', { vpc, vpcSubnets, capacity: CacheCapacity.serverless() });
  },
  'RedisCache.tooManyUsers': ({ cache }) => Array.from({ length: 100 }, (_, index) => cache.addUser(`Tenant${index}`)),
  'RedisCache.twoNames': (world) => importCache(world, { cacheClusterId: 'sessions-001', serverlessCacheName: 'sessions' }),
  'RedisUser.defaultUsername': ({ cache }) => cache.addUser('Default'),
  'RedisUser.duplicateUsername': ({ cache }) => [cache.addUser('Api'), cache.addUser('Worker', { username: 'api' })],
  'RedisUser.grantConnect': ({ cache, api }) => cache.addUser('Api').grantConnect(api),
  'RedisUser.iamUsername': ({ cache }) => cache.addUser('Api', { iamAuthentication: true, username: 'api' }),
  'RedisUser.importedUsername': ({ stack, cache }) => {
    const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Password', 'legacy/redis');
    RedisUser.fromRedisUserAttributes(stack, 'Api', { cache, secret, username: '' });
  },
  'RedisUser.notGranted': ({ stack, cluster, image, cache }) => new FargateApi(stack, 'Api', { cluster, image, connectTo: [cache.addUser('Api', { iamAuthentication: true })] }),
  'RedisUser.otherStack': ({ app, cache }) => new RedisUser(new Stack(app, 'Service'), 'Api', { cache }),
  'RedisUser.username': ({ cache }) => cache.addUser('Api', { username: 'orders_api' }),
};
