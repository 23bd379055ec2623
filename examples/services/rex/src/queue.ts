import { Queue, type RedisOptions } from 'bullmq';
import type { Logger } from 'pino';
import type { Config } from './config';
import { KEY_PREFIX } from './key-prefix';
import { UnavailableError } from './unavailable';

/** Where jobs wait for a worker. */
export interface JobQueue {
  /** Puts jobs into the queue; one that is there already is left as it is. */
  add(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

// Nothing is kept of a job once it leaves the queue: its row is what counts, and a kept job would stop the same one from being queued again.
// How often it is tried, and how long after, is up to the table and to the worker.
const JOB_OPTIONS = { attempts: 1_000_000, backoff: { type: 'custom' }, removeOnComplete: true, removeOnFail: true };
const PATIENCE = 1_000;

/** A connection that comes back by itself, soon, whatever happens to the server. */
export function redisConnection(config: Pick<Config, 'redisUrl'>): RedisOptions {
  return { url: config.redisUrl, keepAlive: 10_000, retryStrategy: (times) => Math.min(times * 200, 2_000) };
}

/** The queue as those who fill it see it: it answers within a second or fails, because the row is safe without it. */
export function connectQueue(config: Pick<Config, 'redisUrl' | 'queueName'>, log: Logger): JobQueue {
  const queue = new Queue(config.queueName, {
    connection: { ...redisConnection(config), enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: PATIENCE },
    prefix: KEY_PREFIX,
    defaultJobOptions: JOB_OPTIONS,
  });
  // Without a listener, the loss of the connection would end the process.
  queue.on('error', (error) => log.warn({ err: error }, 'The connection to the queue has a problem'));
  return {
    add: async (ids) => {
      const jobs = ids.map((id) => ({ name: 'job', data: {}, opts: { jobId: id } }));
      await within(PATIENCE, queue.addBulk(jobs));
    },
    close: async () => queue.close(),
  };
}

async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([promise, late]);
  } catch (error) {
    throw new UnavailableError('The queue', error);
  } finally {
    clearTimeout(timer);
  }
}
