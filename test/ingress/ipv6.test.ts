import { App, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { IpAddressType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { CostReport, ReachabilityCheck, ReachabilityPoint } from '../../src/checks';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { CustomDomain, PublicIngress } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { Posture } from '../../src/posture';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const INGRESS = { 80: 'HTTP, redirected to HTTPS', 443: 'HTTPS' };

function synthesize(ipAddressType?: IpAddressType): Template {
  const stack = new Stack(developmentApp(), 'Stack');
  const { vpc } = new BackendNetwork(stack, 'Network', { ipv6: true });
  const zone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
  new PublicIngress(stack, 'Ingress', { vpc, ipAddressType, domain: CustomDomain.fromHostedZone(zone, { domainNames: ['api.example.com', 'www.example.com'] }) });
  return Template.fromStack(stack);
}

describe('clients by IPv4 and IPv6', () => {
  test.each([
    ['IPv4 only, unless told otherwise,', undefined, 'ipv4', ['0.0.0.0/0'], ['A', 'A']],
    ['IPv4 only', IpAddressType.IPV4, 'ipv4', ['0.0.0.0/0'], ['A', 'A']],
    ['both', IpAddressType.DUAL_STACK, 'dualstack', ['0.0.0.0/0', '::/0'], ['A', 'A', 'AAAA', 'AAAA']],
    ['IPv6 only', IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4, 'dualstack-without-public-ipv4', ['::/0'], ['AAAA', 'AAAA']],
  ])('%s: type, rules and records', (_name, type, expected, ranges, records) => {
    // WHEN
    const template = synthesize(type);

    // THEN
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { IpAddressType: expected });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: ranges.flatMap((range) => Object.entries(INGRESS).map(([port, Description]) => ({
        [range === '::/0' ? 'CidrIpv6' : 'CidrIp']: range, FromPort: Number(port), ToPort: Number(port), IpProtocol: 'tcp', Description,
      }))),
    });
    expect(Object.values(template.findResources('AWS::Route53::RecordSet')).map(({ Properties }) => Properties.Type).sort()).toEqual(records);
  });

  test('the load balancer waits for the route of IPv6', () => {
    synthesize(IpAddressType.DUAL_STACK).hasResource('AWS::ElasticLoadBalancingV2::LoadBalancer', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('DefaultRoute6')]) });
  });
});

describe('subnets without IPv6', () => {
  const ingressIn = (create: (stack: Stack) => ec2.IVpc) => {
    const stack = new Stack(developmentApp(), 'Stack');
    new PublicIngress(stack, 'Ingress', { vpc: create(stack), ipAddressType: IpAddressType.DUAL_STACK });
    return Template.fromStack(stack);
  };

  test.each([
    ['a network without it', (stack: Stack) => new BackendNetwork(stack, 'Network').vpc],
    ['a VPC without it', (stack: Stack) => createVpc(stack)],
  ])('fail at synth in %s, with what to do', (_name, create) => {
    expect(() => ingressIn(create)).toThrow(/`ipAddressType` needs subnets with IPv6, and 'Stack\/.*PublicSubnet1', 'Stack\/.*PublicSubnet2' have only IPv4. Set `ipv6: true` on the `BackendNetwork`/);
  });

  test.each([
    ['a VPC of both', (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, ipProtocol: ec2.IpProtocol.DUAL_STACK, restrictDefaultSecurityGroup: false })],
    ['ranges that are added by hand', (stack: Stack) => {
      const vpc = createVpc(stack);
      vpc.publicSubnets.forEach(({ subnetId }, index) => new ec2.CfnSubnetCidrBlock(stack, `Range${index}`, { subnetId, ipv6CidrBlock: '2001:db8::/64' }));
      return vpc;
    }],
    ['an imported VPC, of which nothing is known', (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1', availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-1', 'subnet-2'], publicSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
    })],
  ])('are not %s', (_name, create) => {
    expect(() => ingressIn(create)).not.toThrow();
  });
});

describe('the checks', () => {
  function check(ipAddressType: IpAddressType, network: { ipv6: boolean }): { reachability: ReachabilityCheck; cost: CostReport; api: FargateApi; ingress: PublicIngress; app: App } {
    const app = new App();
    Posture.development().applyTo(app);
    const stack = new Stack(app, 'Stack', { env: { account: '111111111111', region: 'us-east-1' } });
    const { vpc } = new BackendNetwork(stack, 'Network', network);
    const ingress = new PublicIngress(stack, 'Ingress', { vpc, ipAddressType });
    const api = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE });
    ingress.addRoute('Api', { target: api });
    const [reachability, cost] = [new ReachabilityCheck(), new CostReport()];
    Validations.of(app).addPlugins(reachability, cost);
    return { reachability, cost, api, ingress, app };
  }

  const ANY_IPV6 = ReachabilityPoint.cidr('2001:db8::/32');
  const ANY_IPV4 = ReachabilityPoint.cidr('203.0.113.0/24');

  test.each([
    [IpAddressType.IPV4, [true, false], 7.3],
    [IpAddressType.DUAL_STACK, [true, true], 7.3],
    [IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4, [false, true], 0],
  ])('know who reaches an ingress of type %s, that nobody reaches a service, and what addresses cost', (type, [byIpv4, byIpv6], addresses) => {
    // GIVEN
    const quiet = jest.spyOn(console, 'error').mockImplementation();
    const { reachability, cost, api, ingress, app } = check(type, { ipv6: true });
    for (const [reaches, point] of [[byIpv4, ANY_IPV4], [byIpv6, ANY_IPV6]] as const) {
      reachability[reaches ? 'expect' : 'forbid'](point, ReachabilityPoint.of(ingress), ec2.Port.tcp(80));
      reachability.forbid(point, ReachabilityPoint.of(api), ec2.Port.allTraffic());
    }

    // WHEN
    app.synth();
    quiet.mockRestore();

    // THEN
    expect(reachability.report().findings).toEqual([]);
    const charged = cost.report().lines.filter(({ constructPath, priceKey }) => constructPath.startsWith('Stack/Ingress') && priceKey === 'public-ipv4');
    expect(charged.reduce((sum, { monthly }) => sum + monthly, 0)).toBeCloseTo(addresses, 2);
    expect(cost.report().unknownTypes).toEqual([]);
  });
});
