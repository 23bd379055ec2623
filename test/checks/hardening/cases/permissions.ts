import { CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { casesOf, raw, type Build, type Case } from '../judge';

type Values = Record<string, unknown>;

/** A policy with these statements; what is not said allows reading one bucket. */
function policy(...statements: (Values | ((stack: Stack) => Values))[]): Build {
  return (stack) => {
    const Statement = statements.map((statement) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*', ...(typeof statement === 'function' ? statement(stack) : statement) }));
    raw(stack, 'Policy', 'AWS::IAM::Policy', { PolicyName: 'Policy', Roles: ['role'], PolicyDocument: { Version: '2012-10-17', Statement } });
  };
}

const parameter = (stack: Stack) => new CfnParameter(stack, 'Given').valueAsString;
const PASS = { Action: 'iam:PassRole', Resource: 'arn:aws:iam::111111111111:role/task' };
const TO_TASKS = { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } };
const INTERFACES = { Action: ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'], Resource: '*' };

/** Kafka ARNs as a construct builds them from its cluster's ARN. */
function kafka(kind: string, rest: string): Build {
  return policy((stack) => {
    const id = Fn.select(1, Fn.split('/', raw(stack, 'Kafka', 'AWS::MSK::ServerlessCluster').ref));
    return { Action: ['kafka-cluster:ReadData', 'kafka-cluster:DescribeTopic'], Resource: `arn:aws:kafka:${stack.region}:${stack.account}:${kind}/orders/${id}${rest}` };
  });
}

function scheduledTask(stack: Stack): void {
  const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task');
  taskDefinition.addContainer('job', { image: ecs.ContainerImage.fromRegistry('busybox') });
  const target = new targets.EcsTask({ taskDefinition, cluster: new ecs.Cluster(stack, 'Cluster', { vpc: new ec2.Vpc(stack, 'Vpc') }) });
  new events.Rule(stack, 'Rule', { schedule: events.Schedule.cron({ hour: '4' }), targets: [target] });
}

export const PERMISSION_CASES: readonly Case[] = [
  ...casesOf('hardening-iam-action', {
    'holds': { 'named actions': policy({}), 'a part of a service': policy({ Action: ['s3:GetObject*', 's3:List*'] }), 'a service that has no resources': policy({ Action: 'ssmmessages:*', Resource: '*' }) },
    'violation': {
      'every action': [policy({ Action: '*' }), /allows \*/],
      'a whole service': [policy({ Action: ['sqs:SendMessage', 's3:*'] }), /allows s3:\*:/],
      'all but some': [policy({ Action: undefined, NotAction: 'iam:*' }), /NotAction/],
      'within a role': (stack) => void raw(stack, 'Role', 'AWS::IAM::Role', {
        AssumeRolePolicyDocument: {}, Policies: [{ PolicyName: 'a', PolicyDocument: { Statement: { Effect: 'Allow', Action: 'dynamodb:*', Resource: 'arn:aws:dynamodb:eu-west-1:1:table/a' } } }],
      }),
    },
    'undecided': { 'an action from a parameter': policy((stack) => ({ Action: [parameter(stack)] })) },
    'does not apply': { 'a denial': policy({ Effect: 'Deny', Action: '*', Resource: '*' }), 'a role without policies': (stack) => void new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com') }) },
  }),
  ...casesOf('hardening-iam-resource', {
    'holds': {
      'objects of a bucket': policy({}),
      'what a grant gives': (stack) => void new s3.Bucket(stack, 'Bucket').grantReadWrite(new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com') })),
      'actions without resources': policy({ Action: ['ecr:GetAuthorizationToken', 'ec2:Describe*', 'logs:DescribeLogGroups', 'xray:PutTraceSegments', 'ssmmessages:OpenDataChannel', 'ssm:UpdateInstanceInformation'], Resource: '*' }),
      'a condition on the cluster': policy({ Action: 'ecs:ListTasks', Resource: '*', Condition: { ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:eu-west-1:1:cluster/a' } } }),
      'a condition on the namespace': policy({ Action: 'cloudwatch:PutMetricData', Resource: '*', Condition: { StringEquals: { 'cloudwatch:namespace': 'Orders' } } }),
      'a condition on a tag': policy({ Action: 'ec2:StopInstances', Resource: '*', Condition: { StringEquals: { 'aws:ResourceTag/Owner': 'us' } } }),
      'network interfaces that code may not touch': policy(INTERFACES, { ...INTERFACES, Effect: 'Deny', Condition: { ArnLike: { 'lambda:SourceFunctionArn': 'arn:aws:lambda:*:*:function:*' } } }),
      'the stack itself': policy({ Action: 'cloudformation:DescribeStacks', Resource: { Ref: 'AWS::StackId' } }),
      'tasks of one cluster': policy((stack) => ({ Action: 'ecs:StopTask', Resource: `arn:aws:ecs:${stack.region}:${stack.account}:task/${raw(stack, 'Cluster', 'AWS::ECS::Cluster').ref}/*` })),
      'log groups with a prefix': policy({ Action: 'logs:PutLogEvents', Resource: 'arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/*' }),
    },
    'violation': {
      'every secret': [policy({ Action: 'secretsmanager:GetSecretValue', Resource: '*' }), /secretsmanager:GetSecretValue on \*/],
      'every bucket': policy({ Resource: 'arn:aws:s3:::*' }),
      'every table, in a list': [policy({ Action: ['dynamodb:GetItem', 'dynamodb:ListTables'], Resource: ['arn:aws:dynamodb:eu-west-1:1:table/a', 'arn:aws:dynamodb:eu-west-1:1:table/*'] }), /allows dynamodb:GetItem on .*table\/\*/],
      'every parameter of this region': policy((stack) => ({ Action: 'ssm:GetParameter', Resource: `arn:${stack.partition}:ssm:${stack.region}:${stack.account}:parameter/*` })),
      'every log group': policy({ Action: 'logs:PutLogEvents', Resource: 'arn:aws:logs:*:*:log-group:*' }),
      'all but some': policy({ Resource: undefined, NotResource: 'arn:aws:s3:::secret/*' }),
      'a condition on who asks': policy({ Resource: '*', Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'us' } } }),
      'a condition that may be absent': policy({ Action: 'ec2:StopInstances', Resource: '*', Condition: { StringEqualsIfExists: { 'aws:ResourceTag/Owner': 'us' } } }),
      'reading everything of a service': policy({ Action: 's3:Get*', Resource: '*' }),
      'network interfaces that code may touch': [policy(INTERFACES), /ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface/],
    },
    'undecided': {
      'a parameter': [policy((stack) => ({ Resource: parameter(stack) })), /not decided/],
      'a service that is not in the table': [policy({ Action: 'braket:CancelJob', Resource: '*' }), /table/],
      'conditions from elsewhere': policy({ Action: 'ec2:StopInstances', Resource: '*', Condition: { 'Fn::GetAtt': ['Elsewhere', 'Conditions'] } }),
    },
    'does not apply': { 'passing roles': policy({ ...PASS, Condition: TO_TASKS }) },
  }),
  ...casesOf('hardening-iam-managed-policy', {
    holds: { 'one for one purpose': (stack) => void new lambda.Function(stack, 'Function', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 0') }) },
    violation: {
      'an administrator': [role('AdministratorAccess'), /AdministratorAccess/],
      'everything of a service': [role('AmazonS3FullAccess'), /AmazonS3FullAccess/],
      'a power user': role('PowerUserAccess'),
    },
  }),
  ...casesOf('hardening-iam-pass-role', {
    'holds': { 'one role to tasks': policy({ ...PASS, Condition: TO_TASKS }), 'a pattern for services of ECS': policy({ ...PASS, Condition: { StringLike: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com*'] } } }) },
    'violation': {
      'one role to any service': [policy(PASS), /role\/task to any service/],
      'any role': [policy({ ...PASS, Resource: '*', Condition: TO_TASKS }), /any role of the account/],
      'any role of the account': policy({ ...PASS, Resource: 'arn:aws:iam::111111111111:role/*', Condition: TO_TASKS }),
      'to a pattern of every service': policy({ ...PASS, Condition: { StringLike: { 'iam:PassedToService': '*.amazonaws.com' } } }),
      'a wildcard that includes it': policy({ ...PASS, Action: 'iam:Pass*' }),
      'a scheduled task as it comes': scheduledTask,
    },
    'undecided': { 'conditions from elsewhere': policy({ ...PASS, Condition: { 'Fn::GetAtt': ['Elsewhere', 'Conditions'] } }) },
    'does not apply': { 'other actions': policy({}) },
  }),
  ...casesOf('hardening-iam-kafka-scope', {
    'holds': {
      'one topic': kafka('topic', '/orders'),
      'topics with a prefix': kafka('topic', '/orders-*'),
      'one group': kafka('group', '/billing'),
      'the cluster': policy((stack) => ({ Action: 'kafka-cluster:Connect', Resource: raw(stack, 'Kafka', 'AWS::MSK::ServerlessCluster').ref })),
      'a topic of a cluster whose id is not known': policy({ Action: 'kafka-cluster:ReadData', Resource: 'arn:aws:kafka:eu-west-1:1:topic/orders/*/placed' }),
    },
    'violation': {
      'everything': [policy({ Action: 'kafka-cluster:*', Resource: '*' }), /\* names no cluster/],
      'every cluster': policy({ Action: 'kafka-cluster:Connect', Resource: 'arn:aws:kafka:eu-west-1:1:cluster/*' }),
      'every topic of a cluster': [kafka('topic', '/*'), /names every topic of the cluster/],
      'every group of a cluster': [kafka('group', '/*'), /names every group of the cluster/],
      'all but some': policy({ Action: 'kafka-cluster:ReadData', Resource: undefined, NotResource: 'arn:aws:kafka:eu-west-1:1:topic/orders/1/secret' }),
    },
    'undecided': { 'a parameter': policy((stack) => ({ Action: 'kafka-cluster:ReadData', Resource: parameter(stack) })) },
    'does not apply': { 'other actions': policy({}) },
  }),
];

function role(name: string): Build {
  return (stack) => void new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com'), managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName(name)] });
}
