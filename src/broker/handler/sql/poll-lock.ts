import { BrokerError } from '../../broker-error';
import type { RequestBase } from '../../broker.contract';
import type { Clock } from '../clock';

const POLL_MS = 10;
const LONGEST_POLL_MS = 250;

const OTHER_DEPLOYMENTS: LockHolder = {
  who: 'Other deployments were changing this server',
  remedy: 'Wait until the other deployments have ended',
};

/** Somebody who holds the lock and is not simply another deployment. */
export interface LockHolder {
  /** Who holds the lock, as the beginning of a sentence that ends with `until the deadline`. */
  readonly who: string;
  /** What to do about it, as the beginning of a sentence. */
  readonly remedy: string;
}

/**
 * Tries for the lock of a server until the deadline. The lock is polled, because waiting for it inside a statement could deadlock unseen.
 *
 * @param attempt answers with nothing while somebody else has the lock
 * @param findHolder names a holder that people should know of, once the time is up
 */
export async function pollLock<T>(
  { deadline }: Pick<RequestBase, 'deadline'>, clock: Clock, attempt: () => Promise<T | undefined>, findHolder: () => Promise<LockHolder | undefined> = async () => undefined,
): Promise<T> {
  for (let wait = POLL_MS; ; wait = Math.min(wait * 2, LONGEST_POLL_MS)) {
    const held = await attempt();
    if (held !== undefined) {
      return held;
    }
    if (clock.now() + wait >= deadline) {
      const { who, remedy } = await findHolder() ?? OTHER_DEPLOYMENTS;
      throw new BrokerError('LOCK_BUSY', `${who} until the deadline, and this library makes one change at a time. ${remedy}, then deploy again.`);
    }
    await clock.sleep(wait);
  }
}
