import type { LockedServer } from './locked-server';
import { checkNotIam, markOfRole } from './ownership';
import { identifier, literal, textArray } from './quote';
import { dropOwned } from './removal/drop-owned';
import { handOver } from './removal/hand-over';
import { retire } from './removal/retire';
import { inDatabaseNote, Ledger, type Leaving, type ObjectsPolicy } from './removal/role';
import { enter, isKept, touchedDatabases } from './removal/touched';
import { findRole, hasGrantedAdministration } from './server-state';
import { applyInSteps, whereAllowed, type Pace } from './small-steps';
import { NOBODY } from '../../../../broker/handler/sql/owner-mark';
import { NOTHING_REMOVED, type Removal } from '../../../../broker/handler/sql/sql-engine';
import { sqlOf } from '../../../../broker/handler/sql/step';

/**
 * Drops a role, and answers what was changed and what stays. What it owns is dropped, or left to the owner of its database where no code hangs on it.
 * A role that still owns something afterwards is not dropped but retired. Killed at any point, it can be run again.
 */
export async function dropRole(server: LockedServer, name: string, policy: ObjectsPolicy, pace: Pace): Promise<Removal> {
  const [[role]] = await server.read([`SELECT oid::text AS oid FROM pg_roles WHERE rolname = ${literal(name)}`]);
  if (role === undefined) {
    return NOTHING_REMOVED;
  }
  const leaving: Leaving = { server, pace, name, oid: String(role.oid), mark: markOfRole(server.state, name) ?? NOBODY, ledger: new Ledger() };
  await disarm(leaving);
  await (policy === 'DROP_OWNED' ? dropOwned(leaving) : handOver(leaving));
  if (await isKept(leaving) || !await dropWithRights(leaving)) {
    await retire(leaving);
  }
  return leaving.ledger.removal();
}

/**
 * Nobody can log in as the role from here on, and the admin becomes a member of it, which owners and DROP OWNED ask for. The
 * role leaves every other role first: were it still in rds_iam, the admin would lose its own password login.
 */
async function disarm(leaving: Leaving): Promise<void> {
  const { server: { state, apply, refresh }, name, oid, ledger } = leaving;
  const role = identifier(name);
  const memberOf = [...new Set(state.memberships.filter(({ member }) => member === name).map((membership) => membership.role))];
  // A membership that others granted and the admin cannot revoke goes with the role.
  const leave = [{ sql: `ALTER ROLE ${role} NOLOGIN` }, ...memberOf.map((other) => whereAllowed(`REVOKE ${identifier(other)} FROM ${role}`))];
  await apply(sqlOf(leave));
  const now = findRole(await refresh(), name);
  if (now) {
    checkNotIam(now);
  }
  const join = [
    { sql: `GRANT ${role} TO CURRENT_USER${hasGrantedAdministration(state) ? ' WITH INHERIT TRUE, SET TRUE' : ''}` },
    ...await ownedDatabases(leaving),
    { sql: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = ${oid} AND pid <> pg_backend_pid()` },
  ];
  await apply(sqlOf(join));
  ledger.changes.add(...[...leave, ...join].map((step) => 'shown' in step && step.shown !== undefined ? step.shown : step.sql));
}

/** A database itself runs no code, so it may have another owner; what is in it stays as it is. */
async function ownedDatabases({ server, oid }: Leaving): Promise<{ sql: string }[]> {
  const [rows] = await server.read([`SELECT datname FROM pg_database WHERE datdba = ${oid} ORDER BY 1`]);
  return rows.map((row) => whereAllowed(`ALTER DATABASE ${identifier(String(row.datname))} OWNER TO CURRENT_USER`));
}

/** What still depends on the role, or what the admin may not revoke. */
const STILL_NEEDED = '2BP01';
const KEPT = [STILL_NEEDED, '42501', 'NOT_ADMINISTRABLE'];
const ATTEMPTS = 5;
/** Milliseconds that running statements of others may take to end. */
const STATEMENTS_MS = 1_000;
const STATEMENTS_POLL_MS = 10;

/** Drops a role that owns nothing any more, with its rights in all databases. Answers whether it went: rights of others may keep it. */
async function dropWithRights(leaving: Leaving): Promise<boolean> {
  const { server, name, ledger } = leaving;
  const end = [`DROP OWNED BY ${identifier(name)}`, `DROP ROLE ${identifier(name)}`];
  for (let attempt = 1; ; attempt += 1) {
    if (!await dropRights(leaving, attempt === 1)) {
      return false;
    }
    try {
      await server.apply(end);
      ledger.changes.add(...end);
      return true;
    } catch (error) {
      const { code }: { code?: unknown } = Object(error);
      if (typeof code !== 'string' || !KEPT.includes(code)) {
        throw error;
      }
      // What others made meanwhile has rights of the role, from default privileges that are gone now.
      if (code !== STILL_NEEDED || attempt === ATTEMPTS || await isKept(leaving)) {
        return false;
      }
    }
  }
}

async function dropRights(leaving: Leaving, noted: boolean): Promise<boolean> {
  const { server, name, ledger, pace, oid } = leaving;
  const dropOwnedBy = `DROP OWNED BY ${identifier(name)}`;
  const databases = await touchedDatabases(leaving);
  const [[{ shares }]] = await server.read([`SELECT EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = ${oid}
    AND classid = 'pg_default_acl'::regclass AND deptype = 'a') AS shares`]);
  for (const database of databases) {
    if (!await enter(leaving, database.name, (session) => applyInSteps(session, [whereAllowed(dropOwnedBy)], pace))) {
      return false;
    }
    if (noted) {
      ledger.changes.add(inDatabaseNote(dropOwnedBy, database.name));
    }
  }
  if (shares === true) {
    await letStatementsEnd(leaving, databases.map((database) => database.name));
  }
  return true;
}

/** A statement that makes a table, and has read the default privileges of before, would fail once their role is gone. */
async function letStatementsEnd({ server, pace: { clock } }: Leaving, databases: string[]): Promise<void> {
  const [[{ now }]] = await server.read(['SELECT clock_timestamp()::text AS now']);
  const last = clock.now() + STATEMENTS_MS;
  for (let running = true; running && clock.now() < last;) {
    const [[row]] = await server.read([`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = ANY (${textArray(databases)}) AND pid <> pg_backend_pid()
      AND state = 'active' AND query_start <= ${literal(String(now))}::timestamptz) AS running`]);
    running = row.running === true;
    if (running) {
      await clock.sleep(STATEMENTS_POLL_MS);
    }
  }
}
