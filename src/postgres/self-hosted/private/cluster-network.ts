import type { CfnResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { ClusterSettings } from './cluster-settings';
import type { EndpointService } from '../../../binding/shared/endpoint-service';
import type { InstanceImage } from '../../../compute/image';
import { connectionsIn } from '../../../network/shared/connections';
import { openHttps } from '../../../network/shared/endpoints-only';
import { openMirrors, placeNodes, type NodePlacement } from '../../../network/shared/instance-placement';
import { openPath } from '../../../network/shared/open-path';
import { placeStore } from '../../../network/shared/placement';
import { zonesOf } from '../../../network/shared/subnet-lists';
import { referWeakly } from '../../../private/cross-stack';
import { InvalidBackendError } from '../../../private/errors';
import type { SelfHostedPostgresProps } from '../self-hosted-postgres-props';

export const POSTGRES_PORT = 5432;
export const READER_PORT = 5433;

/** REST API of Patroni, which the load balancer asks. */
export const REST_PORT = 8008;

const ETCD_CLIENTS = 2379;
const ETCD_PEERS = 2380;

const { InterfaceVpcEndpointAwsService: AWS } = ec2;

/** What a node asks AWS for, besides sessions. Backups go to S3. */
const NODE_SERVICES: EndpointService[] = [
  { name: 'autoscaling', id: 'AutoScaling', constant: 'AUTOSCALING', service: AWS.AUTOSCALING, why: 'to take part in launches and terminations' },
  { name: 'cloudformation', id: 'CloudFormation', constant: 'CLOUDFORMATION', service: AWS.CLOUDFORMATION, why: 'to say that a node is ready' },
  { name: 'ec2', id: 'Ec2', constant: 'EC2', service: AWS.EC2, why: 'to attach volumes' },
  { name: 'lambda', id: 'Lambda', constant: 'LAMBDA', service: AWS.LAMBDA, why: 'to get certificates' },
  { name: 'monitoring', id: 'CloudWatch', constant: 'CLOUDWATCH_MONITORING', service: AWS.CLOUDWATCH_MONITORING, why: 'to publish metrics' },
  { name: 'secretsmanager', id: 'SecretsManager', constant: 'SECRETS_MANAGER', service: AWS.SECRETS_MANAGER, why: 'to read secrets' },
];

/** Where the parts of a cluster are. */
export interface ClusterPlacement {
  readonly nodes: NodePlacement[];
  /** Of the load balancer and of the broker's SQL function. */
  readonly vpcSubnets: ec2.SubnetSelection;
  /** Of the load balancer: one in each zone. */
  readonly balancerSubnets: ec2.ISubnet[];
}

/**
 * Nodes each in a zone of its own. The load balancer is where servers are, in every zone from the beginning: another subnet in a zone would replace it,
 * and with it the address that clients know.
 */
export function placeCluster(scope: Construct, { vpc, vpcSubnets: explicit }: SelfHostedPostgresProps, { nodes, image }: ClusterSettings): ClusterPlacement {
  const places = placeNodes(scope, vpc, { zones: nodes, services: NODE_SERVICES, mirrors: image.needsMirrors, vpcSubnets: explicit });
  const vpcSubnets = placeStore(scope, vpc, places.some(({ publicAddress }) => publicAddress) ? undefined : explicit);
  const { subnets, isPendingLookup } = vpc.selectSubnets(vpcSubnets);
  const zones = zonesOf(subnets);
  const missing = places.find(({ subnet }) => !zones.includes(subnet.availabilityZone));
  if (missing !== undefined && !isPendingLookup) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.balancerZones', 'The load balancer lacks a subnet in the availability zone of a node, and would never send connections there. '
      + 'Add isolated or private subnets in every zone, or set `vpcSubnets` to private subnets in the zones of the nodes.');
  }
  const balancerSubnets = zones.length === 0 ? subnets : zones.flatMap((zone) => subnets.find(({ availabilityZone }) => availabilityZone === zone) ?? []);
  return { nodes: places, vpcSubnets, balancerSubnets };
}

/**
 * Who reaches whom: clients the load balancer, the load balancer the nodes, nodes each other, and nodes AWS and the mirrors of Debian. Nobody else reaches
 * a node, also not by SSH.
 */
export class ClusterNetwork extends Construct {
  public readonly nodeGroup: ec2.SecurityGroup;
  /** Groups that clients see. */
  public readonly balancerGroups: ec2.ISecurityGroup[];
  /** Rules that must exist while nodes and clients talk. */
  public readonly rules: CfnResource[];

  constructor(scope: Construct, id: string, private readonly props: SelfHostedPostgresProps, { image }: ClusterSettings) {
    super(scope, id);
    this.nodeGroup = this.createInstanceGroup('NodeGroup', 'PostgreSQL nodes: from each other and their load balancer only', image);
    this.balancerGroups = props.securityGroups ?? [this.createGroup('BalancerGroup', 'Load balancer of PostgreSQL nodes')];
    this.rules = [...this.openBetweenNodes(), ...this.openFromBalancer()];
  }

  /** Connections to a port of the load balancer. */
  public connectionsTo(port: number): ec2.Connections {
    return connectionsIn(this, this.props.vpc, { securityGroups: this.balancerGroups, defaultPort: ec2.Port.tcp(port) });
  }

  /** For instances that reach AWS, and the mirrors where they install packages. Nobody reaches them. */
  public createInstanceGroup(id: string, description: string, image: InstanceImage): ec2.SecurityGroup {
    const group = this.createGroup(id, description);
    openHttps(group, this.props.vpc, 'AWS');
    if (image.needsMirrors) {
      openMirrors(group);
    }
    return group;
  }

  private createGroup(id: string, description: string): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, id, { vpc: this.props.vpc, description, allowAllOutbound: false, disableInlineRules: false });
    referWeakly(group);
    return group;
  }

  private openBetweenNodes(): CfnResource[] {
    const nodes = connectionsIn(this, this.props.vpc, { securityGroups: [this.nodeGroup] });
    const open = (port: ec2.Port, description: string) => openPath(this, nodes, this.nodeGroup, { port, description, what: 'A node' });
    return [
      ...open(ec2.Port.tcp(POSTGRES_PORT), 'Replication'),
      ...open(ec2.Port.tcp(REST_PORT), 'Patroni'),
      ...open(ec2.Port.tcpRange(ETCD_CLIENTS, ETCD_PEERS), 'etcd'),
    ];
  }

  private openFromBalancer(): CfnResource[] {
    const balancer = this.connectionsTo(POSTGRES_PORT);
    const open = (port: number, description: string) => openPath(this, balancer, this.nodeGroup, { port: ec2.Port.tcp(port), description, what: 'The load balancer' });
    return [...open(POSTGRES_PORT, 'PostgreSQL'), ...open(REST_PORT, 'Health checks')];
  }
}
