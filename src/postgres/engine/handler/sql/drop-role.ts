import { planShared } from './contents-plan';
import { ownedObjectsSql, type OwnedObject } from './contents-state';
import type { LockedServer } from './locked-server';
import { checkNotIam } from './ownership';
import { identifier, literal } from './quote';
import { findRole, hasGrantedAdministration } from './server-state';
import type { SqlSession } from './session';
import { sqlOf } from '../../../../broker/handler/sql/step';
import { groupRoles } from '../../names';

/** What becomes of the objects that a role owns. */
export type ObjectsPolicy = 'REASSIGN' | 'DROP_OWNED';

interface TouchedDatabase {
  readonly name: string;
  readonly heir: string;
  readonly owner: string;
}

/**
 * Drops a role with everything that hangs on it, in every database that it touches, and answers what was changed. Killed at any
 * point, it can be run again.
 */
export async function dropRole(server: LockedServer, roleName: string, policy: ObjectsPolicy): Promise<string[]> {
  const changes = await disarm(server, roleName);
  const role = identifier(roleName);
  for (const database of await touchedDatabases(server, roleName)) {
    const statements = await server.inDatabase(database.name, async (session) => {
      const toRun = policy === 'DROP_OWNED' ? [`DROP OWNED BY ${role} CASCADE`] : await handOver(session, roleName, database);
      await session.apply(toRun);
      return toRun;
    });
    changes.push(...statements.map((statement) => `${statement} -- in ${identifier(database.name)}`));
  }
  const end = [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`];
  await server.apply(end);
  return [...changes, ...end];
}

/**
 * Nobody can log in as the role from here on, and the admin becomes a member of it, which REASSIGN and DROP OWNED ask for. The
 * role leaves every other role first: were it still in rds_iam, the admin would lose its own password login.
 */
async function disarm(server: LockedServer, roleName: string): Promise<string[]> {
  const { state, apply, refresh } = server;
  const role = identifier(roleName);
  const memberOf = [...new Set(state.memberships.filter(({ member }) => member === roleName).map((membership) => membership.role))];
  const leave = [`ALTER ROLE ${role} NOLOGIN`, ...memberOf.map((other) => whereAllowed(`REVOKE ${identifier(other)} FROM ${role}`))];
  await apply(leave);
  const now = findRole(await refresh(), roleName);
  if (now) {
    checkNotIam(now);
  }
  const join = [
    `GRANT ${role} TO CURRENT_USER${hasGrantedAdministration(state) ? ' WITH INHERIT TRUE, SET TRUE' : ''}`,
    ...await ownedDatabases(server, roleName),
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = (SELECT oid FROM pg_roles WHERE rolname = ${literal(roleName)}) AND pid <> pg_backend_pid()`,
  ];
  await apply(join);
  return [...leave, ...join];
}

/** A membership that others granted and the admin cannot revoke goes with the role. */
function whereAllowed(statement: string): string {
  return `DO ${literal(`BEGIN ${statement}; EXCEPTION WHEN insufficient_privilege THEN NULL; END`)}`;
}

/** The heir is the owner of the database, unless that is the role itself, or one that the admin cannot give anything to. */
async function touchedDatabases(server: LockedServer, roleName: string): Promise<TouchedDatabase[]> {
  const [rows] = await server.read([`SELECT DISTINCT d.datname AS name, pg_get_userbyid(d.datdba) AS owner,
    CASE WHEN d.datdba <> r.oid AND pg_has_role(current_user, d.datdba, 'USAGE') THEN pg_get_userbyid(d.datdba) ELSE current_user END AS heir
  FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.refobjid
  WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = ${literal(roleName)} ORDER BY 1`]);
  return rows.map((row) => ({ name: String(row.name), owner: String(row.owner), heir: String(row.heir) }));
}

/** What moves to the owner of the database had no rights for the database's groups yet. */
async function handOver(session: SqlSession, roleName: string, database: TouchedDatabase): Promise<string[]> {
  const role = identifier(roleName);
  const move = [`REASSIGN OWNED BY ${role} TO ${identifier(database.heir)}`, `DROP OWNED BY ${role}`];
  const groups = groupRoles(database.name);
  if (database.heir !== groups.owner) {
    return move;
  }
  const [rows] = await session.read([`SELECT o.name, o.kind FROM (${ownedObjectsSql(`(SELECT oid FROM pg_roles WHERE rolname = ${literal(roleName)})`)}) o ORDER BY 1`]);
  const moved = rows.map((row) => ({ name: String(row.name), kind: row.kind as OwnedObject['kind'], readWrite: true, readOnly: true, open: true }));
  return [...move, ...sqlOf(planShared(moved, groups))];
}

/** REASSIGN OWNED would give whole databases to the owner of the first one that is worked in. */
async function ownedDatabases(server: LockedServer, roleName: string): Promise<string[]> {
  const [rows] = await server.read([`SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = ${literal(roleName)} ORDER BY 1`]);
  return rows.map((row) => `ALTER DATABASE ${identifier(String(row.datname))} OWNER TO CURRENT_USER`);
}
