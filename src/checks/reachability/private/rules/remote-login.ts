import type { Judging } from './judge';
import { RolePolicies } from './roles';
import { mayOpenChannels } from './sessions';
import type { CheckRule } from '../../../private/rule';
import { enumerate, nameOf } from '../graph/identity';
import { describeRule, type SecurityGroupRule } from '../graph/security-groups';
import { carries, FEW_PORTS, tcp } from '../graph/traffic';

const LOGIN: CheckRule = {
  id: 'reachability-rule-remote-login',
  title: 'No rule admits SSH or RDP to an instance that Session Manager reaches',
  why: 'Session Manager needs no open port, and says who was in. An open port beside it is a second way in that nobody looks after.',
  fix: 'Remove the rule, and open sessions with Session Manager.',
  severity: 'warning',
  see: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html',
};

export const LOGIN_RULES: readonly CheckRule[] = [LOGIN];

const PORTS: readonly (readonly [number, string])[] = [[22, 'SSH'], [3389, 'RDP']];

/** (f) Ways in for people beside the one that is there. */
export function judgeLogins({ paths, evaluation }: Judging): void {
  const { machines, model } = paths.network;
  const roles = new RolePolicies(model);
  const reached = machines.filter((machine) => !machine.forwards && mayOpenChannels(roles, machine));
  for (const group of new Set(reached.flatMap(({ network: { groups } }) => groups))) {
    const [first] = reached.filter(({ network: { groups } }) => groups.includes(group));
    for (const rule of group.rules.filter(({ direction }) => direction === 'ingress')) {
      const open = PORTS.filter(([port]) => names(rule, port)).map(([, name]) => name);
      if (open.length === 0) {
        evaluation.holds(LOGIN, rule.resource);
      } else {
        evaluation.violates(LOGIN, rule.resource, `${describeRule(rule)} of ${group.name} admits ${enumerate(open)}, and ${nameOf(first.owner)} has the permissions of Session Manager.`, { location: rule.location });
      }
    }
  }
}

/** Rules for every port are advised against by themselves, and one for high ports means no RDP. */
function names({ protocol, ports: { from, to } }: SecurityGroupRule, port: number): boolean {
  return carries(protocol, tcp(port)) && from <= port && to >= port && to - from < FEW_PORTS;
}
