import type { SqlDependencies } from './dependencies';
import { openDatabase } from './open-database';
import { explainDenial } from './ownership';
import { lockAndRead } from './server-lock';
import { serverStateSql, type ServerState, type Subject } from './server-state';
import { onlyValue, withSession, type Row, type SqlSession } from './session';
import { BrokerError } from '../../../../broker/broker-error';
import type { RequestBase } from '../../../../broker/broker.contract';

/** The server, with this library's lock held by a connection of its own to database `postgres` for as long as it is open. */
export interface LockedServer {
  readonly state: ServerState;
  /** Runs statements in database `postgres` that read only, and answers the rows of each. */
  read(statements: string[]): Promise<Row[][]>;
  /** Runs statements in database `postgres`, in one transaction; one that is alone runs outside of any. They are committed when it returns. */
  apply(statements: string[]): Promise<void>;
  /** Reads the state again. */
  refresh(): Promise<ServerState>;
  /** Works in another database, while the lock is held here. */
  inDatabase<T>(databaseName: string, work: (session: SqlSession) => Promise<T>): Promise<T>;
  /**
   * The last change of a request: runs statements in the transaction that holds the lock, reads the state back and commits, all in one
   * round trip. The lock is free afterwards, and the server is not to be used any more.
   */
  finish(statements: string[]): Promise<ServerState>;
}

/**
 * Waits for the lock and reads the state, both in one round trip, then works. `onLocked` are statements that run between the
 * two, and only while the lock is held.
 */
export async function withLockedServer<T>(
  request: RequestBase, deps: SqlDependencies, subject: Subject, work: (server: LockedServer) => Promise<T>, onLocked?: Promise<string[]>,
): Promise<T> {
  const stateSql = serverStateSql(subject);
  return withLockSession(request, deps, async (lock) => {
    const state = await lockAndRead<ServerState>(lock, request, deps, { stateSql, onLocked: await onLocked ?? [] });
    if (state.inRecovery) {
      throw new BrokerError('25006', 'The server is a read-only standby: a failover is under way, or the host isn\'t the writer endpoint. Set the writer endpoint if the server was imported, then deploy again.', { retry: true, unreachable: true });
    }
    const workshop = new Workshop(lock, stateSql, state, (database) => deps.connect(request.server, database, request.deadline, state.version));
    try {
      return await work(workshop);
    } finally {
      await workshop.close();
    }
  });
}

/** Only a session knows the version, and only the version tells whether sessions can be ended by a time-out of their transactions. */
async function withLockSession<T>({ server, deadline }: RequestBase, deps: SqlDependencies, work: (session: SqlSession) => Promise<T>): Promise<T> {
  try {
    return await withSession(() => deps.connect(server, 'postgres', deadline), work);
  } catch (error) {
    if (Object(error).code !== TRANSACTION_TIMEOUT) {
      throw error;
    }
    return withSession(() => deps.connect(server, 'postgres', deadline, NEWEST), work);
  }
}

const TRANSACTION_TIMEOUT = '25P04';
const NEWEST = Number.MAX_SAFE_INTEGER;

/**
 * The connection with the lock is in a transaction from the lock on, and what others must see, or what runs in no transaction, needs
 * another one. It is made when it is first needed.
 */
class Workshop implements LockedServer {
  private second?: Promise<SqlSession>;

  public constructor(
    private readonly lock: SqlSession,
    private readonly stateSql: string,
    public readonly state: ServerState,
    private readonly open: (database: string) => Promise<SqlSession>,
  ) {}

  public readonly read = async (statements: string[]): Promise<Row[][]> => (await this.bench()).read(statements);

  public readonly apply = async (statements: string[]): Promise<void> => {
    if (statements.length > 0) {
      await this.explained(async () => (await this.bench()).apply(statements));
    }
  };

  public readonly refresh = async (): Promise<ServerState> => onlyValue<ServerState>((await this.read([this.stateSql]))[0]);

  public readonly inDatabase = async <T>(databaseName: string, work: (session: SqlSession) => Promise<T>): Promise<T> => withSession(() => openDatabase(databaseName, {
    open: () => this.open(databaseName),
    read: async (statement) => (await this.read([statement]))[0],
    apply: (statement) => this.apply([statement]),
  }), work);

  public readonly finish = async (statements: string[]): Promise<ServerState> => {
    const results = await this.explained(() => this.lock.read([...statements, this.stateSql, 'COMMIT']));
    return onlyValue<ServerState>(results[results.length - 2]);
  };

  public async close(): Promise<void> {
    // One that could not be made has failed whoever asked for it.
    const session = await this.second?.catch(() => undefined);
    await session?.close();
  }

  private bench(): Promise<SqlSession> {
    return this.second ??= this.open('postgres');
  }

  private async explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainDenial(error, this.state);
    }
  }
}
