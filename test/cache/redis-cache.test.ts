import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { createCache, ownName, propertiesOf, resourcesOfType } from './cache-fixtures';
import { SsmBastion } from '../../src/access';
import { CacheCapacity, CacheEngine, CacheEviction, RedisCache, type RedisCacheProps } from '../../src/cache';
import { BackendNetwork } from '../../src/network';
import { createVpc, developmentApp, exportsOf, productionApp } from '../fargate/fixture';

const GROUP = 'AWS::ElastiCache::ReplicationGroup';
const SERVERLESS = 'AWS::ElastiCache::ServerlessCache';

describe('defaults', () => {
  test('a development cache is one node that goes with its stack', () => {
    // WHEN
    const { stack } = createCache();

    // THEN
    const template = Template.fromStack(stack);
    template.hasResource(GROUP, {
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
      Properties: {
        Engine: 'valkey',
        EngineVersion: '8.1',
        CacheNodeType: 'cache.t4g.micro',
        NumCacheClusters: 1,
        AutomaticFailoverEnabled: false,
        MultiAZEnabled: false,
        SnapshotRetentionLimit: 7,
      },
    });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });

  test('a production cache has a replica in another zone, a last snapshot, and alarms on both nodes', () => {
    // WHEN
    const { stack } = createCache({}, productionApp());

    // THEN
    const template = Template.fromStack(stack);
    template.hasResource(GROUP, {
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
      Properties: { CacheNodeType: 'cache.m7g.large', NumCacheClusters: 2, AutomaticFailoverEnabled: true, MultiAZEnabled: true, SnapshotRetentionLimit: 35 },
    });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 4);
    const ids = Object.keys(template.findResources('AWS::CloudWatch::Alarm')).map((id) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(ids.sort()).toEqual(['RedisCpuAlarm', 'RedisCpuAlarm2', 'RedisMemoryAlarm', 'RedisMemoryAlarm2']);
    ['001', '002'].forEach((node) => template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'DatabaseMemoryUsagePercentage',
      Threshold: 90,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 3,
      Dimensions: [{ Name: 'CacheClusterId', Value: { 'Fn::Join': ['', [{ Ref: Match.stringLikeRegexp('^Redis') }, `-${node}`]] } }],
    }));
  });

  test.each([['development', developmentApp], ['production', productionApp]])('a cache in %s encrypts everything and lets nobody in', (_posture, createApp) => {
    // WHEN
    const { stack } = createCache({}, createApp());

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties(GROUP, { TransitEncryptionEnabled: true, AtRestEncryptionEnabled: true, KmsKeyId: Match.absent(), Port: 6379, AuthToken: Match.absent() });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: Match.stringLikeRegexp('^Cache'), SecurityGroupIngress: Match.absent(), SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
    });
    template.hasResourceProperties('AWS::ElastiCache::User', { UserName: 'default', AccessString: 'off -@all', AuthenticationMode: { Type: 'no-password-required' }, Engine: 'redis' });
    const [userGroup] = Object.keys(resourcesOfType(stack, 'AWS::ElastiCache::UserGroup'));
    template.hasResourceProperties(GROUP, { UserGroupIds: [{ Ref: userGroup }] });
  });

  test('a cache is in isolated subnets', () => {
    const { stack, vpc } = createCache();
    expect(propertiesOf(stack, 'AWS::ElastiCache::SubnetGroup').SubnetIds).toEqual(vpc.isolatedSubnets.map(({ subnetId }) => stack.resolve(subnetId) as unknown));
  });

  test('a network without isolated subnets takes it into private ones', () => {
    const stack = new Stack(developmentApp(), 'Data');
    const vpc = createVpc(stack);
    new RedisCache(stack, 'Redis', { vpc });
    expect(propertiesOf(stack, 'AWS::ElastiCache::SubnetGroup').SubnetIds).toEqual(vpc.privateSubnets.map(({ subnetId }) => stack.resolve(subnetId) as unknown));
  });
});

