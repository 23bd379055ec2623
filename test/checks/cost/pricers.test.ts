import { Fn, type Stack } from 'aws-cdk-lib';
import { linesOf, priceOf, resource } from './price-app';

type Build = (stack: Stack) => unknown;

const SERVICE = { DesiredCount: 2, LaunchType: 'FARGATE' };
const TASK = { Cpu: '256', Memory: '512' };
const REF = (id: string) => ({ Ref: id });

function one(type: string, properties: Record<string, unknown> = {}): Build {
  return (stack) => {
    resource(stack, 'Resource', type, properties);
  };
}

function service(task: Record<string, unknown>, properties: Record<string, unknown> = SERVICE, more: Build = () => undefined): Build {
  return (stack) => {
    resource(stack, 'Task', 'AWS::ECS::TaskDefinition', { ...TASK, ...task });
    resource(stack, 'Service', 'AWS::ECS::Service', { TaskDefinition: REF('Task'), Cluster: REF('Cluster'), ...properties });
    resource(stack, 'Cluster', 'AWS::ECS::Cluster');
    more(stack);
  };
}

function auroraInstance(instanceClass: string, cluster: Record<string, unknown> = {}): Build {
  return (stack) => {
    resource(stack, 'Cluster', 'AWS::RDS::DBCluster', { Engine: 'aurora-postgresql', ...cluster });
    resource(stack, 'Instance', 'AWS::RDS::DBInstance', { DBClusterIdentifier: REF('Cluster'), DBInstanceClass: instanceClass, Engine: 'aurora-postgresql' });
  };
}

const STORED = 'aurora-storage: 10 GB-month at 0.1 = 1 (1)';
const POSTGRES = { Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', AllocatedStorage: '20', StorageType: 'gp3' };

describe('network', () => {
  test.each<[string, Build, string[]]>([
    // 730 × 0.045
    ['a NAT gateway', one('AWS::EC2::NatGateway'), ['nat-gateway: 730 hour at 0.045 = 32.85 (32.85)']],
    // 730 × 3 × 0.01
    ['an interface endpoint in three subnets', one('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b', 'c'] }), ['interface-endpoint: 2190 hour at 0.01 = 21.9 (21.9)']],
    ['a gateway endpoint', one('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' }), []],
    ['an endpoint of the default type, which is gateway', one('AWS::EC2::VPCEndpoint'), []],
    ['an elastic address', one('AWS::EC2::EIP'), ['public-ipv4: 730 hour at 0.005 = 3.65 (3.65)']],
    // 730 × 0.0225 = 16.425
    ['an application load balancer with an address in each of two zones', one('AWS::ElasticLoadBalancingV2::LoadBalancer', { Subnets: ['a', 'b'], Scheme: 'internet-facing' }),
      ['application-load-balancer: 730 hour at 0.0225 = 16.43 (16.43)', 'public-ipv4: 1460 hour at 0.005 = 7.3 (7.3)']],
    ['an internal network load balancer', one('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'network', Subnets: ['a', 'b'], Scheme: 'internal' }),
      ['network-load-balancer: 730 hour at 0.0225 = 16.43 (16.43)']],
    ['a network load balancer with one address of its own, and one that is brought along', one('AWS::ElasticLoadBalancingV2::LoadBalancer',
      { Type: 'network', SubnetMappings: [{ SubnetId: 'a', AllocationId: 'eipalloc-1' }, { SubnetId: 'b' }] }),
    ['network-load-balancer: 730 hour at 0.0225 = 16.43 (16.43)', 'public-ipv4: 730 hour at 0.005 = 3.65 (3.65)']],
    ['a classic load balancer inside', one('AWS::ElasticLoadBalancing::LoadBalancer', { Scheme: 'internal' }), ['classic-load-balancer: 730 hour at 0.025 = 18.25 (18.25)']],
  ])('%s', (_, build, lines) => expect(linesOf(priceOf(build))).toEqual(lines));
});

