import { RemovalPolicy, Stack, type App } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { buildExample, EXAMPLES } from '../../examples/checks/cases';
import {
  AdminSecret, AuditTrail, BackendMonitoring, CacheCapacity, ContainerRepository, PemFile, PostgresCapacity, Posture, PrivateFileSystem, PrivatePostgres, RedisCache, StaticFrontend, type PostureOverrides,
} from '../../src';
import { createVpc } from '../fargate/fixture';
import { resourcesOf, synthesizeWith, type LivingApp } from '../support/living-stack';
import { allIn, buildBackend } from '../support/whole-backend';

const BESIDE_STORES = 'goes with a server or a cache that is deleted after its snapshot, and stays where that stays';

/** Policies that keep something in production, by type, each with what it is for. A type that has several has a row for each. */
const KEPT: Record<string, Record<string, string>> = {
  'AWS::ECR::Repository': { RetainExceptOnCreate: 'the images that tasks run; who pushes none has an empty one, which goes with a creation that failed' },
  'AWS::EC2::Volume': { RetainExceptOnCreate: 'the data of a node' },
  'AWS::EFS::FileSystem': { RetainExceptOnCreate: 'the files of services; its mount targets go first, and a deletion asks for nothing else' },
  'AWS::ElastiCache::ReplicationGroup': { Snapshot: 'a last snapshot is the data' },
  'AWS::KMS::Key': { RetainExceptOnCreate: 'of the alarm topic, which goes with it', Retain: 'of the files of an audit trail, which stay and could not be read without it' },
  'AWS::Logs::LogGroup': { RetainExceptOnCreate: 'what happened while it lived' },
  'AWS::RDS::DBCluster': { Snapshot: 'a last snapshot is the data' },
  'AWS::RDS::DBInstance': { Snapshot: 'a last snapshot is the data', Delete: 'a member of a cluster has no data of its own' },
  'AWS::S3::Bucket': { Retain: 'CloudFormation deletes no bucket with files, and AWS or a pipeline has written some when a creation fails' },
  'AWS::SecretsManager::Secret': { Delete: BESIDE_STORES, RetainExceptOnCreate: 'the pass of backups that stay, and the admin of volumes that stay' },
  'AWS::SNS::Topic': { RetainExceptOnCreate: 'the subscriptions that people confirmed' },
};

/** Types that are deleted in production, each with what makes that harmless. */
const DELETED: Record<string, string[]> = {
  [BESIDE_STORES]: [
    'AWS::ElastiCache::ParameterGroup', 'AWS::ElastiCache::SubnetGroup', 'AWS::ElastiCache::User', 'AWS::ElastiCache::UserGroup',
    'AWS::RDS::DBClusterParameterGroup', 'AWS::RDS::DBParameterGroup', 'AWS::RDS::DBSubnetGroup', 'AWS::SecretsManager::Secret',
  ],
  'asks the broker, which keeps a database and drops a login by props of their own': ['Custom::PostgresDatabase', 'Custom::PostgresUser'],
  'is a deed, not a thing': ['Custom::Migration', 'Custom::Rehearsal', 'Custom::VpcRestrictDefaultSG'],
  'holds events that nobody could deliver, and is empty where all is well': ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy'],
  'is settings, which the next deployment writes again': [
    'AWS::Amplify::App', 'AWS::Amplify::Branch', 'AWS::Amplify::Domain', 'AWS::ApplicationAutoScaling::ScalableTarget', 'AWS::ApplicationAutoScaling::ScalingPolicy',
    'AWS::AutoScaling::AutoScalingGroup', 'AWS::AutoScaling::ScheduledAction', 'AWS::EC2::NetworkInterface', 'AWS::Lambda::Alias', 'Custom::CertificateAuthority',
    'AWS::CertificateManager::Certificate', 'AWS::CloudFront::Distribution', 'AWS::CloudFront::OriginAccessControl', 'AWS::CloudFront::ResponseHeadersPolicy',
    'AWS::CloudTrail::Trail', 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::EC2::EIP', 'AWS::EC2::FlowLog', 'AWS::EC2::InternetGateway',
    'AWS::EC2::LaunchTemplate', 'AWS::EC2::NatGateway', 'AWS::EC2::Route', 'AWS::EC2::RouteTable', 'AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupEgress',
    'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::Subnet', 'AWS::EC2::SubnetCidrBlock', 'AWS::EC2::SubnetRouteTableAssociation', 'AWS::EC2::VPC', 'AWS::EC2::VPCCidrBlock',
    'AWS::EC2::VPCEndpoint', 'AWS::EC2::VPCGatewayAttachment', 'AWS::ECS::Cluster', 'AWS::ECS::TaskDefinition', 'AWS::EFS::AccessPoint', 'AWS::EFS::MountTarget',
    'AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::ListenerRule', 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    'AWS::ElasticLoadBalancingV2::TargetGroup', 'AWS::ElasticLoadBalancingV2::TrustStore', 'AWS::Events::Rule', 'AWS::IAM::InstanceProfile', 'AWS::IAM::OIDCProvider',
    'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::EventInvokeConfig', 'AWS::Route53::RecordSet', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy', 'AWS::SSM::Document',
    'AWS::Scheduler::Schedule', 'AWS::ServiceDiscovery::PrivateDnsNamespace', 'AWS::ServiceDiscovery::Service', 'AWS::WAFv2::WebACL', 'AWS::WAFv2::WebACLAssociation',
  ],
  'runs, and has nothing on its disk that is worth keeping': ['AWS::EC2::Instance', 'AWS::ECS::Service', 'AWS::Lambda::Function'],
};

