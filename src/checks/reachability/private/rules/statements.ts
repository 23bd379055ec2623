import type { Port } from 'aws-cdk-lib/aws-ec2';
import { InterfaceFinder } from './interface-finder';
import { refuseWay, requireWay, type Judging } from './judge';
import { parseCidr } from '../../../../private/cidr';
import type { CheckRule } from '../../../private/rule';
import type { ReachabilityPoint } from '../../reachability-point';
import { ALL_PORTS } from '../graph/filter';
import { nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import { describeTraffic, protocolOf, usesPorts, type Traffic } from '../graph/traffic';
import { combine, type Answer, type Mode } from '../hops/answer';
import type { Outside, Paths } from '../hops/paths';

const EXPECTED: CheckRule = {
  id: 'reachability-expected',
  title: 'What was stated to be reachable is',
  why: 'The app says so with ReachabilityCheck.expect.',
  fix: 'Open the way, or take the statement back.',
  severity: 'error',
};

const FORBIDDEN: CheckRule = {
  id: 'reachability-forbidden',
  title: 'What was stated to be out of reach is',
  why: 'The app says so with ReachabilityCheck.forbid.',
  fix: 'Remove the rule that opens the way, or take the statement back.',
  severity: 'error',
};

export const STATEMENT_RULES: readonly CheckRule[] = [EXPECTED, FORBIDDEN];

/** What a user says about the network. */
export interface Statement {
  readonly source: ReachabilityPoint;
  readonly target: ReachabilityPoint;
  readonly port: Port;
  readonly expected: boolean;
}

/** Users' own statements. */
export function judgeStatements(judging: Judging, statements: readonly Statement[]): void {
  const finder = new InterfaceFinder(judging.paths.network);
  for (const statement of statements) {
    const [sources, targets] = [finder.find(statement.source), finder.find(statement.target)];
    if (sources !== undefined && targets !== undefined) {
      judgeStatement(judging, statement, { ...statement, sources, targets });
    }
  }
}

/** Both ends of a statement, with the interfaces of those that are constructs. */
interface Ends {
  readonly source: ReachabilityPoint;
  readonly target: ReachabilityPoint;
  readonly sources: readonly NetworkInterface[];
  readonly targets: readonly NetworkInterface[];
}

const EVERY_KIND: readonly Traffic[] = ['tcp', 'udp', 'icmp', 'icmpv6', '-1'].map((protocol) => ({ protocol, ports: ALL_PORTS }));

function judgeStatement({ paths, evaluation }: Judging, { port, expected }: Statement, ends: Ends): void {
  const traffic = trafficOf(port);
  const mode: Mode = expected ? 'every' : 'any';
  const kinds = expected || traffic.protocol !== '-1' ? [traffic] : EVERY_KIND;
  const answer = combine(kinds.map((kind) => answerOf(paths, ends, kind, mode)), mode);
  const [here, there] = [nameOfPoint(ends.source, ends.sources), nameOfPoint(ends.target, ends.targets)];
  const { owner } = [...ends.sources, ...ends.targets][0];
  if (expected) {
    const way = `${there} on ${describeTraffic(traffic)}`;
    requireWay(evaluation, EXPECTED, owner, { blocked: `${here} was stated to reach ${way} and does not`, question: `${here} reaches ${way}, as was stated,` }, answer);
  } else {
    refuseWay(evaluation, FORBIDDEN, owner, [{ answer, what: `${here} was stated not to reach ${there} on ${describeTraffic(traffic)} and does` }]);
  }
}

function answerOf(paths: Paths, { source: from, target: to, sources, targets }: Ends, traffic: Traffic, mode: Mode): Answer {
  if (from._construct === undefined) {
    return combine(targets.map((target) => paths.fromInternet(target, traffic, mode, outsideOf(from))), mode);
  }
  if (to._construct === undefined) {
    return combine(sources.map((source) => paths.toInternet(source, traffic, mode, outsideOf(to))), mode);
  }
  const pairs = sources.flatMap((source) => targets.map((target) => [source, target] as const));
  return combine(pairs.map(([source, target]) => paths.between(source, target, traffic, mode)), mode);
}

function outsideOf({ _cidr }: ReachabilityPoint): Outside | undefined {
  return _cidr === undefined ? undefined : { name: _cidr, addresses: [parseCidr(_cidr)!] };
}

function trafficOf(port: Port): Traffic {
  const { ipProtocol, fromPort, toPort } = port.toRuleJson() as { ipProtocol: string; fromPort?: number; toPort?: number };
  const protocol = protocolOf(ipProtocol);
  return { protocol, ports: usesPorts(protocol) && fromPort !== undefined ? { from: fromPort, to: toPort ?? fromPort } : ALL_PORTS };
}

function nameOfPoint(point: ReachabilityPoint, interfaces: readonly NetworkInterface[]): string {
  return interfaces.length === 0 ? point._cidr ?? 'the internet' : [...new Set(interfaces.map(({ owner }) => nameOf(owner)))].join(' and ');
}
