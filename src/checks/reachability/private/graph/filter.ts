import { contains, halves, overlaps, type Cidr } from '../../../../private/cidr';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Packets to one range of addresses and ports. */
export interface Packets {
  /** Undefined where the addresses are not known before deployment. */
  readonly addresses?: Cidr;
  readonly family: 4 | 6;
  readonly ports: PortRange;
}

/** One line of a security group or network ACL, as it applies to one peer and protocol. */
export interface FilterRule {
  readonly allow: boolean;
  /** `any` are all addresses of both families; undefined where only the deployment decides. */
  readonly addresses: Cidr | 'any' | undefined;
  readonly ports: PortRange;
}

/** How many of the packets pass, at least and at most. */
export interface Coverage {
  readonly atLeast: Extent;
  readonly atMost: Extent;
}

export type Extent = 'none' | 'some' | 'all';

export const ALL_PORTS: PortRange = { from: 0, to: 65535 };
export const NOTHING: Coverage = { atLeast: 'none', atMost: 'none' };
export const EVERYTHING: Coverage = { atLeast: 'all', atMost: 'all' };
export const ANYTHING: Coverage = { atLeast: 'none', atMost: 'all' };

/** What the first rule that fits says, for each packet; no rule lets nothing through. */
export function filter(rules: readonly FilterRule[], packets: Packets): Coverage {
  const open = rules.filter((rule) => isOpen(rule, packets));
  if (open.length === 0) {
    const extent = extentOf(rules, packets, 0);
    return { atLeast: extent, atMost: extent };
  }
  const assuming = (applies: boolean) => rules.flatMap((rule) => (isOpen(rule, packets) ? rule.allow === applies ? [{ ...rule, addresses: 'any' as const }] : [] : [rule]));
  return { atLeast: extentOf(assuming(false), packets, 0), atMost: extentOf(assuming(true), packets, 0) };
}

/** Packets of several kinds together. */
export function together(coverages: readonly Coverage[]): Coverage {
  return coverages.reduce((sum, next) => ({ atLeast: join(sum.atLeast, next.atLeast), atMost: join(sum.atMost, next.atMost) }));
}

/** A rule for addresses that are not known, or packets whose addresses are not, unless it is for all of them. */
function isOpen(rule: FilterRule, { addresses, family, ports }: Packets): boolean {
  if (rule.addresses === 'any' || rule.ports.from > ports.to || rule.ports.to < ports.from) {
    return false;
  }
  return rule.addresses === undefined || (addresses === undefined && rule.addresses.family === family && rule.addresses.prefix > 0);
}

function extentOf(rules: readonly FilterRule[], packets: Packets, first: number): Extent {
  for (let index = first; index < rules.length; index++) {
    const rule = rules[index];
    if (!touches(rule, packets)) {
      continue;
    }
    const parts = split(rule, packets);
    if (parts === undefined) {
      return rule.allow ? 'all' : 'none';
    }
    return join(extentOf(rules, parts[0], index), extentOf(rules, parts[1], index));
  }
  return 'none';
}

function touches({ addresses, ports }: FilterRule, packets: Packets): boolean {
  if (ports.from > packets.ports.to || ports.to < packets.ports.from || addresses === undefined) {
    return false;
  }
  return addresses === 'any' || (addresses.family === packets.family && (packets.addresses === undefined || overlaps(addresses, packets.addresses)));
}

/** Two parts of the packets, where a rule fits some of them only. */
function split({ addresses, ports }: FilterRule, packets: Packets): [Packets, Packets] | undefined {
  const { from, to } = packets.ports;
  if (from < ports.from) {
    return [{ ...packets, ports: { from, to: ports.from - 1 } }, { ...packets, ports: { from: ports.from, to } }];
  }
  if (to > ports.to) {
    return [{ ...packets, ports: { from, to: ports.to } }, { ...packets, ports: { from: ports.to + 1, to } }];
  }
  if (addresses === undefined || addresses === 'any' || packets.addresses === undefined || contains(addresses, packets.addresses)) {
    return undefined;
  }
  const [lower, upper] = halves(packets.addresses);
  return [{ ...packets, addresses: lower }, { ...packets, addresses: upper }];
}

function join(one: Extent, other: Extent): Extent {
  return one === other ? one : 'some';
}
