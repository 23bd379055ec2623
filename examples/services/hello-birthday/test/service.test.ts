import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Client } from 'pg';
import { HelloDatabase } from './support/hello-database';
import { eventually, ROOT, Service } from './support/service';
import type { PostgresServer } from '../../../../test/support/postgres-server';

describe('the service on a real PostgreSQL', () => {
  let database: HelloDatabase;
  let server: PostgresServer;
  let admin: Client;
  let url: string;
  let service: Service | undefined;

  beforeAll(async () => {
    database = await HelloDatabase.start();
    ({ server } = database);
    admin = await database.connect();
    url = database.url();
  });

  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await admin.query('TRUNCATE people');
  });

  afterAll(async () => {
    await admin?.end();
    await server?.remove();
  });

  const sessions = async (which = '') => Number((await admin.query(`SELECT count(*) FROM pg_stat_activity WHERE usename = 'api' ${which}`)).rows[0].count);

  test('remembers a date over verified TLS and greets, whatever the time zone of the process', async () => {
    service = await Service.start(url);
    expect((await service.put('Ada', '2000-02-29')).status).toBe(204);
    expect((await admin.query('SELECT username, date_of_birth::text FROM people')).rows).toEqual([{ username: 'ada', date_of_birth: '2000-02-29' }]);
    expect(await (await service.get('/hello/ada')).json()).toEqual({ message: expect.stringMatching(/^Hello, ada! (Happy birthday!|Your birthday is in \d+ day\(s\))$/) });
    expect((await service.get('/hello/bob')).status).toBe(404);
    expect((await service.get('/readyz')).status).toBe(200);
  });

  test('stores nothing of a refused request', async () => {
    service = await Service.start(url);
    expect((await service.put('Ada', '2999-01-01')).status).toBe(400);
    expect((await service.put('Ada1', '1999-01-01')).status).toBe(400);
    expect((await admin.query('SELECT * FROM people')).rows).toEqual([]);
  });

  test('holds at most as many connections as its pool may', async () => {
    service = await Service.start(url);
    await Promise.all(Array.from({ length: 30 }, async () => service!.put('Ada', '1990-01-01')));
    expect(await sessions()).toBeLessThanOrEqual(3);
    expect(await sessions()).toBeGreaterThan(0);
  });

  test('survives a restart of the database without one of its own', async () => {
    service = await Service.start(url);
    await service.put('Ada', '1990-01-01');

    await admin.end();
    await server.stop();
    expect((await service.get('/readyz')).status).toBe(503);
    expect((await service.get('/healthz')).status).toBe(200);
    const underWay = service.get('/hello/Ada');
    await server.start();
    admin = await database.connect();

    expect((await underWay).status).toBe(200);
    expect((await service.get('/readyz')).status).toBe(200);
    expect(service.child.exitCode).toBeNull();
  });

  test('does not lose a request to connections that the server has closed', async () => {
    service = await Service.start(url);
    await service.put('Ada', '1990-01-01');
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'api'");
    expect((await service.get('/hello/Ada')).status).toBe(200);
  });

  test('finishes the request under way on SIGTERM, takes no more and gives its connections back', async () => {
    service = await Service.start(url);
    await service.put('Ada', '1990-01-01');
    const locker = await database.connect();
    await locker.query('BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE');
    const underWay = service.get('/hello/Ada');
    await eventually(async () => await sessions("AND wait_event_type = 'Lock'") === 1);

    const exit = service.stop();
    await eventually(async () => service!.get('/livez').then(() => false, () => true));
    await locker.end();

    expect((await underWay).status).toBe(200);
    expect(await exit).toBe(0);
    await eventually(async () => await sessions() === 0);
  });

  test('ends within its stop timeout when a request does not', async () => {
    service = await Service.start(url, { STOP_TIMEOUT_SECONDS: '1' });
    const locker = await database.connect();
    await locker.query('BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE');
    const underWay = service.get('/hello/Ada').catch(() => 'cut off');
    await eventually(async () => await sessions("AND wait_event_type = 'Lock'") === 1);

    const started = Date.now();
    expect(await service.stop()).toBe(1);
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(await underWay).toBe('cut off');
    await locker.end();
  });

  test.each([
    ['a check constraint', "ALTER TABLE people ADD CONSTRAINT marked CHECK (username <> 'marieantoinette')", 'ALTER TABLE people DROP CONSTRAINT marked', '"code":"23514"', '"constraint":"marked"'],
    ['a unique constraint', 'CREATE UNIQUE INDEX one_a_day ON people (date_of_birth)', 'DROP INDEX one_a_day', '"code":"23505"', '"constraint":"one_a_day"'],
    ['a value that is not of its type', `
      CREATE FUNCTION as_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM NEW.username::integer; RETURN NEW; END $$;
      CREATE TRIGGER as_number BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION as_number()`, 'DROP FUNCTION as_number CASCADE', '"code":"22P02"', '"routine":"pg_strtoint32_safe"'],
    ['an error that code raises', `
      CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no %', NEW.username USING HINT = NEW.date_of_birth; END $$;
      CREATE TRIGGER refuses BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION refuses()`, 'DROP FUNCTION refuses CASCADE', '"code":"P0001"', '"severity":"ERROR"'],
  ])('logs %s without the person, and where it was', async (_, arrange, undo, ...expected) => {
    await admin.query("INSERT INTO people VALUES ('earlier', '1987-06-05')");
    await admin.query(arrange);
    service = await Service.start(url);
    expect((await service.put('MarieAntoinette', '1987-06-05')).status).toBe(500);
    await eventually(async () => service!.log.includes('A request failed'));
    await admin.query(undo);
    for (const text of expected) {
      expect(service.log).toContain(text);
    }
    expect(service.log).not.toMatch(/marieantoinette|1987-06-05|127\.0\.0\.1"/i);
  });

  test('fails to be ready against a server that its certificate authority did not sign', async () => {
    service = await Service.start(url.replace(/&sslrootcert=.*/, ''));
    expect((await service.get('/readyz')).status).toBe(503);
    expect((await service.get('/hello/Ada')).status).toBe(500);
    // What the process writes arrives through a pipe, in its own time.
    await eventually(async () => /certificate/.test(service!.log));
    expect(service.log).not.toContain('p~w.0_x-');
  });

  test('fails at once, naming it, without a database URL', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', resolve(ROOT, 'examples/services/hello-birthday/src/main.ts')], { cwd: ROOT, env: { PATH: process.env.PATH } });
    let log = '';
    child.stdout.on('data', (chunk) => { log += chunk; });
    expect((await once(child, 'exit'))[0]).toBe(1);
    expect(log).toContain('DATABASE_URL must be set');
  });

  test('has migrations that go down and up again', async () => {
    database.migrate('down');
    expect((await admin.query("SELECT to_regclass('people') AS people")).rows).toEqual([{ people: null }]);
    database.migrate();
    await admin.query('GRANT SELECT, INSERT, UPDATE ON people TO api');
    await expect(admin.query("INSERT INTO people VALUES ('Ada', '1990-01-01')")).rejects.toThrow('people_username_check');
  });
});
