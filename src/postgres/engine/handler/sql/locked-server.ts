import type { SqlDependencies } from './dependencies';
import { explainDenial } from './ownership';
import { literal } from './quote';
import { serverStateSql, type ServerState, type Subject } from './server-state';
import { onlyValue, withSession, type Row, type SqlSession } from './session';
import { BrokerError } from '../../../../broker/broker-error';
import type { RequestBase } from '../../../../broker/broker.contract';
import { pollLock } from '../../../../broker/handler/sql/poll-lock';

/** One lock for the whole server. Locks belong to a database, so it is always taken in `postgres`. */
const LOCK_KEY = '7161712893041837';

/** The server, with this library's lock held by this connection to database `postgres` for as long as it is open. */
export interface LockedServer {
  readonly state: ServerState;
  /** Runs statements in database `postgres` that read only, and answers the rows of each. */
  read(statements: string[]): Promise<Row[][]>;
  /** Runs statements in database `postgres`, in one transaction. */
  apply(statements: string[]): Promise<void>;
  /** Reads the state again. */
  refresh(): Promise<ServerState>;
  /** Works in another database, while the lock is held here. */
  inDatabase<T>(databaseName: string, work: (session: SqlSession) => Promise<T>): Promise<T>;
}

/**
 * Waits for the lock and reads the state, both in one round trip, then works. `onLocked` are statements that run between the
 * two, and only while the lock is held.
 */
export async function withLockedServer<T>(
  request: RequestBase, deps: SqlDependencies, subject: Subject, work: (server: LockedServer) => Promise<T>, onLocked?: Promise<string[]>,
): Promise<T> {
  const open = (database: string) => deps.connect(request.server, database, request.deadline);
  return withSession(() => open('postgres'), async (session) => {
    const state = await lockAndRead(session, request, deps, serverStateSql(subject), await onLocked);
    if (state.inRecovery) {
      throw new BrokerError('25006', 'The server is a read-only standby: a failover is under way, or the host isn\'t the writer endpoint. Set the writer endpoint if the server was imported, then deploy again.', { retry: true, unreachable: true });
    }
    return work({
      state,
      read: (statements) => session.read(statements),
      apply: async (statements) => session.apply(statements).catch((error: unknown) => {
        throw explainDenial(error, state);
      }),
      refresh: async () => onlyValue<ServerState>((await session.read([serverStateSql(subject)]))[0]),
      inDatabase: (databaseName, inside) => withSession(() => open(databaseName), inside),
    });
  });
}

async function lockAndRead(session: SqlSession, request: RequestBase, deps: SqlDependencies, stateSql: string, onLocked: string[] = []): Promise<ServerState> {
  const statements = [`SELECT pg_try_advisory_lock(${LOCK_KEY}) AS locked`, ...(onLocked.length === 0 ? [] : [whileLocked(onLocked)]), stateSql];
  return pollLock(request, deps, async () => {
    const results = await session.read(statements);
    return results[0][0]?.locked === true ? onlyValue<ServerState>(results[results.length - 1]) : undefined;
  });
}

/**
 * Statements are sent together with the one that tries for the lock; so what must not run without it looks first.
 * Whether the admin may do it shows in the state, with more to say about it than the server has.
 */
function whileLocked(statements: string[]): string {
  return `DO ${literal(`BEGIN
  IF EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
    AND (classid::bigint << 32) + objid::bigint = ${LOCK_KEY} AND NOT pg_is_in_recovery()) THEN
    ${statements.join(';\n    ')};
  END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END`)}`;
}
