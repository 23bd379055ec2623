import { Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { WorkerConfig } from './config';
import type { Outcome } from './jobs';
import { KEY_PREFIX } from './key-prefix';
import { redisConnection } from './queue';

/** Whoever takes jobs from the queue. */
export interface Consumer {
  /** Takes no more jobs and waits for those under way. */
  close(): Promise<void>;
}

/**
 * Gives each job of the queue to `perform`. What throws is tried again, up to the attempts of the job, and from the table after
 * that. A job whose worker died is given to another one.
 */
export function consume(config: WorkerConfig, log: Logger, perform: (id: string) => Promise<Outcome>): Consumer {
  const worker = new Worker(config.queueName, async ({ id = '' }) => {
    const outcome = await perform(id);
    log.info({ job: id, outcome }, 'A job was delivered');
  }, {
    connection: redisConnection(config),
    prefix: KEY_PREFIX,
    // Each job holds a connection to the database while it is worked on, and the sweeper needs one as well.
    concurrency: Math.max(1, config.poolSize - 1),
    lockDuration: config.lock,
    stalledInterval: Math.max(1_000, config.lock / 2),
    // Workers that are replaced are no fault of the job.
    maxStalledCount: 100,
  });
  // Without a listener, the loss of the connection would end the process.
  worker.on('error', (error) => log.warn({ err: error }, 'The connection to the queue has a problem'));
  worker.on('failed', (job, error) => log.warn({ err: error, job: job?.id }, 'A job could not be done now'));
  return { close: async () => worker.close() };
}
