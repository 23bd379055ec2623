import { clusterTemplate, resourcesOf } from './cluster-fixture';

interface Statement {
  readonly Action: string | string[];
  readonly Effect: string;
  readonly Resource: unknown;
  readonly Condition?: object;
}

const template = clusterTemplate();

/** Statements of the role of a node, by action. */
function statementsOf(node: number): [string, Statement][] {
  const [[, policy]] = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith(`PostgresNode${node}Role`));
  return (policy.Properties.PolicyDocument.Statement as Statement[]).flatMap((statement) => [statement.Action].flat().map((action): [string, Statement] => [action, statement]));
}

const textOf = (value: unknown) => JSON.stringify(value);
const idsIn = (value: unknown, pattern: RegExp) => [...new Set(textOf(value).match(pattern) ?? [])];

describe.each([1, 2, 3])('the role of node %i', (node) => {
  const statements = statementsOf(node);
  const of = (action: string) => statements.filter(([each]) => each === action).map(([, statement]) => statement);

  test('may do these things, and nothing else', () => {
    expect([...new Set(statements.map(([action]) => action))].sort()).toEqual([
      'autoscaling:CompleteLifecycleAction', 'autoscaling:DescribeAutoScalingInstances', 'autoscaling:RecordLifecycleActionHeartbeat',
      'cloudformation:SignalResource', 'cloudwatch:PutMetricData', 'ec2:AttachVolume', 'ec2:DetachVolume', 'lambda:InvokeFunction',
      's3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:GetObjectVersion', 's3:ListBucket', 's3:ListBucketVersions', 's3:PutObject',
      'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue',
      'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
    ]);
    expect(statements.every(([, { Effect }]) => Effect === 'Allow')).toBe(true);
  });

  test('has no other volume, group and alias than its own', () => {
    const all = textOf(statements);
    expect(idsIn(all, /PostgresNode\dData/g)).toEqual([`PostgresNode${node}Data`]);
    expect(idsIn(all, /PostgresNode\dGroup/g)).toEqual([`PostgresNode${node}Group`]);
    expect(idsIn(all, /AuthorityNode\d/g)).toEqual([`AuthorityNode${node}`]);
  });

  test('answers the hooks of its own group only, which it knows by tags that nobody but CloudFormation sets', () => {
    const [group] = resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup').map(([id]) => id).filter((id) => id.startsWith(`PostgresNode${node}Group`));
    for (const action of ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat']) {
      expect(of(action).map(({ Condition }) => Condition)).toEqual([
        { StringEquals: { 'aws:ResourceTag/aws:cloudformation:stack-id': { Ref: 'AWS::StackId' }, 'aws:ResourceTag/aws:cloudformation:logical-id': group } },
      ]);
    }
  });

  test('reads the two secrets of the cluster', () => {
    expect(of('secretsmanager:GetSecretValue').map(({ Resource }) => Resource)).toEqual([{ Ref: expect.stringMatching(/^PostgresAdminSecret/) }, { Ref: expect.stringMatching(/^PostgresClusterSecret/) }]);
  });

  test('uses the bucket of backups, the files of nodes, and no other bucket', () => {
    const resources = statements.filter(([action]) => action.startsWith('s3:')).map(([, { Resource }]) => textOf(Resource));
    expect(resources.filter((resource) => !/PostgresBackups\w+","Arn"/.test(resource) && !/\/[0-9a-f]{64}\.tar/.test(resource))).toEqual([]);
    expect(of('s3:PutObject').map(({ Resource }) => textOf(Resource))).toEqual([expect.stringMatching(/PostgresBackups/)]);
  });

  test('publishes metrics in the namespace of clusters only', () => {
    expect(of('cloudwatch:PutMetricData').map(({ Condition }) => Condition)).toEqual([{ StringEquals: { 'cloudwatch:namespace': 'CdkPrivateBackend/SelfHostedPostgres' } }]);
  });

  test('has every resource only where an action has none', () => {
    expect(statements.filter(([, { Resource }]) => Resource === '*').map(([action]) => action).sort()).toEqual([
      'autoscaling:DescribeAutoScalingInstances', 'cloudwatch:PutMetricData',
      'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
    ]);
  });
});

test('a node is launched when its role has all of that', () => {
  for (const [id, { DependsOn }] of resourcesOf(template, 'AWS::EC2::LaunchTemplate')) {
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(new RegExp(`^${id.replace(/Template.*/, '')}RoleDefaultPolicy`))]));
  }
});
