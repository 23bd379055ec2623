import { setTimeout as sleep } from 'node:timers/promises';
import { summarise } from '../src/summary';
import { Caller } from './support/client';
import { eventually } from './support/eventually';
import { settle, submitAll } from './support/load';
import type { Program } from './support/program';
import { System, type Api } from './support/system';

const JOBS = Number(process.env.REX_JOBS ?? 800);

let system: System;
const running: Program[] = [];

beforeAll(async () => { system = await System.start(); });

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (program) => program.kill()));
  await system.query('DROP TRIGGER IF EXISTS broken ON jobs');
  await system.query('TRUNCATE jobs, deliveries');
});

afterAll(async () => system?.remove());

async function startApi(environment?: Record<string, string>): Promise<Api> {
  const api = await system.startApi(environment);
  running.push(api.program);
  return api;
}

function startWorker(environment?: Record<string, string>): Program {
  const worker = system.startWorker(environment);
  running.push(worker);
  return worker;
}

const signIn = async (addresses: () => readonly string[], user = 'ada'): Promise<Caller> => new Caller(await system.supertokens.signIn(user), addresses);

async function deliveries(outcome: string): Promise<number> {
  return Number((await system.query<{ n: string }>(`SELECT count(*) AS n FROM deliveries WHERE outcome = '${outcome}'`))[0].n);
}

test('a request becomes a row, a job in the queue and a result', async () => {
  const { url } = await startApi();
  startWorker();
  const ada = await signIn(() => [url]);

  const { status, body } = await ada.submit('first', 'Hello, wide world');
  expect([status, body.state]).toEqual([202, 'queued']);
  await eventually('the job is done', async () => (await ada.read(body.id)).body.state === 'done');
  expect((await ada.read(body.id)).body).toEqual({ id: body.id, state: 'done', result: summarise('Hello, wide world') });
  expect((await ada.submit('first', 'Hello, wide world')).body).toEqual({ id: body.id, state: 'done', result: summarise('Hello, wide world') });
});

test('fails with a reason, once, where the work is refused', async () => {
  const { url } = await startApi();
  startWorker();
  const ada = await signIn(() => [url]);

  const { body } = await ada.submit('first', '…');
  await eventually('the job has failed', async () => (await ada.read(body.id)).body.state === 'failed');
  expect((await ada.read(body.id)).body.error).toBe('The text has no words.');
  expect(await deliveries('failed')).toBe(1);
});

test('fails to show a job to somebody else, whose key is a key of their own', async () => {
  const { url } = await startApi();
  const ada = await signIn(() => [url]);
  const bob = await signIn(() => [url], 'bob');

  const { body } = await ada.submit('same', 'A text of mine');
  expect((await bob.read(body.id)).status).toBe(404);
  expect((await bob.submit('same', 'Another text')).body.id).not.toBe(body.id);
  expect((await ada.submit('same', 'Another text')).status).toBe(422);
});

test('fails without a session, and soon after one is revoked', async () => {
  const { url } = await startApi({ SESSION_CACHE_SECONDS: '1' });
  const token = await system.supertokens.signIn('ada');
  const ada = new Caller(token, () => [url]);
  const nobody = new Caller('made-up', () => [url]);

  expect((await nobody.submit('first', 'A text')).status).toBe(401);
  expect((await fetch(`${url}/api/jobs`, { method: 'POST' })).status).toBe(401);
  expect((await ada.submit('first', 'A text')).status).toBe(202);
  system.supertokens.revoke(token);
  await sleep(1_100);
  expect((await ada.submit('first', 'A text')).status).toBe(401);
});

test('accepts jobs while Redis is away, and does them when it is back', async () => {
  const { url } = await startApi();
  startWorker();
  const ada = await signIn(() => [url]);
  await ada.submit('before', 'All is well');

  await system.redis.kill();
  const { status, body } = await ada.submit('during', 'Redis is away');
  expect(status).toBe(202);
  expect((await fetch(`${url}/api/health/ready`)).status).toBe(200);
  await system.redis.start();

  await eventually('the job is done', async () => (await ada.read(body.id)).body.state === 'done');
});

