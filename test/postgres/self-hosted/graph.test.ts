import { Match, Template } from 'aws-cdk-lib/assertions';
import { clusterTemplate, newCluster, resourcesOf } from './cluster-fixture';
import { Posture } from '../../../src';

const NODES = ['Node1', 'Node2', 'Node3'];
const idsOf = (template: Template, type: string) => resourcesOf(template, type).map(([id]) => id);
const textOf = (value: unknown) => JSON.stringify(value);

describe('in production', () => {
  const template = clusterTemplate();
  const groups = resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup').filter(([id]) => !id.startsWith('PostgresRestoreDrill'));

  test('there are three nodes in three zones, each with an interface and an encrypted volume that stay', () => {
    expect(idsOf(template, 'AWS::EC2::NetworkInterface').filter((id) => /^PostgresNode\d/.test(id))).toHaveLength(3);
    template.allResourcesProperties('AWS::EC2::Volume', { Encrypted: true, VolumeType: 'gp3', Size: 100 });
    template.allResources('AWS::EC2::Volume', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    const zones = [...resourcesOf(template, 'AWS::EC2::Volume'), ...groups].map(([, { Properties }]) => textOf(Properties.AvailabilityZone ?? Properties.AvailabilityZones[0]));
    expect(zones.slice(3)).toEqual(zones.slice(0, 3));
    expect(new Set(zones).size).toBe(3);
  });

  test('each node is launched with its interface as device 0 and its own launch template, in a group of one without a name and without subnets', () => {
    expect(groups.map(([id]) => id)).toEqual(NODES.map((node) => expect.stringMatching(new RegExp(`^Postgres${node}Group`))));
    for (const [, { Properties }] of groups) {
      expect(Properties).toMatchObject({ MinSize: '1', MaxSize: '1', HealthCheckType: 'EC2', LaunchTemplate: { Version: { 'Fn::GetAtt': [expect.stringMatching(/^PostgresNode\dTemplate/), 'LatestVersionNumber'] } } });
      expect(Properties).not.toHaveProperty('VPCZoneIdentifier');
      expect(Properties).not.toHaveProperty('AutoScalingGroupName');
      expect(Properties).not.toHaveProperty('TargetGroupARNs');
    }
    resourcesOf(template, 'AWS::EC2::LaunchTemplate').filter(([id]) => /^PostgresNode\d/.test(id)).forEach(([, { Properties: { LaunchTemplateData: data } }], index) => {
      expect(data).toMatchObject({
        ImageId: 'resolve:ssm:/aws/service/debian/release/13/latest/arm64',
        InstanceType: 'r7g.large',
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        NetworkInterfaces: [{ DeviceIndex: 0, DeleteOnTermination: false, NetworkInterfaceId: { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^PostgresNode${index + 1}Interface`)), 'Id'] } }],
        BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeSize: 16 } }],
      });
      expect(data).not.toHaveProperty('KeyName');
    });
  });

  test('each group has both hooks, which give a working node half an hour between its signs of life', () => {
    for (const [, { Properties }] of groups) {
      expect(Properties.LifecycleHookSpecificationList).toEqual([
        { LifecycleHookName: 'launching', LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING', HeartbeatTimeout: 1800, DefaultResult: 'ABANDON' },
        { LifecycleHookName: 'terminating', LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING', HeartbeatTimeout: 1800, DefaultResult: 'CONTINUE' },
      ]);
    }
  });

  test('an update takes the only instance out first, and waits for its successor; a host that is lost meanwhile is replaced', () => {
    for (const [, group] of groups) {
      expect(group.UpdatePolicy).toEqual({
        AutoScalingRollingUpdate: {
          MinInstancesInService: 0, MaxBatchSize: 1, WaitOnResourceSignals: true, PauseTime: 'PT1H', SuspendProcesses: ['AlarmNotification', 'AZRebalance', 'InstanceRefresh', 'ScheduledActions'],
        },
      });
      expect(group.CreationPolicy).toEqual({ ResourceSignal: { Count: 1, Timeout: 'PT2H' } });
    }
  });

  test('a deployment changes a node when the one before it is done, and none before the network and the authority are there', () => {
    const [first, second, third] = groups.map(([id]) => id);
    const waits = groups.map(([, { DependsOn }]) => DependsOn ?? []);
    expect(waits.map((ids) => ids.filter((id) => [first, second, third].includes(id)))).toEqual([[], [first], [second]]);
    const rules = [...idsOf(template, 'AWS::EC2::SecurityGroupIngress'), ...idsOf(template, 'AWS::EC2::SecurityGroupEgress')].filter((id) => /^PostgresNetwork(Node|Balancer)Groupto|^PostgresNetworkNodeGroupfrom/.test(id));
    expect(rules).toHaveLength(10);
    for (const ids of waits) {
      expect(ids).toEqual(expect.arrayContaining([...rules, expect.stringMatching(/^PostgresAuthority/), expect.stringMatching(/Subnet\dDefaultRoute/)]));
    }
  });

  test('nodes reach each other, AWS and the mirrors of Debian, and only the load balancer reaches them; nobody by SSH', () => {
    const ingress = resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').map(([, { Properties: { GroupId, SourceSecurityGroupId, FromPort, ToPort } }]) => (
      [GroupId, SourceSecurityGroupId].map((id) => /(Node|Balancer|Sql\w*)Group/.exec(textOf(id))?.[0] ?? textOf(id)).concat(`${FromPort}-${ToPort}`)));
    expect(ingress.filter(([to]) => to === 'NodeGroup')).toEqual([
      ['NodeGroup', 'NodeGroup', '5432-5432'], ['NodeGroup', 'NodeGroup', '8008-8008'], ['NodeGroup', 'NodeGroup', '2379-2380'], ['NodeGroup', 'BalancerGroup', '5432-5432'], ['NodeGroup', 'BalancerGroup', '8008-8008'],
    ]);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'PostgreSQL nodes: from each other and their load balancer only',
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ FromPort: 443, ToPort: 443 }), Match.objectLike({ FromPort: 80, ToPort: 80 })],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: 'Load balancer of PostgreSQL nodes', SecurityGroupIngress: Match.absent() });
  });

  test('the bucket of backups is private, versioned, for TLS only, and stays', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        BucketEncryption: Match.anyValue(),
        LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ NoncurrentVersionExpiration: { NoncurrentDays: 35 }, Status: 'Enabled' })]) },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: Match.stringLikeRegexp('^PostgresBackups') },
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
  });

  test('secrets are generated, and stay with the volumes: a test holds the values, whose change would generate others', () => {
    expect(resourcesOf(template, 'AWS::SecretsManager::Secret').map(([, { DeletionPolicy, Properties: { GenerateSecretString } }]) => [DeletionPolicy, GenerateSecretString])).toEqual([
      ['RetainExceptOnCreate', { SecretStringTemplate: '{"username":"backend_admin"}', GenerateStringKey: 'password', PasswordLength: 40, ExcludePunctuation: true }],
      ['RetainExceptOnCreate', { SecretStringTemplate: '{}', GenerateStringKey: 'cipherPass', PasswordLength: 64, ExcludePunctuation: true }],
    ]);
  });

  test('databases wait for the nodes, the listener and the rules, so that SQL has a way to the end of the stack', () => {
    const [[, database]] = resourcesOf(template, 'Custom::PostgresDatabase');
    expect(database.DependsOn).toEqual(expect.arrayContaining([...groups.map(([id]) => id), expect.stringMatching(/^PostgresPrimaryListener/), expect.stringMatching(/^PostgresNetworkNodeGroupfrom/)]));
  });

  test('the broker verifies the server by the authority of the cluster, and logs in as an admin that is no superuser', () => {
    template.hasResourceProperties('Custom::PostgresDatabase', { Server: { 'Fn::GetAtt': [Match.stringLikeRegexp('^PostgresBalancer'), 'DNSName'] }, CaBundle: Match.anyValue(), MaxConnections: '1717' });
    const [[, database]] = resourcesOf(template, 'Custom::PostgresDatabase');
    expect(textOf(database.Properties.CaBundle)).toContain('PostgresAuthority');
    expect(textOf(template.findResources('AWS::Lambda::Function'))).toContain('backend_admin');
  });

  test('three alarms watch the metrics that nodes publish', () => {
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => textOf(Properties));
    expect(alarms).toHaveLength(3);
    ['CPUUtilization', 'DatabaseConnections', 'FreeStorageSpace'].forEach((metric, index) => {
      expect(alarms[index]).toContain(metric);
      expect(alarms[index]).toContain('CdkPrivateBackend/SelfHostedPostgres');
      expect(alarms[index]).toMatch(/"Name":"Cluster","Value":"backend-postgres-\w{10}"/);
    });
  });
});

describe('in development', () => {
  const template = clusterTemplate({ posture: Posture.development() });

  test('there is one small node with the same parts, and all of it goes with the stack', () => {
    template.resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 1);
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: Match.objectLike({ InstanceType: 't4g.small' }) });
    template.hasResource('AWS::EC2::Volume', { DeletionPolicy: 'Delete', Properties: { Size: 20, Encrypted: true } });
    template.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    template.allResources('AWS::SecretsManager::Secret', { DeletionPolicy: 'Delete' });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });

  test('a node in a public subnet has a public address and accepts nothing from outside, and the load balancer is in isolated subnets', () => {
    template.hasResourceProperties('AWS::EC2::NetworkInterface', { SubnetId: { Ref: Match.stringLikeRegexp('^NetworkPublicSubnet1') } });
    template.resourceCountIs('AWS::EC2::EIP', 1);
    const [[, group]] = resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup');
    expect(group.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/PublicAddressAssociation/)]));
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal', Subnets: [1, 2].map((zone) => ({ Ref: Match.stringLikeRegexp(`^NetworkIsolatedSubnet${zone}`) })) });
  });
});

test('a production posture wants termination protection of the stack', () => {
  const { app } = newCluster({ posture: Posture.production() });
  expect(() => app.synth()).toThrow(/requires termination protection of stack 'Backend', because the stack contains 'Backend\/Postgres'/);
});
