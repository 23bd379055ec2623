import { writeFileSync } from 'fs';
import { join } from 'path';
import { CfnParameter, FileSystem, Fn, Lazy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { BackendNetwork, Egress, FargateApi, PrivateFileSystem, PrivatePostgres, RedisCache, SsmBastion } from '../../../src';
import { limitUserData } from '../../../src/compute/first-boot';
import { FirstBootScripts } from '../../../src/compute/first-boot-scripts';
import { placeNodes } from '../../../src/network/shared/instance-placement';
import { type ErrorCases, inEnvironment } from '../case';

const HERE = { account: '111111111111', region: 'eu-west-1' };
const FAR = { ...HERE, region: 'us-east-1' };
const { PRIVATE_ISOLATED, PUBLIC } = ec2.SubnetType;

/** What networks and file systems refuse, and the places in a network that constructs refuse. */
export const NETWORK: ErrorCases = {
  'BackendNetwork.cidr': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: '10.0.0.0' }),
  'BackendNetwork.cidrSize': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: '10.0.0.0/24' }),
  'BackendNetwork.cidrStart': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: '10.0.1.0/16' }),
  'BackendNetwork.maxAzs': ({ stack }) => new BackendNetwork(stack, 'Network', { maxAzs: 4 }),
  'BackendNetwork.tokenCidr': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: Lazy.string({ produce: () => '10.0.0.0/16' }) }),
  'BackendNetwork.endpointGroup': ({ stack }) => {
    const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.vpcEndpoints({ s3PrefixList: ec2.PrefixList.fromPrefixListId(stack, 'S3', 'pl-6da54004') }) });
    vpc.addInterfaceEndpoint('Sqs', { service: ec2.InterfaceVpcEndpointAwsService.SQS });
  },
  'Cluster.otherEnvironment': inEnvironment(HERE, ({ app, cluster, image }) => new FargateApi(new Stack(app, 'Far', { env: FAR }), 'Api', { cluster, image })),
  'Egress.tokenAccounts': () => Egress.vpcEndpoints({ trustedAccounts: Fn.split(',', Fn.importValue('Accounts')) }),
  'Egress.trustedAccount': () => Egress.vpcEndpoints({ trustedAccounts: ['1111-2222-3333'] }),
  'Encryption.otherRegion': inEnvironment(HERE, ({ stack, vpc }) => {
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000');
    new RedisCache(stack, 'Cache', { vpc, encryptionKey });
  }),
  'Network.otherRegion': inEnvironment(HERE, ({ app, bastion }) => {
    const far = new Stack(app, 'Far', { env: FAR });
    bastion.addTunnel('Cache', { target: new RedisCache(far, 'Cache', { vpc: new BackendNetwork(far, 'Network').vpc }) });
  }),
  'Network.otherVpc': ({ stack, bastion }) => bastion.addTunnel('Cache', { target: new RedisCache(stack, 'Cache', { vpc: new BackendNetwork(stack, 'OtherNetwork').vpc }) }),
  'Network.otherVpcGroup': ({ stack, cluster, image }) => {
    const group = new ec2.SecurityGroup(stack, 'Group', { vpc: new BackendNetwork(stack, 'OtherNetwork').vpc });
    new FargateApi(stack, 'Api', { cluster, image, securityGroups: [group] });
  },
  'Network.unknownVpc': ({ stack, bastion }) => {
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Imported', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], isolatedSubnetIds: ['subnet-1'] });
    bastion.addTunnel('Cache', { target: new RedisCache(stack, 'Cache', { vpc }) });
  },
  'Instance.scriptName': ({ stack }) => {
    const directory = FileSystem.mkdtemp('scripts-');
    writeFileSync(join(directory, 'n'.repeat(101)), '');
    new FirstBootScripts(stack, 'Scripts', { directory, entry: 'start.sh' });
  },
  'Instance.userDataSize': ({ stack }) => limitUserData(stack, ec2.UserData.custom('x'.repeat(20_000))),
  'Placement.importedIsolatedSubnets': ({ stack, image }) => {
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], isolatedSubnetIds: ['subnet-1'] });
    new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), image });
  },
  'Placement.invalidSelection': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, vpcSubnets: { subnetGroupName: 'Services' } }),
  'Placement.isolatedMirrors': ({ stack, vpc }) => placeNodes(stack, vpc, { zones: 2, services: [], mirrors: true, vpcSubnets: { subnetType: PRIVATE_ISOLATED } }),
  'Placement.missingEndpoint': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, vpcSubnets: { subnetType: PRIVATE_ISOLATED } }),
  'Placement.noMirrors': ({ stack }) => {
    const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.vpcEndpoints() });
    placeNodes(stack, vpc, { zones: 2, services: [], mirrors: true });
  },
  'Placement.noSubnets': ({ stack }) => {
    const vpc = new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Public', subnetType: PUBLIC }] });
    new PrivatePostgres(stack, 'Postgres', { vpc });
  },
  'Placement.noSubnetSelected': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, vpcSubnets: { subnets: [] } }),
  'Placement.oneZone': ({ stack }) => new PrivatePostgres(stack, 'Postgres', { vpc: new BackendNetwork(stack, 'Network', { maxAzs: 1 }).vpc }),
  'Placement.otherEnvironment': inEnvironment(HERE, ({ app, vpc }) => new PrivatePostgres(new Stack(app, 'Far', { env: FAR }), 'Postgres', { vpc })),
  'Placement.otherVpcSubnet': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, vpcSubnets: { subnets: new BackendNetwork(stack, 'OtherNetwork').vpc.isolatedSubnets } }),
  'Placement.publicSubnets': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, vpcSubnets: { subnetType: PUBLIC } }),
  'Placement.subnetList': ({ stack }) => {
    const subnets = new CfnParameter(stack, 'Subnets', { type: 'List<AWS::EC2::Subnet::Id>' });
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: Fn.getAzs(), privateSubnetIds: subnets.valueAsList });
    new SsmBastion(stack, 'Bastion', { vpc });
  },
  'Placement.tooFewZones': ({ stack, vpc }) => placeNodes(stack, vpc, { zones: 3, services: [], mirrors: true }),
  'Placement.unknownZones': ({ stack, vpc }) => {
    const subnets = ['subnet-1', 'subnet-2'].map((subnetId) => ec2.Subnet.fromSubnetId(stack, subnetId, subnetId));
    placeNodes(stack, vpc, { zones: 2, services: [], mirrors: true, vpcSubnets: { subnets } });
  },
  'PrivateFileSystem.fileSystemId': ({ stack }) => PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: 'files', securityGroups: [] }),
  'PrivateFileSystem.noSecurityGroups': ({ stack }) => PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: 'fs-0123456789abcdef0', securityGroups: [] }),
  'PrivateFileSystem.provisionedThroughput': ({ stack, vpc }) => new PrivateFileSystem(stack, 'Files', { vpc, throughputMode: efs.ThroughputMode.PROVISIONED }),
};
