import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { newServer } from './postgres-fixtures';
import { PostgresCapacity, PostgresUser, Posture } from '../../src';

describe('connection limits', () => {
  test('leave room for the old and new tasks of a deployment', () => {
    const { postgres } = newServer({}, Posture.production());
    expect(postgres.database.addUser('Api').connectionLimit).toBe(10 * 10 * 2);
    expect(postgres.database.addUser('Small', { poolSize: 2 }).connectionLimit).toBe(2 * 10 * 2);
  });

  test('fails where they do not fit the server, naming the numbers', () => {
    // GIVEN
    const { app, postgres } = newServer();

    // WHEN
    postgres.database.addUser('Api', { connectionLimit: 60 });
    postgres.database.addUser('Worker', { connectionLimit: 30 });

    // THEN
    expect(() => app.synth()).toThrow(/can open 90 connections, but this server allows about 81, and 81 - 15 reserved = 66 for users: '.*Users\/Api' 60, '.*Worker' 30\. Set `connectionLimit`/s);
  });

  test('fails at the server where defaults do not fit it, with the factors of each', () => {
    // GIVEN
    const { app, postgres } = newServer({ capacity: PostgresCapacity.instance(new ec2.InstanceType('t4g.small')) }, Posture.production());
    const elsewhere = new Stack(app, 'Elsewhere');

    // WHEN
    Posture.development().applyTo(elsewhere);
    postgres.database.addUser('Api');
    new PostgresUser(elsewhere, 'Worker', { database: postgres.database });
    expect(postgres.database.owner.node.path).toBe('Backend/Postgres/Database/Owner');

    // THEN
    expect(() => app.synth()).toThrow(new RegExp('\\[Backend/Postgres\\] Database users can open 220 connections, but this server allows about 184, and 184 - 15 reserved = 169 for users: '
      + "'Backend/Postgres/Database/Users/Api' 10 × 10 × 2 = 200, 'Elsewhere/Worker' 5 × 1 × 2 = 10, 'Backend/Postgres/Database/Owner' 10\\. "
      + "A user's default is `poolSize` × `maxTasks` × 2, with `maxTasks` 10 from the production posture or 1 from the development posture, not from the services\\. "));
  });

  test('fails to be computed from a token', () => {
    const { stack, postgres } = newServer();
    const poolSize = new CfnParameter(stack, 'Pool', { type: 'Number' }).valueAsNumber;
    expect(() => postgres.database.addUser('Api', { poolSize })).toThrow(/`poolSize` isn't known until deployment \(it's a token\).*Set `connectionLimit`/);
    expect(postgres.database.addUser('Worker', { poolSize, connectionLimit: 7 }).connectionLimit).toBe(7);
  });

  test('count users of all stacks', () => {
    const { app, postgres } = newServer();
    postgres.database.addUser('Api', { connectionLimit: 60 });
    new PostgresUser(new Stack(app, 'Other'), 'Worker', { database: postgres.database, connectionLimit: 30 });
    expect(() => app.synth()).toThrow(/can open 90 connections/);
  });

  test.each([
    ['fit where the server is told to accept more', { maxConnections: 200 }, 90],
    ['fit where a parameter says so', { parameters: { max_connections: '200' } }, 90],
    ['are not counted where the class is unknown', { parameters: { max_connections: '{DBInstanceClassMemory/1}' }, capacity: PostgresCapacity.serverless({ min: 1, max: 4 }) }, 800],
    ['are not counted where there is none', {}, -1],
  ])('%s', (_name, props, connectionLimit) => {
    const { app, postgres } = newServer(props);
    postgres.database.addUser('Api', { connectionLimit });
    expect(() => app.synth()).not.toThrow();
  });
});

describe('users on one server', () => {
  test.each([[25, 26, false], [14, 15, true]])('fit the role of the broker for %p users, fails with %p', (fitting, tooMany, withKey) => {
    const declare = (count: number) => {
      const { app, stack, postgres } = newServer({ maxConnections: 5000 });
      const encryptionKey = withKey ? new kms.Key(stack, 'Key') : undefined;
      Array.from({ length: count }).forEach((_, index) => postgres.database.addUser(`User${index}`, { encryptionKey }));
      return app;
    };
    expect(() => declare(fitting).synth()).not.toThrow();
    expect(() => declare(tooMany).synth()).toThrow(new RegExp(`${tooMany} users are declared on one server.*IAM allows 10240`));
  });

  test('the policies of as many users as fit stay below what IAM takes', () => {
    // GIVEN
    const { stack, postgres } = newServer({ maxConnections: 5000 });
    Array.from({ length: 25 }).forEach((_, index) => postgres.database.addUser(`User${index}`));

    // WHEN
    const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter(({ Properties }) => /Conductor/.test(Properties.Roles[0].Ref));
    const arn = 'arn:aws-us-gov:secretsmanager:us-gov-west-1:111111111111:secret:PostgresDatabaseUsersUser10Secret26635BE4-AbCdEfGhIjKl-AbCdEf';
    const deployed = policies.map(({ Properties }) => JSON.stringify(Properties.PolicyDocument, (key, value) => (key === 'Resource' ? arn : value)));

    // THEN
    expect(deployed).toHaveLength(26);
    expect(deployed.join('').length).toBeLessThan(10_240);
  });
});
