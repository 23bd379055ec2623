import { RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { backend, dependenciesOf, migrate, only } from './migration-task-fixtures';
import type { MigrationTaskProps } from '../../src';

const TASKS = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');

function synthesize(props: Partial<MigrationTaskProps>): Template {
  const made = backend();
  migrate(made, props);
  return Template.fromStack(made.stack);
}

describe('logs', () => {
  const logGroups = (template: Template) => Object.entries(template.findResources('AWS::Logs::LogGroup')).filter(([id]) => /^(Migrations|TaskRunner)/.test(id)).map(([, { Properties, DeletionPolicy }]) => [Properties.RetentionInDays, DeletionPolicy]);

  test('of the task and of its function are kept as the posture says', () => {
    expect(logGroups(synthesize({}))).toEqual([[7, 'Delete'], [7, 'Delete']]);
  });

  test('of the task are kept as was asked for', () => {
    expect(logGroups(synthesize({ logRetention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN }))).toEqual([[365, 'Retain'], [7, 'Delete']]);
  });

  test('fail with a snapshot', () => {
    expect(() => synthesize({ removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(/Props\.removalPolicy/);
  });
});

describe('the disk', () => {
  test('has what Fargate gives, or what was asked for', () => {
    synthesize({}).hasResourceProperties('AWS::ECS::TaskDefinition', { EphemeralStorage: Match.absent() });
    synthesize({ ephemeralStorage: Size.gibibytes(50) }).hasResourceProperties('AWS::ECS::TaskDefinition', { EphemeralStorage: { SizeInGiB: 50 } });
  });

  test.each([Size.gibibytes(20), Size.gibibytes(201), Size.mebibytes(21_600)])('fails for %s', (ephemeralStorage) => {
    expect(() => synthesize({ ephemeralStorage })).toThrow(/`ephemeralStorage` must be from 21 to 200 whole GiB/);
  });
});

describe('the roles', () => {
  test('are new ones', () => {
    const made = backend();
    const migrations = migrate(made);
    expect(made.stack.resolve(migrations.taskRole.roleArn)).toEqual({ 'Fn::GetAtt': [expect.stringMatching('^MigrationsTaskDefinitionTaskRole'), 'Arn'] });
    expect(made.stack.resolve(migrations.executionRole.roleArn)).toEqual({ 'Fn::GetAtt': [expect.stringMatching('^MigrationsTaskDefinitionExecutionRole'), 'Arn'] });
    expect(migrations.grantPrincipal).toBe(migrations.taskRole);
  });

  test('may be one of the same stack, whose permissions the task waits for', () => {
    // GIVEN
    const made = backend();
    const taskRole = new iam.Role(made.stack, 'Role', { assumedBy: TASKS });

    // WHEN
    const migrations = migrate(made, { taskRole });
    new sqs.Queue(made.stack, 'Queue').grantSendMessages(migrations);

    // THEN
    expect(migrations.taskRole).toBe(taskRole);
    expect(only(made.stack, 'AWS::ECS::TaskDefinition').Properties.TaskRoleArn).toEqual({ 'Fn::GetAtt': [only(made.stack, 'AWS::IAM::Role', 'Role').id, 'Arn'] });
    expect(dependenciesOf(only(made.stack, 'Custom::Migration'))).toContain(only(made.stack, 'AWS::IAM::Policy', 'Role').id);
  });

  test('may be one of another stack, which gets permissions in the stack of the task', () => {
    // GIVEN
    const made = backend();
    const roles = new Stack(made.app, 'Roles');

    // WHEN
    const migrations = migrate(made, { taskRole: new iam.Role(roles, 'Role', { assumedBy: TASKS }) });
    new sqs.Queue(made.stack, 'Queue').grantSendMessages(migrations);

    // THEN
    const policy = only(made.stack, 'AWS::IAM::Policy', 'MigrationsTaskRole');
    expect(dependenciesOf(only(made.stack, 'Custom::Migration'))).toContain(policy.id);
    Template.fromStack(roles).resourceCountIs('AWS::IAM::Policy', 0);
    expect(made.stack.dependencies).toContain(roles);
    const passed = JSON.stringify(only(made.stack, 'AWS::IAM::Policy', 'TaskRunner').Properties.PolicyDocument);
    expect(passed).toContain(JSON.stringify(only(made.stack, 'AWS::ECS::TaskDefinition').Properties.TaskRoleArn));
  });

  test('may be one that cannot be changed, with a warning for what it lacks', () => {
    const made = backend();
    const migrations = migrate(made, { taskRole: iam.Role.fromRoleArn(made.stack, 'Role', 'arn:aws:iam::111111111111:role/migrations', { mutable: false }) });
    Annotations.fromStack(made.stack).hasNoWarning('*', Match.stringLikeRegexp('TaskRole'));
    new sqs.Queue(made.stack, 'Queue').grantSendMessages(migrations);
    Annotations.fromStack(made.stack).hasWarning('/Backend/Migrations', Match.stringLikeRegexp('sqs:SendMessage.*TaskRole\\.immutable'));
  });

  test('fail where ECS may not take them', () => {
    const made = backend();
    migrate(made, { taskRole: new iam.Role(made.stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) });
    expect(() => Template.fromStack(made.stack)).toThrow(/TaskRole\.trust/);
  });
});
