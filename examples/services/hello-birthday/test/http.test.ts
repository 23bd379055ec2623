import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { buildApp } from '../src/app';
import { readConfig } from '../src/config';
import { DatabaseUnavailableError } from '../src/database-error';
import { createLog } from '../src/log';
import type { People } from '../src/people';

const NOON = new Date('2026-11-20T12:00:00Z');

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => { await Promise.all(running.splice(0).map(async (app) => app.close())); });

interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  json(): { error?: string; message?: string };
}

/** A real request on the loopback interface; unlike fetch it sends the path as it is. */
async function send(port: number, options: RequestOptions, payload = ''): Promise<Answer> {
  const call = request({ host: '127.0.0.1', port, agent: false, ...options, headers: { ...options.headers, 'content-length': Buffer.byteLength(payload) } });
  call.end(payload);
  const [response] = await once(call, 'response') as [IncomingMessage];
  const body = await text(response);
  return { statusCode: response.statusCode ?? 0, headers: response.headers, body, json: () => JSON.parse(body) };
}

function setup(options: { people?: Partial<People>; now?: Date; draining?: boolean; keepAliveTimeout?: number } = {}) {
  const stored = new Map<string, string>();
  const lines: string[] = [];
  const people: People = {
    remember: async (username, born) => void stored.set(username, born),
    find: async (username) => stored.get(username),
    check: async () => undefined,
    ...options.people,
  };
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const app = buildApp({ people, log, now: () => options.now ?? NOON, draining: () => options.draining ?? false, keepAliveTimeout: options.keepAliveTimeout ?? 65_000 });
  running.push(app);
  let listening: Promise<unknown> | undefined;
  const call = async (wanted: RequestOptions, payload?: string) => {
    await (listening ??= app.listen({ host: '127.0.0.1', port: 0, listenTextResolver: () => 'listening' }));
    return send((app.server.address() as AddressInfo).port, wanted, payload);
  };
  const requests = () => lines.filter((line) => !line.includes('"msg":"listening"'));
  const put = async (path: string, payload: object | string, type = 'application/json') => call(
    { method: 'PUT', path, headers: { 'content-type': type } },
    typeof payload === 'string' ? payload : JSON.stringify(payload),
  );
  return { stored, requests, put, get: async (path: string, headers = {}) => call({ method: 'GET', path, headers }) };
}

const unavailable = async () => { throw new DatabaseUnavailableError(new Error('secret detail')); };

describe('PUT /hello/<username>', () => {
  test('answers 204 without a body and remembers the date', async () => {
    const { put, stored } = setup();
    const response = await put('/hello/Ada', { dateOfBirth: '1815-12-10' });
    expect([response.statusCode, response.body]).toEqual([204, '']);
    expect([...stored]).toEqual([['ada', '1815-12-10']]);
  });

  test('remembers the newest date only, whatever the case of the username', async () => {
    const { put, stored } = setup();
    await put('/hello/Ada', { dateOfBirth: '1815-12-10' });
    await put('/hello/ADA', { dateOfBirth: '1816-01-01' });
    expect([...stored]).toEqual([['ada', '1816-01-01']]);
  });

  test('accepts yesterday and refuses today, in UTC', async () => {
    const { put } = setup({ now: new Date('2026-11-20T00:00:00Z') });
    expect((await put('/hello/Ada', { dateOfBirth: '2026-11-19' })).statusCode).toBe(204);
    expect((await put('/hello/Ada', { dateOfBirth: '2026-11-20' })).statusCode).toBe(400);
  });

  test.each(['Ada1', 'ada.l', 'ada-l', 'a%20b', '%C3%84da', '1', '%00', 'a%2Fb', `${'a'.repeat(65)}`, `${'a'.repeat(900)}`])(
    'fails on the username %s', async (username) => {
      const { put, stored } = setup();
      const response = await put(`/hello/${username}`, { dateOfBirth: '1990-01-01' });
      expect([response.statusCode, typeof response.json().error]).toEqual([400, 'string']);
      expect(stored.size).toBe(0);
    });

  test('fails on a path that is not valid percent-encoding', async () => {
    expect((await setup().put('/hello/%zz', { dateOfBirth: '1990-01-01' })).statusCode).toBe(400);
  });

  test.each<[string, object | string]>([
    ['a day that does not exist', { dateOfBirth: '2023-02-29' }],
    ['a date in another order', { dateOfBirth: '29-02-2024' }],
    ['a date with a time', { dateOfBirth: '1990-01-01T00:00:00Z' }],
    ['a day in the future', { dateOfBirth: '2999-01-01' }],
    ['a number', { dateOfBirth: 19900101 }],
    ['null', { dateOfBirth: null }],
    ['no date', {}],
    ['another property', { dateOfBirth: '1990-01-01', admin: true }],
    ['an array', ['1990-01-01']],
    ['a bare string', '"1990-01-01"'],
    ['broken JSON', '{"dateOfBirth":'],
    ['an empty body', ''],
    ['a body that is far too long', JSON.stringify({ dateOfBirth: 'x'.repeat(20_000) })],
    ['a poisoned prototype', '{"__proto__":{"dateOfBirth":"1990-01-01"}}'],
  ])('fails on %s', async (_what, body) => {
    const { put, stored } = setup();
    const response = await put('/hello/Ada', body);
    expect([response.statusCode, typeof response.json().error]).toEqual([400, 'string']);
    expect(stored.size).toBe(0);
  });

  test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])('fails on a body of type %s', async (type) => {
    const { put, stored } = setup();
    expect((await put('/hello/Ada', '{"dateOfBirth":"1990-01-01"}', type)).statusCode).toBe(400);
    expect(stored.size).toBe(0);
  });

  test('fails with 503 while the database is away, without its details', async () => {
    const response = await setup({ people: { remember: unavailable } }).put('/hello/Ada', { dateOfBirth: '1990-01-01' });
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '10']);
    expect(response.body).not.toContain('secret detail');
  });

  test('fails with 500 on a fault of ours, which is logged and not told', async () => {
    const { put, requests } = setup({ people: { remember: async () => { throw new Error('relation "people" does not exist'); } } });
    const response = await put('/hello/Ada', { dateOfBirth: '1990-01-01' });
    expect([response.statusCode, response.json()]).toEqual([500, { error: 'Something went wrong here.' }]);
    expect(requests().join('')).toContain('relation \\"people\\" does not exist');
  });
});

