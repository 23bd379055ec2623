import { namedObject, namedObjectSql, ownedAs, type NamedObject } from './objects';
import { inDatabaseNote, type Leaving } from './role';
import { KEEPS, type TouchedDatabase } from './touched';
import { identifier } from '../quote';
import type { Row, SqlSession } from '../session';

/** Objects of each database that the answer names; it could not hold more. */
const NAMED = 100;

/** Notes what stays with a role in a database, and how an operator takes it over. Run before the role has its new name, which the notes have already. */
export async function noteRemaining(session: SqlSession, { oid, ledger }: Leaving, database: TouchedDatabase, newName: string): Promise<void> {
  const [rows] = await session.read([`SELECT s.deptype, s.total, ${namedObjectSql(`${database.ownerOid}::oid`)} FROM (
    SELECT s.classid, s.objid, s.deptype, count(*) OVER () AS total FROM pg_shdepend s
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = ${oid}
      AND (${KEEPS} OR (s.deptype = 'a' AND s.classid <> 'pg_default_acl'::regclass)) ORDER BY s.classid <> 'pg_proc'::regclass, s.classid, s.objid LIMIT ${NAMED}) s,
    LATERAL pg_identify_object(s.classid, s.objid, 0) i`]);
  ledger.left.addCounted(rows.map((row) => inDatabaseNote(note(row, database, newName), database.name)), Number(rows[0]?.total ?? 0));
}

function note(row: Row, database: TouchedDatabase, newName: string): string {
  const object = namedObject(row);
  const named = `${object.type} ${object.identity}`;
  if (row.deptype === 'r') {
    return `${named} names ${identifier(newName)}, so it lets nobody else through`;
  }
  if (row.deptype === 'a') {
    return `${named} grants rights to ${identifier(newName)} that the admin may not revoke; its owner can`;
  }
  return `${named} stays with ${identifier(newName)} and runs with no other rights; to take it over: ${adoption(object, database)}`;
}

function adoption(object: NamedObject, { owner }: TouchedDatabase): string {
  const owned = ownedAs(object);
  const heir = identifier(owner);
  const opening = object.closedSchema === null ? '' : `GRANT CREATE ON SCHEMA ${object.closedSchema} TO ${heir}; `;
  return owned === undefined ? `drop it, and create it again as ${heir}` : `${opening}ALTER ${owned} OWNER TO ${heir};`;
}

/** Notes how the rest of a role goes, when nobody needs it any more. */
export function noteEnd({ ledger, server }: Leaving, databases: readonly TouchedDatabase[], newName: string): void {
  const role = identifier(newName);
  const where = databases.length === 0 ? '' : ` in ${databases.slice(0, 5).map(({ name }) => identifier(name)).join(', ')}${databases.length > 5 ? ', …' : ''}`;
  ledger.left.addFirst(`the role is ${role} now, without login. Before the statements below: GRANT ${role} TO ${identifier(server.state.admin)};`
    + ` To drop the rest: DROP OWNED BY ${role};${where} DROP ROLE ${role};`);
}
