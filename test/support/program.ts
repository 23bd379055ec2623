import { setTimeout as sleep } from 'timers/promises';

/**
 * Runs a program to its end, or until it is interrupted, and always cleans up. The exit code is the program's, or that of the
 * signal. Later signals change nothing: an impatient Ctrl-C must not skip the cleaning up.
 */
export async function runProgram(main: () => Promise<number>, cleanUp: () => Promise<void>): Promise<never> {
  const interrupted = new Promise<number>((resolve) => {
    Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }).forEach(([signal, code]) => process.on(signal, () => resolve(code)));
  });
  const code = await Promise.race([interrupted, main().catch(async (error: Error) => {
    // What got the same Ctrl-C may be what failed; then there is nothing to explain.
    const reason = await Promise.race([interrupted, sleep(100, 1)]);
    if (reason === 1) {
      console.error(`\n${error.stack}`);
    }
    return reason;
  })]);
  await cleanUp();
  process.exit(code);
}
