import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { environmentOf, resourcesOf } from './cluster-fixture';
import { BackendNetwork, Posture, SelfHostedPostgres, type SelfHostedPostgresProps } from '../../../src';
import { buildTwoRegions } from '../../support/two-regions';

/** Templates of two regions. */
function regions(recovered: Partial<SelfHostedPostgresProps> = {}) {
  const app = new App({ analyticsReporting: false });
  Posture.production({ terminationProtection: false }).applyTo(app);
  const { here, there, server: postgres, ...rest } = buildTwoRegions(app, recovered);
  return { here, there, postgres, ...rest, lost: Template.fromStack(here), other: Template.fromStack(there) };
}

const textOf = (value: unknown) => JSON.stringify(value);

/** Statements of the role of a node that allow an action. */
function statementsOf(template: Template, action: string): { Resource: unknown; Condition?: object }[] {
  const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith('ServerNode1Role'));
  return policies.flatMap(([, { Properties }]) => (Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]).filter(({ Action }) => [Action].flat().includes(action)));
}

describe('a cluster that another region may take over from', () => {
  const { here, there, lost, other, postgres } = regions();
  const bucketName = resourcesOf(other, 'AWS::S3::Bucket').find(([id]) => id.startsWith('Replica'))?.[1].Properties.BucketName as string;

  test('replicates every object of its backups, and what it deletes', () => {
    lost.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      ReplicationConfiguration: {
        Role: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ServerReplicationRole'), 'Arn'] },
        Rules: [{ Status: 'Enabled', Priority: 1, Filter: { Prefix: '' }, DeleteMarkerReplication: { Status: 'Enabled' }, Destination: { Bucket: Match.anyValue() } }],
      },
    });
    expect(textOf(resourcesOf(lost, 'AWS::S3::Bucket').map(([, { Properties }]) => Properties.ReplicationConfiguration))).toContain(bucketName);
  });

  test('lets S3 write into the copy, and nothing else there', () => {
    const [[, { Properties }]] = resourcesOf(lost, 'AWS::IAM::Policy').filter(([id]) => id.startsWith('ServerReplicationPolicy'));
    const statements = Properties.PolicyDocument.Statement as { Action: string[]; Resource: unknown }[];
    expect(statements.filter(({ Resource }) => textOf(Resource).includes(bucketName)).map(({ Action }) => Action)).toEqual([['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags']]);
  });

  test('gives the other region the pass under a name that is known at synth', () => {
    lost.hasResourceProperties('AWS::SecretsManager::Secret', {
      Name: Match.stringLikeRegexp('^[a-z0-9-]{1,40}$'),
      ReplicaRegions: [{ Region: 'eu-central-1' }],
      SecretString: { 'Fn::Join': ['', [Match.stringLikeRegexp('^\\{"cipherPass":"\\{\\{resolve:secretsmanager:$'), { Ref: Match.stringLikeRegexp('^ServerClusterSecret') }, Match.stringLikeRegexp(':SecretString:cipherPass')]] },
    });
  });

  test('writes nothing before the replication works, since what is there already is not replicated', () => {
    const [[, group]] = resourcesOf(lost, 'AWS::AutoScaling::AutoScalingGroup').filter(([id]) => id.startsWith('ServerNode1'));
    expect(group.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^ServerReplicationPolicy/)]));
  });

  test('has a marker to look for on each node, and may ask for that only', () => {
    expect(environmentOf(lost, 1, 'Server')).toMatchObject({ FENCE_BUCKET: bucketName, FENCE_REGION: 'eu-central-1' });
    const [own] = statementsOf(lost, 's3:ListBucket').filter(({ Condition }) => Condition !== undefined);
    expect(own.Condition).toEqual({ StringEquals: { 's3:prefix': `fence/${postgres.clusterName}` } });
    expect(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'].flatMap((action) => statementsOf(lost, action)).filter(({ Resource }) => textOf(Resource).includes(bucketName))).toEqual([]);
  });

  test('has groups that the other region finds', () => {
    for (const [, { Properties }] of resourcesOf(lost, 'AWS::AutoScaling::AutoScalingGroup').filter(([id]) => /Node\d/.test(id))) {
      expect(Properties.Tags).toEqual(expect.arrayContaining([{ Key: 'cdk-private-backend-cluster', Value: postgres.clusterName, PropagateAtLaunch: true }]));
    }
  });

  test('is deployed after the copy, and the other region without it', () => {
    expect(here.dependencies).toEqual([there]);
    expect(there.dependencies).toEqual([]);
    expect(textOf(other.toJSON())).not.toContain('GetStackOutput');
  });
});

