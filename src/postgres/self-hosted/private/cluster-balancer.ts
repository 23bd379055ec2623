import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { POSTGRES_PORT, REST_PORT } from './cluster-network';
import type { INetworkEndpoint } from '../../../binding';
import { standFor } from '../../../posture/shared/describe';
import { referWeakly } from '../../../private/cross-stack';

/** What a load balancer stands in front of. */
export interface ClusterBalancerProps {
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.ISubnet[];
  readonly securityGroups: ec2.ISecurityGroup[];
  readonly deletionProtection: boolean;
  /** Addresses of the nodes. */
  readonly addresses: string[];
}

/** One way through the load balancer. */
export interface ListenerProps {
  readonly port: number;
  /** What Patroni answers with 200 on the nodes that are meant. */
  readonly healthCheckPath: string;
  readonly connections: ec2.Connections;
}

const attributesOf = (attributes: Readonly<Record<string, string>>) => Object.entries(attributes).map(([key, value]) => ({ key, value }));

/** An internal network load balancer in front of the nodes' addresses, which go on when instances are replaced. */
export class ClusterBalancer extends Construct {
  public readonly endpoint: string;
  public readonly resource: elbv2.CfnLoadBalancer;

  constructor(scope: Construct, id: string, private readonly props: ClusterBalancerProps) {
    super(scope, id);
    this.resource = new elbv2.CfnLoadBalancer(this, 'Resource', {
      type: 'network',
      scheme: 'internal',
      ipAddressType: 'ipv4',
      subnets: props.subnets.map(({ subnetId }) => subnetId),
      securityGroups: props.securityGroups.map(({ securityGroupId }) => securityGroupId),
      loadBalancerAttributes: attributesOf({
        'deletion_protection.enabled': String(props.deletionProtection),
        // The primary is in one zone, and clients in all.
        'load_balancing.cross_zone.enabled': 'true',
      }),
    });
    referWeakly(this.resource);
    this.endpoint = this.resource.attrDnsName;
  }

  /** A listener for the nodes that Patroni says yes for. */
  public addListener(scope: Construct, id: string, props: ListenerProps): BalancerEndpoint {
    return new BalancerEndpoint(scope, id, this, this.props, props);
  }
}

/** One port of the load balancer. */
export class BalancerEndpoint extends Construct implements INetworkEndpoint {
  public readonly endpoint: string;
  public readonly port: number;
  public readonly connections: ec2.Connections;
  public readonly listener: elbv2.CfnListener;

  constructor(scope: Construct, id: string, balancer: ClusterBalancer, { vpc, addresses }: ClusterBalancerProps, { port, healthCheckPath, connections }: ListenerProps) {
    super(scope, id);
    this.endpoint = balancer.endpoint;
    this.port = port;
    this.connections = connections;
    const targets = createTargets(this, vpc, addresses, healthCheckPath);
    this.listener = new elbv2.CfnListener(this, 'Listener', {
      loadBalancerArn: balancer.resource.ref,
      port,
      protocol: 'TCP',
      defaultActions: [{ type: 'forward', targetGroupArn: targets.ref }],
    });
    standFor(this, this.listener);
  }
}

/**
 * Two failed checks take a node out, and end the connections that go through the balancer to it. Nodes see the address of the balancer: with those of
 * clients, a client on a node could not come back to it.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
 */
function createTargets(scope: Construct, vpc: ec2.IVpc, addresses: string[], healthCheckPath: string): elbv2.CfnTargetGroup {
  return new elbv2.CfnTargetGroup(scope, 'Targets', {
    vpcId: vpc.vpcId,
    protocol: 'TCP',
    port: POSTGRES_PORT,
    targetType: 'ip',
    targets: addresses.map((id) => ({ id, port: POSTGRES_PORT })),
    healthCheckProtocol: 'HTTPS',
    healthCheckPort: String(REST_PORT),
    healthCheckPath,
    healthCheckIntervalSeconds: 5,
    healthCheckTimeoutSeconds: 2,
    healthyThresholdCount: 2,
    unhealthyThresholdCount: 2,
    matcher: { httpCode: '200' },
    targetGroupAttributes: attributesOf({
      'deregistration_delay.connection_termination.enabled': 'true',
      'deregistration_delay.timeout_seconds': '0',
      'preserve_client_ip.enabled': 'false',
      'target_health_state.unhealthy.connection_termination.enabled': 'true',
    }),
  });
}
