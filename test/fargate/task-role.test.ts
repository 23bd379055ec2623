import { App, CfnParameter, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { createCluster, developmentApp, IMAGE } from './fixture';
import { ServiceVolume } from '../../src/binding';
import { FargateApi, FargateWorker, QueueBinding, ScheduledJob, type CommonServiceProps } from '../../src/fargate';
import { PrivateFileSystem } from '../../src/storage';

const ARN = 'arn:aws:iam::111111111111:role/service';
const TASKS = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');

type Backend = ReturnType<typeof createCluster>;

/** A worker that takes messages, mounts files, protects itself and lets people in: all that adds permissions. */
function createWorker({ stack, vpc, cluster }: Backend, taskRole: iam.IRole, scope: Stack = stack): FargateWorker {
  const queue = new sqs.Queue(scope, 'Queue', { deadLetterQueue: { queue: new sqs.Queue(scope, 'Dead'), maxReceiveCount: 3 } });
  const fileSystem = new PrivateFileSystem(scope, 'Files', { vpc });
  return new FargateWorker(scope, 'Worker', {
    cluster,
    image: IMAGE,
    taskRole,
    taskProtection: true,
    enableExecuteCommand: true,
    connectTo: [QueueBinding.consume(queue)],
    volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/uploads' })],
  });
}

function actionsOf(stack: Stack, roleName: unknown): string[] {
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy') as Record<string, { Properties: { Roles: unknown[]; PolicyDocument: { Statement: { Action: string | string[] }[] } } }>);
  return policies.filter(({ Properties }) => JSON.stringify(Properties.Roles) === JSON.stringify([roleName]))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action)).sort();
}

function warningsOf(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('TaskRole.immutable')).map(({ entry }) => entry.data as string);
}

const ALL = ['ecs:GetTaskProtection', 'elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite', 'logs:PutLogEvents', 'sqs:ReceiveMessage', 'ssmmessages:OpenDataChannel'];

test.each<[string, (backend: Backend, props: CommonServiceProps) => FargateApi | FargateWorker | ScheduledJob]>([
  ['an API', ({ stack }, props) => new FargateApi(stack, 'Service', props)],
  ['a worker', ({ stack }, props) => new FargateWorker(stack, 'Service', props)],
  ['a job', ({ stack }, props) => new ScheduledJob(stack, 'Service', { ...props, schedule: ScheduleExpression.cron({ hour: '3' }) })],
])('%s has a task role and an execution role, and takes another task role', (_name, create) => {
  // GIVEN
  const [own, brought] = [createCluster(), createCluster()];
  const taskRole = new iam.Role(brought.stack, 'Role', { assumedBy: TASKS });

  // WHEN
  const [service, other] = [create(own, { cluster: own.cluster, image: IMAGE }), create(brought, { cluster: brought.cluster, image: IMAGE, taskRole })];

  // THEN
  expect(own.stack.resolve(service.taskRole.roleArn)).toEqual({ 'Fn::GetAtt': [expect.stringMatching('^ServiceTaskDefinitionTaskRole'), 'Arn'] });
  expect(own.stack.resolve(service.executionRole.roleArn)).toEqual({ 'Fn::GetAtt': [expect.stringMatching('^ServiceTaskDefinitionExecutionRole'), 'Arn'] });
  expect(other.taskRole).toBe(taskRole);
  expect(other.grantPrincipal).toBe(taskRole);
  Template.fromStack(own.stack).hasResourceProperties('AWS::ECS::TaskDefinition', { TaskRoleArn: own.stack.resolve(service.taskRole.roleArn) as unknown });
  Template.fromStack(brought.stack).hasResourceProperties('AWS::ECS::TaskDefinition', { TaskRoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Role'), 'Arn'] } });
});

describe('all permissions are added', () => {
  test('to a role of the same stack', () => {
    const backend = createCluster();
    createWorker(backend, new iam.Role(backend.stack, 'Role', { assumedBy: TASKS }));
    expect(actionsOf(backend.stack, { Ref: 'Role1ABCC5F0' })).toEqual(expect.arrayContaining(ALL));
    expect(warningsOf(backend.stack)).toEqual([]);
  });

  test('to an imported role of the same account', () => {
    const backend = createCluster();
    createWorker(backend, iam.Role.fromRoleArn(backend.stack, 'Role', ARN));
    expect(actionsOf(backend.stack, 'service')).toEqual(expect.arrayContaining(ALL));
    expect(warningsOf(backend.stack)).toEqual([]);
  });

  test('to a role of another stack, in the stack of the service', () => {
    // GIVEN
    const app = developmentApp();
    const roles = new Stack(app, 'Roles');
    const taskRole = new iam.Role(roles, 'Role', { assumedBy: TASKS });
    const backend = createCluster(app);

    // WHEN
    const worker = createWorker(backend, taskRole);
    new sqs.Queue(backend.stack, 'Later').grantSendMessages(worker);

    // THEN
    const [policy] = Object.entries(Template.fromStack(backend.stack).findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('WorkerTaskRolePolicy'));
    expect(JSON.stringify(policy[1])).toContain('sqs:SendMessage');
    expect(actionsOf(backend.stack, policy[1].Properties.Roles[0])).toEqual(expect.arrayContaining(ALL));
    Template.fromStack(roles).resourceCountIs('AWS::IAM::Policy', 0);
    expect(backend.stack.dependencies).toContain(roles);
    expect(roles.dependencies).toEqual([]);
    const [service] = Object.values(Template.fromStack(backend.stack).findResources('AWS::ECS::Service'));
    expect(service.DependsOn).toContain(policy[0]);
  });

  test('to a role that was imported in another stack, in the stack of the service', () => {
    const app = developmentApp();
    const roles = new Stack(app, 'Roles');
    const backend = createCluster(app);
    createWorker(backend, iam.Role.fromRoleArn(roles, 'Role', ARN));
    expect(actionsOf(backend.stack, 'service')).toEqual(expect.arrayContaining(ALL));
    expect(Template.fromStack(roles).toJSON()).not.toHaveProperty('Resources');
  });

  test('to a role of the parent, in the nested stack of the service', () => {
    const backend = createCluster();
    const nested = new NestedStack(backend.stack, 'Nested');
    createWorker(backend, new iam.Role(backend.stack, 'Role', { assumedBy: TASKS }), nested);
    Template.fromStack(nested).hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['sqs:ReceiveMessage']) })]) } });
  });
});