test('finishes what is in work on SIGTERM, takes nothing more and leaves the rest to the next worker', async () => {
  const { url } = await startApi();
  const worker = startWorker({ WORK_MILLISECONDS: '1500' });
  const ada = await signIn(() => [url]);
  await submitAll(ada, 10, () => undefined);
  await eventually('four jobs are in work', async () => (await system.query(
    "SELECT 1 FROM pg_stat_activity WHERE usename = 'worker' AND state = 'idle in transaction'")).length === 4);

  expect(await worker.stop()).toBe(0);
  expect([await deliveries('done'), await deliveries('duplicate')]).toEqual([4, 0]);

  startWorker();
  await eventually('all are done', async () => await deliveries('done') === 10);
  // By then the queue would have delivered again what the first worker had not told it.
  await sleep(4_000);
  expect(await deliveries('duplicate')).toBe(0);
});

test('ends within its stop timeout when a job does not', async () => {
  const { url } = await startApi();
  const worker = startWorker({ WORK_MILLISECONDS: '20000', STOP_TIMEOUT_SECONDS: '2' });
  await (await signIn(() => [url])).submit('long', 'A long text');
  await eventually('the job is in work', async () => (await system.query(
    "SELECT 1 FROM pg_stat_activity WHERE usename = 'worker' AND state = 'idle in transaction'")).length === 1);

  const started = Date.now();
  expect(await worker.stop()).toBe(1);
  expect(Date.now() - started).toBeLessThan(2_000);
});

test('keeps a job that always fails as failed after its tries, says so, does the others, and does it when it is brought back', async () => {
  const { url } = await startApi();
  const worker = startWorker({ MAX_TRIES: '3' });
  const ada = await signIn(() => [url]);
  await breakResultsOf('poison');
  const { body: poison } = await ada.submit('first', 'poison for whoever tries');
  const { body: other } = await ada.submit('second', 'All is well');

  await eventually('the job is given up', async () => (await ada.read(poison.id)).body.state === 'failed');
  expect((await ada.read(poison.id)).body).toEqual({ id: poison.id, state: 'failed', error: 'The job could not be done in 3 tries.' });
  await eventually('the other is done', async () => (await ada.read(other.id)).body.state === 'done');
  const [line, ...more] = linesOf(worker, 'dead');
  expect([line, more]).toEqual([expect.objectContaining({ level: 'error', job: poison.id, err: expect.objectContaining({ code: 'P0001', routine: 'exec_stmt_raise' }) }), []]);
  // The text of such an error is that of the application's own code, and may quote what people wrote.
  expect(JSON.stringify(line)).not.toContain('This result cannot be kept.');
  // By then the sweeper would have queued it again.
  await sleep(6_000);
  expect(await triesOf(poison.id)).toEqual({ tries: 3, dead: true });

  await system.query('DROP TRIGGER broken ON jobs');
  await system.query("UPDATE jobs SET state = 'accepted', tries = 0, dead = false, error = NULL, ended_at = NULL WHERE dead");
  await eventually('the job is done', async () => (await ada.read(poison.id)).body.state === 'done');
});

test('does a job in the end that fails for a while', async () => {
  const { url } = await startApi();
  const worker = startWorker();
  const ada = await signIn(() => [url]);
  await breakResultsOf('late');
  const { body } = await ada.submit('first', 'late but well');
  await eventually('it was tried three times', async () => (await triesOf(body.id)).tries >= 3);
  expect((await ada.read(body.id)).body.state).toBe('queued');

  await system.query('DROP TRIGGER broken ON jobs');
  await eventually('the job is done', async () => (await ada.read(body.id)).body.state === 'done');
  expect([await deliveries('done'), linesOf(worker, 'dead')]).toEqual([1, []]);
});

