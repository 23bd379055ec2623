import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { SESSION_SERVICES } from './endpoint-services';
import { isEndpointsOnly } from './endpoints-only';
import { firstOf, place, requireTaskEndpoints, select, type TaskPlacement } from './placement';
import { requireSeparateSubnets, zonesOf } from './subnet-lists';
import type { EndpointService } from '../../binding/shared/endpoint-service';
import { InvalidBackendError } from '../../private/errors';
import { pathOf } from '../../private/stage-path';

const { PRIVATE_WITH_EGRESS, PUBLIC, PRIVATE_ISOLATED } = ec2.SubnetType;

/** A bastion: the preferred tier if the VPC has it, else private with egress, public, isolated. An explicit selection wins. */
export function placeBastion(scope: IConstruct, vpc: ec2.IVpc, preferred: ec2.SubnetType, explicit?: ec2.SubnetSelection): TaskPlacement {
  const order = isEndpointsOnly(vpc) ? [PRIVATE_ISOLATED] : [preferred, PRIVATE_WITH_EGRESS, PUBLIC, PRIVATE_ISOLATED];
  const placement = place(scope, vpc, explicit ?? firstOf(scope, vpc, order));
  requireSeparateSubnets(scope, vpc, vpc.selectSubnets(placement.vpcSubnets).subnets);
  requireTaskEndpoints(scope, vpc, placement, SESSION_SERVICES);
  return placement;
}

/** Where nodes of a cluster are, and what they reach. */
export interface NodePlacementProps {
  /** Number of nodes, each in a zone of its own. */
  readonly zones: number;
  /** Services of AWS that each node needs, besides those of Session Manager. */
  readonly services: EndpointService[];
  /** Whether each node needs mirrors of packages, which no endpoint serves. */
  readonly mirrors: boolean;
  /** @default - private subnets with egress, else public, else, for nodes that need no mirrors, isolated */
  readonly vpcSubnets?: ec2.SubnetSelection;
}

/** Where one node is, and whether it needs a public address. */
export interface NodePlacement {
  readonly subnet: ec2.ISubnet;
  readonly publicAddress: boolean;
}

/**
 * Nodes of a cluster: each in another zone, in private subnets with egress, else public ones. Nodes that install packages need a way to mirrors, so
 * isolated subnets are for others, whose endpoints are required as those of tasks are.
 */
export function placeNodes(scope: IConstruct, vpc: ec2.IVpc, props: NodePlacementProps): NodePlacement[] {
  if (props.mirrors && isEndpointsOnly(vpc)) {
    throw new InvalidBackendError(scope, 'Placement.noMirrors', `The network '${pathOf(vpc)}' has \`Egress.vpcEndpoints()\`, so instances can't reach the mirrors of their packages. Set \`egress: Egress.natGateway()\` on the network, or use an image that contains the packages.`);
  }
  const placement = place(scope, vpc, props.vpcSubnets ?? firstOf(scope, vpc, tiersFor(vpc, props.mirrors)));
  const selected = select(scope, vpc, placement.vpcSubnets);
  requireSeparateSubnets(scope, vpc, selected.subnets);
  if (props.mirrors && selected.subnets.some((subnet) => vpc.isolatedSubnets.includes(subnet))) {
    throw new InvalidBackendError(scope, 'Placement.isolatedMirrors', '`vpcSubnets` selects isolated subnets, where instances can\'t reach the mirrors of their packages. Use subnets with egress, or an image that contains the packages.');
  }
  requireTaskEndpoints(scope, vpc, placement, [...SESSION_SERVICES, ...props.services]);
  const subnets = selected.isPendingLookup ? madeUp(selected.subnets, props.zones) : oneInEachZone(selected.subnets);
  if (subnets.length < props.zones) {
    refuseZones(scope, vpc, props.zones, subnets);
  }
  return subnets.slice(0, props.zones).map((subnet) => ({ subnet, publicAddress: vpc.publicSubnets.includes(subnet) }));
}

/** Opens the way to the mirrors of Debian: hosts of a content network, so to every address. Packages are signed, so that plain HTTP is enough. */
export function openMirrors(group: ec2.ISecurityGroup): void {
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTP, 'Debian packages');
}

function tiersFor(vpc: ec2.IVpc, mirrors: boolean): ec2.SubnetType[] {
  if (isEndpointsOnly(vpc)) {
    return [PRIVATE_ISOLATED];
  }
  return mirrors ? [PRIVATE_WITH_EGRESS, PUBLIC] : [PRIVATE_WITH_EGRESS, PUBLIC, PRIVATE_ISOLATED];
}

/** The first subnet of each zone. */
function oneInEachZone(subnets: ec2.ISubnet[]): ec2.ISubnet[] {
  return zonesOf(subnets).flatMap((zone) => subnets.find(({ availabilityZone }) => availabilityZone === zone) ?? []);
}

/** Before a lookup, CDK has the subnets of two zones that it made up. */
function madeUp(subnets: ec2.ISubnet[], count: number): ec2.ISubnet[] {
  return Array.from({ length: count }, (_, index) => subnets[index % subnets.length]);
}

function refuseZones(scope: IConstruct, vpc: ec2.IVpc, wanted: number, subnets: ec2.ISubnet[]): never {
  if (subnets.length === 0) {
    throw new InvalidBackendError(scope, 'Placement.unknownZones', `The availability zones of the VPC '${pathOf(vpc)}' are not known, and this construct needs ${wanted}, one for each instance. Import the VPC with \`ec2.Vpc.fromLookup()\`, which finds the zones.`);
  }
  const zones = subnets.map((subnet) => (Token.isUnresolved(subnet.availabilityZone) ? `of '${pathOf(subnet)}'` : `'${subnet.availabilityZone}'`));
  throw new InvalidBackendError(scope, 'Placement.tooFewZones', `This construct needs ${wanted} availability zones, one for each instance, and its subnets in the VPC '${pathOf(vpc)}' have ${zones.length}: ${zones.join(', ')}. `
    + `Set \`maxAzs: ${wanted}\` on the network, or \`vpcSubnets\` to subnets in ${wanted} zones.`);
}
