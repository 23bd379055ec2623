import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { backend, FixedSource, migrate, only, resourcesOf, type Backend } from './migration-task-fixtures';
import { MigrationTask } from '../../src';

interface Statement {
  readonly Action: string | string[];
  readonly Effect: string;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function statementsOf(stack: Stack, prefix: string): Statement[] {
  return (only(stack, 'AWS::IAM::Policy', prefix).Properties.PolicyDocument as { Statement: Statement[] }).Statement;
}

function statement(statements: Statement[], action: string): Statement {
  const found = statements.filter(({ Action }) => [Action].flat().includes(action));
  expect(found).toHaveLength(1);
  return found[0];
}

/** Text of a value with intrinsic functions, with the names of what it refers to. */
function text(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const [[name, argument]] = Object.entries(value as Record<string, unknown>);
  switch (name) {
    case 'Ref': return `{${argument as string}}`;
    case 'Fn::GetAtt': return `{${(argument as string[]).join('.')}}`;
    case 'Fn::Join': return (argument as [string, unknown[]])[1].map(text).join((argument as [string, unknown[]])[0]);
    default: return JSON.stringify(value);
  }
}

const REGIONS: [string, string][] = [['eu-west-1', 'aws'], ['cn-north-1', 'aws-cn'], ['us-gov-west-1', 'aws-us-gov']];

describe.each(REGIONS)('pitfall 15: least privilege in %s', (region) => {
  let made: Backend;
  let statements: Statement[];
  let cluster: { 'Fn::GetAtt': string[] };
  const arn = `arn:{AWS::Partition}:ecs:${region}:111122223333`;

  beforeAll(() => {
    made = backend({ env: { region, account: '111122223333' } });
    migrate(made);
    statements = statementsOf(made.stack, 'TaskRunnerPolicy');
    cluster = { 'Fn::GetAtt': [only(made.stack, 'AWS::ECS::Cluster').id, 'Arn'] };
  });

  test('pitfall 15: RunTask on any revision of the one family, in the one cluster', () => {
    const { Resource, Condition } = statement(statements, 'ecs:RunTask');

    expect(text(Resource)).toBe(`${arn}:task-definition/${only(made.stack, 'AWS::ECS::TaskDefinition').Properties.Family as string}:*`);
    expect(Condition).toEqual({ ArnEquals: { 'ecs:cluster': cluster } });
  });

  test('pitfall 15: DescribeTasks on tasks of the cluster', () => {
    const found = statement(statements, 'ecs:DescribeTasks');

    expect(found.Action).toBe('ecs:DescribeTasks');
    expect(text(found.Resource)).toBe(`${arn}:task/{${only(made.stack, 'AWS::ECS::Cluster').id}}/*`);
    expect(found.Condition).toEqual({ ArnEquals: { 'ecs:cluster': cluster } });
  });

  test('pitfall 15: StopTask on tasks of this stack, by their tag', () => {
    const found = statement(statements, 'ecs:StopTask');

    expect(text(found.Resource)).toBe(`${arn}:task/{${only(made.stack, 'AWS::ECS::Cluster').id}}/*`);
    expect(found.Condition).toEqual({ ArnEquals: { 'ecs:cluster': cluster }, StringLike: { 'aws:ResourceTag/cdk-private-backend:task': 'Backend/*' } });
  });

  test('pitfall 15: TagResource on tasks that it starts', () => {
    const found = statement(statements, 'ecs:TagResource');

    expect(text(found.Resource)).toBe(`${arn}:task/{${only(made.stack, 'AWS::ECS::Cluster').id}}/*`);
    expect(found.Condition).toEqual({ StringEquals: { 'ecs:CreateAction': 'RunTask' } });
  });

  test('pitfall 15: ListTasks, which knows no resource, in the cluster by condition', () => {
    const found = statement(statements, 'ecs:ListTasks');

    expect(found).toEqual({ Effect: 'Allow', Action: 'ecs:ListTasks', Resource: '*', Condition: { ArnEquals: { 'ecs:cluster': cluster } } });
  });

  test('pitfall 15: PassRole on the two roles of the task, to ECS tasks only', () => {
    const { Resource, Condition } = statement(statements, 'iam:PassRole');

    const roles = ['TaskRole', 'ExecutionRole'].map((name) => only(made.stack, 'AWS::IAM::Role', `MigrationsTaskDefinition${name}`).id);
    expect(Resource).toEqual(roles.map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })));
    expect(Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
  });

