import { setTimeout as sleep } from 'node:timers/promises';
import { readWorkerConfig } from './config';
import { consume } from './consumer';
import { connectDatabase } from './database';
import { storedJobs } from './jobs';
import { createLog } from './log';
import { connectQueue } from './queue';
import { stopOnSignal } from './stop';
import { summarise } from './summary';
import { sweep } from './sweeper';

const NAME = 'rex-worker';

function main(): void {
  const config = readWorkerConfig(process.env);
  const log = createLog(NAME, config.logLevel);
  const database = connectDatabase(config, NAME, log);
  const jobs = storedJobs(database);
  const queue = connectQueue(config, log);
  const consumer = consume(config, log, async (id) => jobs.perform(id, async (text) => {
    await sleep(config.work);
    return summarise(text);
  }, config));
  const sweeper = sweep(config, jobs, queue, log);
  stopOnSignal(log, config.stopTimeout, async () => {
    await Promise.all([consumer.close(), sweeper.close()]);
    await Promise.all([queue.close(), database.close()]);
  });
  log.info('The worker is waiting for jobs');
}

try {
  main();
} catch (error) {
  createLog(NAME, 'info').fatal({ err: error as Error }, 'The service could not start');
  process.exitCode = 1;
}
