import type { SqlDependencies } from './dependencies';
import { APPLICATION_NAME, onlyValue, type Row, type SqlSession } from './session';
import type { RequestBase } from '../../../../broker/broker.contract';
import { pollLock, type LockHolder } from '../../../../broker/handler/sql/poll-lock';
import { endSessionSql, holdersSql, isOwnLockSql, lockAtOnceSql, MADE_MEANWHILE, makeLockSql, MAY_NOT_MAKE, outcomeSql, sessionInWords, tryLockSql, type HoldingSession, type LockOutcome } from '../guarded-lock';

/** The advisory lock that stands in where the admin may make no schema in database `postgres`. */
const STAND_IN = '7161712893041837';

/** Statements see what was committed while the lock is held, and between two of them there is no snapshot. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Held by somebody, not there, not the admin's, or on a standby: the attempt after it finds out which. */
const NOT_AT_ONCE = ['55P03', '42P01', '3F000', '42501', '25006'];

/** What is read, and what is done, while the lock is taken. */
export interface LockedReading {
  readonly stateSql: string;
  /** Statements that run while the lock is held and before the state is read. */
  readonly onLocked: readonly string[];
}

/** Waits for the lock of the server and reads, both in one round trip. From then on the session is in the transaction that holds the lock. */
export async function lockAndRead<T>(session: SqlSession, request: RequestBase, deps: SqlDependencies, reading: LockedReading): Promise<T> {
  const lock = new ServerLock(session, reading);
  return pollLock(request, deps, () => lock.attempt<T>(), () => lock.findHolder());
}

class ServerLock {
  private useStandIn = false;
  private inTransaction = false;

  public constructor(private readonly session: SqlSession, private readonly reading: LockedReading) {}

  /** The state, where the lock was free. */
  public async attempt<T>(): Promise<T | undefined> {
    const read = await this.attemptAtOnce<T>();
    if (read !== undefined) {
      return read;
    }
    const results = await this.send(this.statements());
    const outcome = results[results.length - 2][0]?.outcome as LockOutcome;
    if (outcome === 'held' || outcome === 'standby') {
      return onlyValue<T>(results[results.length - 1]);
    }
    if (outcome === 'absent') {
      await this.make();
      return this.attempt<T>();
    }
    if (outcome === 'foreign') {
      this.useStandIn = true;
      return this.attempt<T>();
    }
    return undefined;
  }

  /**
   * The usual case: the lock is there, and free. It is tried once and without the block that catches failures, since a session takes longer to
   * learn the language of the block than to do all the rest.
   */
  private async attemptAtOnce<T>(): Promise<T | undefined> {
    if (this.inTransaction || this.reading.onLocked.length > 0) {
      return undefined;
    }
    try {
      const results = await this.send([BEGIN, lockAtOnceSql, isOwnLockSql, this.reading.stateSql]);
      return results[results.length - 2][0]?.own === true ? onlyValue<T>(results[results.length - 1]) : undefined;
    } catch (error) {
      if (!NOT_AT_ONCE.includes(String(Object(error).code))) {
        throw error;
      }
      return undefined;
    }
  }

  /** Whoever is not simply another deployment. */
  public async findHolder(): Promise<LockHolder | undefined> {
    const results = await this.send([BEGIN, holdersSql(STAND_IN)]);
    const holders = (results[results.length - 1] as (Row & HoldingSession)[]);
    const found = holders.find(({ own, application }) => !own || application !== APPLICATION_NAME);
    return found && {
      who: `${sessionInWords(found)} held the lock of this library`,
      remedy: `Run \`${endSessionSql(found)}\` in database 'postgres' as the admin or as '${found.role}'`,
    };
  }

  /** What runs while the lock is held is committed at once: the transaction that goes on is given up where nothing is left to be done. */
  private statements(): string[] {
    const { onLocked, stateSql } = this.reading;
    const lock = { standIn: STAND_IN, useStandIn: this.useStandIn };
    return [
      BEGIN,
      ...(onLocked.length === 0 ? [] : [tryLockSql({ ...lock, whileHeld: onLocked }), 'COMMIT', BEGIN]),
      tryLockSql(lock), outcomeSql, stateSql,
    ];
  }

  /** Ends the transaction of the attempt before, and sends what begins another. Between attempts the session holds neither a lock nor a snapshot. */
  private async send(statements: string[]): Promise<Row[][]> {
    const all = this.inTransaction ? ['ROLLBACK', ...statements] : statements;
    this.inTransaction = true;
    return this.session.read(all);
  }

  private async make(): Promise<void> {
    try {
      await this.send([BEGIN, ...makeLockSql, 'COMMIT', BEGIN]);
    } catch (error) {
      const { code }: { code?: unknown } = Object(error);
      this.useStandIn = MAY_NOT_MAKE.includes(String(code));
      if (!this.useStandIn && !MADE_MEANWHILE.includes(String(code))) {
        throw error;
      }
    }
  }
}
