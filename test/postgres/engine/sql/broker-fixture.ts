import { Client } from 'pg';
import type { OwnerMark, ServerConnection, SqlRequest, SqlResponse, UserIdentity } from '../../../../src/broker/broker.contract';
import type { SqlDependencies } from '../../../../src/postgres/engine/handler/sql/dependencies';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { connectWithPg, type Connect, type SqlSession } from '../../../../src/postgres/engine/handler/sql/session';
import type { PostgresRequest, PostgresRequestOf } from '../../../../src/postgres/engine/postgres.contract';
import type { AnyMajor } from '../../../support/postgres-binaries';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

type Request<Operation extends PostgresRequest['operation']> = PostgresRequestOf<Operation>;
type Common = Partial<Pick<SqlRequest, 'mark' | 'deadline' | 'server'>>;
export type DatabaseOptions = Common & Partial<Request<'convergeDatabase'>['database']> & { readonly adoptExisting?: boolean; readonly planOnly?: boolean; readonly settled?: boolean };
export type UserOptions = Common & Partial<Request<'convergeUser'>['user']> & { readonly adoptExisting?: boolean; readonly settled?: boolean; readonly password?: string; readonly endSessions?: boolean };

export const STACK = 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Backend/11111111-1111-1111-1111-111111111111';
export const OTHER_STACK = 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Other/22222222-2222-2222-2222-222222222222';
export const MARK: OwnerMark = { stackId: STACK, logicalId: 'Resource1' };
export const PASSWORD = 'Secret-of-the-user.1';
const PATIENCE_MS = 20_000;

const identityOf = (username: string): UserIdentity => ({ username, logins: [username] });

/** A server with a broker in front of it. */
export class BrokerFixture {
  public static async start(major: AnyMajor): Promise<BrokerFixture> {
    return new BrokerFixture(await startPostgres({ major }));
  }

  public static async startFor(hostNames: string[]): Promise<BrokerFixture> {
    return new BrokerFixture(await startPostgres({ hostNames }));
  }

  public static on(server: PostgresServer): BrokerFixture {
    return new BrokerFixture(server);
  }

  private constructor(public readonly postgres: PostgresServer) {}

  public connection(overrides: Partial<ServerConnection> = {}): ServerConnection {
    const { hostName, port, admin, ca } = this.postgres;
    return { host: hostName, port, username: admin.username, password: admin.password, ca, owned: false, ...overrides };
  }

  public database(databaseName: string, options: DatabaseOptions = {}): Request<'convergeDatabase'> {
    const { adoptExisting = false, planOnly, settled, mark = MARK, deadline, server, ...spec } = options;
    return {
      ...this.common({ mark, deadline, server }),
      operation: 'convergeDatabase',
      adoptExisting,
      planOnly,
      settled,
      database: { databaseName, extensions: [], settings: {}, defaultSettings: [], revokePublic: false, protectedTables: [], ...spec },
    };
  }

  public user(username: string, databaseName: string, options: UserOptions = {}): Request<'convergeUser'> {
    const { adoptExisting = false, settled, endSessions, password = PASSWORD, mark = MARK, deadline, server, ...spec } = options;
    return {
      ...this.common({ mark, deadline, server }),
      operation: 'convergeUser',
      adoptExisting,
      settled,
      endSessions,
      passwords: { [username]: password },
      user: { username, logins: [username], databaseName, access: 'READ_WRITE', connectionLimit: -1, settings: {}, protectedTables: [], ...spec },
    };
  }

  public deleteUser(username: string, options: Common & { policy?: 'REASSIGN' | 'DROP_OWNED' } = {}): Request<'deleteUser'> {
    return { ...this.common(options), operation: 'deleteUser', user: identityOf(username), policy: options.policy ?? 'REASSIGN' };
  }

  public deleteDatabase(databaseName: string, options: Common & { force?: boolean } = {}): Request<'deleteDatabase'> {
    return { ...this.common(options), operation: 'deleteDatabase', databaseName, force: options.force ?? false };
  }

  public inspect(username: string, databaseName: string, options: UserOptions = {}): Request<'inspectUser'> {
    const { operation, passwords, ...rest } = this.user(username, databaseName, options);
    return { ...rest, operation: 'inspectUser' };
  }

