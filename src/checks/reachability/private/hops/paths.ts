import { anyOf, blocked, combine, inSequence, type Answer, type Mode } from './answer';
import { throughGroups, type Peer } from './filters';
import { insideNetwork, type End } from './inside';
import { fromInternet, outOfSubnet, outsidePeer } from './internet';
import { HTTPS, toService, type AwsService } from './services';
import type { Cidr } from '../../../../private/cidr';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';
import type { Traffic } from '../graph/traffic';

/** Certain addresses outside. */
export interface Outside {
  readonly addresses: readonly Cidr[];
  readonly name: string;
}

/** Answers who reaches whom. Interfaces with the same groups and subnets are asked about once. */
export class Paths {
  private readonly answers = new Map<string, Answer>();

  public constructor(public readonly network: Network) {}

  /** From one interface to another, wherever in their subnets they stand. */
  public between(source: NetworkInterface, target: NetworkInterface, traffic: Traffic, mode: Mode = 'every'): Answer {
    return this.once(`${source.classKey} > ${target.classKey} ${keyOf(traffic)} ${mode}`, () => {
      const several = source.subnets.length > 1;
      return combine(pairs(source, target).map(([from, to]) => ({ ...byEitherFamily(from, to, traffic, mode), from: several ? from.subnet.name : undefined })), mode);
    });
  }

  /** From one interface to a service of AWS. */
  public toService(source: NetworkInterface, service: AwsService): Answer {
    const wayOut = (end: End, family: 4 | 6) => this.wayOut(end, HTTPS, 'every', outsidePeer(family));
    return this.once(`${source.classKey} > ${service.name} ${service.actions.join()}`, () => combine(ends(source).map((end) => toService(this.network.endpoints, wayOut, end, service)), 'every'));
  }

  /** From one interface to the internet, by IPv4 or IPv6. */
  public toInternet(source: NetworkInterface, traffic: Traffic, mode: Mode, outside?: Outside): Answer {
    return combine(ends(source).map((end) => ({
      ...anyOf(peersOf(outside).map((peer) => () => this.wayOut(end, traffic, mode, peer))), from: end.subnet.name,
    })), mode);
  }

  /** From the internet, or certain addresses of it, to one interface. */
  public fromInternet(target: NetworkInterface, traffic: Traffic, mode: Mode, outside?: Outside): Answer {
    return this.once(`${outside?.name ?? 'internet'} > ${target.classKey} ${keyOf(traffic)} ${mode}`, () => combine(ends(target).map((end) => (
      anyOf(peersOf(outside).map((peer) => () => fromInternet(end, peer, traffic, mode))))), mode));
  }

  /** What groups say is the same in every subnet, and what a subnet says the same for many interfaces. */
  private wayOut(end: End, traffic: Traffic, mode: Mode, peer: Peer): Answer {
    const { network: source, subnet } = end;
    const way = `${peer.name} ${peer.family} ${keyOf(traffic)} ${mode}`;
    const seesGroups = subnet.table.routes.some(({ kind }) => kind === 'instance');
    const leaving = seesGroups ? source.classKey : `${source.kind} ${source.publicIp} ${source.ipv6}`;
    return inSequence([
      () => this.once(`${source.classKey} > ${way}`, () => throughGroups(source, 'egress', peer, traffic, mode)),
      () => this.once(`${subnet.key} ${leaving} > ${way}`, () => outOfSubnet(this.network, end, peer, traffic, mode)),
    ]);
  }

  private once(key: string, answer: () => Answer): Answer {
    const known = this.answers.get(key);
    if (known !== undefined) {
      return known;
    }
    const found = answer();
    this.answers.set(key, found);
    return found;
  }
}

function byEitherFamily(source: End, target: End, traffic: Traffic, mode: Mode): Answer {
  const families = ([4, 6] as const).filter((family) => (family === 4 ? !source.subnet.ipv6Only && !target.subnet.ipv6Only : hasIpv6(source) && hasIpv6(target)));
  if (families.length === 0) {
    return blocked('one of them has IPv4 addresses only, and the other IPv6 addresses only', 'Give both an address of the same family.');
  }
  return anyOf(families.map((family) => () => insideNetwork(source, target, traffic, mode, family)));
}

function hasIpv6({ network, subnet }: End): boolean {
  return network.ipv6 && subnet.hasIpv6;
}

function ends(network: NetworkInterface): End[] {
  return network.subnets.map((subnet) => ({ network, subnet }));
}

function pairs(source: NetworkInterface, target: NetworkInterface): [End, End][] {
  return ends(source).flatMap((from) => ends(target).map((to): [End, End] => [from, to]));
}

function peersOf(outside: Outside | undefined): Peer[] {
  return outside === undefined ? [outsidePeer(4), outsidePeer(6)] : [outsidePeer(outside.addresses[0].family, outside.addresses, outside.name)];
}

function keyOf({ protocol, ports: { from, to } }: Traffic): string {
  return `${protocol} ${from}-${to}`;
}
