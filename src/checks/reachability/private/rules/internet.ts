import { refuseWay, type Judging } from './judge';
import type { CheckRule } from '../../../private/rule';
import { nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import { describeTraffic, tcp, type Traffic } from '../graph/traffic';
import { combine } from '../hops/answer';

const STORE: CheckRule = {
  id: 'reachability-internet-to-store',
  title: 'Nothing on the internet reaches a database, cache or broker',
  why: 'Whoever can open a connection can try passwords and use flaws of the server. Data needs no address on the internet: clients are in the VPC.',
  fix: 'Place it in private or isolated subnets, turn public access off, and admit the security groups of its clients instead of addresses.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html',
};

const SERVICE: CheckRule = {
  id: 'reachability-internet-to-service',
  title: 'Only listeners of load balancers reach tasks from the internet',
  why: 'Past the load balancer there is no TLS, no WAF, no access log and no limit.',
  fix: 'Admit the security group of the load balancer, not addresses of the internet, or place the tasks in private subnets.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/AmazonECS/latest/bestpracticesguide/networking-inbound.html',
};

const INSTANCE: CheckRule = {
  id: 'reachability-internet-to-instance',
  title: 'Nothing on the internet reaches an instance on anything but HTTP and HTTPS',
  why: 'Open SSH and RDP ports are found within minutes. Session Manager needs no open port.',
  fix: 'Remove the ingress rule and use Session Manager, or place the instance in private subnets.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html',
};

export const INTERNET_RULES: readonly CheckRule[] = [STORE, SERVICE, INSTANCE];

const EVERY_PORT: readonly Traffic[] = [tcp(0, 65535), { protocol: 'udp', ports: { from: 0, to: 65535 } }];
const NO_WEB_PORT: readonly Traffic[] = [tcp(0, 79), tcp(81, 442), tcp(444, 65535), EVERY_PORT[1]];

/** (a) What the internet reaches. */
export function judgeInternet({ paths, evaluation }: Judging): void {
  const { network } = paths;
  for (const { owner, network: target, noun } of network.stores) {
    refuseWay(evaluation, STORE, owner, target.ports.map((port) => (
      { answer: paths.fromInternet(target, tcp(port), 'any'), what: `the internet reaches ${noun} ${nameOf(owner)} on ${describeTraffic(tcp(port))}${admitted(target, [tcp(port)])}` })));
  }
  for (const { owner, network: target } of network.tasks) {
    if (target !== undefined) {
      const answer = combine(EVERY_PORT.map((traffic) => paths.fromInternet(target, traffic, 'any')), 'any');
      refuseWay(evaluation, SERVICE, owner, [{ answer, what: `the internet reaches tasks of ${nameOf(owner)} without a load balancer${admitted(target, EVERY_PORT)}` }]);
    }
  }
  for (const { owner, network: target } of network.machines) {
    const answer = combine(NO_WEB_PORT.map((traffic) => paths.fromInternet(target, traffic, 'any')), 'any');
    refuseWay(evaluation, INSTANCE, owner, [{ answer, what: `the internet reaches instance ${nameOf(owner)}${admitted(target, NO_WEB_PORT)}` }]);
  }
}

/** Which rules admit addresses, in brackets. */
function admitted({ groups }: NetworkInterface, wanted: readonly Traffic[]): string {
  const rules = groups.flatMap((group) => group.rules).filter(({ direction, peer, ports, protocol }) => direction === 'ingress' && peer === undefined
    && wanted.some((traffic) => (protocol === '-1' || protocol === traffic.protocol) && ports.from <= traffic.ports.to && ports.to >= traffic.ports.from));
  const texts = [...new Set(rules.map(({ protocol, ports, peerText }) => `${describeTraffic({ protocol, ports })} from ${peerText}`))];
  return texts.length === 0 ? '' : ` (rules: ${texts.join(', ')})`;
}
