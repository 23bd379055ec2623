import { App, Fn, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { BackendNetwork } from '../../src/network';
import { LOGS_SERVICE } from '../../src/network/shared/endpoint-services';
import { openMirrors, placeNodes, type NodePlacementProps } from '../../src/network/shared/instance-placement';
import { Egress, Posture } from '../../src/posture';

const { PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED } = ec2.SubnetType;
const THREE: NodePlacementProps = { zones: 3, services: [], mirrors: true };

function app(posture = Posture.development()) {
  const root = new App({ analyticsReporting: false });
  posture.applyTo(root);
  const stack = new Stack(root, 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
  return { root, stack, nodes: new Construct(stack, 'Nodes') };
}

function imported(stack: Stack, attributes: Partial<ec2.VpcAttributes>) {
  return ec2.Vpc.fromVpcAttributes(stack, 'Imported', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'], ...attributes });
}

const ids = (prefix: string, count = 3) => Array.from({ length: count }, (_, index) => `subnet-${prefix}${index + 1}`);

describe('three nodes', () => {
  test('are in private subnets with egress, each in another zone', () => {
    const { stack, nodes } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 3, egress: Egress.natGateway() });
    const places = placeNodes(nodes, vpc, THREE);
    expect(places.map(({ subnet }) => subnet)).toEqual(vpc.privateSubnets);
    expect(new Set(places.map(({ subnet }) => subnet.availabilityZone)).size).toBe(3);
    expect(places.map(({ publicAddress }) => publicAddress)).toEqual([false, false, false]);
  });

  test('are in public subnets with public addresses where there are no others with a way out', () => {
    const { stack, nodes } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 3, egress: Egress.publicIp() });
    const places = placeNodes(nodes, vpc, THREE);
    expect(places).toEqual(vpc.publicSubnets.map((subnet) => ({ subnet, publicAddress: true })));
  });

  test('take the first subnet of each zone where zones have several', () => {
    const { stack, nodes } = app();
    const vpc = imported(stack, { privateSubnetIds: ids('a'), publicSubnetIds: ids('p') });
    const more = ['eu-west-1a', 'eu-west-1b'].map((availabilityZone, index) => ec2.Subnet.fromSubnetAttributes(stack, `More${index}`, { subnetId: `subnet-m${index}`, availabilityZone }));
    const places = placeNodes(nodes, vpc, { ...THREE, vpcSubnets: { subnets: [...more, ...vpc.privateSubnets] } });
    expect(places.map(({ subnet }) => subnet.subnetId)).toEqual(['subnet-m0', 'subnet-m1', 'subnet-a3']);
  });

  test('are placed before a lookup, whose answer has two zones', () => {
    const { stack, nodes } = app();
    expect(placeNodes(nodes, ec2.Vpc.fromLookup(stack, 'Vpc', { vpcId: 'vpc-1' }), THREE)).toHaveLength(3);
  });

  test('fails in a network of two zones, as development has, and says what to set', () => {
    const { stack, nodes } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natGateway() });
    expect(() => placeNodes(nodes, vpc, THREE)).toThrow(/^This construct needs 3 availability zones, one for each instance, and its subnets in the VPC 'Stack\/Network' have 2: of 'Stack\/Network\/Resource\/PrivateSubnet1', of '.*Subnet2'\. Set `maxAzs: 3` on the network, or `vpcSubnets` to subnets in 3 zones\./);
  });

  test('fails in an imported network of two zones, by their names', () => {
    const { stack, nodes } = app();
    const vpc = imported(stack, { availabilityZones: ['eu-west-1a', 'eu-west-1b'], privateSubnetIds: ids('a', 2) });
    expect(() => placeNodes(nodes, vpc, THREE)).toThrow('have 2: \'eu-west-1a\', \'eu-west-1b\'.');
  });

  test('fails where nobody knows the zones', () => {
    const { stack, nodes } = app();
    const subnets = ids('a').map((id) => ec2.Subnet.fromSubnetId(stack, id, id));
    expect(() => placeNodes(nodes, imported(stack, {}), { ...THREE, vpcSubnets: { subnets } })).toThrow('The availability zones of the VPC \'Stack/Imported\' are not known');
  });

  test('fails for a list of subnets that only the deployment knows', () => {
    const { stack, nodes } = app();
    const vpc = imported(stack, { availabilityZones: Fn.getAzs(), privateSubnetIds: Fn.split(',', Fn.importValue('Subnets')) });
    expect(() => placeNodes(nodes, vpc, THREE)).toThrow('are a list that isn\'t known until deployment');
  });
});

