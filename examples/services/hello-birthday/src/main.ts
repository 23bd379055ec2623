import { setTimeout as sleep } from 'node:timers/promises';
import { buildApp } from './app';
import { readConfig } from './config';
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
  const stop = (signal: NodeJS.Signals, drain: number) => {
    if (!draining) {
      draining = true;
      log.info({ signal }, 'Stopping: finishing what is under way');
      void stopWithin(config.stopTimeout, drain, app, database).then((code) => process.exit(code));
    }
  };
  process.on('SIGTERM', (signal) => stop(signal, config.drain));
  // Somebody at a keyboard, who has no load balancer.
  process.on('SIGINT', (signal) => stop(signal, 0));
  await app.listen({ host: config.host, port: config.port });
}

/**
 * Goes on until the load balancer sends no more, while every answer closes its connection and `/healthz` says so. Then refuses new connections, closes
 * those without a request, finishes requests, and closes the pool. Answers with the exit code.
 */
async function stopWithin(timeout: number, drain: number, app: Stoppable, database: Database): Promise<number> {
  const deadline = sleep(timeout, 1);
  const finished = sleep(drain).then(async () => app.close()).then(async () => database.close()).then(() => 0, () => 1);
  return Promise.race([finished, deadline]);
}

main().catch((error: Error) => {
  createLog('info').fatal({ err: error }, 'The service could not start');
  process.exit(1);
});
