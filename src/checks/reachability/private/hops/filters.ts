import { blocked, judge, reachable, undecided, type Answer, type FilterWords, type Mode } from './answer';
import type { Cidr } from '../../../../private/cidr';
import { filter, together, type Coverage, type FilterRule, type PortRange } from '../graph/filter';
import { enumerate } from '../graph/identity';
import type { InterfaceKind, NetworkInterface } from '../graph/interfaces';
import { aclRules, type NetworkAcl } from '../graph/network-acls';
import { filterRules, type Direction, type SecurityGroup } from '../graph/security-groups';
import { describeTraffic, usesPorts, type Traffic } from '../graph/traffic';

/** The other end of a connection, as filters see it. */
export interface Peer {
  /** As people name it: a security group, a subnet, the internet. */
  readonly name: string;
  readonly family: 4 | 6;
  /** Undefined entries where only the deployment decides. */
  readonly addresses: readonly (Cidr | undefined)[];
  /** A range around all of them: what holds for all of it is found at once. */
  readonly hull?: Cidr;
  readonly groups: readonly SecurityGroup[];
}

/** What the security groups of one end say. Answers need no rule. */
export function throughGroups(end: NetworkInterface, direction: Direction, peer: Peer, traffic: Traffic, mode: Mode): Answer {
  if (!end.guarded) {
    return PASSES;
  }
  const rules = filterRules(end.groups, direction, peer.groups, traffic);
  const coverageOn = (ports: PortRange) => coverageOf(rules, peer, ports);
  const coverage = coverageOn(traffic.ports);
  // Of several ports, one that is closed for certain is what there is to say.
  const closed = mode === 'every' && coverage.atLeast !== 'all' && coverage.atMost !== 'none' ? edges(rules, traffic.ports).find((port) => coverageOn({ from: port, to: port }).atMost === 'none') : undefined;
  if (closed !== undefined) {
    return throughGroups(end, direction, peer, { ...traffic, ports: { from: closed, to: closed } }, mode);
  }
  const groups = nameGroups(end.groups);
  return judge(coverage, mode, `${direction} rules of ${groups}`, () => groupWords(end, groups, direction, peer, traffic));
}

function groupWords({ groups: list }: NetworkInterface, groups: string, direction: Direction, peer: Peer, traffic: Traffic): FilterWords {
  const [what, way] = [describeTraffic(traffic), direction === 'ingress' ? 'from' : 'to'];
  const unknown = list.find(({ openRules }) => openRules !== undefined);
  return {
    stops: `${groups} ${list.length > 1 ? 'have' : 'has'} no ${direction} rule for ${what} ${way} ${peer.name}`,
    fix: `Add an ${direction} rule for ${what} ${way} ${peer.name} to ${groups}.`,
    partly: undecided(unknown === undefined
      ? `the ${direction} rules of ${groups} allow ${what} ${way} certain addresses only, and whether they are those of ${peer.name} is known at deployment`
      : `the rules of ${nameGroups([unknown])} are not known: ${unknown.openRules}`),
  };
}

/** Ports of a range where what rules say may change. */
function edges(rules: readonly FilterRule[], { from, to }: PortRange): number[] {
  return [from, ...rules.flatMap(({ ports }) => [ports.from - 1, ports.to + 1])].filter((port) => port >= from && port <= to);
}

/** What a network ACL says of the connection's own packets. */
export function throughAcl(acl: NetworkAcl, direction: 'in' | 'out', peer: Peer, traffic: Traffic, mode: Mode): Answer {
  if (acl.lenient) {
    return PASSES;
  }
  return judge(aclCoverage(acl, direction, peer, traffic), mode, `network ACL ${acl.name}`, () => {
    const [what, way] = [describeTraffic(traffic), `${direction} ${direction === 'in' ? 'from' : 'to'} ${peer.name}`];
    return {
      stops: `network ACL ${acl.name} lets no ${what} ${way}`,
      fix: `Let ${what} ${way} in network ACL ${acl.name}.`,
      partly: undecided(acl.foreign === undefined
        ? `network ACL ${acl.name} lets only some ${what} ${way}, and which addresses will be used is known at deployment`
        : `network ACL ${acl.name} is not known: ${acl.foreign}`),
    };
  });
}

/** What a network ACL says of the answers, which go to a port that the client chose. */
export function answersThroughAcl(acl: NetworkAcl, direction: 'in' | 'out', peer: Peer, traffic: Traffic, client: InterfaceKind | 'internet' | 'nat', mode: Mode): Answer {
  if (acl.lenient) {
    return PASSES;
  }
  const answers = { ...traffic, ports: usesPorts(traffic.protocol) ? ephemeralPorts(client) : traffic.ports };
  return judge(aclCoverage(acl, direction, peer, answers), mode, '', () => {
    const [what, way] = [describeTraffic(answers), `${direction} ${direction === 'in' ? 'from' : 'to'} ${peer.name}`];
    const fix = `A network ACL keeps no state: let ${what} ${way} in ${acl.name}.`;
    return {
      stops: `network ACL ${acl.name} lets no answers (${what}) ${way}`,
      fix,
      partly: acl.foreign === undefined ? blocked(`network ACL ${acl.name} lets only some of the answers (${what}) ${way}`, fix) : undecided(`network ACL ${acl.name} is not known: ${acl.foreign}`),
    };
  });
}

const PASSES = reachable('');

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html */
export function ephemeralPorts(client: InterfaceKind | 'internet' | 'nat'): PortRange {
  return client === 'task' || client === 'instance' || client === 'store' || client === 'endpoint' ? { from: 32768, to: 60999 } : { from: 1024, to: 65535 };
}

export function nameGroups(groups: readonly SecurityGroup[]): string {
  const names = groups.map(({ name }) => name);
  return groups.length === 1 ? names[0].startsWith('the default') ? names[0] : `security group ${names[0]}` : `security groups ${enumerate(names)}`;
}

function aclCoverage(acl: NetworkAcl, direction: 'in' | 'out', peer: Peer, traffic: Traffic): Coverage {
  return coverageOf(aclRules(acl, direction, traffic), peer, traffic.ports);
}

function coverageOf(rules: readonly FilterRule[], { addresses, family, hull }: Peer, ports: PortRange): Coverage {
  if (hull !== undefined) {
    const whole = filter(rules, { addresses: hull, family, ports });
    if (whole.atLeast === 'all' || whole.atMost === 'none') {
      return whole;
    }
  }
  return together(addresses.map((range) => filter(rules, { addresses: range, family, ports })));
}
