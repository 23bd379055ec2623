import { setTimeout as sleep } from 'timers/promises';
import { Client } from 'pg';
import { codeOf, isPassing, messageOf, RunnerFailure } from './runner-failure';
import { ENGINE_APPLICATION_NAME, MIGRATION_LOCK_KEY, RunnerEnv, RunnerExit } from './runner.contract';
import type { RunnerSettings } from './settings';

const POLL_MS = 1_000;
const HEARTBEAT_MS = 5_000;
const REPORT_MS = 30_000;
const QUERY_TIMEOUT_MS = 10_000;
const CLOSE_MS = 2_000;

/** The connection that holds the lock, for as long as it lives. */
export class MigrationLock {
  /** Waits for the server, checks the role, and waits for the lock. */
  public static async acquire(settings: RunnerSettings, stop: AbortController, print: (line: string) => void): Promise<MigrationLock> {
    const waiting = new LockWaiting(settings, stop.signal, print);
    return new MigrationLock(await orAbort(waiting.acquire(), stop.signal), stop);
  }

  private readonly heartbeat: NodeJS.Timeout;
  private closing = false;

  private constructor(private readonly client: Client, private readonly stop: AbortController) {
    client.on('error', (error) => this.lose(messageOf(error)));
    client.on('end', () => this.lose('the server closed it'));
    // A server that vanished without a word is noticed only by asking.
    this.heartbeat = setInterval(() => void client.query('SELECT 1').catch((error) => this.lose(messageOf(error))), HEARTBEAT_MS);
  }

  /** Runs a query on the connection, so that its success also proves that the lock is held. */
  public async query(sql: string): Promise<Array<Record<string, string | null>>> {
    try {
      return (await this.client.query<Record<string, string | null>>(sql)).rows;
    } catch (error) {
      if (isPassing(error)) this.lose(messageOf(error));
      throw this.stop.signal.aborted ? this.stop.signal.reason : error;
    }
  }

  /** Gives the lock back. */
  public async release(): Promise<void> {
    this.closing = true;
    clearInterval(this.heartbeat);
    await close(this.client);
  }

  private lose(reason: string) {
    if (this.closing || this.stop.signal.aborted) return;
    this.stop.abort(new RunnerFailure(RunnerExit.LOCK_LOST,
      `the connection that holds the migration lock was lost (${reason}); the engine was stopped, since another run may begin. Run the migrations again`));
  }
}

/** Polls: who waits inside a statement hangs for ever behind CREATE INDEX CONCURRENTLY of the run that holds the lock. */
class LockWaiting {
  private reported = 0;
  private lastReport = '';

  constructor(private readonly settings: RunnerSettings, private readonly signal: AbortSignal, private readonly print: (line: string) => void) {
  }

  public async acquire(): Promise<Client> {
    const end = Date.now() + this.settings.lockSeconds * 1000;
    for (;;) {
      const client = await this.connect();
      try {
        await checkRole(client, this.settings);
        await this.poll(client, end, 'another run holds the migration lock', async () => tryLock(client));
        await this.poll(client, end, 'a statement of an aborted run is still at work', async () => hasNoLeftovers(client));
        return client;
      } catch (error) {
        await close(client);
        if (error instanceof RunnerFailure || !isPassing(error)) throw error;
        this.report(`lost the connection while waiting (${messageOf(error)})`);
      }
    }
  }

  private async connect(): Promise<Client> {
    const { connectSeconds } = this.settings;
    const end = Date.now() + connectSeconds * 1000;
    for (;;) {
      this.signal.throwIfAborted();
      try {
        return await connectOnce(this.settings);
      } catch (error) {
        if (!isPassing(error)) throw refusal(this.settings, error);
        if (Date.now() + POLL_MS > end) {
          throw new RunnerFailure(RunnerExit.UNAVAILABLE, `${address(this.settings)} did not accept a connection within ${connectSeconds} s: ${messageOf(error)}. Is the server running, and does its security group let this task in?`);
        }
        this.report(`waiting for ${address(this.settings)}: ${messageOf(error)}`);
      }
      await this.pause();
    }
  }