describe('a role that cannot be changed', () => {
  test.each<[string, (stack: Stack) => iam.IRole]>([
    ['because it was imported so', (stack) => iam.Role.fromRoleArn(stack, 'Role', ARN, { mutable: false })],
    ['because it was imported so, for grants on resources', (stack) => iam.Role.fromRoleArn(stack, 'Role', ARN, { mutable: false, addGrantsToResources: true })],
    ['because it is of another account', (stack) => iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::222222222222:role/service')],
    ['because somebody wants it so', (stack) => new iam.Role(stack, 'Role', { assumedBy: TASKS }).withoutPolicyUpdates()],
  ])('%s gives a warning for each permission', (_name, createRole) => {
    // GIVEN
    const backend = createCluster(new App({ context: {} }), { terminationProtection: true, env: { account: '111111111111', region: 'eu-central-1' } });

    // WHEN
    const worker = createWorker(backend, createRole(backend.stack));

    // THEN
    const warnings = warningsOf(backend.stack);
    ALL.forEach((action) => expect(warnings.filter((text) => text.includes(action))).toHaveLength(1));
    expect(warnings[0]).toMatch(/^The role in `taskRole` can't be changed here, so it doesn't get the permission for /);
    const before = warnings.length;
    new sqs.Queue(backend.stack, 'Later').grantSendMessages(worker.taskRole);
    expect(warningsOf(backend.stack).length).toBeGreaterThan(before);
    expect(actionsOf(backend.stack, 'service')).toEqual([]);
  });

  test('is used without a warning where nothing is to be added', () => {
    const { stack, cluster } = createCluster();
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, taskRole: iam.Role.fromRoleArn(stack, 'Role', ARN, { mutable: false }) });
    expect(warningsOf(stack)).toEqual([]);
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', { TaskRoleArn: ARN });
  });
});

describe('a role that ECS may not take', () => {
  const use = (assumedBy: (stack: Stack) => iam.IPrincipal, change: (role: iam.Role) => void = () => undefined) => {
    const { stack, cluster } = createCluster();
    const taskRole = new iam.Role(stack, 'Role', { assumedBy: assumedBy(stack) });
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, taskRole });
    change(taskRole);
    return () => Template.fromStack(stack);
  };

  test('fails', () => {
    expect(use(() => new iam.ServicePrincipal('lambda.amazonaws.com'))).toThrow(/The role 'Backend\/Role' in `taskRole` doesn't trust ECS, so no task could start\..*\[cdk-private-backend:TaskRole\.trust\]/s);
    expect(use(() => new iam.AccountRootPrincipal())).toThrow(/TaskRole\.trust/);
  });

  test.each<[string, (stack: Stack) => iam.IPrincipal]>([
    ['ECS', () => TASKS],
    ['ECS among others', () => new iam.CompositePrincipal(new iam.ServicePrincipal('lambda.amazonaws.com'), TASKS)],
    ['ECS with a condition', () => TASKS.withConditions({ StringEquals: { 'aws:SourceAccount': '111111111111' } })],
    ['a service that is known only at deployment', (stack) => new iam.ServicePrincipal(new CfnParameter(stack, 'Who').valueAsString)],
  ])('passes where it trusts %s', (_name, assumedBy) => {
    expect(use(assumedBy)).not.toThrow();
  });

  test('passes where it is told later', () => {
    expect(use(() => new iam.ServicePrincipal('lambda.amazonaws.com'), (role) => role.assumeRolePolicy!.addStatements(new iam.PolicyStatement({ principals: [TASKS], actions: ['sts:AssumeRole'] })))).not.toThrow();
  });

  test('passes where it is imported, whose trust nobody sees', () => {
    const { stack, cluster } = createCluster();
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, taskRole: iam.Role.fromRoleArn(stack, 'Role', ARN) });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});
