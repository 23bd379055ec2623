import { buildApp } from './app';
import { readApiConfig } from './config';
import { connectDatabase } from './database';
import { storedJobs } from './jobs';
import { createLog } from './log';
import { connectQueue } from './queue';
import { supertokensSessions } from './sessions';
import { stopOnSignal } from './stop';

const NAME = 'rex-api';

async function main(): Promise<void> {
  const config = readApiConfig(process.env);
  const log = createLog(NAME, config.logLevel);
  const database = connectDatabase(config, NAME, log);
  const queue = connectQueue(config, log);
  let draining = false;
  const { keepAliveTimeout, corsOrigins } = config;
  const app = buildApp({ jobs: storedJobs(database), queue, sessions: supertokensSessions(config), log, draining: () => draining, keepAliveTimeout, corsOrigins });
  stopOnSignal(log, config.stopTimeout, async () => {
    draining = true;
    await app.close();
    await Promise.all([queue.close(), database.close()]);
  });
  await app.listen({ host: config.host, port: config.port });
}

main().catch((error: Error) => {
  createLog(NAME, 'info').fatal({ err: error }, 'The service could not start');
  process.exit(1);
});