const TABLE: Record<string, Record<string, string>> = {
  ...Object.fromEntries(Object.entries(DELETED).flatMap(([why, types]) => types.map((type) => [type, { Delete: why }]))),
  ...KEPT,
};

/** What CDK writes for the replacement of a resource, by what it writes for its deletion. */
const REPLACED: Record<string, string> = { Delete: 'Delete', Snapshot: 'Snapshot', Retain: 'Retain', RetainExceptOnCreate: 'Retain' };

const wholeBackend = (overrides: PostureOverrides) =>
  synthesizeWith(Posture.production({ terminationProtection: false, ...overrides }), (app) => buildBackend(allIn(new Stack(app, 'Backend'))), { '@aws-cdk/core:stackResourceLimit': 1000 });

function policiesOf(apps: LivingApp[]): Record<string, string[]> {
  const policies: Record<string, Set<string>> = {};
  for (const { Type, DeletionPolicy = 'Delete' } of apps.flatMap((living) => Object.values(living))) {
    (policies[Type] ??= new Set()).add(DeletionPolicy);
  }
  return Object.fromEntries(Object.entries(policies).map(([type, found]) => [type, [...found].sort()]));
}

describe('in production', () => {
  const apps = [...EXAMPLES.map((example) => resourcesOf(buildExample(example, 'production').app)), wholeBackend({})];

  test('each type of the examples and of a whole backend is deleted or kept as the table says, and the table has no other', () => {
    expect(policiesOf(apps)).toEqual(Object.fromEntries(Object.entries(TABLE).map(([type, policies]) => [type, Object.keys(policies).sort()])));
  });

  test('what a replacement leaves behind follows from that', () => {
    const wrong = apps.flatMap((living) => Object.entries(living)).filter(([, { DeletionPolicy = 'Delete', UpdateReplacePolicy = 'Delete' }]) => UpdateReplacePolicy !== REPLACED[DeletionPolicy]);
    expect(wrong.map(([id]) => id)).toEqual([]);
  });

  test('only keys of files that stay are kept by a creation that failed', () => {
    const keys = apps.flatMap((living) => Object.entries(living)).filter(([, { Type, DeletionPolicy }]) => Type === 'AWS::KMS::Key' && DeletionPolicy === 'Retain');
    expect(keys.map(([id]) => /TrailKey/.test(id))).toEqual(keys.map(() => true));
    expect(keys).not.toEqual([]);
  });
});

const { DESTROY, RETAIN, RETAIN_ON_UPDATE_OR_DELETE, SNAPSHOT } = RemovalPolicy;

