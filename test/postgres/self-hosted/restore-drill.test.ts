import { App, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { clusterTemplate, environmentFile, newCluster, resourcesOf } from './cluster-fixture';
import { BackendMonitoring, BackendNetwork, BackupReplica, DisasterRecovery, Posture, SelfHostedPostgres } from '../../../src';

const DRILL = /^PostgresRestoreDrill/;
const drillOf = (template: Template, type: string) => resourcesOf(template, type).filter(([id]) => DRILL.test(id));
const textOf = (value: unknown) => JSON.stringify(value);

describe('in production', () => {
  const template = clusterTemplate();
  const [[groupId, group]] = drillOf(template, 'AWS::AutoScaling::AutoScalingGroup');

  test('an instance is launched on Saturday, and ended a day later whatever it does', () => {
    expect(group.Properties).toMatchObject({ MinSize: '0', MaxSize: '1' });
    // Or each deployment would end a drill that runs.
    expect(group.Properties).not.toHaveProperty('DesiredCapacity');
    expect(drillOf(template, 'AWS::AutoScaling::ScheduledAction').map(([, { Properties }]) => Properties)).toEqual([
      { AutoScalingGroupName: { Ref: groupId }, Recurrence: '0 5 * * 6', MinSize: 0, MaxSize: 1, DesiredCapacity: 1 },
      { AutoScalingGroupName: { Ref: groupId }, Recurrence: '0 5 * * 0', MinSize: 0, MaxSize: 1, DesiredCapacity: 0 },
    ]);
  });

  test('nobody waits for it in a deployment', () => {
    expect(group.CreationPolicy).toBeUndefined();
    expect(group.UpdatePolicy).toBeUndefined();
    const nodes = resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup').filter(([id]) => !DRILL.test(id));
    expect(textOf(nodes)).not.toContain(groupId);
  });

  test('it has a disk with room for all the data, and nobody connects to it', () => {
    const [[, { Properties: { LaunchTemplateData: data } }]] = drillOf(template, 'AWS::EC2::LaunchTemplate');
    expect(data.BlockDeviceMappings).toEqual([{ DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true, Encrypted: true, VolumeSize: 116, VolumeType: 'gp3' } }]);
    expect(data.MetadataOptions).toMatchObject({ HttpTokens: 'required' });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: 'Restore drills: nobody connects to them', SecurityGroupIngress: Match.absent() });
    const rules = ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'].flatMap((type) => resourcesOf(template, type));
    expect(textOf(rules)).not.toContain('DrillGroup');
  });

  test('it knows neither the nodes nor the admin', () => {
    const [[id]] = drillOf(template, 'AWS::EC2::LaunchTemplate');
    const file = environmentFile(template, id);
    expect(Object.keys(file).sort()).toEqual(['BACKUP_RETENTION_DAYS', 'BUCKET', 'CLUSTER', 'CLUSTER_SECRET', 'NAMESPACE', 'NODE', 'NODES', 'REGION']);
    expect(file.NODES).toMatch(/^<PostgresRestoreDrillInterface/);
  });

  test('it reads backups and their pass, writes below drill/, and ends itself by tags that CloudFormation sets', () => {
    const [[, policy]] = drillOf(template, 'AWS::IAM::Policy');
    const statements = policy.Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown; Condition?: object }[];
    expect([...new Set(statements.flatMap(({ Action }) => Action))].sort()).toEqual([
      'autoscaling:TerminateInstanceInAutoScalingGroup', 'cloudwatch:PutMetricData', 's3:GetObject', 's3:ListBucket', 's3:PutObject',
      'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue',
      'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
    ]);
    const of = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));
    expect(of('s3:PutObject').map(({ Resource }) => textOf(Resource))).toEqual([expect.stringMatching(/"\/drill\/backend-postgres-\w{10}\/\*"/)]);
    expect(textOf(of('secretsmanager:GetSecretValue'))).not.toContain('AdminSecret');
    expect(of('autoscaling:TerminateInstanceInAutoScalingGroup').map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'aws:ResourceTag/aws:cloudformation:stack-id': { Ref: 'AWS::StackId' }, 'aws:ResourceTag/aws:cloudformation:logical-id': groupId } },
    ]);
  });

  test('nodes know that there are drills, and an alarm rings when none succeeded', () => {
    const { stack, postgres } = newCluster();
    new BackendMonitoring(stack, 'Monitoring', { alarms: true }).monitorPostgres(postgres);
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'RestoreDrillAge', Threshold: 691200, TreatMissingData: 'breaching' });
    const [[node]] = resourcesOf(template, 'AWS::EC2::LaunchTemplate').filter(([id]) => /^PostgresNode1/.test(id));
    expect(environmentFile(template, node)).toMatchObject({ RESTORE_DRILLS: 'on' });
  });
});

