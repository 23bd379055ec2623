import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { startPostgres, type PostgresServer } from '../../../../test/support/postgres-server';

const ROOT = resolve(__dirname, '../../../..');
const MIGRATIONS = resolve(ROOT, 'examples/02-hello-birthday/migrations');

/** The service as its container runs it: a process of its own with nothing but its environment. */
class Service {
  public static async start(databaseUrl: string, environment: Record<string, string> = {}): Promise<Service> {
    const port = await freePort();
    const child = spawn(process.execPath, ['--import', 'tsx', resolve(ROOT, 'examples/services/hello-birthday/src/main.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, TZ: 'Pacific/Auckland', DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: '3', HOST: '127.0.0.1', PORT: String(port), ...environment },
    });
    const service = new Service(child, `http://127.0.0.1:${port}`);
    await eventually(async () => (await service.get('/livez')).status === 200);
    return service;
  }

  public log = '';

  private constructor(public readonly child: ChildProcess, private readonly base: string) {
    child.stdout!.on('data', (chunk) => { this.log += chunk; });
  }

  public async get(path: string): Promise<Response> {
    return fetch(this.base + path);
  }

  public async put(username: string, dateOfBirth: string): Promise<Response> {
    return fetch(`${this.base}/hello/${username}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ dateOfBirth }) });
  }

  /** Sends SIGTERM and answers with the exit code. */
  public async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) {
      return this.child.exitCode;
    }
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    return (await exited)[0];
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

async function eventually(condition: () => Promise<boolean>, milliseconds = 20_000): Promise<void> {
  const giveUp = Date.now() + milliseconds;
  while (!await condition().catch(() => false)) {
    if (Date.now() > giveUp) {
      throw new Error('It did not happen in time');
    }
    await sleep(50);
  }
}

describe('the service on a real PostgreSQL', () => {
  let server: PostgresServer;
  let admin: Client;
  let url: string;
  let service: Service | undefined;

  const connectAdmin = async () => server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'hello' });
  const dbmate = (...args: string[]) => execFileSync(resolve(ROOT, 'node_modules/.bin/dbmate'), ['--no-dump-schema', '--migrations-dir', MIGRATIONS, ...args], {
    env: { ...process.env, DATABASE_URL: `postgres://${server.admin.username}:${server.admin.password}@127.0.0.1:${server.port}/hello?sslmode=verify-full&sslrootcert=${server.caFile}` },
    stdio: 'pipe',
    timeout: 30_000,
  });

  beforeAll(async () => {
    server = await startPostgres();
    const first = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    await first.query(`CREATE DATABASE hello OWNER ${server.admin.username}`);
    await first.query("CREATE ROLE api LOGIN PASSWORD 'p~w.0_x-'");
    await first.end();
    dbmate('migrate');
    admin = await connectAdmin();
    await admin.query('GRANT SELECT, INSERT, UPDATE ON people TO api');
    url = `postgresql://api:p~w.0_x-@localhost:${server.port}/hello?sslmode=verify-full&sslrootcert=${encodeURIComponent(server.caFile)}`;
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
    expect((await service.get('/hello/Ada')).status).toBe(503);
    expect((await service.get('/readyz')).status).toBe(503);
    expect((await service.get('/healthz')).status).toBe(200);
    await server.start();
    admin = await connectAdmin();

    expect((await service.get('/hello/Ada')).status).toBe(200);
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
    const locker = await connectAdmin();
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
    const locker = await connectAdmin();
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
    dbmate('down');
    expect((await admin.query("SELECT to_regclass('people') AS people")).rows).toEqual([{ people: null }]);
    dbmate('migrate');
    await admin.query('GRANT SELECT, INSERT, UPDATE ON people TO api');
    await expect(admin.query("INSERT INTO people VALUES ('Ada', '1990-01-01')")).rejects.toThrow('people_username_check');
  });
});
