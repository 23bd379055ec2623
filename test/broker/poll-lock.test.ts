import { FakeClock } from './conductor/world';
import { pollLock } from '../../src/broker/handler/sql/poll-lock';

/** A lock that is free from the n-th attempt on, and the waits before each. */
function lockFreeAt(clock: FakeClock, free: number): { attempt: () => Promise<string | undefined>; times: number[] } {
  const times: number[] = [];
  return { times, attempt: async () => (times.push(clock.now()) >= free ? 'held' : undefined) };
}

test('a free lock is taken at once', async () => {
  const clock = new FakeClock();
  const lock = lockFreeAt(clock, 1);
  await expect(pollLock({ deadline: clock.now() }, clock, lock.attempt)).resolves.toBe('held');
  expect(lock.times).toHaveLength(1);
});

test('a taken lock is tried for again, soon at first and then at most four times a second', async () => {
  const clock = new FakeClock();
  const lock = lockFreeAt(clock, 9);
  await expect(pollLock({ deadline: clock.now() + 10_000 }, clock, lock.attempt)).resolves.toBe('held');
  expect(lock.times.slice(1).map((time, index) => time - lock.times[index])).toEqual([10, 20, 40, 80, 160, 250, 250, 250]);
});

test('fails where the lock stays taken until the deadline', async () => {
  const clock = new FakeClock();
  const deadline = clock.now() + 5_000;
  await expect(pollLock({ deadline }, clock, lockFreeAt(clock, Infinity).attempt)).rejects.toMatchObject({ code: 'LOCK_BUSY', retry: false, message: expect.stringMatching(/Wait until the other deployments have ended/) });
  expect(deadline - clock.now()).toBeGreaterThanOrEqual(0);
  expect(deadline - clock.now()).toBeLessThanOrEqual(250);
});

test('fails as the attempt does', async () => {
  await expect(pollLock({ deadline: 0 }, new FakeClock(), async () => { throw new Error('gone'); })).rejects.toThrow('gone');
});
