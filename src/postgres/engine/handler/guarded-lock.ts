import { LOCK_SCHEMA } from '../names';
import { literal } from './sql/quote';

/** Says how the last attempt went. It is set anew by each attempt, so that nobody else's value counts. */
const SETTING = `${LOCK_SCHEMA}.lock`;
const VIEW = `${LOCK_SCHEMA}.lock`;

/**
 * How an attempt went. `absent`: the lock is still to be made. `foreign`: somebody else has made something of its name, so that it
 * protects nothing.
 */
export type LockOutcome = 'held' | 'busy' | 'absent' | 'foreign' | 'standby';

/** How to try for a lock. */
export interface LockAttempt {
  /** The advisory lock that stands in. */
  readonly standIn: string;
  /** Whether the stand-in is to be tried where there is no lock of this library. */
  readonly useStandIn: boolean;
  /** Statements that run only while the lock is held; what the session may not do is left out. */
  readonly whileHeld?: readonly string[];
}

/**
 * Tries for the lock of this library in the present database, inside a transaction that holds it until its end. `outcomeSql` answers how it went.
 *
 * The lock is one on a view that only its owner may lock. Any login may take an advisory lock, and the row of a table would make the
 * transaction hold back VACUUM for as long as the lock is held; so a lock on a table is better, and a view is what neither VACUUM nor
 * ANALYZE touches. Where the lock cannot be made, an advisory one stands in.
 */
export function tryLockSql({ standIn, useStandIn, whileHeld = [] }: LockAttempt): string {
  const missing = useStandIn ? `CASE WHEN pg_try_advisory_xact_lock(${standIn}) THEN 'held' ELSE 'busy' END` : undefined;
  return `DO ${literal(`DECLARE
  outcome text;
  mine bool;
  made bool;
BEGIN
  SELECT pg_has_role(n.nspowner, 'USAGE') AND (c.oid IS NULL OR pg_has_role(c.relowner, 'USAGE')), c.oid IS NOT NULL INTO mine, made
    FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'lock' WHERE n.nspname = '${LOCK_SCHEMA}';
  IF pg_is_in_recovery() THEN
    outcome := 'standby';
  ELSIF mine AND made THEN
    BEGIN
      LOCK TABLE ${VIEW} IN EXCLUSIVE MODE NOWAIT;
      outcome := 'held';
    EXCEPTION WHEN lock_not_available THEN
      outcome := 'busy';
    END;
  ELSIF mine IS FALSE THEN
    outcome := ${missing ?? "'foreign'"};
  ELSE
    outcome := ${missing ?? "'absent'"};
  END IF;
  PERFORM set_config('${SETTING}', outcome, true);
${whileHeld.length === 0 ? '' : `  IF outcome = 'held' THEN
    ${whileHeld.join(';\n    ')};
  END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
`}END`)}`;
}

/** Takes the lock where it is there and free, or fails. It protects only where `isOwnLockSql` answers so. */
export const lockAtOnceSql = `LOCK TABLE ${VIEW} IN EXCLUSIVE MODE NOWAIT`;

/** Whether nobody can hold the lock but those who may act as the session does. */
export const isOwnLockSql = `SELECT pg_has_role(n.nspowner, 'USAGE') AND pg_has_role(c.relowner, 'USAGE') AS own
  FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'lock' WHERE n.nspname = '${LOCK_SCHEMA}'`;

/** How the attempt went that this transaction has made. */
export const outcomeSql = `SELECT current_setting('${SETTING}') AS outcome`;

/** Makes the lock. Default privileges of its owner would give others rights on it. */
export const makeLockSql: readonly string[] = [
  `CREATE SCHEMA IF NOT EXISTS ${LOCK_SCHEMA}`,
  `CREATE VIEW ${VIEW} AS SELECT 'Whoever locks this view makes changes, one at a time'::text AS purpose`,
  `COMMENT ON SCHEMA ${LOCK_SCHEMA} IS 'The lock of the library cdk-private-backend'`,
  `DO ${literal(`DECLARE grants text;
BEGIN
  FOR grants IN SELECT format('REVOKE ALL ON %s FROM %s', object, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) FROM (
      SELECT 'SCHEMA ${LOCK_SCHEMA}' AS object, nspowner AS owner, nspacl AS acl FROM pg_namespace WHERE nspname = '${LOCK_SCHEMA}'
      UNION ALL SELECT '${VIEW}', relowner, relacl FROM pg_class WHERE oid = to_regclass('${VIEW}')
    ) made, aclexplode(acl) WHERE grantee <> owner
  LOOP
    EXECUTE grants;
  END LOOP;
END`)}`,
];

/** Codes of the server where two sessions make the lock at once: the second finds what the first has made. */
export const MADE_MEANWHILE = ['23505', '42P06', '42P07'];

/** Codes of the server where the session may not make it. */
export const MAY_NOT_MAKE = ['42501'];

/** Answers with the sessions that hold the lock, or its stand-in. */
export function holdersSql(standIn: string): string {
  return `SELECT a.pid, coalesce(a.usename, '?') AS role, coalesce(a.application_name, '') AS application,
    coalesce(to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), '?') AS since, coalesce(a.usename = session_user, false) AS own
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.granted AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
        AND l.relation = (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '${LOCK_SCHEMA}' AND c.relname = 'lock'))
      OR (l.locktype = 'advisory' AND l.objsubid = 1 AND ((l.classid::bigint << 32) | l.objid::bigint) = ${standIn}))
  ORDER BY own, a.pid`;
}

/** A session that holds the lock. */
export interface HoldingSession {
  readonly pid: number;
  readonly role: string;
  readonly application: string;
  readonly since: string;
  /** Whether it is of the login that asks. */
  readonly own: boolean;
}

/** A session in words, as the subject of a sentence. */
export function sessionInWords({ pid, role, application, since }: HoldingSession): string {
  return `Session ${pid} of role '${role}' (application '${application}', since ${since})`;
}

/** The statement that ends a session. */
export function endSessionSql({ pid }: Pick<HoldingSession, 'pid'>): string {
  return `SELECT pg_terminate_backend(${pid})`;
}
