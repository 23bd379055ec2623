import type { SqlDependencies } from './dependencies';
import { dropRole } from './drop-role';
import { withLockedServer, type LockedServer } from './locked-server';
import { markOfDatabase, markOfRole } from './ownership';
import { identifier, literal } from './quote';
import { findRole, type ServerState } from './server-state';
import { BrokerError } from '../../../../broker/broker-error';
import { isSameResource, markAfterHandOver, markComment, readMark } from '../../../../broker/handler/sql/owner-mark';
import { groupRoleNames, groupRoles } from '../../names';
import type { PostgresRequestOf } from '../../postgres.contract';

type Request = PostgresRequestOf<'deleteDatabase'>;

const NAMED_TABLES = 3;

/** Deletes a database and its group roles, or does nothing where the database is not the one that the resource made. */
export async function deleteDatabase(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { databaseName, force, mark } = request;
  const { owner } = groupRoles(databaseName);
  const subject = { roles: groupRoleNames(databaseName), databaseName };
  return withLockedServer(request, deps, subject, async (server) => {
    const { database } = server.state;
    const handOver = planHandOver(server.state, request);
    if (handOver.length > 0) {
      await server.apply(handOver);
      return [];
    }
    if (database && !isSameResource(markOfDatabase(server.state, owner), mark)) {
      return [];
    }
    if (database && !force) {
      await checkEmpty(server, databaseName);
    }
    const drop = database ? [`DROP DATABASE ${identifier(databaseName)} WITH (FORCE)`] : [];
    await server.apply(drop);
    return [...drop, ...await dropGroups(server, request)];
  });
}

/** Comments on the database and its group roles, where they have changed hands and one of the two owners lets go of them. */
function planHandOver(state: ServerState, { databaseName, mark }: Request): string[] {
  const { database } = state;
  const next = markAfterHandOver(readMark(database?.comment), mark);
  if (!database || !next) {
    return [];
  }
  const groups = groupRoleNames(databaseName).flatMap((name) => {
    const role = findRole(state, name);
    const mine = markAfterHandOver(readMark(role?.comment), mark);
    return role && mine ? [`COMMENT ON ROLE ${identifier(name)} IS ${literal(markComment(mine, role.comment))}`] : [];
  });
  return [...groups, `COMMENT ON DATABASE ${identifier(databaseName)} IS ${literal(markComment(next, database.comment))}`];
}

async function dropGroups(server: LockedServer, { databaseName, mark }: Request): Promise<string[]> {
  const changes: string[] = [];
  for (const name of groupRoleNames(databaseName)) {
    const found = markOfRole(server.state, name);
    if (found?.groupOf === databaseName && isSameResource(found, mark)) {
      changes.push(...await dropRole(server, name, 'REASSIGN'));
    }
  }
  return changes;
}

async function checkEmpty(server: LockedServer, databaseName: string): Promise<void> {
  const [rows] = await server.inDatabase(databaseName, (session) => session.read([`SELECT c.oid::regclass::text AS name, count(*) OVER () AS tables
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
      AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')
    ORDER BY 1 LIMIT ${NAMED_TABLES}`]));
  if (rows.length > 0) {
    const tables = Number(rows[0].tables);
    const named = rows.map((row) => String(row.name)).join(', ') + (tables > rows.length ? ', …' : '');
    const contents = `${tables === 1 ? 'a table' : `${tables} tables`} (${named})`;
    throw new BrokerError('DATABASE_NOT_EMPTY', `Database '${databaseName}' contains ${contents}, and \`PostgresDatabaseRemoval.DROP_IF_EMPTY\` deletes only databases without tables. `
      + 'Drop the tables, or keep the database with `PostgresDatabaseRemoval.RETAIN`; `PostgresDatabaseRemoval.DROP` deletes the data.');
  }
}
