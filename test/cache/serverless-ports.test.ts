import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { SsmBastion } from '../../src/access';
import type { INetworkEndpoint } from '../../src/binding';
import { CacheCapacity, RedisCache, RedisUser, type RedisCacheAttributes, type IRedisCache } from '../../src/cache';
import { ReachabilityCheck } from '../../src/checks';
import { BackendCluster, FargateApi, FargateWorker, ScheduledJob } from '../../src/fargate';
import { BackendNetwork } from '../../src/network';
import { portsOf } from '../../src/network/shared/endpoint-ports';
import { Posture } from '../../src/posture';
import { IMAGE } from '../fargate/fixture';

interface World {
  readonly app: App;
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
}

function newWorld(): World {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Backend');
  return { app, stack, vpc: new BackendNetwork(stack, 'Network').vpc };
}

const serverless = ({ stack, vpc }: World) => new RedisCache(stack, 'Redis', { vpc, capacity: CacheCapacity.serverless() });

function imported({ stack }: World, attributes: Partial<RedisCacheAttributes>): IRedisCache {
  return RedisCache.fromRedisCacheAttributes(stack, 'Redis', { endpoint: 'master.redis.abc.euc1.cache.amazonaws.com', securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')], ...attributes });
}

function userOf({ stack }: World, cache: IRedisCache): RedisUser {
  const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'redis');
  return (cache instanceof RedisCache ? cache.addUser('Api') : RedisUser.fromRedisUserAttributes(stack, 'User', { cache, username: 'api', secret })) as RedisUser;
}

/** From and to of the rules for paths to a cache, both ways. */
function portsIn({ stack }: World): string[][] {
  return ['Ingress', 'Egress'].map((direction) => Object.values(Template.fromStack(stack).findResources(`AWS::EC2::SecurityGroup${direction}`))
    .map(({ Properties }) => Properties as { FromPort: unknown; ToPort: unknown })
    .map(({ FromPort, ToPort }) => `${JSON.stringify(FromPort)}-${JSON.stringify(ToPort)}`)
    .filter((range) => range.startsWith('63') || range.startsWith('7')));
}

describe.each<[string, (world: World, cache: IRedisCache) => unknown]>([
  ['a service', (world, cache) => new FargateApi(world.stack, 'Client', { cluster: new BackendCluster(world.stack, 'Cluster', { vpc: world.vpc }), image: IMAGE, connectTo: [userOf(world, cache)] })],
  ['a worker', (world, cache) => new FargateWorker(world.stack, 'Client', { cluster: new BackendCluster(world.stack, 'Cluster', { vpc: world.vpc }), image: IMAGE, connectTo: [userOf(world, cache)] })],
  ['a job', (world, cache) => new ScheduledJob(world.stack, 'Client', {
    cluster: new BackendCluster(world.stack, 'Cluster', { vpc: world.vpc }), image: IMAGE, connectTo: [userOf(world, cache)], schedule: ScheduleExpression.rate(Duration.hours(1)),
  })],
])('%s', (_client, connect) => {
  test.each<[string, (world: World) => IRedisCache, string]>([
    ['a serverless cache', serverless, '6379-6380'],
    ['a cache of nodes', ({ stack, vpc }) => new RedisCache(stack, 'Redis', { vpc }), '6379-6379'],
    ['an imported cache', (world) => imported(world, {}), '6379-6379'],
    ['an imported cache with the name of a serverless one', (world) => imported(world, { serverlessCacheName: 'sessions' }), '6379-6380'],
    ['an imported cache with the endpoint of a serverless one', (world) => imported(world, { endpoint: 'sessions-abc123.serverless.euc1.cache.amazonaws.com' }), '6379-6380'],
    ['an imported serverless cache behind a port of its own', (world) => imported(world, { serverlessCacheName: 'sessions', port: 7000 }), '7000-7000'],
  ])('reaches %s on the ports that clients use', (_what, cacheOf, range) => {
    const world = newWorld();
    connect(world, cacheOf(world));
    expect(portsIn(world)).toEqual([[range], [range]]);
  });
});

describe('a serverless cache', () => {
  test('lets in whoever a user allows, on both ports', () => {
    const world = newWorld();
    serverless(world).connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.1.0.0/16'));
    expect(JSON.stringify(Template.fromStack(world.stack).findResources('AWS::EC2::SecurityGroup'))).toContain('"FromPort":6379,"IpProtocol":"tcp","ToPort":6380');
  });

  test('has tunnels to its first port only', () => {
    const world = newWorld();
    new SsmBastion(world.stack, 'Bastion', { vpc: world.vpc }).addTunnel('Cache', { target: serverless(world) });
    expect(portsIn(world)[0]).toEqual(['6379-6379']);
  });

  test('is reached by what is connected to it, as the check finds', () => {
    const world = newWorld();
    const check = new ReachabilityCheck();
    new FargateApi(world.stack, 'Api', { cluster: new BackendCluster(world.stack, 'Cluster', { vpc: world.vpc }), image: IMAGE, connectTo: [userOf(world, serverless(world))] });
    Validations.of(world.app).addPlugins(check);
    world.app.synth();
    expect(check.report().findings).toEqual([]);
  });
});

describe('the ports of an endpoint', () => {
  const ranges = (endpoint: Pick<INetworkEndpoint, 'port' | 'additionalPorts'>) => portsOf(endpoint).map(String);

  test('are one range where they follow each other, else one by one', () => {
    expect(ranges({ port: 5432 })).toEqual(['5432']);
    expect(ranges({ port: 6379, additionalPorts: [6380, 6381] })).toEqual(['6379-6381']);
    expect(ranges({ port: 9092, additionalPorts: [9094] })).toEqual(['9092', '9094']);
  });
});
