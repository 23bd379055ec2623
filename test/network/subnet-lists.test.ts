import { App, CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { StringListParameter } from 'aws-cdk-lib/aws-ssm';
import { BackendCluster, CacheCapacity, FargateApi, Posture, PrivateFileSystem, PrivatePostgres, PublicIngress, RedisCache, SsmBastion } from '../../src';
import { IMAGE } from '../fargate/fixture';

/** Lists of subnets of which nobody knows how many there are. */
const LISTS: [string, (stack: Stack, id: string) => string[]][] = [
  ['a parameter', (stack, id) => new CfnParameter(stack, id, { type: 'List<AWS::EC2::Subnet::Id>' }).valueAsList],
  ['an import that is split', (_stack, id) => Fn.split(',', Fn.importValue(id))],
  ['a parameter of Systems Manager', (stack, id) => StringListParameter.valueForTypedListParameter(stack, `/${id}`)],
];

function synthesize(listOf: (stack: Stack, id: string) => string[], declare: (stack: Stack, vpc: ec2.IVpc) => unknown): string | undefined {
  const app = new App();
  Posture.development({ requireHttps: false }).applyTo(app);
  const stack = new Stack(app, 'Stack');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-12345678', availabilityZones: listOf(stack, 'zones'), publicSubnetIds: listOf(stack, 'public'), privateSubnetIds: listOf(stack, 'private'), isolatedSubnetIds: listOf(stack, 'isolated'),
  });
  try {
    declare(stack, vpc);
    app.synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(LISTS)('a VPC whose subnets are the list of %s', (_what, listOf) => {
  test.each<[string, (stack: Stack, vpc: ec2.IVpc) => unknown]>([
    ['a server', (stack, vpc) => new PrivatePostgres(stack, 'New', { vpc }).addUser('Api')],
    ['a cache', (stack, vpc) => new RedisCache(stack, 'New', { vpc })],
    ['a serverless cache', (stack, vpc) => new RedisCache(stack, 'New', { vpc, capacity: CacheCapacity.serverless() })],
    ['an ingress', (stack, vpc) => new PublicIngress(stack, 'New', { vpc })],
    ['a service', (stack, vpc) => new FargateApi(stack, 'New', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE })],
  ])('takes %s, which names all of them together', (_construct, declare) => {
    expect(synthesize(listOf, declare)).toBeUndefined();
  });

  test.each<[string, (stack: Stack, vpc: ec2.IVpc) => unknown]>([
    ['a bastion', (stack, vpc) => new SsmBastion(stack, 'New', { vpc })],
    ['a file system', (stack, vpc) => new PrivateFileSystem(stack, 'New', { vpc })],
  ])('fails for %s, which needs each of them, with the way out', (_construct, declare) => {
    expect(synthesize(listOf, declare)).toMatch(/The subnets of the VPC 'Stack\/Vpc' are a list.*`Fn\.split\(',', Fn\.join\(',', subnetIds\), 2\)`.*Placement\.subnetList/);
  });

  test.each<[string, (stack: Stack, vpc: ec2.IVpc) => unknown]>([
    ['a bastion', (stack, vpc) => new SsmBastion(stack, 'New', { vpc })],
    ['a file system', (stack, vpc) => new PrivateFileSystem(stack, 'New', { vpc })],
    ['a server', (stack, vpc) => new PrivatePostgres(stack, 'New', { vpc })],
  ])('takes %s that way', (_construct, declare) => {
    expect(synthesize((stack, id) => Fn.split(',', Fn.join(',', listOf(stack, id)), 2), declare)).toBeUndefined();
  });
});
