import { checkDatabaseName, checkUsername } from './check-names';
import type { SqlDependencies } from './dependencies';
import { explainDenial } from './ownership';
import { identifier, literal } from './quote';
import { admissionStateSql, findRole, serverStateSql, type AdmissionState, type ServerState } from './server-state';
import { onlyValue, withSession } from './session';
import { checkUser } from './user-plan';
import type { OwnerMark } from '../../../../broker/broker.contract';
import { readMark } from '../../../../broker/handler/sql/owner-mark';
import { groupRoleNames } from '../../names';
import type { PostgresRequestOf, PostgresUserSpec } from '../../postgres.contract';

type Request = PostgresRequestOf<'inspectUser'>;

/**
 * Answers who owns a user now, if one of its logins exists and has an owner mark, and fails where the request to make it would fail. Needs no
 * lock: it changes nothing, and that request looks again.
 */
export async function inspectUser(request: Request, deps: SqlDependencies): Promise<OwnerMark | undefined> {
  const { server, user, deadline } = request;
  // A conductor of an earlier release names the user only, while a deployment replaces one function after the other.
  const spec = (user as Partial<PostgresUserSpec>).databaseName === undefined ? undefined : user;
  if (spec) {
    spec.logins.forEach((login) => checkUsername(login, server.username));
    checkDatabaseName(spec.databaseName);
  }
  return withSession(() => deps.connect(server, 'postgres', deadline), async (session) => {
    const subject = { roles: [...user.logins, ...spec ? groupRoleNames(spec.databaseName) : []], databaseName: spec?.databaseName ?? null };
    const state = onlyValue<AdmissionState>((await session.read([admissionStateSql(subject)]))[0]);
    if (spec) {
      check(state, spec, request);
      await session.apply(rehearsals(state, spec)).catch(async (error: unknown) => {
        throw explainDenial(error, onlyValue<ServerState>((await session.read([serverStateSql(subject)]))[0]));
      });
    }
    const mark = user.logins.map((login) => readMark(findRole(state, login)?.comment)).find((found) => found !== undefined);
    return mark && { stackId: mark.stackId, logicalId: mark.logicalId, ...(mark.secretArn === undefined ? {} : { secretArn: mark.secretArn }) };
  });
}

function check(state: AdmissionState, spec: PostgresUserSpec, { mark, adoptExisting }: Request): void {
  spec.logins.forEach((username) => checkUser(state, { ...spec, username }, { mark, adoptExisting }));
}

/** On RDS the admin may do more than its memberships show, so where they show too little it has to be tried. */
function rehearsals(state: AdmissionState, { logins }: PostgresUserSpec): string[] {
  return state.roles.filter(({ name, administrable }) => logins.includes(name) && !administrable).map(({ name, connectionLimit }) => `DO ${literal(`BEGIN
  ALTER ROLE ${identifier(name)} CONNECTION LIMIT ${connectionLimit};
  RAISE EXCEPTION USING ERRCODE = 'CDKOK', MESSAGE = 'done';
EXCEPTION WHEN SQLSTATE 'CDKOK' THEN NULL;
END`)}`);
}
