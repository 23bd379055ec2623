import type { Database, Query, Row } from './database';
import { RefusedError, type Summary } from './summary';

/** How often the work on a job may begin and not end well. */
export interface Patience {
  readonly maxTries: number;
}

/** A job that was tried as often as it may be, and is kept as failed. */
export class DeadJobError extends Error {}

export interface NewJob {
  readonly owner: string;
  readonly idempotencyKey: string;
  readonly text: string;
}

/** What became of a job. */
export interface JobState {
  readonly id: string;
  /** `accepted`: stored; `queued`: given to the queue as well; `done` and `failed` are final. */
  readonly state: 'accepted' | 'queued' | 'done' | 'failed';
  readonly result: Summary | null;
  readonly error: string | null;
}

export interface Job extends JobState {
  readonly text: string;
}

/** What is done with the text of a job. */
export type Work = (text: string) => Promise<Summary>;

export type Outcome = 'done' | 'failed' | 'duplicate' | 'unknown';

/** The jobs, of which the table is the truth: the queue only says which to look at next. */
export interface Jobs {
  /** Stores a job; another one with the key of an earlier one is that job. */
  accept(job: NewJob): Promise<Job>;
  /** The job of this owner. */
  find(owner: string, id: string): Promise<JobState | undefined>;
  /** Notes that jobs are in the queue. */
  markQueued(ids: readonly string[]): Promise<void>;
  /** Jobs that were not queued within `grace`, or queued longer than `requeue` ago and never done. In milliseconds. */
  stranded(grace: number, requeue: number): Promise<string[]>;
  /**
   * Does the work of a job and keeps its result, unless that has happened already.
   *
   * @throws DeadJobError when that was the last time, and whatever the work throws before
   */
  perform(id: string, work: Work, patience: Patience): Promise<Outcome>;
  /** Fails when jobs cannot be read now. */
  check(): Promise<void>;
}

const STATE = 'id, state, result, error';
const MOST_AT_ONCE = 500;
const NOT_ENDED = "state IN ('accepted', 'queued')";

/** Jobs kept in the table `jobs`, and each delivery of one to a worker in `deliveries`. */
export function storedJobs(database: Database): Jobs {
  const { query } = database;
  return {
    accept: async ({ owner, idempotencyKey, text }) => (await query(
      `INSERT INTO jobs (owner, idempotency_key, text) VALUES ($1, $2, $3)
       ON CONFLICT (owner, idempotency_key) DO UPDATE SET repeats = jobs.repeats + 1
       RETURNING ${STATE}, text`,
      [owner, idempotencyKey, text],
      'accept',
    ))[0] as unknown as Job,
    find: async (owner, id) => (
      await query(`SELECT ${STATE} FROM jobs WHERE id = $1 AND owner = $2`, [id, owner], 'find')
    )[0] as unknown as JobState | undefined,
    markQueued: async (ids) => {
      // A row that is locked is in work already, and nobody shall wait for that. Not prepared, no join, and the states in other words than
      // those of their index: or it might be planned once for an empty table, and read the whole of it ever after.
      await query(`UPDATE jobs SET state = 'queued', queued_at = now() WHERE state NOT IN ('done', 'failed')
        AND id = ANY (ARRAY(SELECT id FROM jobs WHERE id = ANY ($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED))`, [ids]);
    },
    stranded: async (grace, requeue) => (await query(
      `SELECT id FROM jobs
       WHERE (state = 'accepted' AND created_at < now() - $1 * interval '1 millisecond')
          OR (state = 'queued' AND queued_at < now() - $2 * interval '1 millisecond')
       ORDER BY created_at LIMIT ${MOST_AT_ONCE}`,
      [grace, requeue],
    )).map((row) => String(row.id)),
    perform: async (id, work, patience) => tryOnce(database, id, work, patience),
    check: async () => {
      await query('SELECT 1 FROM jobs LIMIT 1');
    },
  };
}

/**
 * A try is counted before it begins: work that takes its worker with it, or never ends within the stop timeout, says nothing afterwards.
 * While the database is away nothing begins, and nothing is counted.
 */
async function tryOnce(database: Database, id: string, work: Work, { maxTries }: Patience): Promise<Outcome> {
  const [begun] = await database.query(`UPDATE jobs SET tries = tries + 1 WHERE id = $1 AND ${NOT_ENDED} RETURNING tries`, [id]);
  const tries = Number(begun?.tries ?? 0);
  if (tries > maxTries) {
    return giveUp(database, id, maxTries, 'The work ended with its worker each time, or was not ended in time');
  }
  try {
    return await database.transaction(async (within) => perform(within, id, work));
  } catch (error) {
    if (tries < maxTries) {
      throw error;
    }
    return giveUp(database, id, maxTries, error);
  }
}

/** What the caller is told says nothing of the reason, which is for the log. */
async function giveUp(database: Database, id: string, tries: number, cause: unknown): Promise<Outcome> {
  const message = `The job could not be done in ${tries} tries.`;
  const isDead = await database.transaction(async (query) => {
    const dead = await query(`UPDATE jobs SET state = 'failed', dead = true, error = $2, ended_at = now() WHERE id = $1 AND ${NOT_ENDED} RETURNING id`, [id, message]);
    await query('INSERT INTO deliveries (job_id, outcome) VALUES ($1, $2)', [id, dead.length > 0 ? 'failed' : 'duplicate']);
    return dead.length > 0;
  });
  if (isDead) {
    throw new DeadJobError(message, { cause });
  }
  // The result was kept, and the news of it lost.
  return 'duplicate';
}

/**
 * The row is locked while the work is done, so a second delivery of the same job, at the same time or later, finds out what
 * became of the first.
 */
async function perform(query: Query, id: string, work: Work): Promise<Outcome> {
  const [job] = await query('SELECT text, state FROM jobs WHERE id = $1 FOR UPDATE', [id]);
  if (job === undefined) {
    return 'unknown';
  }
  const outcome = job.state === 'done' || job.state === 'failed' ? 'duplicate' : await finish(query, id, job, work);
  await query('INSERT INTO deliveries (job_id, outcome) VALUES ($1, $2)', [id, outcome]);
  return outcome;
}

async function finish(query: Query, id: string, job: Row, work: Work): Promise<Outcome> {
  const end = 'UPDATE jobs SET state = $2, result = $3, error = $4, ended_at = now() WHERE id = $1';
  try {
    await query(end, [id, 'done', JSON.stringify(await work(String(job.text))), null]);
    return 'done';
  } catch (error) {
    if (!(error instanceof RefusedError)) {
      throw error;
    }
    await query(end, [id, 'failed', null, error.message]);
    return 'failed';
  }
}
