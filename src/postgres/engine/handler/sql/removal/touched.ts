import type { Leaving } from './role';
import { readMark } from '../../../../../broker/handler/sql/owner-mark';
import { groupRoles } from '../../../names';
import type { LockedServer } from '../locked-server';
import { textArray } from '../quote';
import type { SqlSession } from '../session';

/** Objects that go with their role, whatever else stays: they mean nothing to anybody else. */
const OF_ROLE_ONLY = "('pg_user_mapping'::regclass, 'pg_default_acl'::regclass)";

/** SQL condition: an entry of `pg_shdepend` (`s`) by which a role has to stay. It owns something, or a policy names it. */
export const KEEPS = `(s.deptype = 'r' OR (s.deptype = 'o' AND s.classid NOT IN ${OF_ROLE_ONLY}))`;

/** SQL condition: the admin may enter a database (`d`). A limit of connections is lifted for it where the admin may act as the owner. */
const ENTERABLE = 'd.datallowconn AND d.datconnlimit <> -2 AND (d.datconnlimit <> 0 OR pg_has_role(current_user, d.datdba, \'USAGE\')) AND has_database_privilege(d.oid, \'CONNECT\')';

/** A database in which a role owns something, has rights, or is named. */
export interface TouchedDatabase {
  readonly name: string;
  /** Its owner group, or who owns it: who an operator would hand things to. */
  readonly owner: string;
  readonly ownerOid: string;
  /** Whether it has an owner group of this library, as which the admin acts. */
  readonly ours: boolean;
  readonly enterable: boolean;
  /** Whether the role has to stay for what is in there. */
  readonly keeps: boolean;
}

/** The databases that a role touches. Everything about roles can be read from database `postgres`. */
export async function touchedDatabases({ server, oid }: Leaving): Promise<TouchedDatabase[]> {
  const [rows] = await server.read([`SELECT d.datname AS name, pg_get_userbyid(d.datdba) AS owner, d.datdba::text AS "ownerOid",
    ${ENTERABLE} AS enterable, bool_or(${KEEPS}) AS keeps
  FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = ${oid} GROUP BY d.oid ORDER BY 1`]);
  const groups = await ownerGroups(server, rows.map(({ name }) => String(name)), oid);
  return rows.map((row) => {
    const name = String(row.name);
    const group = groups.find(({ databaseName }) => databaseName === name);
    return {
      name,
      owner: group?.name ?? String(row.owner),
      ownerOid: group?.oid ?? String(row.ownerOid),
      ours: group !== undefined,
      enterable: row.enterable === true,
      keeps: row.keeps === true,
    };
  });
}

/** The owner groups of those databases that are this library's, made or taken over. */
async function ownerGroups(server: LockedServer, databaseNames: string[], leaving: string): Promise<{ databaseName: string; name: string; oid: string }[]> {
  const names = databaseNames.map((databaseName) => groupRoles(databaseName).owner);
  const [rows] = await server.read([`SELECT oid::text AS oid, rolname AS name, shobj_description(oid, 'pg_authid') AS comment FROM pg_roles
    WHERE rolname = ANY (${textArray(names)}) AND oid <> ${leaving} AND pg_has_role(current_user, oid, 'USAGE')`]);
  return rows.flatMap(({ oid, name, comment }) => {
    const groupOf = readMark(comment as string | null)?.groupOf;
    return groupOf !== undefined && groupRoles(groupOf).owner === name ? [{ databaseName: groupOf, name: String(name), oid: String(oid) }] : [];
  });
}

/** Whether anything keeps the role that no `DROP OWNED` of ours may or can take away. */
export async function isKept({ server, oid }: Leaving): Promise<boolean> {
  const [[row]] = await server.read([`SELECT EXISTS (SELECT FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid
    WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = ${oid} AND (${KEEPS}
      OR (d.oid IS NOT NULL AND NOT (${ENTERABLE})))) AS kept`]);
  return row.kept === true;
}

/** No CONNECT, closed, full, or gone. */
const CLOSED = ['42501', '55000', '53300', '3D000', 'CLOSED_DATABASE', 'NO_CONNECT', 'INVALID_DATABASE', 'CONNECTION_LIMIT'];

/** Works in a database. Answers whether it could be entered: what belongs to others may be closed at any time. */
export async function enter({ server }: Leaving, databaseName: string, work: (session: SqlSession) => Promise<void>): Promise<boolean> {
  let entered = false;
  try {
    await server.inDatabase(databaseName, async (session) => {
      entered = true;
      await work(session);
    });
    return true;
  } catch (error) {
    const { code, message }: { code?: unknown; message?: unknown } = Object(error);
    const closed = !entered && CLOSED.includes(String(code)) && /database/i.test(String(message));
    if (closed) {
      return false;
    }
    throw error;
  }
}