describe('Fargate', () => {
  test.each<[string, Build, string[]]>([
    // 2 × 0.25 × 730 = 365 vCPU-hours × 0.04048 = 14.7752; 2 × 0.5 × 730 = 730 GB-hours × 0.004445 = 3.24485
    ['two tasks of a quarter vCPU and half a GB', service({}), ['fargate-x86-memory: 730 GB-hour at 0.004445 = 3.24 (0)', 'fargate-x86-vcpu: 365 vCPU-hour at 0.04048 = 14.78 (0)']],
    // 365 × 0.03238 = 11.8187; 730 × 0.00356 = 2.5988
    ['the same on arm64', service({ RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' } }),
      ['fargate-arm64-memory: 730 GB-hour at 0.00356 = 2.6 (0)', 'fargate-arm64-vcpu: 365 vCPU-hour at 0.03238 = 11.82 (0)']],
    ['sizes with units', service({ Cpu: '1 vCPU', Memory: '2 GB' }, { ...SERVICE, DesiredCount: 1 }),
      ['fargate-x86-memory: 1460 GB-hour at 0.004445 = 6.49 (0)', 'fargate-x86-vcpu: 730 vCPU-hour at 0.04048 = 29.55 (0)']],
    ['a public address of each task', service({}, { ...SERVICE, NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED', Subnets: [] } } }),
      ['fargate-x86-memory: 730 GB-hour at 0.004445 = 3.24 (0)', 'fargate-x86-vcpu: 365 vCPU-hour at 0.04048 = 14.78 (0)', 'public-ipv4: 1460 hour at 0.005 = 7.3 (0)']],
    // 2 × (50 − 20) × 730 = 43800 × 0.000111 = 4.8618
    ['storage above 20 GB', service({ EphemeralStorage: { SizeInGiB: 50 } }),
      ['fargate-ephemeral-storage: 43800 GB-hour at 0.000111 = 4.86 (0)', 'fargate-x86-memory: 730 GB-hour at 0.004445 = 3.24 (0)', 'fargate-x86-vcpu: 365 vCPU-hour at 0.04048 = 14.78 (0)']],
    ['no task', service({}, { ...SERVICE, DesiredCount: 0 }), []],
    ['tasks on instances, which are charged as instances', service({}, { DesiredCount: 2 }), []],
    ['a task definition that no service runs', one('AWS::ECS::TaskDefinition', TASK), []],
    // Of five tasks one is the base; of the other four, one in four on demand: 2 on demand, 3 on Spot.
    ['a base on demand and three of four on Spot', service({}, {
      DesiredCount: 5,
      CapacityProviderStrategy: [
        { CapacityProvider: 'FARGATE', Base: 1, Weight: 1 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 3 },
      ],
    }), [
      'fargate-spot-x86-memory: 1095 GB-hour at 0.00146 = 1.6 (0)', 'fargate-spot-x86-vcpu: 547.5 vCPU-hour at 0.0133 = 7.28 (0)',
      'fargate-x86-memory: 730 GB-hour at 0.004445 = 3.24 (0)', 'fargate-x86-vcpu: 365 vCPU-hour at 0.04048 = 14.78 (0)',
    ]],
    ['the strategy of the cluster', service({}, { DesiredCount: 2 }, (stack) => {
      resource(stack, 'Providers', 'AWS::ECS::ClusterCapacityProviderAssociations', { Cluster: REF('Cluster'), DefaultCapacityProviderStrategy: [{ CapacityProvider: 'FARGATE', Weight: 1 }] });
    }), ['fargate-x86-memory: 730 GB-hour at 0.004445 = 3.24 (0)', 'fargate-x86-vcpu: 365 vCPU-hour at 0.04048 = 14.78 (0)']],
    ['the least that scaling keeps', service({}, { LaunchType: 'FARGATE' }, (stack) => {
      resource(stack, 'Scaling', 'AWS::ApplicationAutoScaling::ScalableTarget', {
        MinCapacity: 2,
        MaxCapacity: 9,
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: { 'Fn::Join': ['', ['service/', REF('Cluster'), '/', { 'Fn::GetAtt': ['Service', 'Name'] }]] },
      });
    }), ['fargate-x86-memory: 730 GB-hour at 0.004445 = 3.24 (0)', 'fargate-x86-vcpu: 365 vCPU-hour at 0.04048 = 14.78 (0)']],
  ])('%s', (_, build, lines) => expect(linesOf(priceOf(build))).toEqual(lines));
});

describe('databases', () => {
  test.each<[string, Build, string[]]>([
    // 730 × 0.016; 20 × 0.115
    ['a PostgreSQL instance', one('AWS::RDS::DBInstance', POSTGRES), ['rds-postgres:db.t4g.micro: 730 hour at 0.016 = 11.68 (0)', 'rds-storage-gp3: 20 GB-month at 0.115 = 2.3 (2.3)']],
    // 2 × 730 × 0.239 = 348.94; 2 × 2 × 730 × 0.0125 = 36.5; 100 × 0.23
    ['a Multi-AZ instance with Database Insights and a managed secret', one('AWS::RDS::DBInstance', {
      ...POSTGRES,
      DBInstanceClass: 'db.r7g.large',
      MultiAZ: true,
      AllocatedStorage: '100',
      DatabaseInsightsMode: 'advanced',
      ManageMasterUserPassword: true,
    }), [
      'database-insights-vcpu: 2920 vCPU-hour at 0.0125 = 36.5 (0)', 'rds-postgres:db.r7g.large: 1460 hour at 0.239 = 348.94 (0)',
      'rds-storage-gp3-multi-az: 100 GB-month at 0.23 = 23 (23)', 'secret: 1 month at 0.4 = 0.4 (0.4)',
    ]],
    ['MySQL, and the default storage', one('AWS::RDS::DBInstance', { Engine: 'mysql', DBInstanceClass: 'db.m5.large', AllocatedStorage: '100' }),
      ['rds-mysql:db.m5.large: 730 hour at 0.171 = 124.83 (0)', 'rds-storage-gp2: 100 GB-month at 0.115 = 11.5 (11.5)']],
    ['a public instance', one('AWS::RDS::DBInstance', { ...POSTGRES, PubliclyAccessible: true }),
      ['public-ipv4: 730 hour at 0.005 = 3.65 (0)', 'rds-postgres:db.t4g.micro: 730 hour at 0.016 = 11.68 (0)', 'rds-storage-gp3: 20 GB-month at 0.115 = 2.3 (2.3)']],
    ['a read replica with what its source says', (stack) => {
      resource(stack, 'Source', 'AWS::RDS::DBInstance', POSTGRES);
      resource(stack, 'Replica', 'AWS::RDS::DBInstance', { SourceDBInstanceIdentifier: REF('Source') });
    }, ['rds-postgres:db.t4g.micro: 730 hour at 0.016 = 11.68 (0)', 'rds-storage-gp3: 20 GB-month at 0.115 = 2.3 (2.3)',
      'rds-postgres:db.t4g.micro: 730 hour at 0.016 = 11.68 (0)', 'rds-storage-gp3: 20 GB-month at 0.115 = 2.3 (2.3)']],
    // 730 × 0.276
    ['an Aurora instance', auroraInstance('db.r7g.large'), [STORED, 'aurora:db.r7g.large: 730 hour at 0.276 = 201.48 (0)']],
    // 0.5 × 730 = 365 × 0.12
    ['Aurora Serverless at half a capacity unit', auroraInstance('db.serverless', { ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 } }),
      [STORED, 'aurora-acu: 365 ACU-hour at 0.12 = 43.8 (0)']],
    ['Aurora Serverless that pauses', auroraInstance('db.serverless', { ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4 } }), [STORED]],
    ['Database Insights of Aurora Serverless', auroraInstance('db.serverless', { ServerlessV2ScalingConfiguration: { MinCapacity: 2, MaxCapacity: 4 }, DatabaseInsightsMode: 'advanced' }),
      [STORED, 'aurora-acu: 1460 ACU-hour at 0.12 = 175.2 (0)', 'database-insights-acu: 1460 ACU-hour at 0.003125 = 4.56 (0)']],
  ])('%s', (_, build, lines) => expect(linesOf(priceOf(build)).sort()).toEqual([...lines].sort()));
});

describe('caches and brokers', () => {
  test.each<[string, Build, string[]]>([
    ['a Redis node', one('AWS::ElastiCache::CacheCluster', { Engine: 'redis', CacheNodeType: 'cache.t4g.micro', NumCacheNodes: 1 }), ['elasticache-redis:cache.t4g.micro: 730 hour at 0.016 = 11.68 (11.68)']],
    // 2 × 730 × 0.1752
    ['a Valkey primary with a replica', one('AWS::ElastiCache::ReplicationGroup', { Engine: 'valkey', CacheNodeType: 'cache.r7g.large', NumCacheClusters: 2 }),
      ['elasticache-valkey:cache.r7g.large: 1460 hour at 0.1752 = 255.79 (255.79)']],
    // 3 × (1 + 1) × 730 × 0.158
    ['three shards with a replica each', one('AWS::ElastiCache::ReplicationGroup', { Engine: 'redis', CacheNodeType: 'cache.m7g.large', NumNodeGroups: 3, ReplicasPerNodeGroup: 1 }),
      ['elasticache-redis:cache.m7g.large: 4380 hour at 0.158 = 692.04 (692.04)']],
    // 0.1 × 730 × 0.084
    ['a serverless Valkey', one('AWS::ElastiCache::ServerlessCache', { Engine: 'valkey' }), ['elasticache-serverless-valkey: 73 GB-hour at 0.084 = 6.13 (6.13)']],
    ['a serverless Redis with a least size', one('AWS::ElastiCache::ServerlessCache', { Engine: 'redis', CacheUsageLimits: { DataStorage: { Minimum: 2, Maximum: 5, Unit: 'GB' } } }),
      ['elasticache-serverless-redis: 1460 GB-hour at 0.125 = 182.5 (182.5)']],
    ['MSK Serverless', one('AWS::MSK::ServerlessCluster'), ['msk-serverless-cluster: 730 hour at 0.75 = 547.5 (547.5)']],
    // 3 × 730 × 0.0456; 3 × 100 × 0.1
    ['three small brokers', one('AWS::MSK::Cluster', { NumberOfBrokerNodes: 3, BrokerNodeGroupInfo: { InstanceType: 'kafka.t3.small', StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } } } }),
      ['msk-broker-storage: 300 GB-month at 0.1 = 30 (30)', 'msk-broker:kafka.t3.small: 2190 hour at 0.0456 = 99.86 (99.86)']],
  ])('%s', (_, build, lines) => expect(linesOf(priceOf(build))).toEqual(lines));
});

