import { CfnParameter, Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { BackendNetwork, SelfHostedPostgres, type SelfHostedPostgresProps } from '../../../src';
import type { ErrorCase, ErrorCases } from '../case';

/** A cluster with this mistake. */
const cluster = (props: Partial<SelfHostedPostgresProps>): ErrorCase['mistake'] => ({ stack, vpc }) => new SelfHostedPostgres(stack, 'Cluster', { vpc, ...props });

/** PostgreSQL clusters on instances. */
export const SELF_HOSTED: ErrorCases = {
  'SelfHostedPostgres.adminUsername': cluster({ adminUsername: 'postgres' }),
  'SelfHostedPostgres.allocatedStorage': cluster({ allocatedStorage: Size.gibibytes(10) }),
  'SelfHostedPostgres.backupRetention': cluster({ backupRetention: Duration.days(0) }),
  'SelfHostedPostgres.backupTime': cluster({ backupTime: '2 am' }),
  'SelfHostedPostgres.balancerZones': ({ stack }) => {
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, restrictDefaultSecurityGroup: false, subnetConfiguration: [{ name: 'public', subnetType: ec2.SubnetType.PUBLIC }] });
    vpc.isolatedSubnets.push(new ec2.PrivateSubnet(vpc, 'Isolated', { availabilityZone: vpc.availabilityZones[1], cidrBlock: '10.0.250.0/24', vpcId: vpc.vpcId }));
    new SelfHostedPostgres(stack, 'Cluster', { vpc });
  },
  'SelfHostedPostgres.extension': cluster({ extensions: ['postgres_fdw'] }),
  'SelfHostedPostgres.imageId': cluster({ imageId: 'debian-13' }),
  'SelfHostedPostgres.instanceMemory': cluster({ instanceType: new ec2.InstanceType('t4g.micro') }),
  'SelfHostedPostgres.instanceType': cluster({ instanceType: new ec2.InstanceType('m4.large') }),
  'SelfHostedPostgres.maxConnections': cluster({ maxConnections: 5 }),
  'SelfHostedPostgres.maxConnectionsParameter': cluster({ maxConnections: 200, parameters: { max_connections: '200' } }),
  'SelfHostedPostgres.nodes': cluster({ nodes: 2 }),
  'SelfHostedPostgres.ownedParameter': cluster({ parameters: { synchronous_standby_names: '*' } }),
  'SelfHostedPostgres.parameterValue': cluster({ parameters: { log_line_prefix: '%m\\n' } }),
  'SelfHostedPostgres.quorum': ({ stack }) => {
    const { vpc } = new BackendNetwork(stack, 'Zones', { maxAzs: 3 });
    new SelfHostedPostgres(stack, 'Cluster', { vpc, nodes: 3, stoppedNodes: [1, 2] });
  },
  'SelfHostedPostgres.rdsParameter': cluster({ parameters: { 'rds.force_ssl': '1' } }),
  'SelfHostedPostgres.removalPolicy': cluster({ removalPolicy: RemovalPolicy.SNAPSHOT }),
  'SelfHostedPostgres.noRestoreDrills': ({ stack, vpc }) => new SelfHostedPostgres(stack, 'Cluster', { vpc, restoreDrills: false }).restoreDrillCommand,
  'SelfHostedPostgres.restoreDrillWindow': (world) => cluster({ restoreDrillWindow: new CfnParameter(world.stack, 'Window').valueAsString })(world),
  'SelfHostedPostgres.unusedDrillWindow': cluster({ restoreDrills: false, restoreDrillWindow: 'sat:05:00-sun:05:00' }),
  'SelfHostedPostgres.securityGroups': cluster({ securityGroups: [] }),
  'SelfHostedPostgres.stoppedNodes': cluster({ stoppedNodes: [4] }),
  'SelfHostedPostgres.storageThroughput': cluster({ storageThroughput: Size.mebibytes(1000) }),
  'SelfHostedPostgres.strict': cluster({ nodes: 1, synchronousModeStrict: true }),
  'SelfHostedPostgres.superuserExtension': cluster({ superuserExtensions: ['vector'] }),
  'SelfHostedPostgres.timing': cluster({ ttl: Duration.seconds(20), loopWait: Duration.seconds(10), retryTimeout: Duration.seconds(10) }),
  'SelfHostedPostgres.tokenAdmin': (world) => cluster({ adminUsername: new CfnParameter(world.stack, 'Admin').valueAsString })(world),
  'SelfHostedPostgres.tokenInstanceType': (world) => cluster({ instanceType: new ec2.InstanceType(new CfnParameter(world.stack, 'Type').valueAsString) })(world),
  'SelfHostedPostgres.tokenStorage': (world) => cluster({ allocatedStorage: Size.gibibytes(new CfnParameter(world.stack, 'Storage', { type: 'Number' }).valueAsNumber) })(world),
  'SelfHostedPostgres.unknownParameter': cluster({ parameters: { work_men: '64MB' } }),
};
