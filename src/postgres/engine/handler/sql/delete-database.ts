import type { Before } from './adoption/adoption';
import { giveBack } from './adoption/give-back';
import { checkEmpty } from './check-empty';
import type { SqlDependencies } from './dependencies';
import { dropGroups } from './drop-groups';
import { withLockedServer, type LockedServer } from './locked-server';
import { markOfDatabase } from './ownership';
import { identifier, literal } from './quote';
import { findRole, type DatabaseState } from './server-state';
import type { Pace } from './small-steps';
import { isSameResource, markAfterHandOver, markComment, NOBODY, readMark, type StoredMark } from '../../../../broker/handler/sql/owner-mark';
import { NOTHING_REMOVED, type Removal } from '../../../../broker/handler/sql/sql-engine';
import { groupRoleNames } from '../../names';
import type { PostgresRequestOf } from '../../postgres.contract';

type Request = PostgresRequestOf<'deleteDatabase'>;

/** Deletes a database and its group roles, or does nothing where the database is not the one that the resource made. */
export async function deleteDatabase(request: Request, deps: SqlDependencies): Promise<Removal> {
  const { databaseName, force, mark, deadline } = request;
  const subject = { roles: groupRoleNames(databaseName), databaseName };
  return withLockedServer(request, deps, subject, async (server) => {
    const pace: Pace = { deadline, clock: deps, watch: server.read };
    const { database } = server.state;
    const found = markOfDatabase(server.state, databaseName);
    const next = database ? markAfterHandOver(found, mark) : undefined;
    if (database && found && next) {
      return handOver(server, database, request, { found, next }, pace);
    }
    if (request.keep || (database && !isSameResource(found, mark))) {
      return NOTHING_REMOVED;
    }
    if (database && !force) {
      await server.inDatabase(databaseName, (session) => checkEmpty(session, databaseName));
    }
    const drop = database ? [`DROP DATABASE ${identifier(databaseName)} WITH (FORCE)`] : [];
    await server.apply(drop);
    const { changes, left } = await dropGroups(server, databaseName, mark, pace);
    return { changes: [...drop, ...changes], left };
  });
}

interface HandOver {
  readonly found: StoredMark;
  readonly next: StoredMark;
}

/**
 * One of two owners lets go of a database that has changed hands. Whoever took it over gives it back as it was; where that was nobody's,
 * its group roles go, and with them all that this library had granted.
 */
async function handOver(server: LockedServer, database: DatabaseState, { databaseName, mark }: Request, { found, next }: HandOver, pace: Pace): Promise<Removal> {
  const before = found.before as Before | undefined;
  const returned = isSameResource(found, mark);
  const changes = returned && before !== undefined ? await giveBack(server, database, before, pace) : [];
  if (returned && isSameResource(next, NOBODY)) {
    const groups = await dropGroups(server, databaseName, mark, pace, before ?? { settings: [] });
    return { changes: [...changes, ...groups.changes], left: groups.left };
  }
  await server.apply(groupRoleNames(databaseName).flatMap((name) => {
    const role = findRole(server.state, name);
    const after = markAfterHandOver(readMark(role?.comment), mark);
    return role && after ? [commentStep(name, after, role.comment)] : [];
  }));
  return { changes, left: [] };
}

function commentStep(role: string, mark: StoredMark, comment: string | null): string {
  return `COMMENT ON ROLE ${identifier(role)} IS ${literal(markComment(mark, comment))}`;
}