describe('EC2', () => {
  const VOLUME = { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 30, VolumeType: 'gp3' } }] };
  const PUBLIC = (stack: Stack) => resource(stack, 'Subnet', 'AWS::EC2::Subnet', { MapPublicIpOnLaunch: true });
  test.each<[string, Build, string[]]>([
    ['an instance with a volume', one('AWS::EC2::Instance', { InstanceType: 't4g.nano', ...VOLUME }), ['ebs-gp3: 30 GB-month at 0.08 = 2.4 (2.4)', 'ec2:t4g.large: 730 hour at 0.0042 = 3.07 (0)']],
    ['an instance without a word about volumes', one('AWS::EC2::Instance', { InstanceType: 't3.micro' }), ['ebs-gp3: 8 GB-month at 0.08 = 0.64 (0.64)', 'ec2:t3.large: 730 hour at 0.0104 = 7.59 (0)']],
    ['an instance with a public address', one('AWS::EC2::Instance', { InstanceType: 't4g.nano', ...VOLUME, NetworkInterfaces: [{ DeviceIndex: '0', AssociatePublicIpAddress: true }] }),
      ['ebs-gp3: 30 GB-month at 0.08 = 2.4 (2.4)', 'ec2:t4g.large: 730 hour at 0.0042 = 3.07 (0)', 'public-ipv4: 730 hour at 0.005 = 3.65 (0)']],
    ['an instance in a subnet that gives addresses', (stack) => {
      PUBLIC(stack);
      resource(stack, 'Instance', 'AWS::EC2::Instance', { InstanceType: 't4g.nano', ...VOLUME, SubnetId: REF('Subnet') });
    }, ['ebs-gp3: 30 GB-month at 0.08 = 2.4 (2.4)', 'ec2:t4g.large: 730 hour at 0.0042 = 3.07 (0)', 'public-ipv4: 730 hour at 0.005 = 3.65 (0)']],
    ['an instance whose address is an elastic one, charged once and also while it is stopped', (stack) => {
      PUBLIC(stack);
      resource(stack, 'Instance', 'AWS::EC2::Instance', { InstanceType: 't4g.nano', ...VOLUME, SubnetId: REF('Subnet') });
      resource(stack, 'Address', 'AWS::EC2::EIP', { InstanceId: REF('Instance') });
    }, ['ebs-gp3: 30 GB-month at 0.08 = 2.4 (2.4)', 'ec2:t4g.large: 730 hour at 0.0042 = 3.07 (0)', 'public-ipv4: 730 hour at 0.005 = 3.65 (3.65)']],
    // 2 × 730 × 0.0816; 2 × 30 × 0.08
    ['a group of two from a launch template', (stack) => {
      resource(stack, 'Template', 'AWS::EC2::LaunchTemplate', { LaunchTemplateData: { InstanceType: 'm7g.large', ...VOLUME } });
      resource(stack, 'Group', 'AWS::AutoScaling::AutoScalingGroup', { MinSize: '2', MaxSize: '4', LaunchTemplate: { LaunchTemplateId: REF('Template'), Version: '1' } });
    }, ['ebs-gp3: 60 GB-month at 0.08 = 4.8 (0)', 'ec2:m7g.large: 1460 hour at 0.0816 = 119.14 (0)']],
    // (6000 − 3000) × 0.005; (500 − 125) × 0.04
    ['a fast volume, which costs the same while nothing uses it', one('AWS::EC2::Volume', { Size: 100, VolumeType: 'gp3', Iops: 6000, Throughput: 500 }),
      ['ebs-gp3-iops: 3000 IOPS-month at 0.005 = 15 (15)', 'ebs-gp3-throughput: 375 MiBps-month at 0.04 = 15 (15)', 'ebs-gp3: 100 GB-month at 0.08 = 8 (8)']],
    ['a volume with what gp3 includes', one('AWS::EC2::Volume', { Size: 100, VolumeType: 'gp3', Iops: 3000, Throughput: 125 }), ['ebs-gp3: 100 GB-month at 0.08 = 8 (8)']],
    ['a fast root volume of a group of two, which goes with the instances', (stack) => {
      const Ebs = { VolumeSize: 30, VolumeType: 'gp3', Iops: 4000 };
      resource(stack, 'Template', 'AWS::EC2::LaunchTemplate', { LaunchTemplateData: { InstanceType: 'm7g.large', BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }] } });
      resource(stack, 'Group', 'AWS::AutoScaling::AutoScalingGroup', { MinSize: '2', MaxSize: '2', LaunchTemplate: { LaunchTemplateId: REF('Template'), Version: '1' } });
    }, ['ebs-gp3-iops: 2000 IOPS-month at 0.005 = 10 (0)', 'ebs-gp3: 60 GB-month at 0.08 = 4.8 (0)', 'ec2:m7g.large: 1460 hour at 0.0816 = 119.14 (0)']],
    ['a group of one with an interface of its own in a public subnet, whose address is an elastic one', (stack) => {
      PUBLIC(stack);
      resource(stack, 'Card', 'AWS::EC2::NetworkInterface', { SubnetId: REF('Subnet') });
      resource(stack, 'Address', 'AWS::EC2::EIP');
      resource(stack, 'Association', 'AWS::EC2::EIPAssociation', { AllocationId: { 'Fn::GetAtt': ['Address', 'AllocationId'] }, NetworkInterfaceId: REF('Card') });
      resource(stack, 'Template', 'AWS::EC2::LaunchTemplate', { LaunchTemplateData: { InstanceType: 'm7g.large', ...VOLUME, NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: REF('Card') }] } });
      resource(stack, 'Group', 'AWS::AutoScaling::AutoScalingGroup', { MinSize: '1', MaxSize: '1', AvailabilityZones: ['a'], LaunchTemplate: { LaunchTemplateId: REF('Template'), Version: '1' } });
    }, ['ebs-gp3: 30 GB-month at 0.08 = 2.4 (0)', 'ec2:m7g.large: 730 hour at 0.0816 = 59.57 (0)', 'public-ipv4: 730 hour at 0.005 = 3.65 (3.65)']],
    ['a volume', one('AWS::EC2::Volume', { Size: 100 }), ['ebs-gp2: 100 GB-month at 0.1 = 10 (10)']],
  ])('%s', (_, build, lines) => expect(linesOf(priceOf(build)).sort()).toEqual(lines));
});

