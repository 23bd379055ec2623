import { buildApp } from './app';
import { readConfig, type Config } from './config';
import { connectDatabase, type Database } from './database';
import { createLog } from './log';
import { storedPeople } from './people';

interface Stoppable {
  close(): Promise<unknown>;
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const database = connectDatabase(config, log);
  let draining = false;
  const app = buildApp({ people: storedPeople(database), log, now: () => new Date(), draining: () => draining, keepAliveTimeout: config.keepAliveTimeout });
  const stop = (signal: NodeJS.Signals) => {
    if (!draining) {
      draining = true;
      log.info({ signal }, 'Stopping: finishing what is under way');
      void stopWithin(config, app, database).then((code) => process.exit(code));
    }
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.listen({ host: config.host, port: config.port });
}

/** Refuses new connections, finishes requests, then closes the pool. Answers with the exit code. */
async function stopWithin(config: Config, app: Stoppable, database: Database): Promise<number> {
  const deadline = new Promise<number>((resolve) => setTimeout(() => resolve(1), config.stopTimeout));
  const finished = app.close().then(async () => database.close()).then(() => 0, () => 1);
  return Promise.race([finished, deadline]);
}

main().catch((error: Error) => {
  createLog('info').fatal({ err: error }, 'The service could not start');
  process.exit(1);
});
