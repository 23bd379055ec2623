import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { BackendNetwork } from '../../src/network';
import { PrivateFileSystem, type PrivateFileSystemProps } from '../../src/storage';
import { ALL_FLAGS, developmentApp, exportsOf, productionApp } from '../fargate/fixture';

function synthesize(props: Partial<PrivateFileSystemProps> = {}, app = developmentApp()): { template: Template; stack: Stack; files: PrivateFileSystem } {
  const stack = new Stack(app, 'Backend');
  const files = new PrivateFileSystem(stack, 'Files', { vpc: new BackendNetwork(stack, 'Network').vpc, ...props });
  return { template: Template.fromStack(stack), stack, files };
}

describe('defaults', () => {
  test('it is encrypted, refuses clear text and, by having a policy, anonymous clients', () => {
    synthesize().template.hasResourceProperties('AWS::EFS::FileSystem', {
      Encrypted: true,
      KmsKeyId: Match.absent(),
      ThroughputMode: 'elastic',
      FileSystemPolicy: { Statement: [{ Effect: 'Deny', Principal: { AWS: '*' }, Action: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }] },
    });
  });

  test('it has a mount target in an isolated subnet of each zone, in a group that lets nobody in and nothing out', () => {
    const { template, stack } = synthesize();
    const targets = Object.values(template.findResources('AWS::EFS::MountTarget')).map(({ Properties }) => Properties);
    expect(targets.map(({ SubnetId }) => SubnetId.Ref)).toEqual([expect.stringContaining('IsolatedSubnet1'), expect.stringContaining('IsolatedSubnet2')]);
    expect(targets.map(({ FileSystemId }) => FileSystemId)).toEqual([{ Ref: expect.stringContaining('Files') }, { Ref: expect.stringContaining('Files') }]);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: Match.stringLikeRegexp('Files'),
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
    });
    expect(exportsOf(stack)).toEqual([]);
  });

  test('in development it has no backups and goes with its stack', () => {
    synthesize().template.hasResource('AWS::EFS::FileSystem', { DeletionPolicy: 'Delete', Properties: { BackupPolicy: { Status: 'DISABLED' } } });
  });

  test('in production it is copied every day and outlives its stack', () => {
    const { template } = synthesize({}, productionApp());
    template.hasResource('AWS::EFS::FileSystem', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain', Properties: { BackupPolicy: { Status: 'ENABLED' } } });
    template.resourceCountIs('AWS::EFS::MountTarget', 3);
  });
});

describe('options', () => {
  test('a key, backups, throughput and removal policy win over the posture', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const encryptionKey = new kms.Key(stack, 'Key');
    new PrivateFileSystem(stack, 'Files', {
      vpc: new BackendNetwork(stack, 'Network').vpc, encryptionKey, backups: true, throughputMode: efs.ThroughputMode.BURSTING, removalPolicy: RemovalPolicy.RETAIN,
    });
    Template.fromStack(stack).hasResource('AWS::EFS::FileSystem', {
      DeletionPolicy: 'Retain',
      Properties: { KmsKeyId: stack.resolve(encryptionKey.keyArn), BackupPolicy: { Status: 'ENABLED' }, ThroughputMode: 'bursting' },
    });
  });

  test('of several subnets in a zone one has a mount target', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const { vpc } = new BackendNetwork(stack, 'Network');
    const [first, second] = vpc.isolatedSubnets;
    new PrivateFileSystem(stack, 'Files', { vpc, vpcSubnets: { subnets: [first, second, first] } });
    Template.fromStack(stack).resourceCountIs('AWS::EFS::MountTarget', 2);
  });

  test('security groups of the user are used as they are', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const { vpc } = new BackendNetwork(stack, 'Network');
    new PrivateFileSystem(stack, 'Files', { vpc, securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')] });
    Template.fromStack(stack).allResourcesProperties('AWS::EFS::MountTarget', { SecurityGroups: ['sg-12345678'] });
  });

  test('a VPC whose subnets have no known zones gives each a mount target', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] });
    const subnets = ['subnet-1', 'subnet-2'].map((id) => ec2.Subnet.fromSubnetId(stack, id, id));
    new PrivateFileSystem(stack, 'Files', { vpc, vpcSubnets: { subnets } });
    Template.fromStack(stack).resourceCountIs('AWS::EFS::MountTarget', 2);
  });
});

test('feature flags change nothing, and two live in one stack', () => {
  const [unset, recommended] = [{}, ALL_FLAGS].map((context) => {
    const stack = new Stack(developmentApp({ context }), 'Backend');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] });
    ['Files', 'MoreFiles'].forEach((id) => new PrivateFileSystem(stack, id, { vpc }));
    return Template.fromStack(stack).toJSON().Resources;
  });
  expect(recommended).toEqual(unset);
  expect(Object.values(unset).filter((resource) => (resource as { Type: string }).Type === 'AWS::EFS::FileSystem')).toHaveLength(2);
});

test('its names follow the partition', () => {
  const stack = new Stack(developmentApp(), 'Backend', { env: { region: 'cn-north-1' } });
  const files = PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: 'fs-0123456789abcdef0', securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')] });
  expect(stack.resolve([files.endpoint, files.fileSystemArn])).toEqual([
    { 'Fn::Join': ['', ['fs-0123456789abcdef0.efs.cn-north-1.', { Ref: 'AWS::URLSuffix' }]] },
    { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':elasticfilesystem:cn-north-1:', { Ref: 'AWS::AccountId' }, ':file-system/fs-0123456789abcdef0']] },
  ]);
  expect(files.port).toBe(2049);
});

test('it has metrics', () => {
  const { files, stack } = synthesize();
  expect([files.metricClientConnections().statistic, files.metric('PercentIOLimit').namespace]).toEqual(['Sum', 'AWS/EFS']);
  expect(stack.resolve(files.metricStorageBytes().dimensions)).toEqual({ FileSystemId: stack.resolve(files.fileSystemId), StorageClass: 'Total' });
  expect(files.metricStorageBytes().period.toMinutes()).toBe(15);
  expect(files.metricStorageBytes({ period: Duration.hours(1) }).period.toHours()).toBe(1);
});

describe('refused', () => {
  test.each<[string, (stack: Stack) => unknown, string]>([
    ['public subnets', (stack) => new PrivateFileSystem(stack, 'Files', { vpc: new BackendNetwork(stack, 'Network').vpc, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }), '`vpcSubnets` selects public subnets'],
    ['a snapshot', (stack) => new PrivateFileSystem(stack, 'Files', { vpc: new BackendNetwork(stack, 'Network').vpc, removalPolicy: RemovalPolicy.SNAPSHOT }), '`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE'],
    ['provisioned throughput', (stack) => new PrivateFileSystem(stack, 'Files', { vpc: new BackendNetwork(stack, 'Network').vpc, throughputMode: efs.ThroughputMode.PROVISIONED }), 'Use ELASTIC or BURSTING'],
    ['an import by ARN', (stack) => PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: 'arn:aws:elasticfilesystem:eu-west-1:1:file-system/fs-1', securityGroups: [] }), '`fileSystemId` must be an id such as'],
    ['an import without group', (stack) => PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: Token.asString({ Ref: 'Id' }), securityGroups: [] }), 'at least one security group of its mount targets'],
  ])('fails for %s', (_name, make, message) => {
    expect(() => make(new Stack(developmentApp(), 'Backend'))).toThrow(message);
  });
});
