import { CALLER_RULES, judgeCallers } from './callers';
import { EXCESS_RULES, judgeExcess } from './excess';
import { FUNCTION_SECRET_RULES, judgeFunctionSecrets } from './function-secrets';
import { INSTANCE_RULES, judgeInstances } from './instances';
import { INTERNET_RULES, judgeInternet } from './internet';
import { ISSUER_RULES, judgeIssuers } from './issuers';
import type { Judging } from './judge';
import { judgeMachines, MACHINE_RULES } from './machines';
import { judgeLogins, LOGIN_RULES } from './remote-login';
import { judgeSessions, SESSION_RULES } from './sessions';
import { judgeStart, START_RULES } from './start';
import { judgeStatements, STATEMENT_RULES, type Statement } from './statements';
import { judgeStores, STORE_RULES } from './stores';
import { judgeTargets, TARGET_RULES } from './targets';
import { judgeTunnels, TUNNEL_RULES } from './tunnels';
import { judgeVpcs, VPC_RULES } from './vpcs';
import type { CheckRule } from '../../../private/rule';

/** Every rule, in the order of the documentation. */
export const REACHABILITY_RULES: readonly CheckRule[] = [
  ...INTERNET_RULES, ...START_RULES, ...INSTANCE_RULES, ...TARGET_RULES, ...ISSUER_RULES, ...STORE_RULES, ...CALLER_RULES, ...MACHINE_RULES,
  ...FUNCTION_SECRET_RULES, ...SESSION_RULES, ...TUNNEL_RULES, ...VPC_RULES, ...EXCESS_RULES, ...LOGIN_RULES, ...STATEMENT_RULES,
];

/** Every question, one after the other. */
export function judgeReachability(judging: Judging, statements: readonly Statement[]): void {
  judgeInternet(judging);
  judgeStart(judging);
  judgeInstances(judging);
  judgeTargets(judging);
  judgeIssuers(judging);
  judgeStores(judging);
  judgeCallers(judging);
  judgeMachines(judging);
  judgeFunctionSecrets(judging);
  judgeSessions(judging);
  judgeTunnels(judging);
  judgeVpcs(judging);
  judgeExcess(judging);
  judgeLogins(judging);
  judgeStatements(judging, statements);
}
