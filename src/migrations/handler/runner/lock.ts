import { setTimeout as sleep } from 'timers/promises';
import type { LockSession, Obstacle, Rows, RunnerDialect } from './runner-dialect';
import { messageOf, RunnerFailure } from './runner-failure';
import type { RunnerSettings } from './settings';
import { RunnerExit } from '../../shared/runner.contract';

const POLL_MS = 1_000;
const HEARTBEAT_MS = 5_000;
const REPORT_MS = 30_000;

/** The connection that holds the lock, for as long as it lives. */
export class MigrationLock {
  /** Waits for the server, checks the role, and waits for the lock. */
  public static async acquire(dialect: RunnerDialect, settings: RunnerSettings, stop: AbortController, print: (line: string) => void): Promise<MigrationLock> {
    const waiting = new LockWaiting(dialect, settings, stop.signal, print);
    return new MigrationLock(dialect, await orAbort(waiting.acquire(), stop.signal), stop);
  }

  private readonly heartbeat: NodeJS.Timeout;
  private closing = false;

  private constructor(private readonly dialect: RunnerDialect, private readonly session: LockSession, private readonly stop: AbortController) {
    session.onLost((reason) => this.lose(reason));
    // A server that vanished without a word is noticed only by asking.
    this.heartbeat = setInterval(() => void session.query('SELECT 1').catch((error) => this.lose(messageOf(error))), HEARTBEAT_MS);
  }

  /** Runs a query on the connection, so that its success also proves that the lock is held. */
  public async query(sql: string): Promise<Rows> {
    return this.orLose(() => this.session.query(sql));
  }

  /** Runs a statement whose effect is to stay. */
  public async change(sql: string): Promise<void> {
    return this.orLose(() => this.session.change(sql));
  }

  /** Gives the lock back. */
  public async release(): Promise<void> {
    this.closing = true;
    clearInterval(this.heartbeat);
    await this.session.close();
  }

  private async orLose<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.dialect.isPassing(error)) this.lose(messageOf(error));
      throw this.stop.signal.aborted ? this.stop.signal.reason : error;
    }
  }

  private lose(reason: string) {
    if (this.closing || this.stop.signal.aborted) return;
    this.stop.abort(new RunnerFailure(RunnerExit.LOCK_LOST,
      `The connection that holds the migration lock was lost (${reason}). The engine was stopped, because another run may begin. Run the migrations again.`));
  }
}

/** Polls: waiting inside a statement would never end behind CREATE INDEX CONCURRENTLY of the run that holds the lock. */
class LockWaiting {
  private reported = 0;
  private lastReport = '';

  constructor(
    private readonly dialect: RunnerDialect,
    private readonly settings: RunnerSettings,
    private readonly signal: AbortSignal,
    private readonly print: (line: string) => void,
  ) {
  }

  public async acquire(): Promise<LockSession> {
    const end = Date.now() + this.settings.lockSeconds * 1000;
    for (;;) {
      const session = await this.connect();
      try {
        await session.checkRole();
        await this.poll(end, 'Another run holds the migration lock', async () => session.tryLock(), async () => session.findHolder());
        await this.poll(end, 'A statement of an aborted run is still at work', async () => await session.findLeftover() === undefined, async () => session.findLeftover());
        return session;
      } catch (error) {
        await session.close();
        if (error instanceof RunnerFailure || !this.dialect.isPassing(error)) throw error;
        this.report(`The connection was lost while waiting (${messageOf(error)})`);
      }
    }
  }

  private async connect(): Promise<LockSession> {
    const { connectSeconds } = this.settings;
    const where = address(this.settings);
    const end = Date.now() + connectSeconds * 1000;
    for (;;) {
      this.signal.throwIfAborted();
      try {
        return await this.dialect.connect(this.settings);
      } catch (error) {
        if (!this.dialect.isPassing(error)) throw this.dialect.refusal(this.settings, error);
        if (Date.now() + POLL_MS > end) {
          throw new RunnerFailure(RunnerExit.UNAVAILABLE, `${where} didn't accept a connection within ${connectSeconds} s: ${messageOf(error)}. Start the server if it is stopped, and allow this task in its security group.`);
        }
        this.report(`${where} doesn't accept connections yet: ${messageOf(error)}`);
      }
      await this.pause();
    }
  }

  private async poll(end: number, obstacle: string, done: () => Promise<boolean>, find: () => Promise<Obstacle | undefined>): Promise<void> {
    const { lockSeconds } = this.settings;
    while (!await done()) {
      if (Date.now() + POLL_MS > end) {
        const found = await find();
        const who = found === undefined ? '' : ` (${found.who})`;
        throw new RunnerFailure(RunnerExit.LOCKED, `${obstacle} for more than ${lockSeconds} s${who}. ${found?.remedy ?? 'Wait for that run, or end its session'}, then run the migrations again.`);
      }
      this.report(`${obstacle}; waiting`);
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

/** The database in words, at the beginning of a message. */
export function address(settings: RunnerSettings): string {
  return `Database '${settings.database}' on '${settings.host}:${settings.port}'`;
}