  private async poll(client: Client, end: number, obstacle: string, done: () => Promise<boolean>): Promise<void> {
    while (!await done()) {
      if (Date.now() + POLL_MS > end) {
        throw new RunnerFailure(RunnerExit.LOCKED, `${obstacle} for more than ${this.settings.lockSeconds} s; gave up (own session: ${client.user ?? ''})`);
      }
      this.report(`waiting: ${obstacle}`);
      await this.pause();
    }
  }

  private async pause(): Promise<void> {
    await sleep(POLL_MS, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
  }

  /** Says something new at once, and the same thing now and then. */
  private report(line: string) {
    if (line === this.lastReport && Date.now() - this.reported < REPORT_MS) return;
    this.lastReport = line;
    this.reported = Date.now();
    this.print(line);
  }
}

/** A server that hangs must not keep a run that is to stop. */
async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_done, fail) => {
    const give = () => fail(signal.reason);
    if (signal.aborted) give();
    signal.addEventListener('abort', give, { once: true });
  });
  return Promise.race([work, aborted]);
}

/** Says goodbye, to a server that may not listen any more. */
async function close(client: Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), sleep(CLOSE_MS, undefined, { ref: false })]);
}

async function connectOnce(settings: RunnerSettings): Promise<Client> {
  const { host, port, user, password, database, ca } = settings;
  const client = new Client({
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
  // Without a listener the loss of an idle connection would end the process; whoever uses it sees the error too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    if (rows[0].standby) throw Object.assign(new Error('the server is a standby, or not yet the writer after a failover'), { code: '25006' });
    return client;
  } catch (error) {
    await close(client);
    throw error;
  }
}

/**
 * `ALTER ROLE … SET role` only warns, and leaves the session the login, where the membership is missing. Tables would then belong to
 * the login, and nobody else could use them.
 */
async function checkRole(client: Client, settings: RunnerSettings): Promise<void> {
  const { rows: [row] } = await client.query<{ acting: string; owner: string }>(
    'SELECT current_user AS acting, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()');
  const expected = settings.expectedRole ?? row.owner;
  if (row.acting === expected) return;
  throw new RunnerFailure(RunnerExit.NOT_ALLOWED, `the session acts as '${row.acting}' instead of '${expected}', the owner of database '${settings.database}'; what it creates would belong to the wrong role. `
    + `Give the login '${settings.user}' OWNER access: GRANT "${expected}" TO "${settings.user}", and ALTER ROLE "${settings.user}" IN DATABASE "${settings.database}" SET role = '${expected}'`);
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS locked', [MIGRATION_LOCK_KEY]);
  return rows[0].locked;
}

/** An engine whose runner was killed may still work on. Sessions of a login are visible to the login only, not to the owner role. */
async function hasNoLeftovers(client: Client): Promise<boolean> {
  await client.query('SET ROLE NONE');
  const { rows } = await client.query('SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1', [ENGINE_APPLICATION_NAME]);
  await client.query('RESET ROLE');
  return rows.length === 0;
}

function address(settings: RunnerSettings): string {
  return `database '${settings.database}' on ${settings.host}:${settings.port}`;
}

function refusal(settings: RunnerSettings, error: unknown): RunnerFailure {
  const code = codeOf(error);
  const message = `${address(settings)} refused the login '${settings.user}': ${messageOf(error)}`;
  if (code.startsWith('28') || code === '42501') {
    return new RunnerFailure(RunnerExit.NOT_ALLOWED, `${message}. The task read its password when it started; if the password was changed since, run the migrations again`);
  }
  if (code === '3D000') return new RunnerFailure(RunnerExit.UNAVAILABLE, `${message}. The migrations must wait for the database to be created`);
  return new RunnerFailure(RunnerExit.UNAVAILABLE, `cannot connect to ${address(settings)}: ${messageOf(error)}. If it is the certificate, ${RunnerEnv.CA} must hold the authority that issued it`);
}