describe('nodes that install packages', () => {
  test('fails in a network without a way out', () => {
    const { stack, nodes } = app();
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 3, natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: PRIVATE_ISOLATED }] });
    expect(() => placeNodes(nodes, vpc, THREE)).toThrow('does not have subnets for this construct, which can be in private or public subnets');
  });

  test('fails in isolated subnets that were asked for', () => {
    const { stack, nodes } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 3 });
    expect(() => placeNodes(nodes, vpc, { ...THREE, vpcSubnets: { subnetType: PRIVATE_ISOLATED } })).toThrow('`vpcSubnets` selects isolated subnets, where instances can\'t reach the mirrors of their packages.');
  });

  test('fails in a network of endpoints only, whose public subnets are for load balancers', () => {
    const { stack, nodes } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 3, egress: Egress.vpcEndpoints() });
    expect(() => placeNodes(nodes, vpc, THREE)).toThrow('The network \'Stack/Network\' has `Egress.vpcEndpoints()`');
  });

  test('reach them over HTTP', () => {
    const { stack } = app();
    const group = new ec2.SecurityGroup(stack, 'Group', { vpc: imported(stack, {}), allowAllOutbound: false });
    openMirrors(group);
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupEgress: [Match.objectLike({ FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' })] });
  });
});

describe('nodes of a prebuilt image', () => {
  const PREBUILT = { ...THREE, mirrors: false, services: [LOGS_SERVICE] };

  test('are in isolated subnets where there are only endpoints', () => {
    const { stack, nodes } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 3, egress: Egress.vpcEndpoints() });
    expect(placeNodes(nodes, vpc, PREBUILT).map(({ subnet }) => subnet)).toEqual(vpc.isolatedSubnets);
    expect(nodes.node.validate()).toEqual([]);
  });

  test('fails where an endpoint is missing that they need, once for each service', () => {
    const { stack, nodes } = app();
    const vpc = new ec2.Vpc(stack, 'Vpc', { availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'], natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: PRIVATE_ISOLATED }] });
    placeNodes(nodes, vpc, PREBUILT);
    expect(nodes.node.validate().map((text) => /reach '([\w.]+)'/.exec(text)?.[1])).toEqual(['ssm', 'ssmmessages', 's3', 'logs']);
  });

  test('are warned about in imported isolated subnets', () => {
    const { stack, nodes } = app();
    placeNodes(nodes, imported(stack, { isolatedSubnetIds: ids('i') }), PREBUILT);
    Annotations.fromStack(stack).hasWarning('/Stack/Nodes', Match.stringLikeRegexp('must have endpoints with private DNS for \'ssm\', \'ssmmessages\', \'s3\', \'logs\''));
  });

  test.each([[PRIVATE_WITH_EGRESS, false], [PUBLIC, true]])('are in %s subnets before isolated ones', (tier, publicAddress) => {
    const { stack, nodes } = app();
    const vpc = imported(stack, { isolatedSubnetIds: ids('i'), publicSubnetIds: ids('p'), ...(tier === PUBLIC ? {} : { privateSubnetIds: ids('a') }) });
    expect(placeNodes(nodes, vpc, PREBUILT)[0].publicAddress).toBe(publicAddress);
  });
});
