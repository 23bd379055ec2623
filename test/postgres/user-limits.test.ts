import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { newApp, newServer, newVpc } from './postgres-fixtures';
import {
  AdminSecret, FargateApi, FargateWorker, MigrationSource, MigrationTask, PostgresAccess, PostgresCapacity, PostgresUser, Posture, PrivatePostgres, Scaling, ScheduledJob, ServiceBinding, ServiceDeployment,
  type CommonServiceProps, type IServiceBinding, type PrivatePostgresProps,
} from '../../src';
import { UserConnections } from '../../src/broker/connection-limit';

/** A cluster whose tasks have a way to AWS. */
function newCluster(vpc: ec2.Vpc): ecs.Cluster {
  const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER } = ec2.InterfaceVpcEndpointAwsService;
  [ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER].forEach((service, index) => vpc.addInterfaceEndpoint(`Endpoint${index}`, { service }));
  vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
  return new ecs.Cluster(Stack.of(vpc), 'Cluster', { vpc });
}

/** A server that accepts many connections, and services that connect to it. */
function newBackend(posture?: Posture) {
  const made = newServer({ maxConnections: 5000 }, posture);
  const cluster = newCluster(made.vpc);
  const image = ecs.ContainerImage.fromRegistry('registry.example.com/service@sha256:1');
  const worker = (id: string, connectTo: IServiceBinding[], props: Partial<CommonServiceProps> = {}, scope: Construct = made.stack) =>
    new FargateWorker(scope, id, { cluster, image, connectTo, ...props });
  return { ...made, cluster, image, worker };
}

/** Limits of users as their resources have them, by name. */
function limitsIn(stack: Stack): { [username: string]: string } {
  const users = Object.values(Template.fromStack(stack).findResources('Custom::PostgresUser'));
  return Object.fromEntries(users.map(({ Properties }) => [Properties.Username, Properties.ConnectionLimit]));
}

describe('the connection limit of a user whose services are known', () => {
  test('suffices for the pools of all their tasks, twice', () => {
    // GIVEN
    const { stack, cluster, image, postgres, worker } = newBackend();
    const user = postgres.addUser('Api');

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image, connectTo: [user], minTasks: 2, maxTasks: 30 });
    worker('Worker', [user], { minTasks: 5, maxTasks: 5 });

    // THEN
    expect(limitsIn(stack)).toEqual({ api: String(5 * (30 + 5) * 2) });
    expect(stack.resolve(user.connectionLimit)).toBe(350);
  });

  test.each<[string, Partial<CommonServiceProps>, number]>([
    ['fewer tasks than its posture', { minTasks: 1, maxTasks: 3 }, 3],
    ['no number of tasks of its own', {}, 10],
    ['tasks that a schedule adds', { minTasks: 1, maxTasks: 3, scaleOn: [Scaling.onSchedule('Rush', { schedule: Schedule.cron({ hour: '8' }), minTasks: 4, maxTasks: 25 })] }, 25],
    ['no tasks, which somebody may start by hand', { minTasks: 0, maxTasks: 0 }, 1],
    ['a deployment beside the old tasks', { minTasks: 2, maxTasks: 3, deployment: ServiceDeployment.rolling({ maxHealthyPercent: 150 }) }, 3],
  ])('follows from %s', (_name, props, tasks) => {
    const { stack, postgres, worker } = newBackend(Posture.production());
    worker('Worker', [postgres.addUser('Api')], props);
    expect(limitsIn(stack)).toEqual({ api: String(10 * tasks * 2) });
  });

  test('counts a run of a job, and the next one that begins before it has ended', () => {
    const { stack, cluster, image, postgres } = newBackend(Posture.production());
    new ScheduledJob(stack, 'Job', { cluster, image, schedule: ScheduleExpression.rate(Duration.minutes(5)), connectTo: [postgres.addUser('Job')] });
    expect(limitsIn(stack)).toEqual({ job: String(10 * 1 * 2) });
  });

  test('counts one pool for each set of variables', () => {
    const { stack, postgres, worker } = newBackend();
    const user = postgres.addUser('Api');
    worker('Once', [user, user], { maxTasks: 3 });
    worker('Twice', [user, ServiceBinding.withPrefix('READS', user)], { maxTasks: 4 });
    expect(limitsIn(stack)).toEqual({ api: String(5 * (3 + 4 + 4) * 2) });
  });

  test('counts services of stacks that come after its own', () => {
    const { app, stack, postgres, worker } = newBackend();
    const user = postgres.addUser('Api');
    worker('Worker', [user], { maxTasks: 7 }, new Stack(app, 'Later'));
    app.synth();
    expect(limitsIn(stack)).toEqual({ api: String(5 * 7 * 2) });
  });

  test('takes the number of the posture for something that does not know its tasks', () => {
    const { stack, postgres, worker } = newBackend(Posture.production());
    const user = postgres.addUser('Api');
    worker('Worker', [user], { maxTasks: 2, minTasks: 1 });
    user.bindToService(new Construct(stack, 'Own'), {});
    expect(limitsIn(stack)).toEqual({ api: String(10 * 2 * 2 + 10 * 10 * 2) });
  });

  test('is ten for an owner that only migrates, and more for its services', () => {
    // GIVEN
    const { stack, cluster, postgres, worker } = newBackend(Posture.production());
    const source = () => MigrationSource.command({ image: ecs.ContainerImage.fromRegistry('registry.example.com/migrate@sha256:1'), command: ['up'], revision: '1' });
    new MigrationTask(stack, 'Migrations', { cluster, database: postgres.database, source: source() });

    // WHEN
    const auth = postgres.addDatabase('auth').addUser('Auth', { access: PostgresAccess.OWNER });
    worker('Auth', [auth], { minTasks: 1, maxTasks: 4 });

    // THEN
    expect(limitsIn(stack)).toEqual({ app_migrator: '10', auth: String(10 * 4 * 2) });
  });

  test('fails for a number of tasks that is a token', () => {
    const { stack, postgres, worker } = newBackend();
    const maxTasks = new CfnParameter(stack, 'Tasks', { type: 'Number' }).valueAsNumber;
    expect(() => worker('Worker', [postgres.addUser('Api')], { maxTasks })).toThrow(/`maxTasks` isn't known until deployment \(it's a token\), so the connection limit of '.*Api' can't be computed\. Set `connectionLimit`/);
    expect(() => worker('Other', [postgres.addUser('Other', { connectionLimit: 40 })], { maxTasks })).not.toThrow();
  });

  test('is computed as the sum over all services, whatever they are', () => {
    const services = fc.array(fc.record({ path: fc.constantFrom('a', 'b', 'c', 'd'), prefix: fc.constantFrom(undefined, 'X', 'Y'), maxTasks: fc.option(fc.nat(50), { nil: undefined }) }));
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300 }), services, (poolSize, connections, bound) => {
      // GIVEN
      const user = new UserConnections(poolSize, { connections, arithmetic: String(connections) });
      const pools = new Map<string, number | undefined>();

      // WHEN
      bound.forEach(({ path, prefix, maxTasks }) => {
        user.add(path, prefix, maxTasks);
        pools.set(JSON.stringify([path, prefix]), maxTasks);
      });

      // THEN
      const each = [...pools.values()].map((tasks) => (tasks === undefined ? connections : poolSize * Math.max(1, tasks) * 2));
      expect(user.needed).toBe(each.length === 0 ? connections : each.reduce((sum, one) => sum + one, 0));
      const shown = user.toString().split(' = ');
      expect(shown.at(-1)).toBe(String(user.needed));
      // The arithmetic that is shown is right.
      expect(Number(new Function(`return ${shown[0].replaceAll('×', '*')}`)())).toBe(user.needed);
    }));
  });
});

