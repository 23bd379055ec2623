import { requireWay, type Judging } from './judge';
import { referencesIn } from './store-finder';
import { clientsOf, type Client } from './stores';
import { targetPorts } from './targets';
import { rendered, type ModelResource } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import type { Machine } from '../graph/computers';
import { enumerate, nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import type { Direction, SecurityGroupRule } from '../graph/security-groups';
import { describeTraffic, FEW_PORTS, tcp, usesPorts, type Traffic } from '../graph/traffic';
import { blocked, combine, explain, type Answer } from '../hops/answer';
import type { Paths } from '../hops/paths';

const MACHINE: CheckRule = {
  id: 'reachability-client-to-instance',
  title: 'What is given the address of an instance reaches it',
  why: 'Members of a cluster find each other by addresses. With a rule missing, each of them starts, and the cluster is never complete, or a failover does not happen.',
  fix: 'Allow the connection from both sides: client.connections.allowTo(instance, port), or securityGroup.connections.allowInternally(port) in a cluster.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html',
};

export const MACHINE_RULES: readonly CheckRule[] = [MACHINE];

/** Attributes that are addresses of an instance or of its network interface. */
const ADDRESS = /^(PrimaryPrivateIpAddress|PrimaryIpv6Address|SecondaryPrivateIpAddresses|PrivateIp|PrivateDnsName)$/;

/** A client with a network, and the machine that it is told of. */
interface Pair {
  readonly client: Client;
  readonly source: NetworkInterface;
  readonly machine: Machine;
}

/** What is said of one machine, and of others in the same words. */
interface Finding {
  readonly machine: Machine;
  readonly on: string;
  readonly answer: Answer;
  /** Who else reaches the machine there: the reason to ask, where nothing says that the client has to. */
  readonly asks?: string;
}

/** (d) Who is told the address of an instance reaches it, on the ports that a text or a rule of their security groups names. */
export function judgeMachines(judging: Judging): void {
  const { network } = judging.paths;
  const byPart = new Map(network.machines.flatMap((machine) => [machine.owner, ...machine.cards].map((part) => [part, machine] as const)));
  for (const client of clientsOf(network)) {
    const { network: source, owner, given } = client;
    const told = given.flatMap((value) => referencesIn(value)).flatMap(({ resource, attribute }) => (ADDRESS.test(attribute) ? byPart.get(resource) ?? [] : []));
    const others = [...new Set(told)].filter((machine) => machine.owner !== owner);
    const findings = source === undefined ? [] : others.flatMap((machine) => findingsOf(judging, { client, source, machine }));
    alike(findings).forEach((group) => report(judging, owner, group));
  }
}

function findingsOf({ paths, evaluation }: Judging, pair: Pair): Finding[] {
  const { client, source, machine } = pair;
  const told = portsBehind(client, machine).map((port) => tcp(port));
  const named = told.length > 0 ? told : namedByRules(source, machine.network);
  const ways = named.map((traffic) => ({ machine, on: describeTraffic(traffic), answer: wayFor(paths, source, machine.network, traffic) }));
  const needed = named.length > 0 ? ways : anyWay(paths, pair);
  const findings = [...needed, ...portsOfBalancers(paths, pair)].filter(({ answer }) => answer.outcome !== 'reachable');
  if (findings.length === 0 && needed.length > 0) {
    evaluation.holds(MACHINE, client.owner);
  }
  return findings;
}

/** Ports that stand right behind the address in a text. */
function portsBehind({ given }: Client, { owner, cards }: Machine): number[] {
  const ids = [owner, ...cards].map(({ logicalId }) => logicalId).join('|');
  const pattern = new RegExp(`\\$\\{(?:${ids})\\.\\w+\\}:(\\d+)`, 'g');
  return [...new Set(given.flatMap((value) => (value === undefined ? [] : [...rendered(value).matchAll(pattern)].map(([, port]) => Number(port)))))];
}

/** What a rule of either end names the group of the other for. One end alone opens nothing, so somebody meant both. */
function namedByRules(source: NetworkInterface, target: NetworkInterface): Traffic[] {
  const rules = [...rulesFor(target, 'ingress', source), ...rulesFor(source, 'egress', target)].filter(({ protocol }) => usesPorts(protocol));
  return [...new Map(rules.map(({ protocol, ports }): [string, Traffic] => [describeTraffic({ protocol, ports }), { protocol, ports }])).values()];
}

function rulesFor({ groups }: NetworkInterface, direction: Direction, { groups: peers }: NetworkInterface): SecurityGroupRule[] {
  return groups.flatMap(({ rules }) => rules).filter((rule) => rule.direction === direction && peers.some(({ key }) => key === rule.peer?.key));
}

/** Of a wide range of ports, one is enough: nobody uses all of them. */
function wayFor(paths: Paths, source: NetworkInterface, target: NetworkInterface, traffic: Traffic): Answer {
  return paths.between(source, target, traffic, traffic.ports.to - traffic.ports.from < FEW_PORTS ? 'every' : 'any');
}

/** Where no rule names both ends, any port is enough. An address of something that connects by itself is there to be admitted, and asks for nothing. */
function anyWay(paths: Paths, { source, machine }: Pair): Finding[] {
  const [there, back] = [[source, machine.network], [machine.network, source]].map(([from, to]) => somePort(paths, from, to));
  const finding = { machine, on: 'any port', answer: there };
  return there.outcome === 'blocked' && back.outcome !== 'blocked' ? [] : [finding];
}

/** Where rules of both ends have a port in common, one of them has a range that begins there. */
function somePort(paths: Paths, source: NetworkInterface, target: NetworkInterface): Answer {
  const rules = [...source.groups, ...target.groups].flatMap((group) => group.rules).filter(({ ports }) => ports.from <= ports.to);
  const ports = [...new Set([1, ...rules.map(({ ports: { from } }) => from)])];
  const answer = combine(ports.map((port) => paths.between(source, target, tcp(port), 'any')), 'any');
  return answer.outcome === 'blocked' ? blocked('no rule of their security groups lets TCP through', answer.fix) : answer;
}

/** Ports on which a load balancer serves both: members of one cluster often use them among themselves, and nothing in the templates says so. */
function portsOfBalancers(paths: Paths, { client, source, machine }: Pair): Finding[] {
  const [own, others] = [client.owner, machine.owner].map((owner) => targetPorts(paths.network, owner));
  return others.filter(({ port, group }) => own.some((each) => each.port === port && each.group === group)).flatMap(({ port, balancer }) => {
    const answer = paths.between(source, machine.network, tcp(port));
    return answer.outcome === 'blocked' ? [{ machine, on: describeTraffic(tcp(port)), answer, asks: `load balancer ${nameOf(balancer)} does` }] : [];
  });
}

/** Findings in the same words, those that are certain first. */
function alike(findings: readonly Finding[]): Finding[][] {
  const certain = new Set(findings.filter(({ asks }) => asks === undefined).map(({ machine, on }) => `${machine.owner.key} ${on}`));
  const groups = new Map<string, Finding[]>();
  for (const finding of findings.filter(({ machine, on, asks }) => asks === undefined || !certain.has(`${machine.owner.key} ${on}`))) {
    const key = `${finding.on} ${finding.asks} ${finding.answer.outcome} ${explain(finding.answer)}`;
    groups.set(key, [...groups.get(key) ?? [], finding]);
  }
  return [...groups.values()];
}

function report({ evaluation }: Judging, owner: ModelResource, group: readonly Finding[]): void {
  const [{ on, answer, asks }] = group;
  const machines = enumerate([...new Set(group.map(({ machine }) => nameOf(machine.owner)))]);
  if (asks !== undefined) {
    evaluation.leavesOpen(MACHINE, owner, `whether ${nameOf(owner)} has to reach ${machines}, whose address it is given, on ${on}, as ${asks}, is not known: ${explain(answer)}.`, { fix: answer.fix });
    return;
  }
  requireWay(evaluation, MACHINE, owner, {
    blocked: `${nameOf(owner)} is given the address of ${machines} and does not reach it on ${on}`, question: `${nameOf(owner)}, which is given the address of ${machines}, reaches it on ${on}`,
  }, answer);
}
