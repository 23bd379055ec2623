import type { Logger } from 'pino';
import type { WorkerConfig } from './config';
import type { Jobs } from './jobs';
import type { JobQueue } from './queue';

/** Whoever looks after jobs that nobody would do otherwise. */
export interface Sweeper {
  /** Looks no more, and waits for a look under way. */
  close(): Promise<void>;
}

// The API needs this long at most between storing a job and queueing it.
const GRACE = 3_000;

/** Queues the jobs whose API died before it queued them, and those that the queue has forgotten. */
export function sweep(config: Pick<WorkerConfig, 'sweep' | 'requeue'>, jobs: Jobs, queue: JobQueue, log: Logger): Sweeper {
  let underWay: Promise<void> | undefined;
  const once = async (): Promise<void> => {
    try {
      const stranded = await jobs.stranded(GRACE, config.requeue);
      if (stranded.length > 0) {
        await queue.add(stranded);
        await jobs.markQueued(stranded);
        log.info({ jobs: stranded.length }, 'Jobs that were not in the queue were put there');
      }
    } catch (error) {
      log.warn({ err: error }, 'Jobs could not be looked after now');
    }
  };
  const timer = setInterval(() => {
    underWay ??= once().finally(() => { underWay = undefined; });
  }, config.sweep);
  return {
    close: async () => {
      clearInterval(timer);
      await underWay;
    },
  };
}
