import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { BackendNetwork, type BackendNetworkProps } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { losses, replacements, synthesizeWith } from '../support/living-stack';

const SUBNET_RANGE = 'AWS::EC2::SubnetCidrBlock';

function network(props: BackendNetworkProps): { stack: Stack; template: Template } {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Stack');
  new BackendNetwork(stack, 'Network', props);
  return { stack, template: Template.fromStack(stack) };
}

describe('a network with IPv6', () => {
  test('has it in public subnets only, in ranges that leave those of the other tiers free', () => {
    // WHEN
    const { template } = network({ ipv6: true, maxAzs: 3, egress: Egress.natGateway() });

    // THEN
    template.hasResourceProperties('AWS::EC2::VPCCidrBlock', { AmazonProvidedIpv6CidrBlock: true });
    template.resourceCountIs('AWS::EC2::Subnet', 9);
    const ranges = Object.values(template.findResources(SUBNET_RANGE)).map(({ Properties }) => [Properties.SubnetId.Ref, Properties.Ipv6CidrBlock['Fn::Select'][0]]);
    expect(ranges).toEqual([1, 2, 3].map((zone) => [expect.stringMatching(`PublicSubnet${zone}`), zone - 1]));
    template.allResourcesProperties(SUBNET_RANGE, { Ipv6CidrBlock: { 'Fn::Select': [Match.anyValue(), { 'Fn::Cidr': [{ 'Fn::Select': [0, { 'Fn::GetAtt': [Match.anyValue(), 'Ipv6CidrBlocks'] }] }, 9, '64'] }] } });
  });

  test('leads to the internet from there, once gateway and ranges are there', () => {
    const { template } = network({ ipv6: true, maxAzs: 2 });
    const routes = Object.values(template.findResources('AWS::EC2::Route', { Properties: { DestinationIpv6CidrBlock: '::/0' } }));
    expect(routes).toHaveLength(2);
    routes.forEach((route) => expect(route).toMatchObject({
      Properties: { GatewayId: { Ref: expect.stringMatching('IGW') }, RouteTableId: { Ref: expect.stringMatching('PublicSubnet') } },
      DependsOn: expect.arrayContaining([expect.stringMatching(/Ipv6Range[01]/), expect.stringMatching('VPCGW')]),
    }));
    template.hasResource(SUBNET_RANGE, { DependsOn: [Match.stringLikeRegexp('Ipv6')] });
  });

  test('gives nothing an address that does not ask for one, and no way out but this', () => {
    const { template } = network({ ipv6: true, egress: Egress.natInstance() });
    template.allResourcesProperties('AWS::EC2::Subnet', { AssignIpv6AddressOnCreation: Match.absent(), MapPublicIpOnLaunch: false });
    template.resourceCountIs('AWS::EC2::EgressOnlyInternetGateway', 0);
  });

  test('changes no resource of the network without', () => {
    const build = (ipv6: boolean) => synthesizeWith(Posture.development(), (app) => void new BackendNetwork(new Stack(app, 'Stack'), 'Network', { ipv6 }));
    const [before, after] = [build(false), build(true)];
    expect(after).toMatchObject(before);
    expect(losses(before, after)).toEqual([]);
    expect(replacements(before, after)).toEqual([]);
  });
});

test.each([[undefined], [false]])('a network has no IPv6 unless it is asked for (%s)', (ipv6) => {
  network({ ipv6 }).template.resourceCountIs('AWS::EC2::VPCCidrBlock', 0);
});
