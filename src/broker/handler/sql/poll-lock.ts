import { BrokerError } from '../../broker-error';
import type { RequestBase } from '../../broker.contract';
import type { Clock } from '../clock';

const POLL_MS = 10;
const LONGEST_POLL_MS = 250;

/**
 * Tries for the lock of a server until the deadline. The lock is polled, because waiting for it inside a statement could deadlock unseen.
 *
 * @param attempt answers with nothing while somebody else has the lock
 */
export async function pollLock<T>({ deadline }: Pick<RequestBase, 'deadline'>, clock: Clock, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let wait = POLL_MS; ; wait = Math.min(wait * 2, LONGEST_POLL_MS)) {
    const held = await attempt();
    if (held !== undefined) {
      return held;
    }
    if (clock.now() + wait >= deadline) {
      throw new BrokerError('LOCK_BUSY', 'Other deployments were changing this server until the deadline, and this library makes one change at a time. Wait until the other deployments have ended, then deploy again.');
    }
    await clock.sleep(wait);
  }
}
