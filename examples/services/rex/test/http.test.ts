import { randomUUID } from 'node:crypto';
import { buildApp } from '../src/app';
import { readApiConfig, readWorkerConfig } from '../src/config';
import type { Job, Jobs } from '../src/jobs';
import { createLog } from '../src/log';
import type { JobQueue } from '../src/queue';
import type { Sessions } from '../src/sessions';
import { RefusedError, summarise } from '../src/summary';
import { UnavailableError } from '../src/unavailable';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => { await Promise.all(running.splice(0).map(async (app) => app.close())); });

interface Answer {
  readonly statusCode: number;
  readonly headers: Headers;
  readonly body: string;
  json(): { id?: string; state?: string; error?: string };
}

interface Setup {
  readonly jobs?: Partial<Jobs>;
  readonly queue?: Partial<JobQueue>;
  readonly sessions?: Partial<Sessions>;
  readonly draining?: boolean;
  readonly keepAliveTimeout?: number;
}

function setup(options: Setup = {}) {
  const stored = new Map<string, Job>();
  const queued: string[] = [];
  const marked: string[] = [];
  const lines: string[] = [];
  const jobs: Jobs = {
    accept: async ({ owner, idempotencyKey, text }) => {
      const job = stored.get(`${owner} ${idempotencyKey}`) ?? { id: randomUUID(), text, state: 'accepted', result: null, error: null };
      stored.set(`${owner} ${idempotencyKey}`, job);
      return job;
    },
    find: async (owner, id) => [...stored].find(([key, job]) => key.startsWith(`${owner} `) && job.id === id)?.[1],
    markQueued: async (ids) => void marked.push(...ids),
    stranded: async () => [],
    perform: async () => 'unknown',
    check: async () => undefined,
    ...options.jobs,
  };
  const queue: JobQueue = { add: async (ids) => void queued.push(...ids), close: async () => undefined, ...options.queue };
  const sessions: Sessions = { verify: async (token) => token.startsWith('token-of-') ? { userId: token.slice(9) } : undefined, ...options.sessions };
  const app = buildApp({ jobs, queue, sessions, log: createLog('rex-api', 'info', { write: (line) => void lines.push(line) }), draining: () => options.draining ?? false, keepAliveTimeout: options.keepAliveTimeout ?? 65_000, corsOrigins: ['https://app.example.com'] });
  running.push(app);
  let listening: Promise<string> | undefined;
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const base = await (listening ??= app.listen({ host: '127.0.0.1', port: 0, listenTextResolver: () => 'listening' }));
    const response = await fetch(base + path, init);
    const body = await response.text();
    return { statusCode: response.status, headers: response.headers, body, json: () => JSON.parse(body) };
  };
  const post = async (payload: object | string, headers: Record<string, string> = {}) => send('/api/jobs', {
    method: 'POST',
    body: typeof payload === 'string' ? payload : JSON.stringify(payload),
    headers: { 'authorization': 'Bearer token-of-ada', 'idempotency-key': 'k', 'content-type': 'application/json', ...headers },
  });
  const get = async (path: string, headers: Record<string, string> = { authorization: 'Bearer token-of-ada' }) => send(path, { headers });
  return { stored, queued, marked, lines, send, post, get };
}

const unavailable = async () => { throw new UnavailableError('The database', new Error('secret detail')); };

test('stores a job, then queues it, and answers 202 with its id and address', async () => {
  const { post, get, queued, marked } = setup();
  const response = await post({ text: 'Hello' });
  const { id } = response.json();
  expect([response.statusCode, response.headers.get('location'), response.json()]).toEqual([202, `/api/jobs/${id}`, { id, state: 'queued' }]);
  expect([queued, marked]).toEqual([[id], [id]]);
  expect((await get(`/api/jobs/${id}`)).json()).toEqual({ id, state: 'queued' });
});