describe('a limit that a user was set', () => {
  const declare = (connectionLimit: number, props: Partial<CommonServiceProps> = {}) => {
    const backend = newBackend();
    const user = backend.postgres.addUser('Api', { connectionLimit });
    backend.worker('First', [user], { maxTasks: 4, ...props });
    backend.worker('Second', [user], { maxTasks: 2 });
    return backend.app;
  };

  test('fails where its services need more, with each of them and the arithmetic', () => {
    expect(() => declare(59).synth()).toThrow(new RegExp('\\[Backend/Postgres/Database/Users/Api\\] `connectionLimit` is 59, and the services that connect as this user can open 60 connections, '
      + "which is .*: 'Backend/First' 5 × 4 × 2, 'Backend/Second' 5 × 2 × 2\\. Remove `connectionLimit`, set it to at least 60"));
  });

  test.each([60, 61, -1])('of %p suffices', (limit) => {
    expect(() => declare(limit).synth()).not.toThrow();
  });

  test('cannot be judged where it is a token, nor where the tasks are', () => {
    expect(() => declare(new CfnParameter(new Stack(new App(), 'Any'), 'Limit', { type: 'Number' }).valueAsNumber)).not.toThrow();
    const { app, stack, postgres, worker } = newBackend();
    worker('Worker', [postgres.addUser('Api', { connectionLimit: 3 })], { maxTasks: new CfnParameter(stack, 'Tasks', { type: 'Number' }).valueAsNumber });
    expect(() => app.synth()).not.toThrow();
  });
});

