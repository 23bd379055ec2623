import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { HelloDatabase } from './support/hello-database';
import { Proxy } from './support/proxy';
import { eventually, Service } from './support/service';

describe('a database that is away for a moment', () => {
  let database: HelloDatabase;
  let service: Service | undefined;
  let proxy: Proxy | undefined;
  let admin: Client;

  beforeAll(async () => {
    database = await HelloDatabase.start();
  });

  beforeEach(async () => {
    admin = await database.connect();
  });

  afterEach(async () => {
    await service?.stop();
    proxy?.close();
    service = undefined;
    proxy = undefined;
    await admin.end();
  });

  afterAll(async () => {
    await database?.server.remove();
  });

  const start = async (environment: Record<string, string> = {}, port?: number) => {
    service = await Service.start(database.url(port), environment);
    expect((await service.put('Ada', '1990-01-01')).status).toBe(204);
    return service;
  };

  /** A GET and a PUT, and how long the slower of them took. */
  const both = async (of: Service) => {
    const since = Date.now();
    const answers = await Promise.all([of.get('/hello/Ada'), of.put('Ada', '1991-02-02')]);
    return { statuses: answers.map(({ status }) => status), retryAfter: answers.map(({ headers }) => headers.get('retry-after')), took: Date.now() - since };
  };

  /** The server restarts as a standby, which no primary feeds, until `promote` is called. */
  const demote = async () => {
    await admin.end();
    await database.server.stop();
    writeFileSync(join(database.server.dataDir, 'standby.signal'), '');
    await database.server.start();
    admin = await database.connect();
  };
  const promote = async () => admin.query('SELECT pg_promote()');
  const stop = async () => {
    await admin.end();
    await database.server.stop();
  };
  const restart = async () => {
    await database.server.start();
    admin = await database.connect();
  };
  const setReadOnly = async (value: string) => {
    await admin.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await admin.query('SELECT pg_reload_conf()');
  };

  test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['is stopped and starts again', stop, restart],
    ['is a standby until it is promoted', demote, promote],
    ['takes no connections', async () => {
      await admin.query('ALTER DATABASE hello CONNECTION LIMIT 0');
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'api'");
    }, async () => admin.query('ALTER DATABASE hello CONNECTION LIMIT -1')],
  ])('delays requests, which are answered, where the server %s', async (_, breaks, heals) => {
    const running = await start();
    await breaks();
    const answers = both(running);
    await sleep(2_000);
    expect((await running.get('/readyz')).status).toBe(503);
    await heals();
    expect(await answers).toMatchObject({ statuses: [200, 204] });
    expect((await answers).took).toBeGreaterThan(2_000);
    expect((await admin.query("SELECT date_of_birth::text FROM people WHERE username = 'ada'")).rows).toEqual([{ date_of_birth: '1991-02-02' }]);
  });

  test('delays what is written, and nothing that is read, where the server only reads', async () => {
    const running = await start();
    await setReadOnly('on');
    const written = running.put('Ada', '1992-03-03');
    expect((await running.get('/hello/Ada')).status).toBe(200);
    await sleep(1_000);
    await setReadOnly('off');
    expect((await written).status).toBe(204);
  });

  test('delays a request whose connection hangs, and answers it on another one', async () => {
    proxy = await Proxy.start(database.server.port);
    const running = await start({}, proxy.port);
    proxy.hang();
    const { statuses, took } = await both(running);
    expect(statuses).toEqual([200, 204]);
    expect(took).toBeLessThan(10_000);
  });

  test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['stays away', stop, restart],
    ['stays a standby', demote, promote],
    ['does not answer', async () => proxy!.hangForever(), async () => undefined],
  ])('fails with 503 and a time to come back at the deadline where the server %s', async (_, breaks, heals) => {
    proxy = await Proxy.start(database.server.port);
    const running = await start({ DATABASE_RETRY_SECONDS: '3' }, proxy.port);
    await breaks();
    const { statuses, retryAfter, took } = await both(running);
    await heals();
    expect(statuses).toEqual([503, 503]);
    expect(retryAfter).toEqual(['10', '10']);
    expect(took).toBeGreaterThan(2_900);
    expect(took).toBeLessThan(4_500);
    expect((await running.get('/healthz')).status).toBe(200);
  });

  test('fails at once with 503 where too many requests wait already', async () => {
    const running = await start({ DATABASE_MAX_WAITING: '2', DATABASE_RETRY_SECONDS: '2' });
    await stop();
    const waiting = both(running);
    await eventually(async () => running.log.includes('The database is away'));
    const since = Date.now();
    const refused = await running.get('/hello/Ada');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
    expect(Date.now() - since).toBeLessThan(500);
    expect((await waiting).statuses).toEqual([503, 503]);
    await restart();
    expect((await both(running)).statuses).toEqual([200, 204]);
  });

  test('asks a server that is away by one connection at a time, once everybody who waits has met it', async () => {
    const asked = () => database.server.log().split('\n').filter((line) => line.includes('SELECT pg_is_in_recovery()')).length;
    const running = await start({ DATABASE_RETRY_SECONDS: '10' });
    await demote();
    const waiting = Promise.all(Array.from({ length: 50 }, async () => running.get('/hello/Ada')));
    await sleep(1_500);
    const before = asked();
    await sleep(1_500);
    const during = asked() - before;
    await promote();
    expect((await waiting).map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(during).toBeGreaterThan(1);
    expect(during).toBeLessThan(10);
  });

  test('leaves no statement behind that the server runs after its request was refused', async () => {
    const running = await start({ DATABASE_RETRY_SECONDS: '2' });
    const locker = await database.connect();
    await locker.query('BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE');
    expect((await running.put('Ada', '1993-04-04')).status).toBe(503);
    await eventually(async () => (await locker.query("SELECT 1 FROM pg_stat_activity WHERE usename = 'api' AND wait_event_type = 'Lock'")).rowCount === 0);
    await locker.query('COMMIT');
    await locker.end();
    expect((await admin.query("SELECT date_of_birth::text FROM people WHERE username = 'ada'")).rows).not.toEqual([{ date_of_birth: '1993-04-04' }]);
  });

});
