import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { firstOf, select } from '../../network/shared/placement';
import { Posture } from '../../posture';
import { InvalidBackendError, warn } from '../../private/errors';
import type { NetworkIngressProps } from '../network-ingress';

/** The security group of a network ingress: routes let clients in, and open the way to their targets. */
export function createNetworkSecurityGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  return new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: 'Load balancer: may connect to routed services only', allowAllOutbound: false });
}

/** The load balancer of a network ingress, as the ingress's own main child. */
export function createNetworkLoadBalancer(scope: Construct, props: NetworkIngressProps, securityGroup: ec2.ISecurityGroup): elbv2.NetworkLoadBalancer {
  const { vpc, internetFacing = false, deletionProtection } = props;
  return new elbv2.NetworkLoadBalancer(scope, 'Resource', {
    vpc,
    vpcSubnets: selectSubnets(scope, props),
    internetFacing,
    ipAddressType: elbv2.IpAddressType.IPV4,
    securityGroups: [securityGroup],
    // A zone without a healthy task would otherwise answer nobody until DNS forgets it, and each task would get the share of its zone.
    crossZoneEnabled: true,
    deletionProtection: deletionProtection ?? Posture.of(scope).loadBalancerDeletionProtection,
  });
}

function selectSubnets(scope: Construct, { vpc, vpcSubnets: explicit, internetFacing = false }: NetworkIngressProps): ec2.SubnetSelection {
  const { PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED } = ec2.SubnetType;
  const selection = explicit ?? firstOf(scope, vpc, internetFacing ? [PUBLIC] : [PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED]);
  const { subnets } = select(scope, vpc, selection);
  if (internetFacing && subnets.some((subnet) => vpc.privateSubnets.includes(subnet) || vpc.isolatedSubnets.includes(subnet))) {
    warn(scope, 'NetworkIngress.privateSubnets',
      '`vpcSubnets` selects private or isolated subnets, where connections from the internet arrive only through a firewall of yours. Select public subnets, or remove `internetFacing` if only clients in the VPC connect.');
  }
  return selection;
}

/** The clients that may connect: those that were named, each once, else everybody whom the scheme is for. */
export function clientsOf(scope: Construct, { vpc, internetFacing = false, allowFrom }: NetworkIngressProps): ec2.IPeer[] {
  const clients = allowFrom ?? [internetFacing ? ec2.Peer.anyIpv4() : ec2.Peer.ipv4(rangeOf(scope, vpc))];
  return clients.filter(({ uniqueId }, index) => clients.findIndex((other) => other.uniqueId === uniqueId) === index);
}

/** CDK refuses to say the range of a VPC that was imported without it. */
function rangeOf(scope: Construct, vpc: ec2.IVpc): string {
  try {
    return vpc.vpcCidrBlock;
  } catch {
    throw new InvalidBackendError(scope, 'NetworkIngress.unknownRange', `The address range of the VPC '${vpc.node.path}' isn't known, because the import doesn't name it, so nobody can be let in by default. `
      + 'Set `allowFrom`, for example `allowFrom: [ec2.Peer.ipv4(\'10.0.0.0/16\')]`, or import the VPC with its range.');
  }
}