describe('other clusters', () => {
  test('in development have none, and their nodes publish no age of one', () => {
    const template = clusterTemplate({ posture: Posture.development() });
    expect(drillOf(template, 'AWS::AutoScaling::AutoScalingGroup')).toEqual([]);
    const [[node]] = resourcesOf(template, 'AWS::EC2::LaunchTemplate');
    expect(environmentFile(template, node)).not.toHaveProperty('RESTORE_DRILLS');
  });

  test('in development may have them', () => {
    const template = clusterTemplate({ posture: Posture.development(), props: { restoreDrills: true } });
    template.resourceCountIs('AWS::AutoScaling::ScheduledAction', 2);
  });

  test('that recover from another region have none before they are active', () => {
    const app = new App();
    Posture.production({ terminationProtection: false }).applyTo(app);
    const account = '111122223333';
    const recovery = new Stack(app, 'Recovery', { env: { account, region: 'eu-central-1' } });
    const first = new Stack(app, 'First', { env: { account, region: 'eu-west-1' } });
    const replica = new BackupReplica(recovery, 'Replica');
    new SelfHostedPostgres(first, 'Postgres', { vpc: new BackendNetwork(first, 'Network').vpc, disasterRecovery: DisasterRecovery.pilotLight({ replica }) });
    new SelfHostedPostgres(recovery, 'Postgres', { vpc: new BackendNetwork(recovery, 'Network').vpc, recoverFrom: replica, active: false });
    Template.fromStack(recovery).resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 0);
    Template.fromStack(first).resourceCountIs('AWS::AutoScaling::ScheduledAction', 2);
  });

  test('restore onto a disk that is as fast as their volumes', () => {
    const props = { allocatedStorage: Size.gibibytes(500), iops: 6000, storageThroughput: Size.mebibytes(500), instanceType: new ec2.InstanceType('m7g.large') };
    const [[, { Properties: { LaunchTemplateData: data } }]] = drillOf(clusterTemplate({ props }), 'AWS::EC2::LaunchTemplate');
    expect(data).toMatchObject({ InstanceType: 'm7g.large', BlockDeviceMappings: [{ Ebs: { VolumeSize: 516, Iops: 6000, Throughput: 500 } }] });
  });
});

test.each([
  ['sun:23:30-mon:04:00', '30 23 * * 0', '0 4 * * 1'],
  ['Mon:00:00-Mon:01:00', '0 0 * * 1', '0 1 * * 1'],
  ['wed:12:05-wed:12:00', '5 12 * * 3', '0 12 * * 3'],
])('a window of %s is from %p to %p', (restoreDrillWindow, ...recurrences) => {
  const template = clusterTemplate({ props: { restoreDrillWindow } });
  expect(drillOf(template, 'AWS::AutoScaling::ScheduledAction').map(([, { Properties }]) => Properties.Recurrence)).toEqual(recurrences);
});

test.each([
  ['saturday', "`restoreDrillWindow` must be a time of week in UTC like 'sun:04:00-sun:05:00', got 'saturday'."],
  ['sat:05:00-sat:05:30', '`restoreDrillWindow` must be at least 60 minutes long, got 30 minutes.'],
])('fails with a window of %p', (restoreDrillWindow, message) => {
  expect(() => newCluster({ props: { restoreDrillWindow } })).toThrow(message);
});

test('fails with a window where there are no drills', () => {
  expect(() => newCluster({ props: { restoreDrills: false, restoreDrillWindow: 'sat:05:00-sun:05:00' } })).toThrow('`restoreDrillWindow` does nothing');
});

test('one is in the zone of a node that runs', () => {
  const zoneOf = (stoppedNodes: number[]) => {
    const template = clusterTemplate({ props: { nodes: 3, stoppedNodes } });
    return resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup').map(([id, { Properties }]) => [DRILL.test(id), textOf(Properties.AvailabilityZones)] as const);
  };
  for (const [stopped, node] of [[[], 0], [[1], 1], [[3], 0]] as [number[], number][]) {
    const zones = zoneOf(stopped);
    const drill = zones.find(([isDrill]) => isDrill)?.[1];
    expect(drill).toBe(zones.filter(([isDrill]) => !isDrill)[node][1]);
  }
});

describe('whoever may start one', () => {
  test('may change the size of its group, and no other', () => {
    const { stack, postgres } = newCluster();
    const role = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    postgres.grantStartRestoreDrill(role);
    const template = Template.fromStack(stack);
    const [[, policy]] = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith('Operator'));
    expect(policy.Properties.PolicyDocument.Statement).toEqual([{
      Action: 'autoscaling:SetDesiredCapacity', Effect: 'Allow', Resource: { 'Fn::Join': ['', expect.arrayContaining([{ Ref: expect.stringMatching(/^PostgresRestoreDrillGroup/) }])] },
    }]);
    expect(stack.resolve(postgres.restoreDrillGroupName)).toEqual({ Ref: expect.stringMatching(/^PostgresRestoreDrillGroup/) });
    expect(stack.resolve(postgres.restoreDrillCommand)).toEqual({
      'Fn::Join': ['', [
        'aws autoscaling set-desired-capacity --desired-capacity 1 --region ', { Ref: 'AWS::Region' }, ' --auto-scaling-group-name ', { Ref: expect.stringMatching(/^PostgresRestoreDrillGroup/) },
      ]],
    });
  });

  test('fails where there are no drills', () => {
    const { stack, postgres } = newCluster({ posture: Posture.development() });
    const role = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    expect(() => postgres.grantStartRestoreDrill(role)).toThrow('This cluster doesn\'t have restore drills. Set `restoreDrills: true`');
    expect(() => postgres.restoreDrillGroupName).toThrow('This cluster doesn\'t have restore drills.');
    expect(() => postgres.restoreDrillCommand).toThrow('This cluster doesn\'t have restore drills.');
  });
});
