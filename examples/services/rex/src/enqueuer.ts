import type { FastifyBaseLogger } from 'fastify';
import type { Jobs } from './jobs';
import type { JobQueue } from './queue';

/** Brings stored jobs into the queue while their callers have their answers already. */
export interface Enqueuer {
  enqueue(id: string): void;
  /** Waits until all that was given is in the queue, or could not be put there. */
  close(): Promise<void>;
}

const MOST_AT_ONCE = 200;
const MOST_WAITING = 10_000;

/**
 * Sends one batch after the other: what is given while one is under way goes into the next, so that much is sent at once where
 * much comes. The rows are stored before: what does not get into the queue here, the sweeper puts there.
 */
export function connectEnqueuer(jobs: Jobs, queue: JobQueue, log: FastifyBaseLogger): Enqueuer {
  const waiting: string[] = [];
  let underWay: Promise<void> | undefined;
  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const ids = waiting.splice(0, MOST_AT_ONCE);
      try {
        await queue.add(ids);
        await jobs.markQueued(ids);
      } catch (error) {
        log.warn({ err: error, jobs: ids.length }, 'Jobs were stored and not queued; the sweeper will');
      }
    }
    underWay = undefined;
  };
  return {
    enqueue: (id) => {
      if (waiting.length < MOST_WAITING) {
        waiting.push(id);
      }
      underWay ??= sendAll();
    },
    close: async () => underWay,
  };
}