describe('a cluster that recovers from another region', () => {
  const { lost, other, postgres, replica, there } = regions();
  const clusterName = postgres.clusterName;

  test('knows the backups, the pass and the cluster of the other region by name', () => {
    const [[, { Properties }]] = resourcesOf(lost, 'AWS::SecretsManager::Secret').filter(([id]) => id.startsWith('ServerReplicationPass'));
    expect(environmentOf(other, 1, 'Server')).toMatchObject({ RESTORE_CLUSTER: clusterName, RESTORE_SECRET: Properties.Name, FENCED_REGION: 'eu-west-1' });
    expect(environmentOf(other, 1, 'Server').RESTORE_BUCKET).toBe(`<${textOf(there.resolve(replica.bucket.bucketName)).replace(/[{}"]/g, '').split(':')[1]}>`);
  });

  test('reads the copy, writes the marker, and stops the groups of that cluster and of no other', () => {
    const textsOf = (action: string) => statementsOf(other, action).map(({ Resource }) => textOf(Resource));
    expect(textsOf('s3:PutObject').filter((text) => text.includes('Replica'))).toEqual([expect.stringContaining(`/fence/${clusterName}`)]);
    expect(textsOf('s3:DeleteObject').filter((text) => text.includes('Replica'))).toEqual([]);
    const [update] = statementsOf(other, 'autoscaling:UpdateAutoScalingGroup');
    expect(textOf(update.Resource)).toContain(':autoscaling:eu-west-1:111122223333:autoScalingGroup:*');
    expect(update.Condition).toEqual({ StringEquals: { 'aws:ResourceTag/cdk-private-backend-cluster': clusterName } });
    expect(textsOf('secretsmanager:GetSecretValue').filter((text) => text.includes(':secret:'))).toEqual([expect.stringContaining(':secretsmanager:eu-central-1:111122223333:secret:')]);
  });

  test('takes over the databases and users that it restored', () => {
    other.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'app', AdoptExisting: 'true' });
    lost.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'app', AdoptExisting: Match.absent() });
  });
});

describe('a cluster that is not active', () => {
  const { other, elsewhere } = regions({ active: false });

  test.each(['AWS::AutoScaling::AutoScalingGroup', 'AWS::EC2::LaunchTemplate', 'AWS::CloudWatch::Alarm', 'Custom::PostgresDatabase'])('has no %s', (type) => {
    other.resourceCountIs(type, 0);
  });

  test('has its addresses, volumes and load balancer', () => {
    other.resourceCountIs('AWS::EC2::NetworkInterface', 3);
    other.resourceCountIs('AWS::EC2::Volume', 3);
    other.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
  });

  test('keeps all that it had when it becomes active', () => {
    const { other: active } = regions({ active: true });
    const ids = Object.keys(active.toJSON().Resources as object);
    expect(Object.keys(other.toJSON().Resources as object).filter((id) => !ids.includes(id))).toEqual([]);
  });

  test.each([['database', () => elsewhere.database], ['addDatabase', () => elsewhere.addDatabase('orders')], ['addUser', () => elsewhere.addUser('Api')]])('fails with `%s`', (_, use) => {
    expect(use).toThrow('The cluster isn\'t active, so it can\'t have databases or users.');
  });
});

test('a cluster without another region has none of it', () => {
  const app = new App({ analyticsReporting: false });
  Posture.production({ terminationProtection: false }).applyTo(app);
  const stack = new Stack(app, 'Backend');
  new SelfHostedPostgres(stack, 'Postgres', { vpc: new BackendNetwork(stack, 'Network').vpc });
  const template = Template.fromStack(stack);
  expect(Object.keys(environmentOf(template, 1)).filter((name) => /^(FENCE|RESTORE_(?!DRILLS))/.test(name))).toEqual([]);
  expect(textOf(template.toJSON())).not.toContain('cdk-private-backend-cluster');
});

test.each([['Delete', Posture.development(), 1], ['Retain', Posture.production({ terminationProtection: false }), 0]] as const)('a copy of backups has the policy %s, and is emptied only where it goes', (policy, posture, count) => {
  const app = new App({ analyticsReporting: false });
  posture.applyTo(app);
  const { there } = buildTwoRegions(app);
  const template = Template.fromStack(there);
  expect(resourcesOf(template, 'AWS::S3::Bucket').filter(([id]) => id.startsWith('Replica')).map(([, { DeletionPolicy }]) => DeletionPolicy)).toEqual([policy]);
  expect(resourcesOf(template, 'Custom::S3AutoDeleteObjects').filter(([id]) => id.startsWith('Replica'))).toHaveLength(count);
});
