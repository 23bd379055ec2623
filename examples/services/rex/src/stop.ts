import type { Logger } from 'pino';

/**
 * Ends the process on SIGTERM or SIGINT: `finish` is told to take nothing new and to end what is under way. Exit code 0;
 * 1 where that failed or took longer than the time given, in milliseconds.
 */
export function stopOnSignal(log: Logger, timeout: number, finish: () => Promise<unknown>): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (!stopping) {
      stopping = true;
      log.info({ signal }, 'Stopping: finishing what is under way');
      const deadline = new Promise<number>((resolve) => setTimeout(() => resolve(1), timeout));
      const finished = finish().then(() => 0, (error) => {
        log.error({ err: error }, 'The service could not stop in order');
        return 1;
      });
      void Promise.race([finished, deadline]).then((code) => process.exit(code));
    }
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
