import { Stack, Token, type Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { subnetsWithoutIpv6 } from '../../network/shared/ipv6';
import { isSubnetList } from '../../network/shared/subnet-lists';
import { Posture } from '../../posture';
import { InvalidBackendError, problem, warn } from '../../private/errors';
import { seconds } from '../../private/ranges';
import type { PublicIngressProps } from '../public-ingress';

/** The security group of an ingress: anybody may come in, and nothing may be connected to until a route says so. */
export function createSecurityGroup(scope: Construct, { vpc, ipAddressType }: PublicIngressProps, https: boolean): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Load balancer: open to the internet, may connect to routed services only',
    allowAllOutbound: false,
  });
  for (const peer of clientsBy(ipAddressType)) {
    group.addIngressRule(peer, ec2.Port.tcp(80), https ? 'HTTP, redirected to HTTPS' : 'HTTP');
    if (https) {
      group.addIngressRule(peer, ec2.Port.tcp(443), 'HTTPS');
    }
  }
  return group;
}

/** The load balancer of an ingress, as the ingress's own main child. */
export function createLoadBalancer(scope: Construct, props: PublicIngressProps, securityGroup: ec2.SecurityGroup): elbv2.ApplicationLoadBalancer {
  const { idleTimeout, clientKeepAlive } = props;
  validateIdleTimeout(scope, idleTimeout);
  seconds(scope, 'clientKeepAlive', clientKeepAlive, 60, 604_800);
  return new elbv2.ApplicationLoadBalancer(scope, 'Resource', {
    vpc: props.vpc,
    vpcSubnets: selectSubnets(scope, props),
    internetFacing: true,
    ipAddressType: props.ipAddressType ?? elbv2.IpAddressType.IPV4,
    securityGroup,
    deletionProtection: props.deletionProtection ?? Posture.of(scope).loadBalancerDeletionProtection,
    dropInvalidHeaderFields: true,
    desyncMitigationMode: elbv2.DesyncMitigationMode.DEFENSIVE,
    http2Enabled: true,
    idleTimeout,
    clientKeepAlive,
  });
}

/** Refuses what a load balancer does not take, and what services cannot be told. */
export function validateIdleTimeout(scope: Construct, idleTimeout?: Duration): void {
  if (idleTimeout?.isUnresolved() === true) {
    throw new InvalidBackendError(scope, 'PublicIngress.idleTimeoutUnknown', '`idleTimeout` isn\'t known until deployment (it\'s a token), and services need a longer timeout that this library computes at synth time. Set a literal duration, for example `Duration.seconds(60)`.');
  }
  seconds(scope, 'idleTimeout', idleTimeout, 1, 4000);
}

/** Refuses what is known to be in another region than the stack. */
export function requireRegionOf(scope: Construct, prop: string, there: string): void {
  const here = Stack.of(scope).region;
  if (there !== '' && there !== here && ![there, here].some((region) => Token.isUnresolved(region))) {
    throw new InvalidBackendError(scope, 'PublicIngress.otherRegion', `\`${prop}\` is in ${there}, and the stack of this ingress is in ${here}. A load balancer works only in the region of its network. `
      + `Create the ingress in a stack with \`env: { region: '${there}' }\`, or use a \`${prop}\` in ${here}.`);
  }
}

function selectSubnets(scope: Construct, { vpc, vpcSubnets: explicit, ipAddressType }: PublicIngressProps): ec2.SubnetSelection {
  if (explicit === undefined && vpc.publicSubnets.length === 0) {
    throw new InvalidBackendError(scope, 'PublicIngress.noPublicSubnets', 'A public ingress needs public subnets, and the VPC doesn\'t have any. Use a VPC with public subnets, or select subnets with `vpcSubnets`.');
  }
  const selection = explicit ?? { subnetType: ec2.SubnetType.PUBLIC };
  const { subnets, availabilityZones } = vpc.selectSubnets(selection);
  if (subnets.some((subnet) => vpc.privateSubnets.includes(subnet) || vpc.isolatedSubnets.includes(subnet))) {
    warn(scope, 'PublicIngress.privateSubnets',
      '`vpcSubnets` selects private or isolated subnets, where requests from the internet arrive only through a firewall of yours. Select public subnets if you don\'t have such a firewall.');
  }
  const zones = new Set(availabilityZones);
  if (zones.size < 2 && !isSubnetList(subnets)) {
    throw new InvalidBackendError(scope, 'PublicIngress.availabilityZones', `A load balancer needs subnets in at least 2 availability zones, got ${zones.size}. Set \`maxAzs: 2\` on the network, or select more subnets with \`vpcSubnets\`.`);
  }
  if (hasIpv6(ipAddressType)) {
    scope.node.addValidation({ validate: () => requireIpv6(subnets) });
  }
  return selection;
}

/** Whether clients may come by IPv6. */
export function hasIpv6(type?: elbv2.IpAddressType): boolean {
  return type !== undefined && type !== elbv2.IpAddressType.IPV4;
}

/** Whether clients may come by IPv4. */
export function hasIpv4(type?: elbv2.IpAddressType): boolean {
  return type !== elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4;
}

function clientsBy(type?: elbv2.IpAddressType): ec2.IPeer[] {
  return [...(hasIpv4(type) ? [ec2.Peer.anyIpv4()] : []), ...(hasIpv6(type) ? [ec2.Peer.anyIpv6()] : [])];
}

/** Ranges may be added to subnets until the app is synthesised. */
function requireIpv6(subnets: ec2.ISubnet[]): string[] {
  const missing = subnetsWithoutIpv6(subnets).map(({ node }) => `'${node.path}'`);
  return missing.length === 0 ? [] : [
    problem('PublicIngress.subnetsWithoutIpv6', `\`ipAddressType\` needs subnets with IPv6, and ${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} only IPv4. `
      + 'Set `ipv6: true` on the `BackendNetwork`, or add an IPv6 range and a route for `::/0` to your own subnets.'),
  ];
}
