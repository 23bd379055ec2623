import { Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { WorkerConfig } from './config';
import { DeadJobError, type Outcome } from './jobs';
import { KEY_PREFIX } from './key-prefix';
import { redisConnection } from './queue';

/** Whoever takes jobs from the queue. */
export interface Consumer {
  /** Takes no more jobs and waits for those under way. */
  close(): Promise<void>;
}

const LONGEST_WAIT = 300_000;

/**
 * Gives each job of the queue to `perform`. What throws is tried again, each time after twice the time, until the table says that it is
 * enough. A job whose worker died is given to another one.
 */
export function consume(config: WorkerConfig, log: Logger, perform: (id: string) => Promise<Outcome>): Consumer {
  const worker = new Worker(config.queueName, async ({ id = '' }) => {
    try {
      const outcome = await perform(id);
      log.info({ job: id, outcome }, 'A job was delivered');
    } catch (error) {
      if (!(error instanceof DeadJobError)) {
        throw error;
      }
      log.error({ job: id, outcome: 'dead', err: error.cause }, error.message);
    }
  }, {
    connection: redisConnection(config),
    prefix: KEY_PREFIX,
    // Each job holds a connection to the database while it is worked on, and the sweeper needs one as well.
    concurrency: Math.max(1, config.poolSize - 1),
    lockDuration: config.lock,
    stalledInterval: Math.max(1_000, config.lock / 2),
    // The table counts, and a worker that was replaced is one try of many.
    maxStalledCount: 100,
    settings: { backoffStrategy: (failures) => Math.min(config.retry * 2 ** (failures - 1), LONGEST_WAIT) },
  });
  // Without a listener, the loss of the connection would end the process.
  worker.on('error', (error) => log.warn({ err: error }, 'The connection to the queue has a problem'));
  worker.on('failed', (job, error) => log.warn({ err: error, job: job?.id }, 'A job could not be done now'));
  return { close: async () => worker.close() };
}
