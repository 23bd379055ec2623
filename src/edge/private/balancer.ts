import { Annotations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { seconds } from '../../fargate/private/validate-service';
import { Posture } from '../../posture';
import { InvalidBackendError } from '../../private/errors';
import type { PublicEdgeProps } from '../public-edge';

/** The security group of an edge: anybody may come in, and nothing may be connected to until a route says so. */
export function createSecurityGroup(scope: Construct, vpc: ec2.IVpc, https: boolean): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Load balancer: open to the internet, may connect to routed services only',
    allowAllOutbound: false,
  });
  group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(80), https ? 'HTTP, redirected to HTTPS' : 'HTTP');
  if (https) {
    group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'HTTPS');
  }
  return group;
}

/** The load balancer of an edge, as the edge's own main child. */
export function createLoadBalancer(scope: Construct, props: PublicEdgeProps, securityGroup: ec2.SecurityGroup): elbv2.ApplicationLoadBalancer {
  const { idleTimeout, clientKeepAlive } = props;
  if (idleTimeout?.isUnresolved() === true) {
    throw new InvalidBackendError(scope, 'idleTimeout must be known at synth, because services are told to keep connections longer.');
  }
  seconds(scope, 'idleTimeout', idleTimeout, 1, 4000);
  seconds(scope, 'clientKeepAlive', clientKeepAlive, 60, 604_800);
  return new elbv2.ApplicationLoadBalancer(scope, 'Resource', {
    vpc: props.vpc,
    vpcSubnets: selectSubnets(scope, props),
    internetFacing: true,
    ipAddressType: elbv2.IpAddressType.IPV4,
    securityGroup,
    deletionProtection: props.deletionProtection ?? Posture.of(scope).loadBalancerDeletionProtection,
    dropInvalidHeaderFields: true,
    desyncMitigationMode: elbv2.DesyncMitigationMode.DEFENSIVE,
    http2Enabled: true,
    idleTimeout,
    clientKeepAlive,
  });
}

function selectSubnets(scope: Construct, { vpc, vpcSubnets: explicit }: PublicEdgeProps): ec2.SubnetSelection {
  if (explicit === undefined && vpc.publicSubnets.length === 0) {
    throw new InvalidBackendError(scope, 'The VPC has no public subnets, which a public edge needs. Use a VPC with public subnets, or select them with vpcSubnets.');
  }
  const selection = explicit ?? { subnetType: ec2.SubnetType.PUBLIC };
  const { subnets, availabilityZones } = vpc.selectSubnets(selection);
  if (subnets.some((subnet) => vpc.privateSubnets.includes(subnet) || vpc.isolatedSubnets.includes(subnet))) {
    Annotations.of(scope).addWarningV2('cdk-private-backend:PublicEdge.privateSubnets',
      'vpcSubnets selects private or isolated subnets, in which requests from the internet reach a load balancer only by way of a firewall of yours. Select public subnets if there is none.');
  }
  const zones = new Set(availabilityZones);
  if (zones.size < 2) {
    throw new InvalidBackendError(scope, `A load balancer needs subnets in at least 2 availability zones, got ${zones.size}. Set maxAzs of the network to at least 2, or select more subnets with vpcSubnets.`);
  }
  return selection;
}
