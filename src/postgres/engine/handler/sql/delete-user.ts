import type { SqlDependencies } from './dependencies';
import { dropRole } from './drop-role';
import { endSessions, isEndingSessions } from './end-sessions';
import { withLockedServer, type LockedServer } from './locked-server';
import { markOfRole } from './ownership';
import { identifier, literal } from './quote';
import { losesGroup, planRestoration, type RoleRecord } from './role-record';
import { findRole, type ServerState } from './server-state';
import type { Pace } from './small-steps';
import type { OwnerMark } from '../../../../broker/broker.contract';
import { isSameResource, markAfterHandOver, markComment, readMark, type StoredMark } from '../../../../broker/handler/sql/owner-mark';
import { NOTHING_REMOVED, type Removal } from '../../../../broker/handler/sql/sql-engine';
import { sqlOf } from '../../../../broker/handler/sql/step';
import type { PostgresRequestOf } from '../../postgres.contract';

type Request = PostgresRequestOf<'deleteUser'>;

/** Deletes the logins of a user with all they own, or does nothing with a role that is not the one that the resource made. */
export async function deleteUser(request: Request, deps: SqlDependencies): Promise<Removal> {
  const { user: { logins }, deadline } = request;
  const { removals, outdated } = await withLockedServer(request, deps, { roles: [...logins], databaseName: null }, async (server) => {
    const pace: Pace = { deadline, clock: deps, watch: server.read };
    const done: Removal[] = [];
    for (const login of logins) {
      done.push(await deleteLogin(server, login, request, pace));
    }
    return { removals: done, outdated: logins.filter((login) => hasOutdatedSessions(server.state, login, request)) };
  });
  await endSessions(request, deps, outdated);
  return { changes: removals.flatMap(({ changes }) => changes), left: removals.flatMap(({ left }) => left) };
}

/** Whether this deletion, or one that was cut off, has given a login back with other rights than its sessions have. */
function hasOutdatedSessions(state: ServerState, login: string, { mark }: Request): boolean {
  const role = findRole(state, login);
  const record = recordFor(readMark(role?.comment), mark);
  return role !== undefined && (isEndingSessions(role) || (record !== undefined && losesGroup(state, role, record)));
}

async function deleteLogin(server: LockedServer, login: string, { policy, mark, keep }: Request, pace: Pace): Promise<Removal> {
  const found = markOfRole(server.state, login);
  const handedOver = markAfterHandOver(found, mark);
  const role = findRole(server.state, login);
  if (role && handedOver) {
    const record = recordFor(found, mark);
    const giveBack = record === undefined ? [] : planRestoration(server.state, role, record);
    const next = record && losesGroup(server.state, role, record) ? { ...handedOver, endSessions: true as const } : handedOver;
    await server.apply([...sqlOf(giveBack), `COMMENT ON ROLE ${identifier(login)} IS ${literal(markComment(next, role.comment))}`]);
    return NOTHING_REMOVED;
  }
  if (keep || found?.groupOf !== undefined || found?.retired !== undefined || !isSameResource(found, mark)) {
    return NOTHING_REMOVED;
  }
  return dropRole(server, login, policy === 'DROP_OWNED' ? 'DROP_OWNED' : 'REASSIGN', pace);
}

/** What the role was before the deleted resource took it over. Its password is that of the taker by now, because nobody can read the former one. */
function recordFor(found: StoredMark | undefined, deleted: OwnerMark): RoleRecord | undefined {
  return isSameResource(found, deleted) && found?.previous !== undefined ? found.before as RoleRecord | undefined : undefined;
}
