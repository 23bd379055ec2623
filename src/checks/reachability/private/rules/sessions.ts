import { SSM, SSM_MESSAGES } from './aws-services';
import type { Judging } from './judge';
import { requireServices } from './need';
import { RolePolicies } from './roles';
import type { CheckRule } from '../../../private/rule';
import { type Machine, profileOf } from '../graph/computers';
import { nameOf } from '../graph/identity';

const EXEC: CheckRule = {
  id: 'reachability-ecs-exec',
  title: 'ECS Exec works where it is enabled',
  why: 'The agent in the task opens its channel to ssmmessages with the task role. Without either, execute-command fails with TargetNotConnectedException when it is needed most.',
  fix: 'Give the tasks a way to ssmmessages, and the task role the four ssmmessages actions.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html',
};

const SESSION: CheckRule = {
  id: 'reachability-session-manager',
  title: 'Session Manager reaches each instance that has its permissions',
  why: 'The agent registers with ssm and keeps a channel to ssmmessages. Without a way the instance is silently missing in Session Manager.',
  fix: 'Give the instance a way to the internet, or add the endpoints ssm and ssmmessages with security groups that admit it on TCP 443.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html',
};

export const SESSION_RULES: readonly CheckRule[] = [EXEC, SESSION];

const OPEN_CHANNEL = 'ssmmessages:CreateControlChannel';
const REGISTER = 'ssm:UpdateInstanceInformation';

/** Whether an instance has the permissions with which Session Manager opens sessions on it. */
export function mayOpenChannels(roles: RolePolicies, { profile }: Pick<Machine, 'profile'>): boolean {
  const role = profileOf(profile)?.list('Roles')[0];
  return role !== undefined && roles.allows(role, OPEN_CHANNEL) === true;
}

/** (e) The ways in for people. */
export function judgeSessions(judging: Judging): void {
  const { network } = judging.paths;
  const roles = new RolePolicies(network.model);
  for (const { owner, network: source, definition } of network.tasks) {
    if (source !== undefined && owner.flag('EnableExecuteCommand') === true) {
      const role = definition?.value('TaskRoleArn');
      if (definition !== undefined && roles.allows(role, OPEN_CHANNEL) === false) {
        judging.evaluation.violates(EXEC, owner, `ECS Exec is enabled for ${nameOf(owner)}, and its task role does not allow ${OPEN_CHANNEL}.`);
      }
      requireServices(judging, EXEC, { owner, source, consequence: `ECS Exec is enabled for ${nameOf(owner)} and cannot work`, services: [SSM_MESSAGES] });
    }
  }
  for (const { owner, network: source, profile } of network.machines) {
    const role = profileOf(profile)?.list('Roles')[0];
    if (role !== undefined && mayOpenChannels(roles, { profile })) {
      if (roles.allows(role, REGISTER) === false) {
        judging.evaluation.violates(SESSION, owner, `instance ${nameOf(owner)} cannot register with Session Manager: its role does not allow ${REGISTER}.`, { fix: `Allow ${REGISTER} in the role of the instance.` });
      }
      requireServices(judging, SESSION, { owner, source, consequence: `Session Manager does not reach instance ${nameOf(owner)}`, services: [SSM, SSM_MESSAGES] });
    }
  }
}
