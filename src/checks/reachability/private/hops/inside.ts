import { blocked, inSequence, reachable, undecided, type Answer, type Mode } from './answer';
import { answersThroughAcl, nameGroups, throughAcl, throughGroups, type Peer } from './filters';
import { same } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import { routesFor } from '../graph/routes';
import type { Subnet } from '../graph/subnets';
import type { Traffic } from '../graph/traffic';

/** One end of a connection: an interface in one of its subnets. */
export interface End {
  readonly network: NetworkInterface;
  readonly subnet: Subnet;
}

/** Whether packets of a family get from one subnet to another without leaving AWS. */
export function insideNetwork(source: End, target: End, traffic: Traffic, mode: Mode, family: 4 | 6): Answer {
  const [sourcePeer, targetPeer] = [peerOf(source, family), peerOf(target, family)];
  const [here, there] = [source.subnet, target.subnet];
  const subnetPeers = { source: { ...sourcePeer, name: `subnet ${here.name}` }, target: { ...targetPeer, name: `subnet ${there.name}` } };
  // Packets within a subnet pass no network ACL.
  const acl = (step: () => Answer) => () => (here === there ? reachable('') : step());
  return inSequence([
    () => throughGroups(source.network, 'egress', targetPeer, traffic, mode),
    acl(() => throughAcl(here.acl, 'out', subnetPeers.target, traffic, mode)),
    () => route(here, there, family),
    acl(() => throughAcl(there.acl, 'in', subnetPeers.source, traffic, mode)),
    () => throughGroups(target.network, 'ingress', sourcePeer, traffic, mode),
    acl(() => answersThroughAcl(there.acl, 'out', subnetPeers.source, traffic, source.network.kind, mode)),
    acl(() => answersThroughAcl(here.acl, 'in', subnetPeers.target, traffic, source.network.kind, mode)),
  ]);
}

/** What filters of the other end see of an end. */
function peerOf({ network, subnet }: End, family: 4 | 6): Peer {
  return {
    name: network.groups.length === 0 ? `subnet ${subnet.name}` : nameGroups(network.groups),
    family,
    addresses: [family === 4 ? subnet.cidr ?? wholeVpc(subnet) : subnet.cidr6],
    groups: network.groups,
  };
}

/** A subnet of unknown place is still in its VPC, where that has one block. */
function wholeVpc({ vpc: { cidrs } }: Subnet) {
  return cidrs.length === 1 ? cidrs[0] : undefined;
}

function route(here: Subnet, there: Subnet, family: 4 | 6): Answer {
  if (here === there) {
    return reachable('');
  }
  switch (same(here.vpc, there.vpc)) {
    case true: return localRoute(here, there, family);
    case false: return peeringRoute(here, there);
    default: return undecided(`whether subnets ${here.name} and ${there.name} are in one VPC is not known: ${here.foreign ?? there.foreign ?? 'their VPC is not made in this app'}`);
  }
}

/** Every table has a route for its VPC; one more specific leads through something else first. */
function localRoute(here: Subnet, there: Subnet, family: 4 | 6): Answer {
  const range = family === 4 ? there.cidr : there.cidr6;
  const specific = range === undefined ? undefined : routesFor(here.table, range).find(({ destination }) => destination!.prefix > 0);
  const isInVpc = specific !== undefined && here.vpc.cidrs.some((cidr) => cidr !== undefined && cidr.family === family && cidr.prefix <= specific.destination!.prefix);
  return specific !== undefined && isInVpc ? undecided(`the route table of subnet ${here.name} leads to subnet ${there.name} through ${specific.target.name}`) : reachable('the local route');
}

function peeringRoute(here: Subnet, there: Subnet): Answer {
  const foreign = [here, there].find((subnet) => subnet.table.foreign !== undefined);
  if (foreign !== undefined) {
    return undecided(`the route table of subnet ${foreign.name} is not known: ${foreign.table.foreign}`);
  }
  for (const [one, other] of [[here, there], [there, here]]) {
    const [found] = other.cidr === undefined ? [] : routesFor(one.table, other.cidr);
    if (found?.kind === 'other' || other.cidr === undefined) {
      return undecided(`where packets from subnet ${one.name} to VPC ${other.vpc.name} are led is known at deployment`);
    }
    if (found?.kind !== 'peering') {
      return blocked(
        `subnets ${here.name} and ${there.name} are in different VPCs, and the route table of ${one.name} has no route to ${other.vpc.name}`,
        'Connect the VPCs with a peering connection and a route in the tables of both subnets.',
      );
    }
  }
  return reachable('the peering connection');
}