test('gives up a job whose work ends its worker each time', async () => {
  const { url } = await startApi();
  const ada = await signIn(() => [url]);
  const { body } = await ada.submit('first', 'Whoever works on this dies');
  for (const tries of [1, 2]) {
    const worker = startWorker({ WORK_MILLISECONDS: '20000', MAX_TRIES: '2' });
    await eventually(`try ${tries} has begun`, async () => (await triesOf(body.id)).tries === tries);
    await worker.kill();
  }
  const survivor = startWorker({ WORK_MILLISECONDS: '20000', MAX_TRIES: '2' });
  await eventually('the job is given up', async () => (await ada.read(body.id)).body.state === 'failed');
  expect(linesOf(survivor, 'dead')).toHaveLength(1);
});

test('loses no accepted job and does none twice while everything is killed in turn', async () => {
  const apis = [await startApi(), await startApi()];
  // Slower than jobs come, so that there is always one in work.
  let worker = startWorker({ WORK_MILLISECONDS: '400' });
  const ada = await signIn(() => apis.map(({ url }) => url));
  let accepted = 0;
  const when = async (part: number): Promise<void> => eventually(`${part} of the jobs are accepted`, async () => accepted >= JOBS * part);
  const submitted = submitAll(ada, JOBS, (sofar) => { accepted = sofar; });
  submitted.catch(() => undefined);

  await when(0.1);
  await apis[0].program.kill();
  apis[0] = await startApi();

  await when(0.3);
  await killWorkerBetweenResultAndAnswer(worker);
  worker = startWorker({ WORK_MILLISECONDS: '20' });
  await eventually('a job that was done is delivered again', async () => await deliveries('duplicate') > 0);

  await when(0.6);
  await system.redis.kill();
  await system.redis.start();

  await when(0.8);
  await restartPostgres();
  await worker.stop();
  startWorker({ WORK_MILLISECONDS: '20' });
  expect(accepted).toBeLessThan(JOBS);

  const figures = await settle(system, ada, await submitted);
  console.log(Object.entries(figures).map(([name, figure]) => `${name}: ${figure}`).join('\n'));
  expect(figures).toMatchObject({ accepted: JOBS, done: JOBS, lost: 0, doneTwice: 0 });
  expect(figures.duplicateDeliveries).toBeGreaterThan(0);
  expect(figures.repeatedRequests).toBeGreaterThanOrEqual(JOBS / 10);
}, 110_000);

test('has migrations that go down and up again', async () => {
  system.goose('reset');
  expect(await system.query("SELECT to_regclass('jobs') AS jobs")).toEqual([{ jobs: null }]);
  system.goose('up');
  await expect(system.query("INSERT INTO jobs (owner, idempotency_key, text, state) VALUES ('ada', 'k', 't', 'done')")).rejects.toThrow('violates check constraint');
});

/** Makes the work on texts that begin so fail in a way that nobody has thought of. */
async function breakResultsOf(text: string): Promise<void> {
  await system.query("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'This result cannot be kept.'; END $$");
  await system.query(`CREATE TRIGGER broken BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.state = 'done' AND NEW.text LIKE '${text}%') EXECUTE FUNCTION refuse()`);
}

async function triesOf(id: string): Promise<{ tries: number; dead: boolean }> {
  return (await system.query<{ tries: number; dead: boolean }>(`SELECT tries, dead FROM jobs WHERE id = '${id}'`))[0];
}

/** What a worker has logged of deliveries that ended so. */
function linesOf({ log }: Program, outcome: string): { outcome?: string }[] {
  return log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { outcome?: string }).filter((line) => line.outcome === outcome);
}

/** Redis lets no writes through while jobs are in work: their results are stored, and the queue never hears of it. */
async function killWorkerBetweenResultAndAnswer(worker: Program): Promise<void> {
  system.redis.pause();
  // What is stored before this may have been told to the queue before the pause.
  const before = await deliveries('done');
  await eventually('a result is stored', async () => await deliveries('done') > before);
  await worker.kill();
  // Redis must have seen that the worker is gone, with what it had sent.
  await sleep(500);
  system.redis.resume();
}

async function restartPostgres(): Promise<void> {
  await system.postgres.restart();
  await eventually('PostgreSQL is back', async () => system.query('SELECT 1').then(() => true, () => false));
}
