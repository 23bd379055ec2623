import type { SqlDependencies } from './dependencies';
import { withLockedServer } from './locked-server';
import { identifier, literal } from './quote';
import { hasGrantedAdministration, isMemberOfAdmin, type RoleState, type ServerState } from './server-state';
import { BrokerError } from '../../../../broker/broker-error';
import type { RequestBase } from '../../../../broker/broker.contract';
import { markComment, readMark } from '../../../../broker/handler/sql/owner-mark';

const POLL_SECONDS = 0.05;
/** A session that has read the old rights but is not yet in the list of sessions is found when the list is read again. */
const LEAST_PASSES = 3;
const MOST_PASSES = 40;

/**
 * Ends the sessions of logins that began before, and answers what was done. Only what was committed by now is out of reach of a client that
 * connects again at once, so this comes after the change of rights. The mark remembers it until it is done.
 */
export async function endSessions(request: RequestBase, deps: SqlDependencies, logins: readonly string[]): Promise<string[]> {
  if (logins.length === 0) {
    return [];
  }
  return withLockedServer(request, deps, { roles: [...logins], databaseName: null }, async ({ state, apply }) => {
    for (const role of state.roles) {
      await apply([endSql(state, role), ...forgetSql(role)]).catch((error: unknown) => {
        throw !mayJoin(state, role) && Object(error).code === '42501' ? sessionsOpen(state, role) : error;
      });
    }
    return state.roles.map(({ name }) => `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(name)}`);
  });
}

/** Whether sessions of a role are yet to be ended. */
export function isEndingSessions(role: RoleState | undefined): boolean {
  return readMark(role?.comment)?.endSessions === true;
}

/** A member of a role in rds_iam would lose its password login on RDS. */
function mayJoin(state: ServerState, { name, iam }: RoleState): boolean {
  return !iam && !isMemberOfAdmin(state, name);
}

/**
 * Only members of a role may end its sessions. The admin is one within a block that is rolled back, so that nothing of it is left, whatever
 * happens.
 */
function endSql(state: ServerState, role: RoleState): string {
  const { name } = role;
  const options = hasGrantedAdministration(state) ? ' WITH INHERIT TRUE, SET FALSE' : '';
  const join = !mayJoin(state, role) ? '' : `GRANT ${identifier(name)} TO CURRENT_USER${options};`;
  return `DO ${literal(`DECLARE
  began timestamptz := clock_timestamp();
  remaining int[];
BEGIN
  ${join}
  FOR pass IN 1..${MOST_PASSES} LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT coalesce(array_agg(pid) FILTER (WHERE pg_terminate_backend(pid)), '{}') INTO remaining FROM pg_stat_activity
      WHERE usesysid = (SELECT oid FROM pg_roles WHERE rolname = ${literal(name)}) AND pid <> pg_backend_pid() AND coalesce(backend_start <= began, pass = 1);
    EXIT WHEN remaining = '{}' AND pass >= ${LEAST_PASSES};
    PERFORM pg_sleep(${POLL_SECONDS});
  END LOOP;
  IF remaining <> '{}' THEN
    RAISE EXCEPTION 'sessions that began with another access do not end' USING ERRCODE = 'object_in_use', DETAIL = 'pid ' || array_to_string(remaining, ', ');
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'CDKOK', MESSAGE = 'done';
EXCEPTION WHEN SQLSTATE 'CDKOK' THEN NULL;
END`)}`;
}

function forgetSql({ name, comment }: RoleState): string[] {
  const mark = readMark(comment);
  return mark?.endSessions === true ? [`COMMENT ON ROLE ${identifier(name)} IS ${literal(markComment({ ...mark, endSessions: undefined }, comment))}`] : [];
}

function sessionsOpen({ admin }: ServerState, { name }: RoleState): BrokerError {
  return new BrokerError('SESSIONS_OPEN', `User '${name}' has another access now, and its open sessions keep the former access. The admin lacks the right to end sessions of a member of 'rds_iam' or of the admin. `
    + `Run \`GRANT pg_signal_backend TO ${identifier(admin)}\` as a role that may grant it, then deploy again.`);
}
