import { Duration, Stack, type App, type Environment } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  BackendCluster, BackendNetwork, DiscoveryNamespace, FargateApi, FargateWorker, MigrationSource, MigrationTask, PrivateFileSystem, PrivatePostgres, QueueBinding, RedisCache, ScheduledJob, ServiceVolume,
  SsmBastion, VpcPeering,
} from '../../src';
import { developmentApp, IMAGE } from '../fargate/fixture';

const HERE = { account: '111111111111', region: 'eu-west-1' };
const FAR = { ...HERE, region: 'us-east-1' };

/** Two stacks of one app, which may refer to each other across regions. */
function stacks(here: Environment | undefined = HERE, there: Environment | undefined = FAR): { app: App; here: Stack; there: Stack } {
  const app = developmentApp({ analyticsReporting: false });
  return { app, here: new Stack(app, 'Here', { env: here, crossRegionReferences: true }), there: new Stack(app, 'There', { env: there, crossRegionReferences: true }) };
}

const source = MigrationSource.command({ image: IMAGE, command: ['up'], revision: '1' });

/** What stands in a network. */
const IN_VPC: Record<string, (stack: Stack, vpc: ec2.IVpc) => unknown> = {
  'a server': (stack, vpc) => new PrivatePostgres(stack, 'Postgres', { vpc }),
  'a cache': (stack, vpc) => new RedisCache(stack, 'Cache', { vpc }),
  'a file system': (stack, vpc) => new PrivateFileSystem(stack, 'Files', { vpc }),
  'a bastion': (stack, vpc) => new SsmBastion(stack, 'Bastion', { vpc }),
  'a cluster': (stack, vpc) => new BackendCluster(stack, 'Cluster', { vpc }),
  'a service in a cluster of CDK\'s own': (stack, vpc) => new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), image: IMAGE }),
};

/** What runs in a cluster. */
const IN_CLUSTER: Record<string, (stack: Stack, cluster: ecs.ICluster) => unknown> = {
  'an API': (stack, cluster) => new FargateApi(stack, 'Api', { cluster, image: IMAGE }),
  'a worker': (stack, cluster) => new FargateWorker(stack, 'Worker', { cluster, image: IMAGE }),
  'a job': (stack, cluster) => new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: ScheduleExpression.rate(Duration.hours(1)) }),
  'migrations': (stack, cluster) => new MigrationTask(stack, 'Migrations', { cluster, source, database: new PrivatePostgres(stack, 'Postgres', { vpc: new BackendNetwork(stack, 'Network').vpc }).database }),
};

const OTHER_ACCOUNT = { ...HERE, account: '222222222222' };

