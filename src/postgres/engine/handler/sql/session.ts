import { isIP } from 'node:net';
import { Client } from 'pg';
import { BrokerError } from '../../../../broker/broker-error';
import type { ServerConnection } from '../../../../broker/broker.contract';

const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** What a session may outlive its deadline by: the server then ends it, and with it the broker's lock, whatever became of the client. */
const GRACE_MS = 10_000;

/** `application_name` of the admin's sessions. */
export const APPLICATION_NAME = 'cdk-private-backend';

/** The version, as PostgreSQL counts it, from which on a whole transaction can time out. */
const TRANSACTION_TIMEOUT_SINCE = 170_000;

/** The least version of a server: its catalogs, rights on schema `public`, and settings are what this library knows. */
const LEAST_MAJOR = 15;

/** A start-up option that the server doesn't know. */
const UNKNOWN_SETTING = '42704';

/** A row, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** One connection. Every call is one round trip. */
export interface SqlSession {
  /** Runs statements together and answers the rows of each. */
  read(statements: string[]): Promise<Row[][]>;
  /** Runs statements in one transaction; a statement that is alone runs outside of any. */
  apply(statements: string[]): Promise<void>;
  close(): Promise<void>;
}

/** @param version of the server, like 180004, where it is known: some settings exist from a version on */
export type Connect = (server: ServerConnection, database: string, deadline: number, version?: number) => Promise<SqlSession>;

/** Connects as the admin over TLS, and only to a server that proves to be the one meant, and is new enough. */
export const connectWithPg: Connect = async (server, database, deadline, version = 0) => {
  const remaining = Math.max(deadline - Date.now(), 1_000);
  return connect(server, database, remaining, startupOptions(remaining, version)).catch(async (error: unknown) => {
    if (Object(error).code === UNKNOWN_SETTING) {
      // An old server refuses to begin at all, and does not tell its version.
      await (await connect(server, database, remaining, '')).close();
    }
    throw error;
  });
};

async function connect(server: ServerConnection, database: string, remaining: number, options: string): Promise<SqlSession> {
  const client = new Client({
    host: server.host,
    port: server.port,
    user: server.username,
    password: server.password,
    database,
    ssl: { ca: server.ca, host: server.host, ...(isIP(server.host) ? {} : { servername: server.host }), rejectUnauthorized: true },
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, remaining),
    query_timeout: remaining + GRACE_MS,
    keepAlive: true,
    application_name: APPLICATION_NAME,
    options,
  });
  // The query at work fails too, and says so; an event without a listener would end the process.
  client.on('error', () => undefined);
  let version = 'unknown';
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
    version = parameterName === 'server_version' ? parameterValue : version;
  });
  await client.connect();
  if (Number.parseInt(version, 10) >= LEAST_MAJOR) {
    return new PgSession(client);
  }
  await new PgSession(client).close();
  throw new BrokerError('OLD_SERVER', `The server runs PostgreSQL ${version}. This library needs version ${LEAST_MAJOR} or later. Upgrade the server, then deploy again.`);
}

/**
 * What a server tells about itself as a session begins.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-ASYNC
 */
interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/**
 * The owner of a database decides about the settings of its sessions, and must not thereby decide what the admin does there. What a client
 * sets itself goes before. The search path keeps functions that database owners have made from being run as the admin.
 */
function startupOptions(remaining: number, version: number): string {
  const settings = {
    search_path: 'pg_catalog',
    role: 'none',
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: remaining,
    idle_session_timeout: remaining + GRACE_MS,
    idle_in_transaction_session_timeout: remaining + GRACE_MS,
    ...(version >= TRANSACTION_TIMEOUT_SINCE && { transaction_timeout: 0 }),
    ...NEUTRAL_SETTINGS,
  };
  return Object.entries(settings).map(([name, value]) => `-c ${name}=${String(value).replace(/[\\ ]/g, '\\$&')}`).join(' ');
}

/** Settings that change what statements mean, or end sessions, as they are where nobody has set them. Each exists in all versions. */
const NEUTRAL_SETTINGS = {
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  default_table_access_method: 'heap',
  default_tablespace: '',
  temp_tablespaces: '',
  standard_conforming_strings: 'on',
  client_min_messages: 'error',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  check_function_bodies: 'on',
  row_security: 'on',
  exit_on_error: 'off',
  client_connection_check_interval: 0,
  local_preload_libraries: '',
  tcp_user_timeout: 0,
  tcp_keepalives_idle: 30,
  tcp_keepalives_interval: 0,
  tcp_keepalives_count: 0,
};

class PgSession implements SqlSession {
  public constructor(private readonly client: Client) {}

  public async read(statements: string[]): Promise<Row[][]> {
    const results: unknown = await this.client.query(statements.join(';\n'));
    return (Array.isArray(results) ? results : [results]).map((result: { rows?: Row[] }) => result.rows ?? []);
  }

  public async apply(statements: string[]): Promise<void> {
    if (statements.length > 0) {
      // Without parameters this is one message, and the server makes several statements in one message one transaction.
      await this.client.query(statements.join(';\n'));
    }
  }

  public async close(): Promise<void> {
    // Ending a connection that is broken already must neither hide why nor wait for a server that is not there.
    const ended = this.client.end().catch(() => undefined);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref())]);
  }
}

/** Runs work on a connection of its own. */
export async function withSession<T>(open: () => Promise<SqlSession>, work: (session: SqlSession) => Promise<T>): Promise<T> {
  const session = await open();
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** The one value of a query that answers one row with one column of JSON. */
export function onlyValue<T>(rows: Row[] | undefined): T {
  const value = rows?.[0] && Object.values(rows[0])[0];
  if (value === undefined || value === null) {
    throw new BrokerError('NO_ANSWER', 'The server returned nothing for a query about its own state, until the deadline. Deploy again.', { retry: true });
  }
  return value as T;
}
