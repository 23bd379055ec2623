import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds, at most 30 seconds; a condition that throws ends the wait. */
export async function eventually(what: string, condition: () => Promise<boolean>, milliseconds = 30_000): Promise<void> {
  const giveUp = Date.now() + milliseconds;
  while (!await condition()) {
    if (Date.now() > giveUp) {
      throw new Error(`Not within ${milliseconds} ms: ${what}`);
    }
    await sleep(50);
  }
}