describe('a VPC of another region or account', () => {
  test.each(Object.entries(IN_VPC))('fails for %s', (_what, make) => {
    const { here, there } = stacks();
    const { vpc } = new BackendNetwork(here, 'Network');
    expect(() => make(there, vpc)).toThrow(/The VPC 'Here\/Network' is in region 'eu-west-1', and this stack is in 'us-east-1'.*Placement\.otherEnvironment/);
  });

  test.each(Object.entries(IN_VPC))('fails for %s where a VPC of another account is made by the app', (_what, make) => {
    const { here, there } = stacks(HERE, OTHER_ACCOUNT);
    const { vpc } = new BackendNetwork(here, 'Network');
    expect(() => make(there, vpc)).toThrow(/is in account '111111111111', and this stack is in '222222222222'.*Placement\.otherEnvironment/);
  });

  test.each(Object.entries(IN_VPC))('fails for %s with an import of another region', (_what, make) => {
    const { there } = stacks();
    const vpc = ec2.Vpc.fromVpcAttributes(there, 'Vpc', { vpcId: 'vpc-1', region: 'eu-west-1', availabilityZones: ['eu-west-1a', 'eu-west-1b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] });
    expect(() => make(there, vpc)).toThrow('Placement.otherEnvironment');
  });

  test.each(Object.entries(IN_VPC))('is not known, and so no error, for %s in a stack without an environment', (_what, make) => {
    const { here, there } = stacks(HERE, {});
    const vpc = ec2.Vpc.fromVpcAttributes(here, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-3', 'subnet-4'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] });
    expect(() => make(there, vpc)).not.toThrow();
  });

  test('may be imported from another account, which shares its subnets', () => {
    const { here, there } = stacks(HERE, OTHER_ACCOUNT);
    const vpc = ec2.Vpc.fromVpcAttributes(here, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a', 'eu-west-1b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] });
    expect(() => new RedisCache(there, 'Cache', { vpc })).not.toThrow();
  });
});

describe('a cluster of another region or account', () => {
  test.each(Object.entries(IN_CLUSTER))('fails for %s', (_what, make) => {
    const { here, there } = stacks();
    const cluster = new BackendCluster(here, 'Cluster', { vpc: new BackendNetwork(here, 'Network').vpc });
    expect(() => make(there, cluster)).toThrow(/The cluster 'Here\/Cluster' is in region 'eu-west-1', and this stack is in 'us-east-1'.*Cluster\.otherEnvironment/);
  });

  test.each(Object.entries(IN_CLUSTER))('fails for %s in another account', (_what, make) => {
    const { here, there } = stacks(HERE, OTHER_ACCOUNT);
    const cluster = new BackendCluster(here, 'Cluster', { vpc: new BackendNetwork(here, 'Network').vpc });
    expect(() => make(there, cluster)).toThrow(/The cluster 'Here\/Cluster' is in account.*Cluster\.otherEnvironment/);
  });
});

describe('a path to another region', () => {
  const backend = (stack: Stack) => {
    const { vpc } = new BackendNetwork(stack, 'Network');
    return { vpc, cluster: new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') }), image: IMAGE };
  };

  test.each<[string, (here: Stack, there: Stack) => unknown]>([
    ['a service and a database', (here, there) => new FargateApi(here, 'Api', { ...backend(here), connectTo: [new PrivatePostgres(there, 'Postgres', backend(there)).addUser('Api')] })],
    ['a service and a cache', (here, there) => new FargateApi(here, 'Api', { ...backend(here), connectTo: [new RedisCache(there, 'Cache', backend(there)).addUser('Api')] })],
    ['a service and a service', (here, there) => new FargateApi(here, 'Api', { ...backend(here), connectTo: [new FargateApi(there, 'Called', backend(there))] })],
    ['migrations and a database', (here, there) => new MigrationTask(here, 'Migrations', { ...backend(here), source, database: new PrivatePostgres(there, 'Postgres', backend(there)).database })],
    ['a tunnel and a database', (here, there) => new SsmBastion(here, 'Bastion', backend(here)).addTunnel('Postgres', { target: new PrivatePostgres(there, 'Postgres', backend(there)) })],
  ])('fails between %s, peered or not', (_what, make) => {
    const { here, there } = stacks();
    VpcPeering.assume(new BackendNetwork(here, 'Peered').vpc, new BackendNetwork(there, 'Peered').vpc);
    expect(() => make(here, there)).toThrow(/is in region 'eu-west-1', and '.*' that it connects to is in 'us-east-1'.*Network\.otherRegion/);
  });

  test('fails between a service and a file system', () => {
    const { here, there } = stacks();
    const fileSystem = new PrivateFileSystem(there, 'Files', backend(there));
    expect(() => new FargateApi(here, 'Api', { ...backend(here), volumes: [ServiceVolume.efs('Files', { fileSystem, mountPath: '/files' })] })).toThrow('ServiceVolume.otherRegion');
  });

  test('does not matter for a queue, whose URL names its region', () => {
    const { app, here, there } = stacks();
    const queue = new sqs.Queue(there, 'Queue', { queueName: 'orders' });
    new FargateApi(here, 'Api', { ...backend(here), connectTo: [QueueBinding.send(queue)] });
    expect(() => app.synth()).not.toThrow();
  });
});

describe('a key of another region', () => {
  test.each<[string, (stack: Stack, vpc: ec2.IVpc, encryptionKey: kms.IKey) => unknown]>([
    ['a server', (stack, vpc, encryptionKey) => new PrivatePostgres(stack, 'Postgres', { vpc, encryptionKey })],
    ['a cache', (stack, vpc, encryptionKey) => new RedisCache(stack, 'Cache', { vpc, encryptionKey })],
    ['a file system', (stack, vpc, encryptionKey) => new PrivateFileSystem(stack, 'Files', { vpc, encryptionKey })],
  ])('fails for %s, and one of another account does not', (_what, make) => {
    const { here, there } = stacks();
    const { vpc } = new BackendNetwork(here, 'Network');
    expect(() => make(here, vpc, new kms.Key(there, 'Key'))).toThrow('Encryption.otherRegion');
    const [again, key] = [stacks().here, (stack: Stack) => kms.Key.fromKeyArn(stack, 'Imported', 'arn:aws:kms:eu-west-1:333333333333:key/00000000-0000-0000-0000-000000000000')];
    expect(() => make(again, new BackendNetwork(again, 'Network').vpc, key(again))).not.toThrow();
    const [third, far] = [stacks().here, (stack: Stack) => kms.Key.fromKeyArn(stack, 'Imported', 'arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000')];
    expect(() => make(third, new BackendNetwork(third, 'Network').vpc, far(third))).toThrow('Encryption.otherRegion');
  });
});
