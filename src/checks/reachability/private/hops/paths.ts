import { blocked, combine, type Answer, type Mode } from './answer';
import { insideNetwork, type End } from './inside';
import { fromInternet, outsidePeer, toInternet } from './internet';
import { toService, type AwsService } from './services';
import type { Cidr } from '../graph/cidr';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';
import { describeTraffic, type Traffic } from '../graph/traffic';

/** Answers who reaches whom. Interfaces with the same groups and subnets are asked about once. */
export class Paths {
  private readonly answers = new Map<string, Answer>();

  public constructor(public readonly network: Network) {}

  /** From one interface to another, wherever in their subnets they stand. */
  public between(source: NetworkInterface, target: NetworkInterface, traffic: Traffic, mode: Mode = 'every'): Answer {
    return this.once(`${source.classKey} > ${target.classKey} ${describeTraffic(traffic)} ${mode}`, () => {
      const several = source.subnets.length > 1;
      return combine(pairs(source, target).map(([from, to]) => ({ ...byEitherFamily(from, to, traffic, mode), from: several ? from.subnet.name : undefined })), mode);
    });
  }

  /** From one interface to a service of AWS. */
  public toService(source: NetworkInterface, service: AwsService): Answer {
    return this.once(`${source.classKey} > ${service.name} ${service.actions.join()}`, () => combine(ends(source).map((end) => toService(this.network, end, service)), 'every'));
  }

  /** From one interface to the internet, by IPv4 or IPv6. */
  public toInternet(source: NetworkInterface, traffic: Traffic, mode: Mode, addresses?: readonly Cidr[], name?: string): Answer {
    const families = addresses === undefined ? [4, 6] as const : [addresses[0].family];
    return this.once(`${source.classKey} > ${name ?? 'internet'} ${describeTraffic(traffic)} ${mode}`, () => combine(ends(source).map((end) => ({
      ...combine(families.map((family) => toInternet(this.network, end, outsidePeer(family, addresses, name), traffic, mode)), 'any'), from: end.subnet.name,
    })), mode));
  }

  /** From the internet, or certain addresses of it, to one interface. */
  public fromInternet(target: NetworkInterface, traffic: Traffic, mode: Mode, addresses?: readonly Cidr[], name?: string): Answer {
    const families = addresses === undefined ? [4, 6] as const : [addresses[0].family];
    return this.once(`${name ?? 'internet'} > ${target.classKey} ${describeTraffic(traffic)} ${mode}`, () => combine(ends(target).map((end) => (
      combine(families.map((family) => fromInternet(end, outsidePeer(family, addresses, name), traffic, mode)), 'any'))), mode));
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
  return combine(families.map((family) => insideNetwork(source, target, traffic, mode, family)), 'any');
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
