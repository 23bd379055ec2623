import { blocked, inSequence, reachable, undecided, type Answer, type Mode } from './answer';
import { answersThroughAcl, throughAcl, throughGroups, type Peer } from './filters';
import type { End } from './inside';
import { ANY_IPV4, ANY_IPV6, contains, INTERNET, type Cidr } from '../../../../private/cidr';
import type { NatGateway } from '../graph/nat';
import type { Network } from '../graph/network';
import { routesFor, type Route } from '../graph/routes';
import type { Subnet } from '../graph/subnets';
import type { Traffic } from '../graph/traffic';

const ANY: Readonly<Record<4 | 6, Cidr>> = { 4: ANY_IPV4, 6: ANY_IPV6 };

/** Addresses outside, as filters see them. */
export function outsidePeer(family: 4 | 6, addresses: readonly Cidr[] = INTERNET[family], name = 'the internet'): Peer {
  return { name, family, addresses, groups: [], hull: addresses === INTERNET[family] ? ANY[family] : undefined };
}

/** Whether connections that the groups of their source allow get out of its subnet to addresses of the internet. */
export function outOfSubnet(network: Network, source: End, peer: Peer, traffic: Traffic, mode: Mode): Answer {
  const { acl } = source.subnet;
  return inSequence([
    () => throughAcl(acl, 'out', peer, traffic, mode),
    () => wayOut(network, source, peer, traffic, mode),
    () => answersThroughAcl(acl, 'in', peer, traffic, source.network.kind, mode),
  ]);
}

/** Whether connections from addresses of the internet get to something in one subnet. */
export function fromInternet({ network, subnet }: End, peer: Peer, traffic: Traffic, mode: Mode): Answer {
  return inSequence([
    () => wayIn({ network, subnet }, peer),
    () => throughAcl(subnet.acl, 'in', peer, traffic, mode),
    () => throughGroups(network, 'ingress', peer, traffic, mode),
    () => answersThroughAcl(subnet.acl, 'out', peer, traffic, 'internet', mode),
  ]);
}

/** The range that a route has to lead to. */
function rangeOf({ addresses, family }: Peer): Cidr {
  return addresses.length === 1 ? addresses[0] ?? ANY[family] : ANY[family];
}

function isLocal({ vpc }: Subnet, peer: Peer): boolean {
  return vpc.cidrs.some((cidr) => cidr !== undefined && contains(cidr, rangeOf(peer)));
}

/** Addresses of the VPC itself and of networks behind other gateways need no internet gateway. */
function wayIn(end: End, peer: Peer): Answer {
  const { subnet } = end;
  if (isLocal(subnet, peer)) {
    return reachable('the local route');
  }
  const [found] = subnet.foreign === undefined ? routesFor(subnet.table, rangeOf(peer)) : [];
  if (found?.kind === 'peering' || found?.kind === 'other') {
    return undecided(`the route table of subnet ${subnet.name} leads to ${peer.name} by ${found.target.name}, and what is behind it is in no template`);
  }
  return inSequence([() => gatewayFor(subnet, peer.family), () => hasAddress(end, peer.family)]);
}

/** Whether answers leave by an internet gateway, without which nothing comes in either. */
function gatewayFor(subnet: Subnet, family: 4 | 6): Answer {
  if (subnet.table.foreign !== undefined || subnet.foreign !== undefined) {
    return undecided(`the routes of subnet ${subnet.name} are not known: ${subnet.foreign ?? subnet.table.foreign}`);
  }
  const [found] = routesFor(subnet.table, ANY[family]);
  return found?.kind === 'internet-gateway' ? attached(subnet) : blocked(`the route table of subnet ${subnet.name} has no route to an internet gateway`, NO_ROUTE_FIX);
}

function attached({ name, vpc }: Subnet): Answer {
  return vpc.hasInternetGateway ? reachable('the internet gateway')
    : blocked(`the internet gateway in the route table of subnet ${name} is not attached to ${vpc.name}`, 'Attach it with an AWS::EC2::VPCGatewayAttachment.');
}

function hasAddress({ network }: End, family: 4 | 6): Answer {
  return (family === 4 ? network.publicIp : network.ipv6) ? reachable('a public IP address') : blocked('it has no public IP address');
}

export const NO_ROUTE_FIX = 'Place it in subnets with a way out, or add a NAT gateway.';

