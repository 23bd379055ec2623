import type { SqlRequest } from '../broker.contract';
import type { SqlDependencies } from './dependencies';
import { withLockedServer } from './locked-server';
import { checkDatabaseName, checkUsername, groupRoleNames } from './names';
import { isOfStackSql } from './owner-mark';
import type { Claim } from './ownership';
import { literal } from './quote';
import { scramVerifier } from './scram';
import type { ServerState } from './server-state';
import { checkNothingLeft, shownOf, sqlOf } from './step';
import { checkUser, passwordStep, planUser } from './user-plan';

type Request = Extract<SqlRequest, { operation: 'convergeUser' }>;

/**
 * Makes a login what is declared, whatever is there already, and answers what was changed.
 *
 * Round trips after the one connection: 1 when nothing is to be changed, else 3.
 */
export async function convergeUser(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { user: spec, mark, adoptExisting, settled, password } = request;
  checkUsername(spec.username, request.server.username);
  checkDatabaseName(spec.databaseName);
  const claim: Claim = { mark, adoptExisting, settled };
  // Takes about as long as connecting, which needs it no sooner than the lock is held.
  const computing = scramVerifier(spec.username, password);
  const subject = { roles: [spec.username, ...groupRoleNames(spec.databaseName)], databaseName: spec.databaseName };
  return withLockedServer(request, deps, subject, async ({ state, apply, refresh }) => {
    checkUser(state, spec, claim);
    const verifier = await computing;
    const plan = (current: ServerState) => planUser(current, spec, claim, verifier);
    const steps = plan(state);
    if (steps.length > 0) {
      await apply(sqlOf(steps));
      checkNothingLeft(`User "${spec.username}"`, plan(await refresh()));
    }
    return shownOf(steps);
  }, computing.then((verifier) => reapplyPassword(request, verifier)));
}

/** Nobody can read a verifier back to compare it, so the password of a role that is this stack's is set every time. */
function reapplyPassword({ user: { username }, mark }: Request, verifier: string): string {
  const comment = "shobj_description(oid, 'pg_authid')";
  return `IF EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(username)} AND ${isOfStackSql(comment, mark)}) THEN
      ${passwordStep(username, verifier).sql};
    END IF`;
}