describe('by the month', () => {
  const metric = (Period: number) => ({ Id: `m${Period}`, MetricStat: { Metric: { MetricName: 'A' }, Period, Stat: 'Sum' } });
  test.each<[string, Build, string[]]>([
    ['a key', one('AWS::KMS::Key'), ['kms-key: 1 month at 1 = 1 (1)']],
    ['a secret', one('AWS::SecretsManager::Secret'), ['secret: 1 month at 0.4 = 0.4 (0.4)']],
    ['a hosted zone', one('AWS::Route53::HostedZone'), ['hosted-zone: 1 month at 0.5 = 0.5 (0.5)']],
    ['a private namespace, which makes a zone', one('AWS::ServiceDiscovery::PrivateDnsNamespace'), ['hosted-zone: 1 month at 0.5 = 0.5 (0.5)']],
    ['an alarm', one('AWS::CloudWatch::Alarm', { Period: 300, MetricName: 'A' }), ['alarm: 1 month at 0.1 = 0.1 (0.1)']],
    ['an alarm of two metrics', one('AWS::CloudWatch::Alarm', { Metrics: [metric(60), metric(300), { Id: 'sum', Expression: 'm60 + m300' }] }), ['alarm: 2 month at 0.1 = 0.2 (0.2)']],
    ['an alarm every ten seconds', one('AWS::CloudWatch::Alarm', { Period: 10, MetricName: 'A' }), ['alarm-high-resolution: 1 month at 0.3 = 0.3 (0.3)']],
    ['an alarm with an anomaly band', one('AWS::CloudWatch::Alarm', { ThresholdMetricId: 'band', Metrics: [metric(300), { Id: 'band', Expression: 'ANOMALY_DETECTION_BAND(m300)' }] }),
      ['alarm: 3 month at 0.1 = 0.3 (0.3)']],
    ['a composite alarm', one('AWS::CloudWatch::CompositeAlarm'), ['alarm-composite: 1 month at 0.5 = 0.5 (0.5)']],
    ['files, of which ten GB are taken for given', one('AWS::EFS::FileSystem'), ['efs-storage: 10 GB-month at 0.3 = 3 (3)']],
    ['a dashboard', one('AWS::CloudWatch::Dashboard'), ['dashboard: 1 month at 3 = 3 (3)']],
    ['a web ACL with two rules', one('AWS::WAFv2::WebACL', { Rules: [{ Name: 'a' }, { Name: 'b' }] }), ['web-acl: 1 month at 5 = 5 (5)', 'web-acl-rule: 2 month at 1 = 2 (2)']],
  ])('%s', (_, build, lines) => expect(linesOf(priceOf(build))).toEqual(lines));
});