  test('pitfall 15: reading the one log, and writing its own', () => {
    expect(text(statement(statements, 'logs:GetLogEvents').Resource)).toBe(`{${only(made.stack, 'AWS::Logs::LogGroup', 'MigrationsLogGroup').id}.Arn}`);
    expect(text(statement(statements, 'logs:PutLogEvents').Resource)).toBe(`{${only(made.stack, 'AWS::Logs::LogGroup', 'TaskRunner').id}.Arn}`);
  });

  test('pitfall 15: looking at the own stack, and invoking itself', () => {
    expect(text(statement(statements, 'cloudformation:DescribeStacks').Resource)).toBe('{AWS::StackId}');
    expect(text(statement(statements, 'lambda:InvokeFunction').Resource)).toBe(`{${only(made.stack, 'AWS::Lambda::Function', 'TaskRunner').id}.Arn}`);
  });

  test('pitfall 15: nothing else, no managed policy, and no permission for the task itself', () => {
    expect(statements.flatMap(({ Action }) => Action).sort()).toEqual([
      'cloudformation:DescribeStackEvents', 'cloudformation:DescribeStacks', 'ecs:DescribeTasks', 'ecs:ListTasks', 'ecs:RunTask', 'ecs:StopTask', 'ecs:TagResource', 'iam:PassRole', 'lambda:InvokeFunction',
      'logs:CreateLogStream', 'logs:GetLogEvents', 'logs:PutLogEvents',
    ]);
    expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true);
    const roles = Object.entries(resourcesOf(made.stack)).filter(([id, { Type }]) => Type === 'AWS::IAM::Role' && /^(Migrations|TaskRunner)/.test(id));
    expect(roles.filter(([, { Properties }]) => Properties.ManagedPolicyArns !== undefined || Properties.Policies !== undefined)).toEqual([]);
    expect(Object.keys(resourcesOf(made.stack)).filter((id) => id.startsWith('MigrationsTaskDefinitionTaskRoleDefaultPolicy'))).toEqual([]);
  });

  test('pitfall 15: no ARN or host of one partition is written out', () => {
    const own = Object.fromEntries(Object.entries(resourcesOf(made.stack)).filter(([id]) => /^(Migrations|TaskRunner)/.test(id)));
    const written = JSON.stringify(own).replace(/"(ecs-tasks|lambda)\.amazonaws\.com"/g, '""');

    expect(written).not.toContain('arn:aws');
    expect(written).not.toContain('amazonaws.com');
  });
});

describe('permissions that users give', () => {
  test('grantRun allows to invoke the starter, to see and stop tasks of these migrations and to read their log, and nothing else', () => {
    const made = backend();
    const role = new iam.Role(made.stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    const grant = migrate(made).grantRun(role);

    const statements = statementsOf(made.stack, 'OperatorDefaultPolicy');
    expect(grant.success).toBe(true);
    expect(statements.flatMap(({ Action }) => Action).sort()).toEqual(['ecs:DescribeTasks', 'ecs:StopTask', 'lambda:InvokeFunction', 'logs:FilterLogEvents', 'logs:GetLogEvents']);
    expect(text(statement(statements, 'lambda:InvokeFunction').Resource)).toBe(`{${only(made.stack, 'AWS::Lambda::Function', 'MigrationsStarter').id}.Arn}`);
    expect(statement(statements, 'ecs:StopTask').Condition).toEqual({
      ArnEquals: { 'ecs:cluster': { 'Fn::GetAtt': [only(made.stack, 'AWS::ECS::Cluster').id, 'Arn'] } },
      StringEquals: { 'aws:ResourceTag/cdk-private-backend:task': 'Backend/Migrations' },
    });
    expect(text(statement(statements, 'logs:GetLogEvents').Resource)).toBe(`{${only(made.stack, 'AWS::Logs::LogGroup', 'MigrationsLogGroup').id}.Arn}`);
  });

  test('a grant to the migration is a grant to the role of the task', () => {
    const made = backend();
    new s3.Bucket(made.stack, 'Bucket').grantRead(migrate(made));

    expect(statementsOf(made.stack, 'MigrationsTaskDefinitionTaskRoleDefaultPolicy').flatMap(({ Action }) => Action)).toContain('s3:GetObject*');
  });

  test('in another stack the permissions name the cluster and database of the first', () => {
    const made = backend();
    const stack = new Stack(made.app, 'Schema');
    new MigrationTask(stack, 'Migrations', { cluster: made.cluster, database: made.postgres.database, source: new FixedSource() });
    made.app.synth();

    expect(JSON.stringify(statement(statementsOf(stack, 'TaskRunnerPolicy'), 'ecs:RunTask').Condition)).toMatch(/Backend/);
  });
});
