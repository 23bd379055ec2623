import type { Judging } from './judge';
import { listensWhere, purposesOf, type Purposes } from './purpose';
import { contains, parseCidr, type Cidr } from '../../../../private/cidr';
import type { CheckRule, Evaluation } from '../../../private/rule';
import { nameOf } from '../graph/identity';
import { describeRule, type SecurityGroup, type SecurityGroupRule } from '../graph/security-groups';
import { describeTraffic, usesPorts } from '../graph/traffic';

const SEE = 'https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html';

const UNUSED_GROUP: CheckRule = {
  id: 'reachability-group-unused',
  title: 'Each security group has an interface',
  why: 'A group that nothing uses is often one that was meant for something that now runs with another.',
  fix: 'Remove the group, or give it to what it was made for.',
  severity: 'warning',
  see: SEE,
};

const UNUSED_RULE: CheckRule = {
  id: 'reachability-rule-unused',
  title: 'Each rule of a security group has a peer that exists',
  why: 'A rule for a group that nothing uses allows nothing, so what it was meant for cannot connect.',
  fix: 'Remove the rule, or make it for the group that the peer really has.',
  severity: 'warning',
  see: SEE,
};

const NOTHING: CheckRule = {
  id: 'reachability-rule-nothing',
  title: 'Each rule of a security group allows something',
  why: 'EC2 refuses a rule without peer or with a range of ports that ends before it begins, or it lets nothing through.',
  fix: 'Correct the range of ports or the peer.',
  severity: 'warning',
  see: SEE,
};

const ANY_SOURCE: CheckRule = {
  id: 'reachability-rule-any-source',
  title: 'Only internet-facing load balancers and web servers admit every address',
  why: 'What is private today because of its subnet is public with one route or address more. A rule for the group of its clients stays right.',
  fix: 'Admit the security groups of the clients, or the range of the VPC.',
  severity: 'warning',
  see: SEE,
};

const ANY_PORT: CheckRule = {
  id: 'reachability-rule-any-port',
  title: 'No rule admits others on every port',
  why: 'Whoever gets into the peer reaches everything that listens, debuggers and agents included.',
  fix: 'Admit the ports that are served.',
  severity: 'warning',
  see: SEE,
};

const NO_LISTENER: CheckRule = {
  id: 'reachability-rule-without-listener',
  title: 'A load balancer admits the ports of its listeners only',
  why: 'A port that is open without a listener is open for the next listener, whoever adds it.',
  fix: 'Remove the rule, or add the listener.',
  severity: 'warning',
  see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html',
};

export const EXCESS_RULES: readonly CheckRule[] = [UNUSED_GROUP, UNUSED_RULE, NOTHING, ANY_SOURCE, ANY_PORT, NO_LISTENER];

/** (f) Rules that allow nothing, or more than any user needs. */
export function judgeExcess({ paths, evaluation }: Judging): void {
  const purposes = purposesOf(paths.network);
  for (const group of paths.network.groups.all) {
    judgeUse(evaluation, group, purposes);
    for (const rule of group.rules.filter(({ resource }) => resource.type !== 'AWS::EC2::VPC')) {
      judgePeer(evaluation, rule, purposes);
      judgeSense(evaluation, rule);
      if (rule.direction === 'ingress') {
        judgeSource(evaluation, group, rule, purposes);
        judgePorts(evaluation, group, rule, purposes);
        judgeListeners(evaluation, group, rule, purposes);
      }
    }
  }
}

function judgeUse(evaluation: Evaluation, group: SecurityGroup, { used }: Purposes): void {
  if (group.resource?.type !== 'AWS::EC2::SecurityGroup') {
    return;
  }
  if (used.has(group.key)) {
    evaluation.holds(UNUSED_GROUP, group.resource);
  } else {
    evaluation.violates(UNUSED_GROUP, group.resource, `no interface in the templates has security group ${group.name}.`);
  }
}

function judgePeer(evaluation: Evaluation, rule: SecurityGroupRule, { used }: Purposes): void {
  if (rule.peer === undefined || rule.peer.resource?.type !== 'AWS::EC2::SecurityGroup') {
    return;
  }
  if (used.has(rule.peer.key)) {
    evaluation.holds(UNUSED_RULE, rule.resource);
  } else {
    report(evaluation, UNUSED_RULE, rule, `${describeRule(rule)} allows nothing, because no interface in the templates has security group ${rule.peer.name}.`);
  }
}

function judgeSense(evaluation: Evaluation, rule: SecurityGroupRule): void {
  if (usesPorts(rule.protocol) && rule.ports.from > rule.ports.to) {
    report(evaluation, NOTHING, rule, `${describeRule(rule)} has a range of ports that ends before it begins.`);
  } else if (rule.peer === undefined && rule.addresses.length === 0) {
    report(evaluation, NOTHING, rule, `the ${rule.direction} rule for ${describeTraffic(rule)} names no address, group or list, so it allows nothing.`);
  } else {
    evaluation.holds(NOTHING, rule.resource);
  }
}

function judgeSource(evaluation: Evaluation, group: SecurityGroup, rule: SecurityGroupRule, purposes: Purposes): void {
  const everyone = rule.addresses.some((addresses) => addresses?.prefix === 0);
  const private_ = (purposes.carriers.get(group.key) ?? []).filter((carrier) => !carrier.isPublic(rule));
  if (everyone && private_.length > 0) {
    report(evaluation, ANY_SOURCE, rule, `${describeRule(rule)} admits every address, and ${group.name} is the group of ${nameOf(private_[0].owner)}, which is no internet-facing load balancer.`);
  } else {
    evaluation.holds(ANY_SOURCE, rule.resource);
  }
}

function judgePorts(evaluation: Evaluation, group: SecurityGroup, rule: SecurityGroupRule, { carriers }: Purposes): void {
  const others = rule.peer?.key !== group.key;
  const everyPort = (rule.protocol === '-1' || usesPorts(rule.protocol)) && rule.ports.from <= 1 && rule.ports.to >= 65535;
  const forwards = carriers.get(group.key)?.every((carrier) => carrier.forwards) === true
    && rule.addresses.every((addresses) => addresses !== undefined && isPrivate(addresses));
  if (others && everyPort && !forwards && !isOpen(rule)) {
    report(evaluation, ANY_PORT, rule, `${describeRule(rule)} of ${group.name} admits its peer on every port.`);
  } else {
    evaluation.holds(ANY_PORT, rule.resource);
  }
}

function judgeListeners(evaluation: Evaluation, group: SecurityGroup, rule: SecurityGroupRule, { carriers }: Purposes): void {
  const ports = listensWhere(carriers.get(group.key) ?? []);
  if (ports === undefined || rule.protocol !== 'tcp' || isOpen(rule)) {
    return;
  }
  if (ports.some((port) => rule.ports.from <= port && port <= rule.ports.to)) {
    evaluation.holds(NO_LISTENER, rule.resource);
  } else {
    report(evaluation, NO_LISTENER, rule, `${describeRule(rule)} is for a port on which no listener of ${nameOf(carriers.get(group.key)![0].owner)} listens.`);
  }
}

/** A rule whose ports or peer are known at deployment only. */
function isOpen({ addresses, peer }: SecurityGroupRule): boolean {
  return peer === undefined && addresses.includes(undefined);
}

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map((text) => parseCidr(text)!);

function isPrivate(addresses: Cidr): boolean {
  return PRIVATE.some((range) => contains(range, addresses));
}

function report(evaluation: Evaluation, rule: CheckRule, { resource, location }: SecurityGroupRule, message: string): void {
  evaluation.violates(rule, resource, message, { location });
}
