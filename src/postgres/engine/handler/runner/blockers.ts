import { ENGINE_APPLICATION_NAME } from './lock-session';
import type { Query } from '../../../../migrations/handler/runner/runner-dialect';
import { endSessionSql, type HoldingSession, sessionInWords } from '../guarded-lock';

/** In a transaction, such as the one that holds the lock, the server goes on with what it once knew of other sessions. */
export async function forgetActivity(query: Query): Promise<void> {
  await query('SELECT pg_stat_clear_snapshot()');
}

/** The session that the engine waits for, and how to end it. Of sessions of others the server shows no times. */
export async function findBlocker(query: Query): Promise<string | undefined> {
  await forgetActivity(query);
  const [row] = await query(`SELECT a.pid::text, coalesce(a.usename, '?') AS role, coalesce(a.application_name, '') AS application,
      coalesce(to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), '?') AS since
    FROM pg_stat_activity e, unnest(pg_blocking_pids(e.pid)) AS blocking(pid) JOIN pg_stat_activity a ON a.pid = blocking.pid
    WHERE e.application_name = '${ENGINE_APPLICATION_NAME}' AND e.datname = current_database() AND e.usename = session_user
    ORDER BY a.pid LIMIT 1`);
  if (row === undefined) return undefined;
  const session: HoldingSession = { pid: Number(row.pid), role: String(row.role), application: String(row.application), since: String(row.since), own: false };
  return `${sessionInWords(session)}; \`${endSessionSql(session)}\` would end it`;
}
