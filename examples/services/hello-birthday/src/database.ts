import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type ClientBase, type PoolClient, type QueryConfig } from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config';
import { DatabaseUnavailableError, isAway, StandbyError } from './database-error';

/** What the service asks of its database. */
export interface Database {
  /** Runs one statement that may safely run twice, again and again while the database is away, until a deadline. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs one statement; fails where the database is away. */
  queryOnce(text: string): Promise<Record<string, unknown>[]>;
  /** Gives every connection back and opens no more. */
  close(): Promise<void>;
}

export type DatabaseConfig = Pick<Config, 'databaseUrl' | 'poolSize' | 'retry' | 'maxWaiting'>;

/** Milliseconds for a connection, and for the question whether it leads to the primary. */
const CONNECT_MILLIS = 3_000;

/** Milliseconds for a statement. One that hangs has lost its server, and there has to be time for another attempt. */
const STATEMENT_MILLIS = 5_000;

/** Milliseconds between attempts of a statement, at first and at most, and between those of the one that asks for all. */
const PAUSE = { first: 50, longest: 1_000, probe: 250 };

interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

type Rows = Record<string, unknown>[];

/** The driver knows a limit for one statement; its types do not. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/** A pool that survives a restart and a switchover of the server: statements that met one wait, and run again on a new connection. */
export function connectDatabase(config: DatabaseConfig, log: Logger): Database {
  const pool = new Pool({
    connectionString: config.databaseUrl,
    max: config.poolSize,
    application_name: 'hello-birthday',
    connectionTimeoutMillis: CONNECT_MILLIS,
    idleTimeoutMillis: 60_000,
    // The server gives up too, or a statement that nobody waits for could overwrite what was stored after it.
    statement_timeout: STATEMENT_MILLIS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    onConnect: requirePrimary as (client: ClientBase) => void,
  });
  // Without a listener, the loss of an idle connection would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'An idle database connection was lost'));
  return new RetryingDatabase(pool, config, log);
}

/**
 * The driver does not know `target_session_attrs`, and a balancer may lead to a standby, as where it knows of no primary. A standby restarts when it
 * becomes one, which ends its connections, so once for each connection is enough. A primary that only reads, since its disk is full, is one.
 */
async function requirePrimary(client: ClientBase): Promise<void> {
  const question: TimedQuery = { text: 'SELECT pg_is_in_recovery() AS standby', query_timeout: CONNECT_MILLIS };
  const { rows } = await client.query<{ standby: boolean }>(question);
  if (rows[0].standby) {
    throw new StandbyError();
  }
}

class RetryingDatabase implements Database {
  private waiting = 0;
  /** Ends when the database is back; undefined while nothing is known to be wrong. */
  private recovery?: Promise<void>;

  public constructor(private readonly pool: Pool, private readonly config: DatabaseConfig, private readonly log: Logger) {}

  public async query(text: string, values: readonly unknown[] = []): Promise<Rows> {
    if (this.waiting >= this.config.maxWaiting) {
      throw new DatabaseUnavailableError(new Error(`${this.waiting} statements wait already`));
    }
    this.waiting += 1;
    try {
      return await this.runUntil(Date.now() + this.config.retry, { text, values });
    } finally {
      this.waiting -= 1;
    }
  }

  public async queryOnce(text: string): Promise<Rows> {
    return this.run(Date.now() + STATEMENT_MILLIS, { text }).catch((error) => { throw isAway(error) ? new DatabaseUnavailableError(error) : error; });
  }

  public async close(): Promise<void> {
    await this.pool.end();
  }

  private async runUntil(deadline: number, statement: Statement): Promise<Rows> {
    let lost: unknown = new Error('The database was away all the time');
    for (let pause = PAUSE.first; Date.now() < deadline; pause = Math.min(2 * pause, PAUSE.longest)) {
      await before(deadline, this.recovery);
      try {
        return await this.run(deadline, statement);
      } catch (error) {
        if (!isAway(error)) {
          throw error;
        }
        lost = error;
      }
      await before(deadline, sleep(pause));
      this.recovery ??= this.recover().finally(() => { this.recovery = undefined; });
    }
    throw new DatabaseUnavailableError(lost);
  }

  /** Runs a statement on a connection, once. Nothing is sent after the deadline. */
  private async run(deadline: number, { text, values = [] }: Statement): Promise<Rows> {
    const client = await this.connect(deadline);
    let lost: Error | undefined;
    // A connection may be lost twice: by what the socket says, and by its end.
    const lose = (error: Error) => { lost = error; };
    client.on('error', lose);
    try {
      const left = deadline - Date.now();
      if (left < 1) {
        throw new Error('Connection timeout');
      }
      const timed: TimedQuery = { text, values: [...values], query_timeout: Math.min(left, STATEMENT_MILLIS) };
      return (await client.query<Record<string, unknown>>(timed)).rows;
    } catch (error) {
      lost ??= isAway(error) ? error as Error : undefined;
      throw error;
    } finally {
      client.release(lost);
      client.off('error', lose);
    }
  }

  private async connect(deadline: number): Promise<PoolClient> {
    const connecting = this.pool.connect();
    const client = await before(deadline, connecting);
    if (client === undefined) {
      connecting.then((late) => late.release(), () => undefined);
      throw new Error('Connection timeout');
    }
    return client;
  }

  /** Ends when the database answers. One asks for all, or everybody who waits would connect to a server that is just starting. */
  private async recover(): Promise<void> {
    const since = Date.now();
    for (let attempt = 1; Date.now() - since < this.config.retry; attempt += 1) {
      try {
        await this.run(Date.now() + STATEMENT_MILLIS, { text: 'SELECT 1' });
        break;
      } catch (error) {
        if (!isAway(error)) {
          break;
        }
        if (attempt === 1) {
          this.log.warn({ err: error }, 'The database is away');
        }
      }
      await sleep(PAUSE.probe);
    }
    this.log.info({ waiting: this.waiting, milliseconds: Date.now() - since }, 'Statements that met no database are run again');
  }
}

/** What a promise resolves to, or undefined at the deadline. */
async function before<T>(deadline: number, promise: Promise<T> | undefined): Promise<T | undefined> {
  const timer = new AbortController();
  const end = sleep(Math.max(0, deadline - Date.now()), undefined, { signal: timer.signal });
  try {
    return await Promise.race([promise, end]);
  } finally {
    timer.abort();
  }
}
