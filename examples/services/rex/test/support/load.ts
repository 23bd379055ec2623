import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from './client';
import { eventually } from './eventually';
import type { System } from './system';
import { summarise } from '../../src/summary';

/** What became of the jobs that the API had accepted. */
export interface Figures {
  readonly accepted: number;
  readonly done: number;
  /** Accepted jobs without a right result. */
  readonly lost: number;
  /** Jobs whose work was done more than once. */
  readonly doneTwice: number;
  /** Deliveries of a job that was done already. */
  readonly duplicateDeliveries: number;
  /** Requests that came with a key that was there already. */
  readonly repeatedRequests: number;
  readonly requestsSentAgain: number;
}

const CALLERS_AT_ONCE = 8;
const EVERY = 10;
/** Between two requests of one caller, in milliseconds: what is killed shall be killed under load, not after it. */
const PACE = 120;

export const textOfJob = (number: number): string => `Job ${number} counts ${'words '.repeat(number % 7)}and ends`;

/** Submits jobs 0 to `count` - 1, several at once and every tenth twice; gives their ids, and tells how many are accepted. */
export async function submitAll(caller: Caller, count: number, onAccepted: (accepted: number) => void): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  let accepted = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) {
      const again = number % EVERY === 0 ? 2 : 1;
      const answers = await Promise.all(Array.from({ length: again }, async () => caller.submit(`load-${number}`, textOfJob(number))));
      const [{ status, body }] = answers;
      if (status !== 202 || answers.some((answer) => answer.body.id !== body.id)) {
        throw new Error(`Job ${number} was answered by ${JSON.stringify(answers)}`);
      }
      ids[number] = body.id;
      onAccepted(++accepted);
      await sleep(PACE);
    }
  };
  await Promise.all(Array.from({ length: CALLERS_AT_ONCE }, oneAfterTheOther));
  return ids;
}

/** Waits for the end of all jobs, asks the API for each, and counts. */
export async function settle(system: System, caller: Caller, ids: readonly string[]): Promise<Figures> {
  const unfinished = async (): Promise<number> => countOf(system, "SELECT count(*) AS n FROM jobs WHERE state NOT IN ('done', 'failed')");
  await eventually('every job is done', async () => await unfinished() === 0).catch((error) => console.error(String(error)));
  let right = 0;
  for (const [number, id] of ids.entries()) {
    const { body } = await caller.read(id);
    const expected = summarise(textOfJob(number));
    right += body.state === 'done' && JSON.stringify(sorted(body.result)) === JSON.stringify(sorted(expected)) ? 1 : 0;
  }
  const accepted = new Set(ids).size;
  return {
    accepted,
    done: await countOf(system, "SELECT count(*) AS n FROM deliveries WHERE outcome = 'done'"),
    lost: accepted - right,
    doneTwice: await countOf(system, "SELECT count(*) AS n FROM (SELECT 1 FROM deliveries WHERE outcome = 'done' GROUP BY job_id HAVING count(*) > 1) AS twice"),
    duplicateDeliveries: await countOf(system, "SELECT count(*) AS n FROM deliveries WHERE outcome = 'duplicate'"),
    repeatedRequests: await countOf(system, 'SELECT sum(repeats) AS n FROM jobs'),
    requestsSentAgain: caller.retries,
  };
}

async function countOf(system: System, query: string): Promise<number> {
  return Number((await system.query<{ n: string }>(query))[0].n);
}

function sorted(value: unknown): [string, unknown][] {
  return Object.entries(value ?? {}).sort(([a], [b]) => a.localeCompare(b));
}
