import { literal } from './quote';
import type { Row, SqlSession } from './session';
import { BrokerError } from '../../../../broker/broker-error';
import type { Clock } from '../../../../broker/handler/clock';
import type { Step } from '../../../../broker/handler/sql/step';

/** Statements in one transaction. Each holds its locks until all are done, and the server has room for so many locks. */
const MOST_TOGETHER = 50;
/** Milliseconds that each statement among others may wait for a lock. All of them together stay below the limit of one that is alone. */
const TOGETHER_MS = 2;
/** Milliseconds that a statement waits for each of its locks. Whoever comes later waits behind it for as long. */
const ALONE_MS = 90;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const LOOK_MS = 20;
/** The server ends the session's statements at the deadline; the answer has to come before. */
const RESERVE_MS = 300;
const ATTEMPTS_WITHOUT_ROOM = 3;

const LOCKED = ['55P03', '40P01'];
const NO_ROOM = '53200';

/** Until when, and with what, steps may be waited for. */
export interface Pace {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly clock: Clock;
  /** Reads on another connection than the one that works. */
  watch(statements: string[]): Promise<Row[][]>;
}

interface Blocker {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  readonly since: string | null;
}

/**
 * Runs statements in small transactions, in their order as far as locks allow, so that nobody waits behind this session for more than
 * a moment. What is locked by others is tried again until the deadline; then the error names the session that blocks. Every statement
 * has to be right whatever became of the others, because an attempt that fails leaves those before it.
 *
 * Costs nothing over one transaction where there are few statements and no locks of others: one round trip for each fifty.
 */
export async function applyInSteps(session: SqlSession, steps: readonly Step[], pace: Pace): Promise<void> {
  let size = MOST_TOGETHER;
  let withoutRoom = 0;
  for (let next = 0; next < steps.length;) {
    const batch = steps.slice(next, next + size);
    const code = await tryTogether(session, batch);
    if (code === NO_ROOM) {
      withoutRoom = batch.length > 1 ? 0 : withoutRoom + 1;
      await makeRoom(batch, withoutRoom, pace);
      size = Math.max(Math.floor(batch.length / 2), 1);
    } else {
      if (code !== undefined) {
        await oneByOne(session, batch, pace);
      }
      next += batch.length;
      withoutRoom = 0;
    }
  }
}

/** Answers the code of a failure after which less at once may help. */
async function tryTogether(session: SqlSession, steps: readonly Step[]): Promise<string | undefined> {
  return attempt(session, steps, steps.length > 1 ? TOGETHER_MS : ALONE_MS);
}

async function attempt(session: SqlSession, steps: readonly Step[], timeout: number): Promise<string | undefined> {
  try {
    await session.apply([`SET LOCAL lock_timeout = ${timeout}`, ...steps.map(({ sql }) => sql)]);
    return undefined;
  } catch (error) {
    const { code }: { code?: unknown } = Object(error);
    if (typeof code === 'string' && (LOCKED.includes(code) || code === NO_ROOM)) {
      return code;
    }
    throw error;
  }
}

/** Others may hold the room that a single statement needs, so it is tried a few times. */
async function makeRoom(batch: readonly Step[], withoutRoom: number, { clock, deadline }: Pace): Promise<void> {
  if (withoutRoom >= ATTEMPTS_WITHOUT_ROOM || (withoutRoom > 0 && clock.now() + LONGEST_PAUSE_MS >= deadline - RESERVE_MS)) {
    throw new BrokerError('OUT_OF_LOCKS', `The server lacks room for the locks that \`${shown(batch[0])}\` needs (53200). `
      + 'Raise `max_locks_per_transaction` in the parameter group and restart the server, or wait until other sessions have ended, then deploy again.');
  }
  if (withoutRoom > 0) {
    await clock.sleep(LONGEST_PAUSE_MS);
  }
}

async function oneByOne(session: SqlSession, steps: readonly Step[], pace: Pace): Promise<void> {
  const { clock, deadline } = pace;
  const pid = await ownPid(session);
  for (let waiting = steps, pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const locked: Step[] = [];
    for (const step of waiting) {
      const held = await tryAlone(session, pid, step, pace);
      if (held !== 'done') {
        locked.push(step);
        if (clock.now() + pause >= deadline - RESERVE_MS) {
          throw blocked(step, held);
        }
      }
    }
    if (locked.length === 0) {
      return;
    }
    waiting = locked;
    await clock.sleep(pause);
  }
}

/** Tries one statement, and looks from outside who blocks it: afterwards nobody knows any more. */
async function tryAlone(session: SqlSession, pid: number, step: Step, pace: Pace): Promise<Blocker | 'done' | undefined> {
  let ended = false;
  const working = attempt(session, [step], ALONE_MS).finally(() => { ended = true; });
  const looking = look(pid, pace, () => ended);
  const [code, blocker] = await Promise.all([working, looking]);
  if (code === NO_ROOM) {
    await applyInSteps(session, [step], pace);
    return 'done';
  }
  return code === undefined ? 'done' : blocker;
}

async function look(pid: number, { clock, watch }: Pace, isOver: () => boolean): Promise<Blocker | undefined> {
  for (;;) {
    await clock.sleep(LOOK_MS);
    if (isOver()) {
      return undefined;
    }
    // Without clearing it, a transaction would see the same sessions again and again.
    const [, [found]] = await watch(['SELECT pg_stat_clear_snapshot()', `SELECT a.pid, a.usename AS "user", a.application_name AS application,
      to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS since
      FROM pg_stat_activity a WHERE a.pid = ANY (pg_blocking_pids(${pid})) ORDER BY a.xact_start LIMIT 1`]);
    if (found !== undefined) {
      return found as unknown as Blocker;
    }
  }
}

async function ownPid(session: SqlSession): Promise<number> {
  const [[row]] = await session.read(['SELECT pg_backend_pid() AS pid']);
  return Number(row.pid);
}

function blocked(step: Step, blocker: Blocker | undefined): BrokerError {
  const who = blocker === undefined ? 'another session' : `session ${blocker.pid} of user '${blocker.user ?? ''}'`
    + `${blocker.application ? ` (application '${blocker.application}')` : ''}${blocker.since === null ? '' : `, in a transaction since ${blocker.since} UTC`}`;
  const end = blocker === undefined ? 'End that session' : `End that session with \`SELECT pg_terminate_backend(${blocker.pid})\``;
  return new BrokerError('BLOCKED', `\`${shown(step)}\` had to wait until the deadline for ${who}. ${end}, or wait until its transaction ends, then deploy again.`);
}

function shown(step: Step | undefined): string {
  const text = step?.shown ?? step?.sql ?? '';
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}

/**
 * What another session changed in the meantime, or what the admin may not touch, is no failure of a step. None of these may be the name of a whole
 * class: `object_not_in_prerequisite_state` would catch the lock that is not available.
 */
const TOLERATED = 'insufficient_privilege OR undefined_object OR undefined_table OR undefined_function OR invalid_schema_name OR dependent_objects_still_exist OR wrong_object_type';

/** A step that does nothing where it is not allowed, or its object is gone. Whoever needs to know reads afterwards. */
export function whereAllowed(...statements: string[]): Step {
  return { sql: `DO ${literal(`BEGIN ${statements.join('; ')}; EXCEPTION WHEN ${TOLERATED} THEN NULL; END`)}`, shown: statements[0] };
}
