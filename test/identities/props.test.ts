import { App, Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { collisions } from './identities';
import { BackendCluster, BackendNetwork, CacheCapacity, CacheEngine, DiscoveryNamespace, FargateApi, Posture, PostgresCapacity, PostgresVersion, PrivateFileSystem, PrivatePostgres, RedisCache, ServiceCapacity, ServiceDeployment } from '../../src';
import { IMAGE } from '../fargate/fixture';
import { resourcesOf, type LivingApp } from '../support/living-stack';

type Declare = (stack: Stack, vpc: IVpc) => unknown;

function living(declare: Declare): LivingApp {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Stack');
  declare(stack, new BackendNetwork(stack, 'Network').vpc);
  return resourcesOf(app);
}

const cluster = (stack: Stack, vpc: IVpc) => new BackendCluster(stack, 'Cluster', { vpc, fargateSpot: true, serviceDiscovery: DiscoveryNamespace.privateDns('a.internal') });
const api = (props: object): Declare => (stack, vpc) => new FargateApi(stack, 'Api', { cluster: cluster(stack, vpc), image: IMAGE, ...props });
const cache = (props: object): Declare => (stack, vpc) => new RedisCache(stack, 'Cache', { vpc, ...props }).addUser('Api');
const server = (props: object): Declare => (stack, vpc) => new PrivatePostgres(stack, 'Postgres', { vpc, ...props }).addUser('Api');
const withKey = (declare: (key: kms.IKey) => Declare): Declare => (stack, vpc) => declare(new kms.Key(stack, 'Key'))(stack, vpc);

describe('a prop that reaches what can never change', () => {
  test.each<[string, Declare, Declare]>([
    ['engine of a cache', cache({}), cache({ engine: CacheEngine.REDIS_7 })],
    ['port of a cache', cache({}), cache({ port: 7000 })],
    ['key of a cache', cache({}), withKey((encryptionKey) => cache({ encryptionKey }))],
    ['snapshot of a cache', cache({}), cache({ snapshotName: 'old' })],
    ['version of a server', server({ engineVersion: PostgresVersion.VER_16 }), server({ engineVersion: PostgresVersion.VER_17, allowMajorVersionUpgrade: true })],
    ['version of a cluster', server({ capacity: PostgresCapacity.serverless({ min: 1, max: 2 }), engineVersion: PostgresVersion.VER_16 }), server({ capacity: PostgresCapacity.serverless({ min: 1, max: 2 }), allowMajorVersionUpgrade: true })],
    ['port of a server', server({}), server({ port: 6000 })],
    ['admin of a server', server({}), server({ adminUsername: 'chief' })],
    ['key of a server', server({}), withKey((encryptionKey) => server({ encryptionKey }))],
    ['first database of a server', server({ databaseName: 'a' }), server({ databaseName: 'b' })],
    ['key of a file system', (stack, vpc) => new PrivateFileSystem(stack, 'Files', { vpc }), withKey((encryptionKey) => (stack, vpc) => new PrivateFileSystem(stack, 'Files', { vpc, encryptionKey }))],
    ['port of a service', api({}), api({ port: 9000 })],
    ['capacity of a service', api({}), api({ capacity: ServiceCapacity.spot() })],
    ['deployment of a service', api({}), api({ deployment: ServiceDeployment.rolling({ minHealthyPercent: 50 }) })],
    ['name of a service that others call', api({}), api({ discoveryName: 'other' })],
  ])('takes no name that is there still: %s', (_prop, before, after) => {
    expect(collisions(living(before), living(after))).toEqual([]);
  });

  test.each<[string, Declare, Declare, RegExp]>([
    ['kind of a cache', cache({}), cache({ capacity: CacheCapacity.serverless() }), /becomes AWS::ElastiCache::ServerlessCache, which CloudFormation refuses/],
    ['key of a serverless cache', cache({ capacity: CacheCapacity.serverless() }), withKey((encryptionKey) => cache({ capacity: CacheCapacity.serverless(), encryptionKey })), /ServerlessCache .* is replaced/],
  ])('is refused by CloudFormation, as docs/cache.md says: %s', (_prop, before, after, line) => {
    expect(collisions(living(before), living(after)).join('\n')).toMatch(line);
  });
});