test('an error is logged by what is known to name nobody, however deep it is', () => {
  const lines: string[] = [];
  const rich = { code: '23514', severity: 'ERROR', detail: 'Failing row contains (ada)', hint: 'ada', where: 'ada', internalQuery: 'ada', table: 'people', constraint: 'people_check', parameters: ['ada'] };
  const database = Object.assign(new Error('no ada'), rich);
  createLog('info', { write: (line) => void lines.push(line) }).error({ err: new DatabaseUnavailableError(new DatabaseUnavailableError(database)) }, 'Failed');
  expect(lines.join('')).not.toContain('ada ');
  expect(lines.join('')).not.toMatch(/"[^"]*\bada\b[^"]*"/);
  expect(JSON.parse(lines[0]).err.cause.cause).toEqual({ type: 'DatabaseError', code: '23514', severity: 'ERROR', table: 'people', constraint: 'people_check' });
});

test.each([['42P01', 'relation "people" does not exist'], ['57P01', 'terminating connection due to administrator command'], ['ECONNREFUSED', 'connect ECONNREFUSED']])('the message of %s, which names no value, is logged', (code, message) => {
  const lines: string[] = [];
  createLog('info', { write: (line) => void lines.push(line) }).error({ err: Object.assign(new Error(message), { code, ...(code.length === 5 ? { severity: 'ERROR' } : {}) }) }, 'Failed');
  expect(JSON.parse(lines[0]).err).toMatchObject({ code, message });
});

test('what was thrown and is no error is logged by its type, and causes that go round end', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const round = new Error('round');
  round.cause = round;
  log.error({ err: 'ada' }, 'Failed');
  log.error({ err: round }, 'Failed');
  expect(JSON.parse(lines[0]).err).toEqual({ type: 'string' });
  expect(JSON.parse(lines[1]).err.cause.cause.cause).not.toHaveProperty('cause');
});

describe('GET /hello/<username>', () => {
  test.each([
    ['1990-11-20', 'Hello, Ada! Happy birthday!'],
    ['1990-11-21', 'Hello, Ada! Your birthday is in 1 day(s)'],
    ['1990-11-19', 'Hello, Ada! Your birthday is in 364 day(s)'],
    ['2024-02-29', 'Hello, Ada! Your birthday is in 100 day(s)'],
  ])('greets who was born on %s with "%s"', async (born, message) => {
    const { get } = setup({ people: { find: async () => born } });
    const response = await get('/hello/Ada');
    expect([response.statusCode, response.json()]).toEqual([200, { message }]);
  });

  test('finds a person in any case and greets in the spelling of the request', async () => {
    const { put, get } = setup();
    await put('/hello/Ada', { dateOfBirth: '1990-11-20' });
    expect((await get('/hello/aDA')).json()).toEqual({ message: 'Hello, aDA! Happy birthday!' });
  });

  test('counts in UTC to the last millisecond of a day', async () => {
    const find = async () => '1990-11-21';
    expect((await setup({ people: { find }, now: new Date('2026-11-20T23:59:59.999Z') }).get('/hello/Ada')).json().message).toContain('in 1 day(s)');
    expect((await setup({ people: { find }, now: new Date('2026-11-21T00:00:00.000Z') }).get('/hello/Ada')).json().message).toContain('Happy birthday!');
  });

  test('fails with 404 on an unknown person and 400 on what cannot be one', async () => {
    const { get } = setup();
    expect((await get('/hello/Nobody')).statusCode).toBe(404);
    expect((await get('/hello/N0body')).statusCode).toBe(400);
    expect((await get('/elsewhere')).statusCode).toBe(404);
  });
});

