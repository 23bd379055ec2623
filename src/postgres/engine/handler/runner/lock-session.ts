import { setTimeout as sleep } from 'timers/promises';
import { Client } from 'pg';
import type { LockSession, Obstacle, Rows } from '../../../../migrations/handler/runner/runner-dialect';
import { codeOf, messageOf, RunnerFailure } from '../../../../migrations/handler/runner/runner-failure';
import type { RunnerSettings } from '../../../../migrations/handler/runner/settings';
import { RunnerExit } from '../../../../migrations/shared/runner.contract';
import { endSessionSql, holdersSql, MADE_MEANWHILE, makeLockSql, MAY_NOT_MAKE, outcomeSql, sessionInWords, tryLockSql, type HoldingSession, type LockOutcome } from '../guarded-lock';

const QUERY_TIMEOUT_MS = 10_000;
const CLOSE_MS = 2_000;

/**
 * Key of the advisory lock that stands in where the owner role can make no schema in the database: the first eight bytes of the SHA-256 of
 * `cdk-private-backend:migrations`, as a signed big-endian number.
 */
export const MIGRATION_LOCK_KEY = '-8111848511327897169';

/** `application_name` of the engine's session, by which a run sees what an aborted one left behind. */
export const ENGINE_APPLICATION_NAME = 'cdk-private-backend-migrations';

/** Whether the server is a standby; and no time-out may end the transaction that holds the lock, which takes as long as the migrations. */
const FIRST_QUERY = `SELECT pg_is_in_recovery() AS standby,
  (SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout') AS unlimited`;

const BACK = 'ROLLBACK TO SAVEPOINT asking; RELEASE SAVEPOINT asking';

/**
 * A connection to PostgreSQL. The lock belongs to a transaction that stays open while the engine works: it has neither a snapshot nor an
 * id, so that VACUUM and CREATE INDEX CONCURRENTLY do not wait for it.
 */