  /** Runs a request that must succeed, and answers what it changed. */
  public async succeed(request: SqlRequest, dependencies: Partial<SqlDependencies> = {}): Promise<string[]> {
    const response = await handleSqlRequest(request, dependencies);
    if (!response.ok) {
      throw new Error(`[${response.error.code}] ${response.error.message}`);
    }
    return response.changes;
  }

  /** Runs a request that must fail, and answers how. */
  public async fail(request: SqlRequest, dependencies: Partial<SqlDependencies> = {}): Promise<Extract<SqlResponse, { ok: false }>['error']> {
    const response = await handleSqlRequest(request, dependencies);
    if (response.ok) {
      throw new Error(`Expected a failure, but it changed: ${response.changes.join('; ')}`);
    }
    return response.error;
  }

  /** Runs SQL on a connection of its own and answers the rows. */
  public async sql(who: { readonly user: string; readonly password: string }, database: string, text: string): Promise<Record<string, unknown>[]> {
    const client = await this.postgres.connect({ ...who, database });
    try {
      const result: unknown = await client.query(text);
      const last = Array.isArray(result) ? result[result.length - 1] : result;
      return (last as { rows: Record<string, unknown>[] }).rows;
    } finally {
      await client.end();
    }
  }

  public async asSuperuser(database: string, text: string): Promise<Record<string, unknown>[]> {
    const { username, password } = this.postgres.superuser;
    return this.sql({ user: username, password }, database, text);
  }

  public async asAdmin(database: string, text: string): Promise<Record<string, unknown>[]> {
    const { username, password } = this.postgres.admin;
    return this.sql({ user: username, password }, database, text);
  }

  public async asUser(user: string, database: string, text: string, password = PASSWORD): Promise<Record<string, unknown>[]> {
    return this.sql({ user, password }, database, text);
  }

  private common({ mark = MARK, deadline = Date.now() + PATIENCE_MS, server = this.connection() }: Common): Required<Common> {
    return { mark, deadline, server };
  }
}

/** Counts connections and round trips. */
export class Meter {
  public connections = 0;
  public roundTrips = 0;

  public readonly connect: Connect = async (...args) => {
    this.connections += 1;
    const session = await connectWithPg(...args);
    return {
      read: async (statements) => {
        this.roundTrips += 1;
        return session.read(statements);
      },
      apply: async (statements) => {
        this.roundTrips += statements.length > 0 ? 1 : 0;
        return session.apply(statements);
      },
      close: async () => session.close(),
    };
  };
}

/** A process that dies right after its n-th statement: every one of its connections breaks off there and then. */
export class MortalProcess {
  public statements = 0;
  private readonly clients: Client[] = [];

  public constructor(private readonly diesAfter: number) {}

  public get died(): boolean {
    return this.statements >= this.diesAfter;
  }

  public readonly connect: Connect = async (server, database): Promise<SqlSession> => {
    const { host, port, username, password, ca } = server;
    const client = new Client({ host, port, user: username, password, database, ssl: { ca, servername: host }, options: '-c search_path=pg_catalog -c lock_timeout=5s' });
    client.on('error', () => undefined);
    await client.connect();
    this.clients.push(client);
    return {
      read: async (statements) => {
        const results: Record<string, unknown>[][] = [];
        // What commits changes something, so that it can be cut off in the middle.
        for (const message of statements.at(-1) === 'COMMIT' ? statements : [statements.join(';')]) {
          const result: unknown = await client.query(message);
          this.count();
          results.push(...(Array.isArray(result) ? result : [result]).map((each: { rows: Record<string, unknown>[] }) => each.rows));
        }
        return results;
      },
      apply: async (statements) => {
        const transaction = statements.length > 1 ? ['BEGIN', ...statements, 'COMMIT'] : statements;
        for (const statement of transaction) {
          await client.query(statement);
          this.count();
        }
      },
      close: async () => client.end(),
    };
  };

  private count(): void {
    this.statements += 1;
    if (this.statements === this.diesAfter) {
      this.clients.forEach((client) => (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy());
      throw new Error('The process was killed');
    }
  }
}