test('gives the same job for the same key, and to each owner their own', async () => {
  const { post } = setup();
  const ids = [await post({ text: 'Hello' }), await post({ text: 'Hello' }), await post({ text: 'Hello' }, { authorization: 'Bearer token-of-bob' })].map((response) => response.json().id);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

test('does not queue again what is done', async () => {
  const done: Job = { id: randomUUID(), text: 'Hello', state: 'done', result: summarise('Hello'), error: null };
  const { post, queued } = setup({ jobs: { accept: async () => done } });
  expect((await post({ text: 'Hello' })).json()).toEqual({ id: done.id, state: 'done', result: summarise('Hello') });
  expect(queued).toEqual([]);
});

test('accepts a job that it cannot queue, and does not say that it did', async () => {
  const { post, marked, lines } = setup({ queue: { add: async () => { throw new UnavailableError('The queue', new Error('gone')); } } });
  expect((await post({ text: 'Hello' })).statusCode).toBe(202);
  expect(marked).toEqual([]);
  expect(lines.join('')).toContain('stored and not queued');
});

test('fails with 422 on a key that was used for another text', async () => {
  const { post } = setup();
  await post({ text: 'Hello' });
  expect((await post({ text: 'Goodbye' })).statusCode).toBe(422);
});

test.each([{}, { text: '' }, { text: 1 }, { text: 'a\0b' }, { text: 'x'.repeat(10_001) }, { text: 'a', more: 1 }, ['a'], '"a"', '{', ''])('fails with 400 on the body %j', async (body) => {
  const { post, stored } = setup();
  const response = await post(body);
  expect([response.statusCode, typeof response.json().error, stored.size]).toEqual([400, 'string', 0]);
});

test.each(['', ' ', 'a b', 'x'.repeat(201), 'ä'])("fails with 400 on the key '%s'", async (key) => {
  const { post, stored } = setup();
  expect((await post({ text: 'Hello' }, { 'idempotency-key': key })).statusCode).toBe(400);
  expect(stored.size).toBe(0);
});

test.each(['', 'Bearer ', 'Bearer made-up', 'Basic token-of-ada', 'token-of-ada'])("fails with 401 on the authorization '%s', and stores nothing", async (authorization) => {
  const { post, get, stored } = setup();
  expect((await post({ text: 'Hello' }, { authorization })).statusCode).toBe(401);
  expect((await get(`/api/jobs/${randomUUID()}`, { authorization })).statusCode).toBe(401);
  expect(stored.size).toBe(0);
});

test("fails with 404 on a job that is not there, or is somebody else's", async () => {
  const { post, get } = setup();
  const { id } = (await post({ text: 'Hello' })).json();
  expect((await get(`/api/jobs/${id}`, { authorization: 'Bearer token-of-bob' })).statusCode).toBe(404);
  expect((await get(`/api/jobs/${randomUUID()}`)).statusCode).toBe(404);
  expect((await get('/api/jobs/1')).statusCode).toBe(404);
  expect((await get('/api/elsewhere')).statusCode).toBe(404);
});

test('fails with 503 while the database or the session check is away, without details', async () => {
  const responses = [await setup({ jobs: { accept: unavailable } }).post({ text: 'Hello' }), await setup({ sessions: { verify: unavailable } }).post({ text: 'Hello' })];
  expect(responses.map((response) => [response.statusCode, response.headers.get('retry-after')])).toEqual([[503, '1'], [503, '1']]);
  expect(responses.map((response) => response.body).join('')).not.toContain('secret detail');
});

test('is alive, healthy and ready while all is well, and needs no session for that', async () => {
  const { get } = setup();
  expect(await codes(get)).toEqual([200, 200, 200]);
});

test('stays healthy for the balancer but is not ready while the database is away', async () => {
  expect(await codes(setup({ jobs: { check: unavailable } }).get)).toEqual([200, 200, 503]);
});

test('is alive but neither healthy nor ready while it shuts down', async () => {
  expect(await codes(setup({ draining: true }).get)).toEqual([200, 503, 503]);
});

async function codes(get: ReturnType<typeof setup>['get']): Promise<number[]> {
  return Promise.all(['live', '', 'ready'].map(async (name) => (await get(`/api/health${name && `/${name}`}`, {})).statusCode));
}

test('lets pages of the front end call it, and of no other origin', async () => {
  const { send, post } = setup();
  const preflight = async (origin: string) => send('/api/jobs', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,idempotency-key' } });
  const allowed = await preflight('https://app.example.com');
  expect([allowed.statusCode, allowed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example.com']);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('idempotency-key');
  expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
  expect((await preflight('https://evil.example.net')).headers.get('access-control-allow-origin')).toBeNull();
  const answer = await post({ text: 'a b' }, { origin: 'https://app.example.com' });
  expect([answer.statusCode, answer.headers.get('access-control-expose-headers')]).toEqual([202, 'location, x-request-id']);
});

test('logs neither texts nor tokens nor keys', async () => {
  const { post, lines } = setup();
  await post({ text: 'confidential' }, { 'idempotency-key': 'unique-key' });
  await post({ text: 'confidential', more: 1 });
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join('')).not.toMatch(/confidential|token-of|unique-key/);
});

test('summarises words of any script, and refuses a text without any', () => {
  expect(summarise('Ein größeres Wort, 2 mal')).toMatchObject({ words: 5, longest: 'größeres' });
  expect(summarise('ab cd')).toMatchObject({ words: 2, longest: 'ab' });
  expect(() => summarise(' … ')).toThrow(RefusedError);
});

const required = { DATABASE_URL: 'postgresql://u:secret@h/d', REDIS_URL: 'rediss://u:secret@h:6379', SUPERTOKENS_URL: 'http://supertokens.rex.internal:3567/', SUPERTOKENS_API_KEY: 'secret' };

test('keeps connections open for as long as it is told', async () => {
  const { send } = setup({ keepAliveTimeout: 305_000 });
  expect((await send('/healthz', {})).headers.get('keep-alive')).toBe('timeout=305');
});

test('is told what it needs by its environment, the rest has defaults', () => {
  expect(readApiConfig(required)).toEqual({
    databaseUrl: required.DATABASE_URL,
    poolSize: 5,
    redisUrl: required.REDIS_URL,
    queueName: 'jobs',
    stopTimeout: 24_500,
    logLevel: 'info',
    host: '0.0.0.0',
    port: 8080,
    keepAliveTimeout: 65_000,
    supertokensUrl: 'http://supertokens.rex.internal:3567',
    corsOrigins: [],
    supertokensApiKey: 'secret',
    sessionCache: 5_000,
  });
  expect(readWorkerConfig({ ...required, STOP_TIMEOUT_SECONDS: '120' })).toMatchObject({ stopTimeout: 119_500, lock: 30_000, sweep: 10_000, requeue: 60_000, maxTries: 10, retry: 1_000, work: 0 });
});

test('finds the core below its base path, and lets named origins call', () => {
  const config = readApiConfig({ ...required, SUPERTOKENS_BASE_PATH: '/auth', CORS_ORIGINS: 'https://app.example.com, http://localhost:5173' });
  expect(config).toMatchObject({ supertokensUrl: 'http://supertokens.rex.internal:3567/auth', corsOrigins: ['https://app.example.com', 'http://localhost:5173'] });
});

test.each(Object.keys(required))('fails without %s, naming it and no secret', (name) => {
  expect(() => readApiConfig({ ...required, [name]: undefined })).toThrow(new RegExp(`^(?!.*secret)${name} must be set`));
});

test.each([['DATABASE_URL', 'mysql://u:secret@h'], ['REDIS_URL', 'h:6379'], ['QUEUE_NAME', 'a:b'], ['DATABASE_POOL_SIZE', '0'], ['PORT', 'x'], ['STOP_TIMEOUT_SECONDS', '121'], ['SUPERTOKENS_BASE_PATH', 'auth/'], ['CORS_ORIGINS', 'https://a.example.com,*']])('fails on %s=%s', (name, value) => {
  expect(() => readApiConfig({ ...required, [name]: value })).toThrow(new RegExp(`^(?!.*secret)${name} must `));
});
