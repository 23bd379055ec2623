import { Pool, type QueryResult } from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config';

/** The database did not answer. The caller may try again. */
export class DatabaseUnavailableError extends Error {
  public readonly statusCode = 503;

  public constructor(cause: unknown) {
    super('The database is not available at the moment. Try again.', { cause });
  }
}

/** What the service asks of its database. */
export interface Database {
  /** Runs one statement that may safely run twice. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Gives every connection back and opens no more. */
  close(): Promise<void>;
}

/**
 * A pool that survives a restart of the server: a broken idle connection is logged and forgotten, a statement that
 * met one is run once more on a new connection.
 */
export function connectDatabase(config: Pick<Config, 'databaseUrl' | 'poolSize'>, log: Logger): Database {
  const pool = new Pool({
    connectionString: config.databaseUrl,
    max: config.poolSize,
    application_name: 'hello-birthday',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    query_timeout: 10_000,
    keepAlive: true,
  });
  // Without a listener, the loss of an idle connection would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'An idle database connection was lost'));
  return {
    query: async (text, values = []) => (await twice(() => pool.query(text, [...values]), log)).rows as Record<string, unknown>[],
    close: async () => pool.end(),
  };
}

async function twice(run: () => Promise<QueryResult>, log: Logger): Promise<QueryResult> {
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
  return isConnectionLoss(error) || (error as Error).message === 'Query read timeout' ? new DatabaseUnavailableError(error) : error;
}

/** Classes 08 (connection) and 57P (shutdown, crash, starting up), 53300 (too many connections), and what the socket says. */
function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined) {
    return /^08|^57P0|^53300$|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
  }
  return /connection terminated|connection timeout|trying to connect|not queryable/i.test(message ?? '');
}
