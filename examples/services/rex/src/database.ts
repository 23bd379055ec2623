import { Pool, type PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config';
import { UnavailableError } from './unavailable';

export type Row = Record<string, unknown>;

/** Runs one statement; one with a name is prepared once for each connection, which makes it cheaper to repeat. */
export type Query = (text: string, values?: readonly unknown[], name?: string) => Promise<Row[]>;

/** What the service asks of its database. */
export interface Database {
  /** Runs one statement that may safely run twice. */
  readonly query: Query;
  /** Runs statements that are all kept or none, once; a failure may come after they were kept. */
  transaction<T>(run: (query: Query) => Promise<T>): Promise<T>;
  /** Gives every connection back and opens no more. */
  close(): Promise<void>;
}

/**
 * A pool that survives a restart of the server: a broken idle connection is logged and forgotten, a statement that
 * met one is run once more on a new connection.
 */
export function connectDatabase(config: Pick<Config, 'databaseUrl' | 'poolSize'>, name: string, log: Logger): Database {
  const pool = new Pool({
    connectionString: config.databaseUrl,
    max: config.poolSize,
    application_name: name,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    query_timeout: 10_000,
    keepAlive: true,
  });
  // Without a listener, the loss of an idle connection would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'An idle database connection was lost'));
  const run: Query = async (text, values = [], statement = undefined) => (await pool.query({ text, values: [...values], name: statement })).rows as Row[];
  return {
    query: async (text, values, statement) => twice(async () => run(text, values, statement), log),
    transaction: async (body) => {
      const client = await pool.connect().catch((error) => { throw unavailableOr(error); });
      return inTransaction(client, body);
    },
    close: async () => pool.end(),
  };
}

async function inTransaction<T>(client: PoolClient, body: (query: Query) => Promise<T>): Promise<T> {
  // The pool listens only while a connection is idle, and during the work there is no statement that would fail instead.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let broken = true;
  try {
    await client.query('BEGIN');
    const result = await body(async (text, values = []) => (await client.query(text, [...values])).rows as Row[]);
    await client.query('COMMIT');
    broken = false;
    return result;
  } catch (error) {
    broken = isConnectionLoss(error) || await client.query('ROLLBACK').then(() => false, () => true);
    throw unavailableOr(error);
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

async function twice(run: () => Promise<Row[]>, log: Logger): Promise<Row[]> {
  try {
    return await run();
  } catch (error) {
    if (!isConnectionLoss(error)) {
      throw unavailableOr(error);
    }
    log.info({ err: error }, 'A database connection was lost; running the statement once more');
  }
  return run().catch((error) => { throw unavailableOr(error); });
}

function unavailableOr(error: unknown): unknown {
  return isConnectionLoss(error) || (error as Error).message === 'Query read timeout' ? new UnavailableError('The database', error) : error;
}

/** Classes 08 (connection) and 57P (shutdown, crash, starting up), 53300 (too many connections), and what the socket says. */
function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined) {
    return /^08|^57P0|^53300$|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
  }
  return /connection terminated|connection timeout|trying to connect|not queryable|connection error/i.test(message ?? '');
}
