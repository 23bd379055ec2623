import { checkDatabaseName, checkUsername } from './check-names';
import type { SqlDependencies } from './dependencies';
import { endSessions, isEndingSessions } from './end-sessions';
import { withLockedServer } from './locked-server';
import { literal } from './quote';
import { scramVerifier } from './scram';
import { findRole, type ServerState } from './server-state';
import { checkUser, losesRights, passwordStep, planUser } from './user-plan';
import { BrokerError } from '../../../../broker/broker-error';
import type { OwnerMark, Passwords } from '../../../../broker/broker.contract';
import type { Claim } from '../../../../broker/handler/sql/claim';
import { openingOfStack } from '../../../../broker/handler/sql/owner-mark';
import { checkNothingLeft, shownOf, sqlOf } from '../../../../broker/handler/sql/step';
import { groupRoleNames } from '../../names';
import type { PostgresRequestOf, PostgresUserSpec } from '../../postgres.contract';

type Request = PostgresRequestOf<'convergeUser'>;

/**
 * Makes the logins of a user what is declared, whatever is there already, and answers what was changed.
 *
 * Round trips after the one connection: 1 when nothing is to be changed, else 2. Sessions are ended afterwards, in a connection of its own.
 */
export async function convergeUser(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { user, mark, adoptExisting, settled, passwords } = request;
  user.logins.forEach((login) => checkUsername(login, request.server.username));
  checkDatabaseName(user.databaseName);
  const claim: Claim = { mark, adoptExisting, settled };
  const specs = user.logins.map((login) => ({ ...user, username: login }));
  // Takes about as long as connecting, which needs it no sooner than the lock is held.
  const computing = verifiersOf(passwords);
  const subject = { roles: [...user.logins, ...groupRoleNames(user.databaseName)], databaseName: user.databaseName };
  const { changes, outdated } = await withLockedServer(request, deps, subject, async ({ state, finish }) => {
    specs.forEach((spec) => checkUser(state, spec, claim));
    const verifiers = await computing;
    const plan = (current: ServerState) => specs.flatMap((spec) => planUser(current, spec, claim, verifiers.get(spec.username)));
    const steps = plan(state);
    if (request.planOnly) {
      throw adoptionPlan(user, shownOf(steps));
    }
    if (steps.length > 0) {
      checkNothingLeft(`User '${user.username}'`, plan(await finish(sqlOf(steps))));
    }
    return { changes: shownOf(steps), outdated: specs.filter((spec) => hasOutdatedSessions(state, spec, request)).map((spec) => spec.username) };
  }, computing.then((verifiers) => reapplyPasswords(mark, verifiers)));
  return [...changes, ...await endSessions(request, deps, outdated)];
}

/** What taking the user over would change: the statements themselves, since a role has nothing in it. */
function adoptionPlan({ username }: PostgresUserSpec, statements: string[]): BrokerError {
  return new BrokerError('ADOPTION_PLAN', `User '${username}' was not changed. Replace \`AdoptExisting.plan()\` with \`AdoptExisting.takeOver()\` to take over the role, `
    + `with a new password unless the present one is in a secret that this library may read, and with these statements:\n${statements.join(';\n')}.`, { whole: true });
}

/** Whether sessions of a login that began before this request, or one that was cut off, have other rights than those of now. */
function hasOutdatedSessions(state: ServerState, spec: PostgresUserSpec, request: Request): boolean {
  const role = findRole(state, spec.username);
  return role !== undefined && (request.endSessions === true || losesRights(state, spec) || isEndingSessions(role));
}

async function verifiersOf(passwords: Passwords): Promise<ReadonlyMap<string, string>> {
  const given = Object.entries(passwords).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Map(await Promise.all(given.map(async ([login, password]) => [login, await scramVerifier(login, password)] as const)));
}

/** Nobody can read a verifier back to compare it, so the password of a role that is this stack's is set every time. */
function reapplyPasswords(mark: OwnerMark, verifiers: ReadonlyMap<string, string>): string[] {
  const comment = "shobj_description(oid, 'pg_authid')";
  return [...verifiers].map(([login, verifier]) => `IF EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(login)} AND ${isOfStackSql(comment, mark)}) THEN
      ${passwordStep(login, verifier).sql};
    END IF`);
}

/** SQL condition: the comment carries a mark of this stack, whatever the logical id. */
export function isOfStackSql(commentSql: string, mark: OwnerMark): string {
  return `starts_with(${commentSql}, ${literal(openingOfStack(mark))})`;
}
