import { connectEnqueuer } from '../src/enqueuer';
import type { Jobs } from '../src/jobs';
import { createLog } from '../src/log';

function setup(add: (ids: readonly string[]) => Promise<void> = async () => undefined) {
  const queued: string[][] = [];
  const marked: string[][] = [];
  const lines: string[] = [];
  let mayGoOn: () => void = () => undefined;
  const queue = {
    add: async (ids: readonly string[]) => {
      await new Promise<void>((goOn) => { mayGoOn = goOn; });
      await add(ids);
      queued.push([...ids]);
    },
    close: async () => undefined,
  };
  const jobs = { markQueued: async (ids: readonly string[]) => void marked.push([...ids]) } as Partial<Jobs> as Jobs;
  const enqueuer = connectEnqueuer(jobs, queue, createLog('rex-api', 'info', { write: (line) => void lines.push(line) }));
  const answer = async (): Promise<void> => {
    mayGoOn();
    await new Promise(setImmediate);
  };
  return { enqueuer, queued, marked, lines, answer };
}

test('queues a job at once, those that come meanwhile together, and notes each once it is queued', async () => {
  const { enqueuer, queued, marked, answer } = setup();
  ['a', 'b', 'c'].forEach((id) => enqueuer.enqueue(id));
  await answer();
  expect([queued, marked]).toEqual([[['a']], [['a']]]);
  await answer();
  expect([queued, marked]).toEqual([[['a'], ['b', 'c']], [['a'], ['b', 'c']]]);
  enqueuer.enqueue('d');
  await answer();
  expect(marked).toEqual([['a'], ['b', 'c'], ['d']]);
});

test('queues no more than 200 at once', async () => {
  const { enqueuer, queued, answer } = setup();
  Array.from({ length: 302 }, (_, number) => enqueuer.enqueue(String(number)));
  for (const _ of [1, 2, 3]) {
    await answer();
  }
  expect(queued.map(({ length }) => length)).toEqual([1, 200, 101]);
});

test('fails to queue some, says so, does not note them, and goes on with the next', async () => {
  const { enqueuer, marked, lines, answer } = setup(async (ids) => {
    if (ids.includes('a')) {
      throw new Error('The queue is away');
    }
  });
  ['a', 'b'].forEach((id) => enqueuer.enqueue(id));
  await answer();
  await answer();
  expect(marked).toEqual([['b']]);
  expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ level: 'warn', jobs: 1, msg: 'Jobs were stored and not queued; the sweeper will' })]);
});

test('waits at its end for what is under way, and for nothing where nothing is', async () => {
  const { enqueuer, marked, answer } = setup();
  await enqueuer.close();
  ['a', 'b'].forEach((id) => enqueuer.enqueue(id));
  const closed = enqueuer.close();
  await answer();
  await answer();
  await closed;
  expect(marked).toEqual([['a'], ['b']]);
});

test('writes what warns at once', () => {
  const calls: string[] = [];
  const log = createLog('rex-api', 'info', { write: (line) => void calls.push(JSON.parse(line).level), flushSync: () => void calls.push('flush') });
  log.info('one');
  log.warn('two');
  log.child({ reqId: '1' }).error('three');
  expect(calls).toEqual(['info', 'warn', 'flush', 'error', 'flush']);
});