export class PostgresLockSession implements LockSession {
  public static async connect(settings: RunnerSettings): Promise<PostgresLockSession> {
    const client = createClient(settings);
    // Without a listener the loss of an idle connection would end the process; whoever uses it sees the error too.
    client.on('error', () => undefined);
    const session = new PostgresLockSession(client, settings);
    try {
      await client.connect();
      const [{ standby }] = await session.rows<{ standby: boolean }>(FIRST_QUERY);
      if (standby) throw Object.assign(new Error('the server is a standby, or isn\'t the writer yet after a failover'), { code: '25006' });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private inTransaction = false;
  private holding = false;
  private useStandIn = false;
  /** One after the other, because a query that failed is undone before the next begins. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(private readonly client: Client, private readonly settings: RunnerSettings) {
  }

  public get user(): string {
    return this.client.user ?? '';
  }

  /** A query that fails must not end the transaction that holds the lock. */
  public async query(sql: string): Promise<Rows> {
    const turn = this.turn.then(() => (this.holding ? this.queryInside(sql) : this.rows(sql)));
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  /** On a connection of its own, because it must be committed, and the transaction that holds the lock must not. */
  public async change(sql: string): Promise<void> {
    const client = createClient(this.settings);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await goodbye(client);
    }
  }

  /**
   * `ALTER ROLE … SET role` only warns, and leaves the session the login, where the membership is missing. Tables would then belong to
   * the login, and nobody else could use them.
   */
  public async checkRole(): Promise<void> {
    const { user, database, expectedRole } = this.settings;
    const [row] = await this.rows<{ acting: string; owner: string; group: boolean }>(`SELECT current_user AS acting, pg_get_userbyid(datdba) AS owner,
      EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND NOT rolcanlogin AND pg_has_role(datdba, 'USAGE')) AS group FROM pg_database WHERE datname = current_database()`);
    const expected = expectedRole ?? row.owner;
    // In a database that was taken over, the owner group has the rights of the owner, and what it makes is shared.
    if (row.acting === expected || (expectedRole === undefined && row.group)) return;
    throw new RunnerFailure(RunnerExit.NOT_ALLOWED, `The session acts as '${row.acting}' instead of '${expected}', the owner of database '${database}', so new objects would belong to the wrong role. `
      + `Grant the login OWNER access with \`GRANT "${expected}" TO "${user}"\` and \`ALTER ROLE "${user}" IN DATABASE "${database}" SET role = '${expected}'\`.`);
  }

  public async tryLock(): Promise<boolean> {
    const lock = tryLockSql({ standIn: MIGRATION_LOCK_KEY, useStandIn: this.useStandIn });
    const [{ outcome }] = await this.begin<{ outcome: LockOutcome }>(lock, outcomeSql);
    this.holding = outcome === 'held';
    if (outcome === 'absent') {
      await this.makeLock();
      return this.tryLock();
    }
    if (outcome === 'foreign') {
      this.useStandIn = true;
      return this.tryLock();
    }
    return this.holding;
  }

  public async findHolder(): Promise<Obstacle | undefined> {
    const [found] = await this.begin<Record<string, unknown> & HoldingSession>(holdersSql(MIGRATION_LOCK_KEY));
    return found && obstacleOf(found);
  }

  /**
   * An engine whose runner was killed may still work on. Sessions of a login are visible to the login only, not to the owner role. Any
   * session may call itself an engine, so only one that could change what belongs to the owner counts.
   */
  public async findLeftover(): Promise<Obstacle | undefined> {
    const results = await this.client.query(`SET ROLE NONE; SELECT pg_stat_clear_snapshot();
      SELECT a.pid, a.usename AS role, a.application_name AS application, coalesce(to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), '?') AS since
      FROM pg_stat_activity a JOIN pg_database d ON d.oid = a.datid
      WHERE d.datname = current_database() AND a.application_name = '${ENGINE_APPLICATION_NAME}' AND a.pid <> pg_backend_pid()
        AND (a.usename = session_user OR pg_has_role(a.usesysid, ${ownerSql(this.client, this.settings)}, 'MEMBER'));
      RESET ROLE`) as unknown as { rows: HoldingSession[] }[];
    const [found] = results[2].rows;
    return found && obstacleOf(found);
  }

  public onLost(lost: (reason: string) => void): void {
    this.client.on('error', (error) => lost(messageOf(error)));
    this.client.on('end', () => lost('the server closed it'));
  }

  public async close(): Promise<void> {
    await goodbye(this.client);
  }

  /**
   * Inside a transaction the server may go on with what it knows of the catalogue, and not see a table that the engine has made. It looks
   * anew when it takes a lock; so each query takes one, and going back to the savepoint lets go of it.
   */
  private async queryInside(sql: string): Promise<Rows> {
    try {
      const results = await this.client.query(`SAVEPOINT asking; SELECT FROM pg_class LIMIT 0; ${sql}; ${BACK}`) as unknown as { rows: Rows }[];
      return results[2].rows;
    } catch (error) {
      // This fails where the transaction is gone, and the lock with it: then the next query shows it.
      await this.client.query(BACK).catch(() => undefined);
      throw error;
    }
  }

  /** Begins anew, and answers with the rows of the last statement. Between two attempts nothing is held. */
  private async begin<T extends Record<string, unknown>>(...statements: string[]): Promise<T[]> {
    const all = [...(this.inTransaction ? ['ROLLBACK'] : []), 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE', ...statements];
    this.inTransaction = true;
    const results = await this.client.query(all.join(';\n')) as unknown as { rows: T[] }[];
    return results[results.length - 1].rows;
  }

  private async makeLock(): Promise<void> {
    try {
      await this.begin(...makeLockSql, 'COMMIT');
      this.inTransaction = false;
    } catch (error) {
      this.useStandIn = MAY_NOT_MAKE.includes(codeOf(error));
      if (!this.useStandIn && !MADE_MEANWHILE.includes(codeOf(error))) throw error;
    }
  }

  private async rows<T extends Record<string, unknown> = Record<string, string | null>>(sql: string): Promise<T[]> {
    return (await this.client.query<T>(sql)).rows;
  }
}

function obstacleOf(found: HoldingSession): Obstacle {
  return { who: sessionInWords(found), remedy: `Wait for that run, or run \`${endSessionSql(found)}\` as '${found.role}' or as the admin` };
}

/** Who the migrations act as, as an SQL expression. */
function ownerSql(client: Client, { expectedRole }: RunnerSettings): string {
  return expectedRole === undefined ? 'd.datdba' : `(SELECT oid FROM pg_roles WHERE rolname = ${client.escapeLiteral(expectedRole)})`;
}

/** Ends a connection, to a server that may not listen any more. */
async function goodbye(client: Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), sleep(CLOSE_MS, undefined, { ref: false })]);
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
    options: '-c statement_timeout=0 -c idle_session_timeout=0 -c idle_in_transaction_session_timeout=0',
  });
}