describe('nodes', () => {
  test('have the type and number that is asked for', () => {
    const capacity = CacheCapacity.node({ instanceType: new ec2.InstanceType('r7g.xlarge'), replicas: 3, multiAz: false });
    const { stack, cache } = createCache({ capacity });
    Template.fromStack(stack).hasResourceProperties(GROUP, { CacheNodeType: 'cache.r7g.xlarge', NumCacheClusters: 4, AutomaticFailoverEnabled: true, MultiAZEnabled: false });
    expect(cache.nodeIds).toHaveLength(4);
  });

  test('have a replica where several zones are asked for', () => {
    const { stack } = createCache({ capacity: CacheCapacity.node({ multiAz: true }) });
    Template.fromStack(stack).hasResourceProperties(GROUP, { NumCacheClusters: 2, MultiAZEnabled: true });
  });

  test('have one zone in production where that is asked for', () => {
    const { stack } = createCache({ capacity: CacheCapacity.node({ multiAz: false }) }, productionApp());
    Template.fromStack(stack).hasResourceProperties(GROUP, { NumCacheClusters: 1, AutomaticFailoverEnabled: false, MultiAZEnabled: false });
  });

  test('with disks have data tiering, which they need', () => {
    const { stack } = createCache({ capacity: CacheCapacity.node({ instanceType: new ec2.InstanceType('r6gd.xlarge') }) });
    Template.fromStack(stack).hasResourceProperties(GROUP, { DataTieringEnabled: true });
  });

  test.each([
    [CacheEngine.REDIS_7, 'redis', '7.1', 'redis7'],
    [CacheEngine.VALKEY_7, 'valkey', '7.2', 'valkey7'],
    [CacheEngine.VALKEY_8, 'valkey', '8.1', 'valkey8'],
    [CacheEngine.valkey('9.0'), 'valkey', '9.0', 'valkey9'],
  ])('run the engine that is asked for (%#)', (engine, name, version, family) => {
    const { stack } = createCache({ engine });
    Template.fromStack(stack).hasResourceProperties(GROUP, { Engine: name, EngineVersion: version });
    Template.fromStack(stack).hasResourceProperties('AWS::ElastiCache::ParameterGroup', { CacheParameterGroupFamily: family });
    Template.fromStack(stack).allResourcesProperties('AWS::ElastiCache::UserGroup', { Engine: 'redis' });
  });

  test('evict and are set as is asked for', () => {
    const { stack } = createCache({ eviction: CacheEviction.NO_EVICTION, parameters: { timeout: '300' } });
    expect(propertiesOf(stack, 'AWS::ElastiCache::ParameterGroup').Properties).toEqual({ 'maxmemory-policy': 'noeviction', 'timeout': '300' });
  });

  test('take every other option', () => {
    // GIVEN
    const app = developmentApp();
    const keys = new Stack(app, 'Keys');

    // WHEN
    const { stack, cache } = createCache({
      port: 6380,
      encryptionKey: new kms.Key(keys, 'Key'),
      backupRetention: Duration.days(0),
      preferredBackupWindow: '05:00-06:00',
      preferredMaintenanceWindow: 'sun:23:00-mon:01:30',
      snapshotName: 'before',
    }, app);

    // THEN
    Template.fromStack(stack).hasResourceProperties(GROUP, {
      Port: 6380, KmsKeyId: Match.anyValue(), SnapshotRetentionLimit: 0, SnapshotWindow: '05:00-06:00', PreferredMaintenanceWindow: 'sun:23:00-mon:01:30', SnapshotName: 'before',
    });
    expect(cache.port).toBe(6380);
  });

  test('use security groups that exist', () => {
    const app = developmentApp();
    const stack = new Stack(app, 'Data');
    const { vpc } = new BackendNetwork(stack, 'Network');
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678');
    new RedisCache(stack, 'Redis', { vpc, securityGroups: [group] });
    Template.fromStack(stack).hasResourceProperties(GROUP, { SecurityGroupIds: ['sg-12345678'] });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('that are retained keep what they need', () => {
    const { stack, cache } = createCache({ removalPolicy: RemovalPolicy.RETAIN });
    cache.addUser('Api');
    const kept = ['ReplicationGroup', 'SubnetGroup', 'ParameterGroup', 'UserGroup', 'User'].flatMap((type) => Object.values(resourcesOfType(stack, `AWS::ElastiCache::${type}`)))
      .concat(Object.values(resourcesOfType(stack, 'AWS::SecretsManager::Secret')), Object.values(resourcesOfType(stack, 'AWS::EC2::SecurityGroup')));
    expect(kept.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(Array(9).fill('Retain'));
  });
});

describe('a serverless cache', () => {
  const serverless = CacheCapacity.serverless();

  test.each([['development', developmentApp, 7], ['production', productionApp, 35]])('in %s has users, snapshots and two zones', (_posture, createApp, days) => {
    // WHEN
    const { stack, vpc } = createCache({ capacity: serverless }, createApp());

    // THEN
    const [userGroup] = Object.keys(resourcesOfType(stack, 'AWS::ElastiCache::UserGroup'));
    Template.fromStack(stack).hasResourceProperties(SERVERLESS, {
      Engine: 'valkey',
      MajorEngineVersion: '8',
      ServerlessCacheName: ownName('data-redis-'),
      UserGroupId: { Ref: userGroup },
      SnapshotRetentionLimit: days,
      CacheUsageLimits: Match.absent(),
      SubnetIds: vpc.isolatedSubnets.slice(0, 2).map(({ subnetId }) => stack.resolve(subnetId) as unknown),
    });
    Template.fromStack(stack).resourceCountIs(GROUP, 0);
  });

  test('takes a last snapshot in production', () => {
    const { stack } = createCache({ capacity: serverless }, productionApp());
    Template.fromStack(stack).hasResource(SERVERLESS, { DeletionPolicy: 'Delete', Properties: { FinalSnapshotName: ownName('data-redis-', '-final') } });
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ThrottledCmds', Dimensions: [{ Name: 'clusterId', Value: { Ref: 'RedisFF642DF2' } }] });
  });

  test('is retained without a snapshot where that is asked for', () => {
    const { stack } = createCache({ capacity: serverless, removalPolicy: RemovalPolicy.RETAIN });
    Template.fromStack(stack).hasResource(SERVERLESS, { DeletionPolicy: 'Retain', Properties: { FinalSnapshotName: Match.absent() } });
  });

  test('has limits, a key and data of a snapshot', () => {
    const app = developmentApp();
    const encryptionKey = new kms.Key(new Stack(app, 'Keys'), 'Key');
    const { stack, cache } = createCache({ capacity: CacheCapacity.serverless({ maxDataStorage: Size.gibibytes(5), maxEcpuPerSecond: 5000 }), encryptionKey, snapshotName: 'before' }, app);
    Template.fromStack(stack).hasResourceProperties(SERVERLESS, {
      CacheUsageLimits: { DataStorage: { Unit: 'GB', Maximum: 5 }, ECPUPerSecond: { Maximum: 5000 } },
      KmsKeyId: Match.anyValue(),
      SnapshotArnsToRestore: [{ 'Fn::Join': ['', Match.arrayWith([':serverlesssnapshot:before'])] }],
    });
    expect([cache.nodeIds, cache.readerEndpoint]).toEqual([[], undefined]);
  });

  test('takes one subnet of each zone', () => {
    const stack = new Stack(developmentApp(), 'Data');
    const vpc = new BackendNetwork(stack, 'Network').vpc;
    const [first, second] = vpc.isolatedSubnets;
    new RedisCache(stack, 'Redis', { vpc, capacity: serverless, vpcSubnets: { subnets: [first, first, second] } });
    expect(propertiesOf(stack, SERVERLESS).SubnetIds).toEqual([first, second].map(({ subnetId }) => stack.resolve(subnetId) as unknown));
  });
});

describe('metrics', () => {
  test.each([
    ['metricEngineCpuUtilization', 'EngineCPUUtilization', 'Average'],
    ['metricMemoryUsage', 'DatabaseMemoryUsagePercentage', 'Maximum'],
    ['metricEvictions', 'Evictions', 'Sum'],
    ['metricConnections', 'CurrConnections', 'Maximum'],
  ] as const)('%s is %s', (method, metricName, statistic) => {
    const { stack, cache } = createCache();
    const { namespace, dimensions, ...metric } = cache[method]();
    expect([namespace, metric.metricName, metric.statistic]).toEqual(['AWS/ElastiCache', metricName, statistic]);
    expect(stack.resolve(dimensions)).toEqual({ CacheClusterId: { 'Fn::Join': ['', [{ Ref: 'RedisFF642DF2' }, '-001']] } });
  });

  test('take options, also another node', () => {
    const { cache } = createCache();
    const metric = cache.metricEvictions({ statistic: 'Maximum', dimensionsMap: { CacheClusterId: 'other-002' } });
    expect([metric.statistic, metric.dimensions]).toEqual(['Maximum', { CacheClusterId: 'other-002' }]);
  });
});

test('a tunnel leads to a cache, also from another stack', () => {
  // GIVEN
  const app = developmentApp();
  const { stack, vpc, cache } = createCache({}, app);
  const access = new Stack(app, 'Access');

  // WHEN
  new SsmBastion(access, 'Bastion', { vpc }).addTunnel('Cache', { target: cache });

  // THEN
  Template.fromStack(access).hasResourceProperties('AWS::SSM::Document', {
    Content: { properties: { host: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Data' }) }, portNumber: '6379' } },
  });
  Template.fromStack(access).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379, ToPort: 6379 });
  expect(exportsOf(stack)).toEqual([]);
});

describe('misuse', () => {
  const t2 = CacheCapacity.node({ instanceType: new ec2.InstanceType('t2.small'), replicas: 1, multiAz: false });
  const t1 = CacheCapacity.node({ instanceType: new ec2.InstanceType('t1.micro'), replicas: 0 });
  const serverless = CacheCapacity.serverless();

  test.each<[string, Partial<RedisCacheProps>, string]>([
    ['no security group', { securityGroups: [] }, '`securityGroups` must not be empty.'],
    ['a port out of range', { port: 70_000 }, '`port` must be a whole number from 1 to 65535, got 70000.'],
    ['snapshots for too long', { backupRetention: Duration.days(36) }, '`backupRetention` must be a whole number of days from 0 to 35, got 36 days.'],
    ['snapshots for hours', { backupRetention: Duration.hours(12) }, '`backupRetention` must be a whole number of days from 0 to 35, got 0.5 days.'],
    ['eviction twice', { eviction: CacheEviction.ALL_KEYS_LRU, parameters: { 'maxmemory-policy': 'noeviction' } }, '`eviction` and the parameter `maxmemory-policy` are both set'],
    ['shards', { parameters: { 'cluster-enabled': 'yes' } }, 'because a cache of nodes has one shard.'],
    ['a replica that cannot take over', { capacity: t2 }, "Nodes of type 't2.small' can't fail over"],
    ['snapshots of nodes that have none', { capacity: t1 }, "Nodes of type 't1.micro' don't support snapshots."],
    ['public subnets', { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }, '`vpcSubnets` selects public subnets'],
    ['what only nodes have', { capacity: serverless, eviction: CacheEviction.NO_EVICTION, preferredBackupWindow: '05:00-06:00' }, "A serverless cache doesn't support `eviction`, `preferredBackupWindow`."],
    ['another port of a serverless cache', { capacity: serverless, port: 6380 }, "`port` can't be 6380, because a serverless cache listens on 6379."],
  ])('fails on %s', (_what, props, message) => {
    expect(() => createCache(props)).toThrow(message);
    expect(() => createCache(props)).toThrow('Data/Redis');
  });

  test.each([
    ['a replica', CacheCapacity.node({ replicas: 1 }), 'in one availability zone, and the replica needs another'],
    ['a serverless cache', serverless, 'in one availability zone, and a serverless cache needs two'],
  ])('fails on %s in one zone', (_what, capacity, message) => {
    const stack = new Stack(developmentApp(), 'Data');
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 1 });
    expect(() => new RedisCache(stack, 'Redis', { vpc, capacity })).toThrow(message);
  });

  test('one zone is enough for one node', () => {
    const stack = new Stack(developmentApp(), 'Data');
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 1 });
    expect(() => new RedisCache(stack, 'Redis', { vpc })).not.toThrow();
  });

  test.each([[-1], [6], [1.5]])('fails on %p replicas', (replicas) => {
    expect(() => CacheCapacity.node({ replicas })).toThrow(`\`replicas\` must be a whole number from 0 to 5, got ${replicas}.`);
  });

  test('fails on several zones without a replica', () => {
    expect(() => CacheCapacity.node({ replicas: 0, multiAz: true })).toThrow('`multiAz` needs a replica in another availability zone, and `replicas` is 0.');
  });

  test.each([['cache.t4g.micro'], ['t4g.nano'], ['micro']])('fails on nodes of type %s', (type) => {
    expect(() => CacheCapacity.node({ instanceType: new ec2.InstanceType(type) })).toThrow(`'${type}' isn't a valid node type.`);
  });

  test.each([[Size.mebibytes(512), '0.5'], [Size.tebibytes(5), '5120'], [Size.mebibytes(1536), '1.5']])('fails on %p of data', (maxDataStorage, got) => {
    expect(() => CacheCapacity.serverless({ maxDataStorage })).toThrow(`\`maxDataStorage\` must be a whole number of GiB from 1 to 5000, got ${got} GiB.`);
  });

  test.each([[999], [15_000_001], [1000.5]])('fails on %p units a second', (maxEcpuPerSecond) => {
    expect(() => CacheCapacity.serverless({ maxEcpuPerSecond })).toThrow(`\`maxEcpuPerSecond\` must be a whole number from 1000 to 15000000, got ${maxEcpuPerSecond}.`);
  });

  test.each([['8'], ['latest'], ['7.1'], ['']])('fails on Valkey \'%s\'', (version) => {
    expect(() => CacheEngine.valkey(version)).toThrow(`The version must have the form '8.1' and be at least 7.2, got '${version}'. (in CacheEngine.valkey())`);
  });

  test('fails on Redis 6', () => {
    expect(() => CacheEngine.redis('6.2')).toThrow('at least 7.0, got \'6.2\'. (in CacheEngine.redis())');
  });
});