test.each([
  [DESTROY, 'Delete', 'Delete'],
  [RETAIN, 'Retain', 'Retain'],
  [RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate', 'Retain'],
])('of a posture with `removalPolicy` %s, all that holds data has %s, and buckets have %s', (removalPolicy, policy, ofBuckets) => {
  const found = policiesOf([wholeBackend({ removalPolicy })]);
  for (const type of ['AWS::EC2::Volume', 'AWS::ECR::Repository', 'AWS::EFS::FileSystem', 'AWS::Logs::LogGroup', 'AWS::SNS::Topic']) {
    expect([type, found[type]]).toEqual([type, [policy]]);
  }
  expect(found['AWS::S3::Bucket']).toEqual([ofBuckets]);
  expect(found['AWS::KMS::Key']).toEqual([...new Set([policy, ofBuckets])].sort());
});

/** Servers and caches of both kinds, in a network without groups. */
function addStores(app: App): void {
  const stack = new Stack(app, 'Stores');
  const vpc = createVpc(stack);
  const caCertificates = PemFile.fromText('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----');
  [PostgresCapacity.instance(new ec2.InstanceType('t4g.small')), PostgresCapacity.serverless({ min: 1, max: 2 })].forEach((capacity, index) =>
    new PrivatePostgres(stack, `Postgres${index}`, { vpc, capacity, caCertificates, adminSecret: AdminSecret.generated() }));
  [CacheCapacity.node(), CacheCapacity.serverless()].forEach((capacity, index) => new RedisCache(stack, `Cache${index}`, { vpc, capacity }).addUser('Api'));
}

const COMPANIONS = [...DELETED[BESIDE_STORES], 'AWS::ElastiCache::ServerlessCache'];

test.each([
  [DESTROY, 'Delete', 'Delete'],
  [SNAPSHOT, 'Snapshot', 'Delete'],
  [RETAIN, 'Retain', 'Retain'],
  [RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate', 'RetainExceptOnCreate'],
])('of a posture with `databaseRemovalPolicy` %s, servers and caches have %s, and what they need has %s', (databaseRemovalPolicy, policy, ofCompanions) => {
  const posture = Posture.production({ databaseRemovalPolicy, deletionProtection: false, terminationProtection: false });
  const found = policiesOf([synthesizeWith(posture, addStores)]);
  for (const type of ['AWS::ElastiCache::ReplicationGroup', 'AWS::RDS::DBCluster']) {
    expect([type, found[type]]).toEqual([type, [policy]]);
  }
  expect(found['AWS::RDS::DBInstance']).toEqual([...new Set([policy, ofCompanions])].sort());
  for (const type of COMPANIONS) {
    expect([type, found[type]]).toEqual([type, [ofCompanions]]);
  }
});

test.each([RETAIN, RETAIN_ON_UPDATE_OR_DELETE])('an explicit %s wins over the posture, and a bucket stays a bucket', (removalPolicy) => {
  const policy = removalPolicy === RETAIN ? 'Retain' : 'RetainExceptOnCreate';
  const found = policiesOf([synthesizeWith(Posture.development(), (app) => {
    const stack = new Stack(app, 'Parts');
    new PrivateFileSystem(stack, 'Files', { vpc: createVpc(stack), removalPolicy });
    new ContainerRepository(stack, 'Images', { removalPolicy });
    new BackendMonitoring(stack, 'Monitoring', { alarms: true, removalPolicy });
    new AuditTrail(stack, 'Trail', { sendToCloudWatchLogs: true, removalPolicy });
    new StaticFrontend(stack, 'Web', { accessLogs: true, removalPolicy });
  })]);
  expect(found).toMatchObject({
    'AWS::ECR::Repository': [policy],
    'AWS::EFS::FileSystem': [policy],
    'AWS::KMS::Key': [...new Set([policy, 'Retain'])].sort(),
    'AWS::Logs::LogGroup': [policy],
    'AWS::S3::Bucket': ['Retain'],
    'AWS::SNS::Topic': [policy],
  });
});
