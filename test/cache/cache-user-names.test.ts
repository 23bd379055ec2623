import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { propertiesOf, resourcesOfType } from './cache-fixtures';
import { RedisCache, type RedisUserOptions } from '../../src/cache';
import { BackendNetwork } from '../../src/network';
import { Posture } from '../../src/posture';
import { collisions, replacedOf } from '../identities/identities';
import { resourcesOf } from '../support/living-stack';

type Users = Record<string, RedisUserOptions>;

function declare(users: Users): { app: App; stack: Stack; cache: RedisCache } {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Data');
  const cache = new RedisCache(stack, 'Redis', { vpc: new BackendNetwork(stack, 'Network').vpc });
  Object.entries(users).forEach(([id, options]) => cache.addUser(id, options));
  return { app, stack, cache };
}

const livingWith = (users: Users) => resourcesOf(declare(users).app);

const userIds = (users: Users) => Object.values(resourcesOfType(declare(users).stack, 'AWS::ElastiCache::User')).map(({ Properties }) => Properties.UserId);

describe('a user of a cache', () => {
  test.each<[string, Users, Users, number]>([
    ['with another name', { Api: { username: 'api' } }, { Api: { username: 'orders' } }, 1],
    ['with the default name instead of one of its own', { Api: { username: 'orders' } }, { Api: {} }, 1],
    ['that moves to IAM', { Api: {} }, { Api: { iamAuthentication: true } }, 1],
    ['that moves to a password', { Api: { iamAuthentication: true } }, { Api: {} }, 1],
    ['whose name another one takes', { A: { username: 'a' }, B: { username: 'b' } }, { A: { username: 'b' }, B: { username: 'a' } }, 2],
    ['whose name a later one takes', { A: { username: 'a' } }, { A: { username: 'b' }, C: { username: 'a' } }, 1],
  ])('%s is made anew beside the old one, under another id, and the group goes from one to the other', (_what, before, after, count) => {
    const [old, next] = [livingWith(before), livingWith(after)];
    expect(collisions(old, next)).toEqual([]);
    expect([...replacedOf(old, next)].filter((key) => old[key].Type === 'AWS::ElastiCache::User')).toHaveLength(count);
    expect([...replacedOf(old, next)].filter((key) => old[key].Type !== 'AWS::ElastiCache::User')).toEqual([]);
  });

  test('keeps its id with the same name, however that is written', () => {
    expect(userIds({ Api: { username: 'api' } })).toEqual(userIds({ Api: {} }));
  });

  test('keeps its id where access or key change', () => {
    const { stack, cache } = declare({});
    cache.addUser('Api', { encryptionKey: new kms.Key(stack, 'Key') });
    expect(Object.values(resourcesOfType(stack, 'AWS::ElastiCache::User')).map(({ Properties }) => Properties.UserId)).toEqual(userIds({ Api: {} }));
  });

  test('has the same id at each synth, where its name is a token', () => {
    const idOf = (count: number) => {
      const { stack, cache } = declare({});
      const [name] = Array.from({ length: count }, (_, index) => new CfnParameter(stack, index === count - 1 ? 'Name' : `Other${index}`)).reverse();
      cache.addUser('Api', { username: name.valueAsString });
      return Object.values(resourcesOfType(stack, 'AWS::ElastiCache::User')).map(({ Properties }) => Properties.UserId).pop();
    };
    expect(idOf(1)).toMatch(/^data-redis-users-api-[0-9a-f]{10}$/);
    expect(idOf(5)).toBe(idOf(1));
  });

  test('has another id for the name of another parameter', () => {
    const ids = ['First', 'Second'].map((id) => {
      const { stack, cache } = declare({});
      cache.addUser('Api', { username: new CfnParameter(stack, id).valueAsString });
      return Object.values(resourcesOfType(stack, 'AWS::ElastiCache::User')).map(({ Properties }) => Properties.UserId).pop();
    });
    expect(new Set(ids).size).toBe(2);
  });

  test('that is off for whoever has no name keeps its id for ever', () => {
    const { stack } = declare({ Api: {} });
    expect(propertiesOf(stack, 'AWS::ElastiCache::UserGroup').UserIds).toHaveLength(2);
    expect(userIds({})[0]).toBe(userIds({ Api: {} })[0]);
  });
});
