import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { newServer } from './postgres-fixtures';
import { PostgresUser } from '../../src';

const STACKS = 20;
const USERS = 25;

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly PolicyDocument: object; readonly SecretArn?: { readonly Ref: string } };
  readonly DependsOn?: string | string[];
}

/** 500 users of one server: most of them in stacks of services, every fifth stack with a key of its own. */
function synthMany() {
  const { app, stack: backend, postgres } = newServer({ maxConnections: 5000 });
  Array.from({ length: STACKS }, (_, index) => {
    const stack = index === 0 ? backend : new Stack(app, `Service${index}`);
    const encryptionKey = index % 5 === 0 ? new kms.Key(stack, 'SecretKey') : undefined;
    return Array.from({ length: USERS }, (_user, user) => new PostgresUser(stack, `User${user}`, { database: postgres.database, username: `user_${index}_${user}`, connectionLimit: 5, encryptionKey }));
  });
  return app.synth().stacks.map(({ id, template, dependencies }) => ({ id, resources: template.Resources as Record<string, Resource>, dependencies: dependencies.map((each) => each.id) }));
}

describe('500 users in 20 stacks', () => {
  const stacks = synthMany();
  const idsOf = (resources: Record<string, Resource>, type: string) => Object.keys(resources).filter((id) => resources[id].Type === type);
  const services = stacks.filter(({ id }) => id !== 'Backend');

  test('are all there', () => {
    expect(stacks.flatMap(({ resources }) => idsOf(resources, 'Custom::PostgresUser'))).toHaveLength(STACKS * USERS);
  });

  test('leave the policies of the broker as short as for one user, but for one policy for each key and stack', () => {
    const policies = stacks.flatMap(({ resources }) => idsOf(resources, 'AWS::IAM::Policy').filter((id) => /Broker(Conductor|Key)/.test(id)).map((id) => JSON.stringify(resources[id].Properties.PolicyDocument).length));
    expect(policies).toHaveLength(2 + STACKS / 5);
    expect(policies.reduce((sum, length) => sum + length)).toBeLessThan(10_240 / 2);
  });

  test('wait for each other within a stack, one after the other, and for no user of another', () => {
    for (const { resources } of stacks) {
      const users = idsOf(resources, 'Custom::PostgresUser');
      const before = users.map((id) => [resources[id].DependsOn ?? []].flat().filter((other) => users.includes(other)));
      expect(before.map(({ length }) => length).sort()).toEqual([0, ...Array.from({ length: USERS - 1 }, () => 1)]);
      expect(new Set(before.flat()).size).toBe(USERS - 1);
    }
  });

  test('are in stacks that need that of the server and no other', () => {
    expect(services.map(({ dependencies }) => dependencies.filter((id) => !id.endsWith('.assets')))).toEqual(services.map(() => ['Backend']));
  });
});
