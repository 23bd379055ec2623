import { setTimeout as sleep } from 'timers/promises';
import { Client } from 'pg';
import type { LockSession, Rows } from '../../../../migrations/handler/runner/runner-dialect';
import { messageOf, RunnerFailure } from '../../../../migrations/handler/runner/runner-failure';
import type { RunnerSettings } from '../../../../migrations/handler/runner/settings';
import { RunnerExit } from '../../../../migrations/shared/runner.contract';

const QUERY_TIMEOUT_MS = 10_000;
const CLOSE_MS = 2_000;

/**
 * Key of the advisory lock that the runner holds in the database it migrates: the first eight bytes of the SHA-256 of
 * `cdk-private-backend:migrations`, as a signed big-endian number. Fixed for ever: two versions of the library must exclude each other.
 */
export const MIGRATION_LOCK_KEY = '-8111848511327897169';

/** `application_name` of the engine's session, by which a run sees what an aborted one left behind. */
export const ENGINE_APPLICATION_NAME = 'cdk-private-backend-migrations';

/** A connection to PostgreSQL. The lock is an advisory one, which belongs to the session. */
export class PostgresLockSession implements LockSession {
  public static async connect(settings: RunnerSettings): Promise<PostgresLockSession> {
    const client = createClient(settings);
    // Without a listener the loss of an idle connection would end the process; whoever uses it sees the error too.
    client.on('error', () => undefined);
    const session = new PostgresLockSession(client, settings);
    try {
      await client.connect();
      const [{ standby }] = await session.rows<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      if (standby) throw Object.assign(new Error('the server is a standby, or isn\'t the writer yet after a failover'), { code: '25006' });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private constructor(private readonly client: Client, private readonly settings: RunnerSettings) {
  }

  public get user(): string {
    return this.client.user ?? '';
  }

  public async query(sql: string): Promise<Rows> {
    return this.rows(sql);
  }

  /**
   * `ALTER ROLE … SET role` only warns, and leaves the session the login, where the membership is missing. Tables would then belong to
   * the login, and nobody else could use them.
   */
  public async checkRole(): Promise<void> {
    const { user, database, expectedRole } = this.settings;
    const [row] = await this.rows<{ acting: string; owner: string }>(
      'SELECT current_user AS acting, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()');
    const expected = expectedRole ?? row.owner;
    if (row.acting === expected) return;
    throw new RunnerFailure(RunnerExit.NOT_ALLOWED, `The session acts as '${row.acting}' instead of '${expected}', the owner of database '${database}', so new objects would belong to the wrong role. `
      + `Grant the login OWNER access with \`GRANT "${expected}" TO "${user}"\` and \`ALTER ROLE "${user}" IN DATABASE "${database}" SET role = '${expected}'\`.`);
  }

  public async tryLock(): Promise<boolean> {
    const [{ locked }] = await this.rows<{ locked: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS locked', [MIGRATION_LOCK_KEY]);
    return locked;
  }

  /** An engine whose runner was killed may still work on. Sessions of a login are visible to the login only, not to the owner role. */
  public async hasNoLeftovers(): Promise<boolean> {
    await this.client.query('SET ROLE NONE');
    const rows = await this.rows('SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1', [ENGINE_APPLICATION_NAME]);
    await this.client.query('RESET ROLE');
    return rows.length === 0;
  }

  public onLost(lost: (reason: string) => void): void {
    this.client.on('error', (error) => lost(messageOf(error)));
    this.client.on('end', () => lost('the server closed it'));
  }

  /** Says goodbye, to a server that may not listen any more. */
  public async close(): Promise<void> {
    await Promise.race([this.client.end().catch(() => undefined), sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  private async rows<T extends Record<string, unknown> = Record<string, string | null>>(sql: string, values: string[] = []): Promise<T[]> {
    return (await this.client.query<T>(sql, values)).rows;
  }
}

function createClient({ host, port, user, password, database, ca }: RunnerSettings): Client {
  return new Client({
    host,
    port,
    user,
    password,
    database,
    ssl: { ca, rejectUnauthorized: true },
    application_name: `${ENGINE_APPLICATION_NAME}-lock`,
    // Aurora Serverless takes up to half a minute to wake.
    connectionTimeoutMillis: 40_000,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: '-c statement_timeout=0 -c idle_session_timeout=0',
  });
}