describe('connection limits', () => {
  test('leave room for the old and new tasks of a deployment', () => {
    const { stack, postgres } = newServer({}, Posture.production());
    const limitOf = (user: PostgresUser) => stack.resolve(user.connectionLimit);
    expect(limitOf(postgres.database.addUser('Api'))).toBe(10 * 10 * 2);
    expect(limitOf(postgres.database.addUser('Small', { poolSize: 2 }))).toBe(2 * 10 * 2);
    expect(limitsIn(stack)).toEqual({ api: '200', small: '40' });
  });

  test('fails where services together need more than the server allows, with the arithmetic of each user', () => {
    // GIVEN
    const { app, stack, postgres, vpc } = newServer();
    const cluster = newCluster(vpc);
    const user = postgres.addUser('Api');

    // WHEN
    [4, 3].forEach((maxTasks) => new FargateWorker(stack, `Worker${maxTasks}`, { cluster, image: ecs.ContainerImage.fromRegistry('nginx@sha256:1'), connectTo: [user], maxTasks }));

    // THEN
    expect(() => app.synth()).toThrow(/can open 70 connections, but this server allows about 81, and 81 - 15 reserved = 66 for users: '.*Api' 5 × \(4 \+ 3\) × 2 = 70\. A user without `connectionLimit` has `poolSize` × tasks × 2, with the `maxTasks` of its services\. Set/);
  });

  test('fails where they do not fit the server, naming the numbers', () => {
    // GIVEN
    const { app, postgres } = newServer();

    // WHEN
    postgres.database.addUser('Api', { connectionLimit: 60 });
    postgres.database.addUser('Worker', { connectionLimit: 30 });

    // THEN
    expect(() => app.synth()).toThrow(/can open 90 connections, but this server allows about 81, and 81 - 15 reserved = 66 for users: '.*Users\/Api' 60, '.*Worker' 30\. Set `poolSize`/s);
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
      + 'A user without `connectionLimit` has `poolSize` × tasks × 2, with the `maxTasks` of its services, or 10 from the production posture or 1 from the development posture where no service connects\\. '));
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

describe('the number of connections that a server should accept', () => {
  const declaredOn = (props: Partial<PrivatePostgresProps>) => {
    const { stack, postgres } = newServer(props);
    postgres.addDatabase('orders');
    return Object.values(Template.fromStack(stack).findResources('Custom::PostgresDatabase')).map(({ Properties }) => Properties.MaxConnections);
  };

  test.each<[string, Partial<PrivatePostgresProps>, unknown]>([
    ['where a prop says it', { maxConnections: 200 }, '200'],
    ['where a parameter says it', { parameters: { max_connections: '300' } }, '300'],
    ['not where RDS computes it', {}, undefined],
  ])('is compared with the server %s', (_name, props, expected) => {
    expect(declaredOn(props)).toEqual([expected, expected]);
  });
});

describe('users on one server', () => {
  test('the policies of as many keys as fit stay below the limit of IAM, with the longest names that AWS has', () => {
    // GIVEN
    const app = newApp();
    const [stack, other] = ['Backend', 'Other'].map((id) => new Stack(app, id));
    const adminSecret = AdminSecret.rdsManaged({ encryptionKey: new kms.Key(stack, 'AdminKey') });
    const postgres = new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), maxConnections: 5000, capacity: PostgresCapacity.serverless({ min: 1, max: 16 }), adminSecret });
    Array.from({ length: 13 }).forEach((_, index) => [stack, other].forEach((scope) =>
      new PostgresUser(scope, `User${index}`, { database: postgres.database, username: `user_${index}_${scope.node.id}`, connectionLimit: 5, encryptionKey: new kms.Key(scope, `Key${index}`) })));
    expect(() => app.synth()).not.toThrow();

    // WHEN
    const policies = [stack, other].flatMap((each) => Object.entries(Template.fromStack(each).findResources('AWS::IAM::Policy')))
      .filter(([, { Properties }]) => /Conductor/.test(JSON.stringify(Properties.Roles)))
      .map(([, { Properties }]) => deployedLength(Properties.PolicyDocument));

    // THEN
    expect(policies).toHaveLength(2 + 26);
    expect(policies.reduce((sum, length) => sum + length)).toBeLessThan(10_240);
  });
});

/** Characters of a policy as IAM counts them, where each reference is an ARN of the greatest usual length. */
function deployedLength(document: object): number {
  const rendered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rendered);
    if (typeof value !== 'object' || value === null) return value;
    if ('Fn::Join' in value) return (value['Fn::Join'] as [string, unknown[]])[1].map(rendered).join('');
    const [name] = Object.keys(value);
    if (name === 'Ref') return { 'AWS::Partition': 'aws-us-gov', 'AWS::Region': 'ap-northeast-1', 'AWS::AccountId': '111111111111', 'AWS::URLSuffix': 'amazonaws.com.cn' }[String(Object.values(value)[0])] ?? 'x'.repeat(60);
    if (name.startsWith('Fn::')) return /Key/.test(JSON.stringify(value)) ? `arn:aws-us-gov:kms:ap-northeast-1:111111111111:key/${'x'.repeat(36)}` : `arn:aws-us-gov:iam::111111111111:role/${'x'.repeat(64)}`;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rendered(each)]));
  };
  return JSON.stringify(rendered(document)).length;
}
