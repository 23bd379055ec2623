import { Lazy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import { BackendNetwork, FargateApi, PrivateFileSystem, PrivatePostgres } from '../../../src';
import type { ErrorCases } from '../case';

const { PRIVATE_ISOLATED, PUBLIC } = ec2.SubnetType;

/** What networks and file systems refuse, and the places in a network that constructs refuse. */
export const NETWORK: ErrorCases = {
  'BackendNetwork.cidr': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: '10.0.0.0' }),
  'BackendNetwork.cidrSize': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: '10.0.0.0/24' }),
  'BackendNetwork.cidrStart': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: '10.0.1.0/16' }),
  'BackendNetwork.maxAzs': ({ stack }) => new BackendNetwork(stack, 'Network', { maxAzs: 4 }),
  'BackendNetwork.tokenCidr': ({ stack }) => new BackendNetwork(stack, 'Network', { cidr: Lazy.string({ produce: () => '10.0.0.0/16' }) }),
  'Placement.importedIsolatedSubnets': ({ stack, image }) => {
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], isolatedSubnetIds: ['subnet-1'] });
    new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), image });
  },
  'Placement.invalidSelection': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, vpcSubnets: { subnetGroupName: 'Services' } }),
  'Placement.missingEndpoint': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, vpcSubnets: { subnetType: PRIVATE_ISOLATED } }),
  'Placement.noSubnets': ({ stack }) => {
    const vpc = new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Public', subnetType: PUBLIC }] });
    new PrivatePostgres(stack, 'Postgres', { vpc });
  },
  'Placement.noSubnetSelected': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, vpcSubnets: { subnets: [] } }),
  'Placement.oneZone': ({ stack }) => new PrivatePostgres(stack, 'Postgres', { vpc: new BackendNetwork(stack, 'Network', { maxAzs: 1 }).vpc }),
  'Placement.publicSubnets': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, vpcSubnets: { subnetType: PUBLIC } }),
  'PrivateFileSystem.fileSystemId': ({ stack }) => PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: 'files', securityGroups: [] }),
  'PrivateFileSystem.noSecurityGroups': ({ stack }) => PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: 'fs-0123456789abcdef0', securityGroups: [] }),
  'PrivateFileSystem.provisionedThroughput': ({ stack, vpc }) => new PrivateFileSystem(stack, 'Files', { vpc, throughputMode: efs.ThroughputMode.PROVISIONED }),
};