function wayOut(network: Network, source: End, peer: Peer, traffic: Traffic, mode: Mode): Answer {
  const { subnet } = source;
  if (subnet.foreign !== undefined || subnet.table.foreign !== undefined) {
    return undecided(`the routes of subnet ${subnet.name} are not known: ${subnet.foreign ?? subnet.table.foreign}`);
  }
  const [found] = routesFor(subnet.table, rangeOf(peer));
  if (isLocal(subnet, peer)) {
    return reachable('the local route');
  }
  switch (found?.kind) {
    case undefined: return noRoute(subnet, peer.family);
    case 'internet-gateway': return inSequence([() => attached(subnet), () => addressForGateway(source, peer.family)]);
    case 'egress-only-gateway': return hasAddress(source, peer.family);
    case 'nat-gateway': return throughNat(network, source, found, peer, traffic, mode);
    case 'instance': return throughInstance(network, source, found, peer, traffic, mode);
    default: return undecided(`the route table of subnet ${subnet.name} leads out by ${found.target.name}, and what is behind it is in no template`);
  }
}

function noRoute(subnet: Subnet, family: 4 | 6): Answer {
  if (subnet.table.routes.some(({ destination }) => destination === undefined)) {
    return undecided(`the route table of subnet ${subnet.name} has no default route but one whose addresses are known at deployment`);
  }
  const version = family === 6 ? ' for IPv6' : '';
  return subnet.table.isMain
    ? blocked(`it is associated with no route table, and the main one of the VPC has no default route${version}`, 'Associate the subnet with a route table that leads out (AWS::EC2::SubnetRouteTableAssociation).')
    : blocked(`its route table has no default route${version}`, NO_ROUTE_FIX);
}

function addressForGateway({ network }: End, family: 4 | 6): Answer {
  if (family === 6 ? network.ipv6 : network.publicIp) {
    return reachable('a public IP address');
  }
  const why = network.kind === 'function' ? 'a Lambda function never has a public IP address' : `it has no ${family === 6 ? 'IPv6' : 'public IP'} address`;
  return blocked(`its default route leads to an internet gateway, and ${why}`, network.kind === 'function'
    ? 'Place the function in private subnets with a NAT gateway, or add interface endpoints.' : 'Assign a public IP address, or place it in private subnets with a NAT gateway.');
}

function throughNat(network: Network, source: End, found: Route, peer: Peer, traffic: Traffic, mode: Mode): Answer {
  const gateway = network.gateways.get(found.target.key);
  if (gateway === undefined) {
    return found.target.foreign === undefined ? reachable('the NAT gateway') : undecided(`NAT gateway ${found.target.name} is not made in this app`);
  }
  if (!gateway.isPublic) {
    return blocked(`its default route leads to NAT gateway ${found.target.name}, which is private`, 'Make it a public NAT gateway.');
  }
  return inSequence([() => outOfNatSubnet(gateway, found), ...natAcls(source, gateway.subnet, peer, traffic, mode)]);
}

function outOfNatSubnet({ subnet }: NatGateway, { target }: Route): Answer {
  const answer = gatewayFor(subnet, 4);
  return answer.outcome === 'blocked'
    ? blocked(`its default route leads to NAT gateway ${target.name}, which stands in subnet ${subnet.name}: ${answer.reason}`, 'Place NAT gateways in public subnets, whose default route is an internet gateway.')
    : answer.outcome === 'undecided' ? answer : reachable(`NAT gateway ${target.name}`);
}

/** Packets pass the ACL of the gateway's subnet twice in each direction. */
function natAcls(source: End, subnet: Subnet, peer: Peer, traffic: Traffic, mode: Mode): (() => Answer)[] {
  const inner: Peer = { name: `subnet ${source.subnet.name}`, family: peer.family, addresses: [source.subnet.cidr], groups: [] };
  const between = source.subnet === subnet ? [] : [
    () => throughAcl(subnet.acl, 'in', inner, traffic, mode),
    () => answersThroughAcl(subnet.acl, 'out', inner, traffic, source.network.kind, mode),
  ];
  return [...between, () => throughAcl(subnet.acl, 'out', peer, traffic, mode), () => answersThroughAcl(subnet.acl, 'in', peer, traffic, 'nat', mode)];
}

function throughInstance(network: Network, source: End, found: Route, peer: Peer, traffic: Traffic, mode: Mode): Answer {
  const machine = network.machine(found.target.key);
  if (machine === undefined) {
    return undecided(`its default route leads to instance ${found.target.name}, which is not made in this app`);
  }
  const name = `NAT instance ${found.target.name}`;
  if (!machine.forwards) {
    return blocked(`its default route leads to ${name}, which drops packets that are not for itself`, 'Set sourceDestCheck to false on the instance.');
  }
  const [subnet] = machine.network.subnets;
  const inner: Peer = { name: `subnet ${source.subnet.name}`, family: 4, addresses: [source.subnet.cidr], groups: source.network.groups };
  return inSequence([
    () => throughGroups(machine.network, 'ingress', inner, traffic, mode),
    () => throughGroups(machine.network, 'egress', peer, traffic, mode),
    () => gatewayFor(subnet, 4),
    () => (machine.network.publicIp ? reachable(name) : blocked(`${name} has no public IP address`, 'Give the NAT instance a public IP address.')),
    ...natAcls(source, subnet, peer, traffic, mode),
  ]);
}

