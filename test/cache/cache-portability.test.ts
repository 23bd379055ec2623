import { NestedStack, Stack, Stage, type App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { createCache, knownPart, propertiesOf, resourcesOfType } from './cache-fixtures';
import { CacheCapacity, RedisCache, type CacheCapacity as Capacity } from '../../src/cache';
import { FargateApi } from '../../src/fargate';
import { BackendNetwork } from '../../src/network';
import { Posture } from '../../src/posture';
import { physicalName } from '../../src/private/physical-name';
import { createVpc, developmentApp, IMAGE, productionApp } from '../fargate/fixture';
import { allFlags } from '../support/feature-flags';
import { replacements, synthesizeWith } from '../support/living-stack';
import { literalsOfPartition } from '../support/templates';

const NODES = CacheCapacity.node();
const SERVERLESS = CacheCapacity.serverless();
const KINDS: [string, Capacity][] = [['nodes', NODES], ['serverless', SERVERLESS]];

function buildSystem(app: App, capacity: Capacity, region?: string) {
  const env = region === undefined ? undefined : { account: '111111111111', region };
  const { stack, vpc, cache } = createCache({ capacity }, app, { env });
  const services = new Stack(app, 'Services', { env });
  const user = cache.addUser('Worker', { iamAuthentication: true });
  const api = new FargateApi(services, 'Api', { cluster: new ecs.Cluster(services, 'Cluster', { vpc }), image: IMAGE, connectTo: [cache.addUser('Api')] });
  user.grantConnect(api);
  return { data: stack, services };
}

describe.each(KINDS)('a cache of kind %s', (_kind, capacity) => {
  test.each([['development', developmentApp], ['production', productionApp]])('is accepted by the offline validator in %s', (_posture, createApp) => {
    const before = process.env.CDK_VALIDATION;
    process.env.CDK_VALIDATION = 'true';
    try {
      for (const region of [undefined, 'eu-central-1']) {
        const app = createApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
        buildSystem(app, capacity, region);
        expect(app.synth().stacks).toHaveLength(2);
      }
    } finally {
      process.env.CDK_VALIDATION = before;
    }
  });

  test.each([['cn-north-1'], ['us-gov-west-1']])('names no other partition in %s', (region) => {
    const { data, services } = buildSystem(productionApp(), capacity, region);
    expect([data, services].flatMap((stack) => literalsOfPartition(Template.fromStack(stack).toJSON()))).toEqual([]);
  });

  test('has the same resources with flags unset and all recommended', () => {
    const [unset, recommended] = [{}, allFlags()].map((context) => {
      const { data } = buildSystem(productionApp({ context }), capacity);
      return ['ReplicationGroup', 'ServerlessCache', 'User', 'UserGroup', 'ParameterGroup', 'SubnetGroup'].map((type) => resourcesOfType(data, `AWS::ElastiCache::${type}`))
        .concat([resourcesOfType(data, 'AWS::SecretsManager::Secret'), resourcesOfType(data, 'AWS::EC2::SecurityGroup')]);
    });
    expect(recommended).toEqual(unset);
  });

  test('replaces nothing when the posture changes', () => {
    const build = (app: App) => {
      const stack = new Stack(app, 'Data');
      new RedisCache(stack, 'Redis', { vpc: new BackendNetwork(stack, 'Network').vpc, capacity }).addUser('Api');
    };
    const [development, production] = [Posture.development(), Posture.production()].map((posture) => synthesizeWith(posture, build));
    expect([...replacements(development, production), ...replacements(production, development)]).toEqual([]);
    const lost = (from: typeof development, to: typeof development) => Object.keys(from).filter((key) => to[key] === undefined && /ElastiCache|Secret/.test(from[key].Type));
    expect([...lost(development, production), ...lost(production, development)]).toEqual([]);
  });

  test('lives twice in one stack', () => {
    const stack = new Stack(developmentApp(), 'Data');
    const { vpc } = new BackendNetwork(stack, 'Network');
    ['Blue', 'Green'].forEach((id) => new RedisCache(stack, id, { vpc, capacity }).addUser('Api'));
    const ids = Object.values(resourcesOfType(stack, 'AWS::ElastiCache::User')).map(({ Properties }) => Properties.UserId);
    expect(new Set(ids).size).toBe(4);
  });
});

test('ids of what holds data never change', () => {
  const { stack, cache } = createCache();
  cache.addUser('Api');
  expect(Object.keys(resourcesOfType(stack, 'AWS::ElastiCache::ReplicationGroup'))).toEqual(['RedisFF642DF2']);
  expect(Object.keys(resourcesOfType(stack, 'AWS::SecretsManager::Secret'))).toEqual(['RedisUsersApiPasswordE9FA4561', 'RedisUsersApiSecret7CAB2183']);
  expect(propertiesOf(stack, 'AWS::ElastiCache::UserGroup').UserGroupId).toBe('data-redis-usergroup-0cf2983019');
});

describe('a physical name', () => {
  const named = (scope: Construct, ...ids: string[]) => physicalName(scope, { ids });

  test('is what ElastiCache takes, whatever the path is', () => {
    const stack = new Stack(developmentApp(), 'S');
    for (const id of ['A', 'ÄÖ', '123', 'a--b__c', 'X'.repeat(100), '-']) {
      expect(named(new Construct(stack, id))).toMatch(/^(?=.{1,40}$)[a-z]([a-z0-9]|-(?!-))*[a-f0-9]{10}$/);
    }
  });

  test('of what may outlive its stack leaves room for a part of the stack\'s own id, whatever the path is', () => {
    const stack = new Stack(developmentApp(), 'S');
    for (const id of ['A', 'ÄÖ', '123', 'a--b__c', 'X'.repeat(100), '-']) {
      expect(knownPart(stack.resolve(physicalName(new Construct(stack, id), { outlivesStack: true })))).toMatch(/^(?=.{1,32}$)[a-z]([a-z0-9]|-(?!-))*[a-f0-9]{10}-$/);
    }
  });

  test('follows the name of the stack and the path in it, and not what is above', () => {
    const app = developmentApp();
    const inStage = new Stack(new Stage(app, 'Stage'), 'Other', { stackName: 'Data' });
    const plain = new Stack(app, 'Data');
    const renamed = new Stack(app, 'Renamed');
    const names = [inStage, plain, renamed].map((stack) => named(new Construct(stack, 'Redis')));
    expect(names[0]).toBe(names[1]);
    expect(names[2]).not.toBe(names[1]);
  });

  test('differs between nested stacks of one name', () => {
    const app = developmentApp();
    const names = ['One', 'Two'].map((id) => named(new Construct(new NestedStack(new Stack(app, id), 'Nested'), 'Redis')));
    expect(names[0]).not.toBe(names[1]);
  });

  test('differs between scopes and their children', () => {
    const stack = new Stack(developmentApp(), 'Data');
    const scope = new Construct(stack, 'Redis');
    expect(new Set([named(scope), named(scope, 'UserGroup'), named(new Construct(scope, 'User'), 'Group')]).size).toBe(3);
  });
});

test('a service waits for the user of a cache in its own stack', () => {
  // GIVEN
  const { stack, vpc, cache } = createCache();

  // WHEN
  new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), image: IMAGE, connectTo: [cache.addUser('Api')] });

  // THEN: by its task definition, which names the secret
  const secret = Object.keys(resourcesOfType(stack, 'AWS::SecretsManager::Secret')).find((id) => id.startsWith('RedisUsersApiSecret'));
  expect(JSON.stringify(propertiesOf(stack, 'AWS::ECS::TaskDefinition'))).toContain(`"Ref":"${secret}"`);
});

test('a cache is placed in a network that was made without this library', () => {
  const stack = new Stack(developmentApp(), 'Data');
  const vpc = createVpc(stack);
  new RedisCache(stack, 'Redis', { vpc, capacity: SERVERLESS });
  expect(propertiesOf(stack, 'AWS::ElastiCache::ServerlessCache').SubnetIds).toEqual(vpc.privateSubnets.slice(0, 2).map(({ subnetId }) => stack.resolve(subnetId) as unknown));
});