test('a bucket costs what is in it, which is said', () => {
  const { assumptions, usageBasedTypes, lines } = priceOf(one('AWS::S3::Bucket'));
  expect(assumptions).toContain('Buckets are empty: what they keep (0.023 USD for each GB-month), former versions included, and requests are not in the totals.');
  expect([usageBasedTypes, lines]).toEqual([['AWS::S3::Bucket'], []]);
});

describe('what is open', () => {
  test.each<[string, Build, RegExp]>([
    ['a class without a price', one('AWS::RDS::DBInstance', { ...POSTGRES, DBInstanceClass: 'db.x8g.large' }), /no db\.x8g\.large \(rds-postgres\).*prices: \{ 'rds-postgres:db\.x8g\.large'/],
    ['an engine without prices', one('AWS::RDS::DBInstance', { ...POSTGRES, Engine: 'sqlserver-ex' }), /engine sqlserver-ex has no prices/],
    ['storage without a price', one('AWS::RDS::DBInstance', { ...POSTGRES, StorageType: 'io2' }), /Storage of type io2/],
    ['storage that is faster than included', one('AWS::RDS::DBInstance', { ...POSTGRES, Iops: 20000 }), /Iops/],
    ['storage without a size', one('AWS::RDS::DBInstance', { ...POSTGRES, AllocatedStorage: undefined }), /AllocatedStorage is not given/],
    ['a cluster that is not Aurora', one('AWS::RDS::DBCluster', { Engine: 'postgres' }), /cluster of engine postgres/],
    ['Aurora I/O-Optimized', one('AWS::RDS::DBCluster', { Engine: 'aurora-mysql', StorageType: 'aurora-iopt1' }), /I\/O-Optimized/],
    ['Performance Insights for long', one('AWS::RDS::DBInstance', { ...POSTGRES, EnablePerformanceInsights: true, PerformanceInsightsRetentionPeriod: 93 }), /Performance Insights/],
    ['a gateway load balancer', one('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'gateway' }), /type gateway/],
    ['tasks on Windows', service({ RuntimePlatform: { OperatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }), /Windows/],
    ['a task definition from elsewhere', one('AWS::ECS::Service', { ...SERVICE, TaskDefinition: 'arn:task' }), /task definition is not in the templates/],
    ['an instance without a type', one('AWS::EC2::Instance'), /instance type is not decided/],
    ['performance of a volume from a parameter', one('AWS::EC2::Volume', { Size: 10, VolumeType: 'gp3', Iops: Fn.importValue('Iops') }), /^Iops of a volume is .*; the 3000 that a gp3 volume includes are assumed/],
    ['a volume without a price', one('AWS::EC2::Volume', { Size: 10, VolumeType: 'io2' }), /io2/],
    ['capacity units of a serverless cache', one('AWS::ElastiCache::ServerlessCache', { Engine: 'valkey', CacheUsageLimits: { ECPUPerSecond: { Minimum: 1000 } } }), /ECPU/],
    ['provisioned concurrency', one('AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 } }), /Provisioned concurrency/],
    ['provisioned throughput of files', one('AWS::EFS::FileSystem', { ThroughputMode: 'provisioned' }), /Provisioned throughput/],
    ['provisioned throughput', one('AWS::DynamoDB::Table', { ProvisionedThroughput: { ReadCapacityUnits: 1 } }), /Provisioned throughput/],
    ['subnets of an imported network', (stack) => resource(stack, 'Endpoint', 'AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', SubnetIds: Fn.split(',', Fn.importValue('Subnets')) }),
      /SubnetIds is .*; 2 of them are assumed/],
    ['a managed rule group with a price of its own', one('AWS::WAFv2::WebACL', { Rules: [{ Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesBotControlRuleSet' } } }] }),
      /AWSManagedRulesBotControlRuleSet/],
    ['Aurora Serverless v1', one('AWS::RDS::DBCluster', { Engine: 'aurora-mysql', EngineMode: 'serverless' }), /Serverless v1/],
    ['an advanced parameter', one('AWS::SSM::Parameter', { Tier: 'Advanced' }), /advanced parameter/],
  ])('%s', (_, build, message) => {
    const { undecided } = priceOf(build);
    expect(undecided.map((question) => question.message)).toEqual([expect.stringMatching(message)]);
  });
});