describe('health', () => {
  test('is alive, healthy and ready while all is well', async () => {
    const { get } = setup();
    expect(await Promise.all(['/livez', '/healthz', '/readyz'].map(async (path) => (await get(path)).statusCode))).toEqual([200, 200, 200]);
  });

  test('stays healthy for the balancer but is not ready while the database is away', async () => {
    const { get } = setup({ people: { check: unavailable } });
    expect(await Promise.all(['/livez', '/healthz', '/readyz'].map(async (path) => (await get(path)).statusCode))).toEqual([200, 200, 503]);
  });

  test('is alive but neither healthy nor ready while it shuts down', async () => {
    const { get } = setup({ draining: true });
    expect(await Promise.all(['/livez', '/healthz', '/readyz'].map(async (path) => (await get(path)).statusCode))).toEqual([200, 503, 503]);
  });
});

describe('logs', () => {
  test('carry the trace id of the balancer, which is also answered', async () => {
    const { get, requests } = setup();
    const response = await get('/hello/Ada', { 'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678', 'x-request-id': 'other' });
    expect(response.headers['x-request-id']).toBe('Root=1-67891233-abcdef012345678912345678');
    expect(requests().map((line) => JSON.parse(line).reqId)).toEqual(requests().map(() => 'Root=1-67891233-abcdef012345678912345678'));
    expect(requests().length).toBeGreaterThan(0);
  });

  test('carry the request id of the caller, unless it could forge log lines', async () => {
    const { get } = setup();
    expect((await get('/livez', { 'x-request-id': 'abc-1' })).headers['x-request-id']).toBe('abc-1');
    expect((await get('/livez', { 'x-request-id': 'a b"' })).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('are JSON lines with a level, a time and a route, and never a name or a date of birth', async () => {
    const { put, requests } = setup();
    await put('/hello/Ada', { dateOfBirth: '1990-01-01' });
    await put('/hello/Ada', { dateOfBirth: 'soon' });
    const entries = requests().map((line) => JSON.parse(line));
    expect(entries[0]).toMatchObject({ level: 'info', service: 'hello-birthday', req: { method: 'PUT', route: '/hello/:username' } });
    // An id made by chance, and a time, may hold any of them.
    const said = entries.map(({ reqId: _, responseTime: __, ...entry }) => JSON.stringify(entry));
    expect(said.join('')).not.toMatch(/Ada|ada|1990|soon/);
  });

  test('hold nothing about health checks that pass', async () => {
    const { get, requests } = setup();
    await get('/healthz');
    expect(requests()).toEqual([]);
  });
});

test('connections stay open for as long as it is told', async () => {
  const { get } = setup({ keepAliveTimeout: 305_000 });
  expect((await get('/healthz', { connection: 'keep-alive' })).headers['keep-alive']).toBe('timeout=305');
});

describe('configuration', () => {
  const url = 'postgresql://user:secret@host/db';

  test('has defaults for everything but the database', () => {
    expect(readConfig({ DATABASE_URL: url })).toEqual({ databaseUrl: url, poolSize: 5, retry: 15_000, maxWaiting: 1_000, host: '0.0.0.0', port: 8080, stopTimeout: 25_000, drain: 5_000, keepAliveTimeout: 65_000, logLevel: 'info' });
  });

  test('reads what the task definition sets', () => {
    const config = readConfig({ DATABASE_URL: url, DATABASE_POOL_SIZE: '7', DATABASE_RETRY_SECONDS: '8', DATABASE_MAX_WAITING: '9', PORT: '9000', HOST: '127.0.0.1', STOP_TIMEOUT_SECONDS: '30', DRAIN_SECONDS: '12', KEEP_ALIVE_TIMEOUT_SECONDS: '305', LOG_LEVEL: 'warn' });
    expect(config).toEqual({ databaseUrl: url, poolSize: 7, retry: 8_000, maxWaiting: 9, host: '127.0.0.1', port: 9000, stopTimeout: 30_000, drain: 12_000, keepAliveTimeout: 305_000, logLevel: 'warn' });
  });

  test('keeps half of the stop timeout for requests under way', () => {
    expect(readConfig({ DATABASE_URL: url, STOP_TIMEOUT_SECONDS: '4', DRAIN_SECONDS: '60' })).toMatchObject({ stopTimeout: 4_000, drain: 2_000 });
  });

  test('fails without a database URL, or with another one, without repeating it', () => {
    expect(() => readConfig({})).toThrow('DATABASE_URL must be set');
    expect(() => readConfig({ DATABASE_URL: 'mysql://user:secret@host' })).toThrow(/^(?!.*secret)/);
  });

  test.each([['DATABASE_POOL_SIZE', '0'], ['DATABASE_POOL_SIZE', 'many'], ['PORT', '65536'], ['STOP_TIMEOUT_SECONDS', '1.5'], ['DATABASE_RETRY_SECONDS', '0'], ['DATABASE_MAX_WAITING', '0'], ['DRAIN_SECONDS', '-1'], ['KEEP_ALIVE_TIMEOUT_SECONDS', '0']])('fails on %s=%s', (name, value) => {
    expect(() => readConfig({ DATABASE_URL: url, [name]: value })).toThrow(`${name} must be a whole number`);
  });
});
