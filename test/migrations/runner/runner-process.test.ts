import type { AddressInfo, Socket } from 'net';
import { createServer } from 'net';
import type { Prepared, RunnerProcess } from './harness';
import { environmentFor, prepareDatabase, query, sessions, testedEngines, until, Workshop } from './harness';
import { MIGRATION_LOCK_KEY, RunnerEnv, RunnerExit } from '../../../src/migrations/runner/runner.contract';
import type { PostgresServer } from '../../support/postgres-server';
import { startPostgres } from '../../support/postgres-server';

const workshop = new Workshop();
const engines = testedEngines().filter((engine) => engine.directory !== undefined);
let server: PostgresServer;
let other: PostgresServer;
beforeAll(async () => { [server, other] = await Promise.all([startPostgres(), startPostgres({ hostNames: ['elsewhere.test'] })]); });
afterEach(async () => workshop.stopAll());
afterAll(async () => { workshop.remove(); await server.remove(); await other.remove(); });

describe.each(engines.map((engine) => [engine.name, engine] as const))('with %s', (_name, engine) => {
  const start = async (files: Record<string, string>, extra: Record<string, string> = {}, password?: string) => {
    const prepared = await prepareDatabase(server, password);
    const environment = { ...environmentFor(server, prepared, engine.name, workshop.directory(files)), ...extra };
    return { prepared, environment, run: workshop.start(environment, [engine.directory ?? '']) };
  };
  const again = (environment: Record<string, string>): RunnerProcess => workshop.start(environment, [engine.directory ?? '']);
  const TABLE = { '001_table.sql': engine.file('CREATE TABLE t (a int);'), '002_row.sql': engine.file('INSERT INTO t VALUES (1);') };

  test('fails when the login does not act as the owner, before anything is applied', async () => {
    const prepared = await prepareDatabase(server, undefined, false);
    await query(server, prepared.database, `GRANT CREATE, USAGE ON SCHEMA public TO ${prepared.username}`);
    const run = again(environmentFor(server, prepared, engine.name, workshop.directory(TABLE)));
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.NOT_ALLOWED, expect.stringContaining(`the session acts as '${prepared.username}' instead of '${prepared.owner}'`)]);
    expect(await query(server, prepared.database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
  });

  test('tries a transactional file again when it met a lock', async () => {
    const { prepared, environment, run } = await start(TABLE);
    expect(await run.exitCode()).toBe(RunnerExit.OK);
    const holder = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: prepared.database });
    await holder.query('BEGIN; LOCK TABLE t IN ACCESS SHARE MODE');
    const files = { ...TABLE, '003_column.sql': engine.file('ALTER TABLE t ADD COLUMN b int;') };
    const next = again({ ...environment, [RunnerEnv.DIRECTORY]: workshop.directory(files), [RunnerEnv.LOCK_TIMEOUT]: '300ms' });
    await next.says(/003_column\.sql met a lock \(55P03, lock timeout\) and was rolled back; next try in 2 s/);
    await holder.query('COMMIT');
    await holder.end();
    expect([await next.exitCode(), next.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: applied 1')]);
  });

  test('fails at once when a file without transaction met a lock', async () => {
    const { prepared, environment, run } = await start(TABLE);
    expect(await run.exitCode()).toBe(RunnerExit.OK);
    const holder = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: prepared.database });
    await holder.query('BEGIN; LOCK TABLE t IN ACCESS SHARE MODE');
    const files = { ...TABLE, '003_column.sql': engine.file('ALTER TABLE t ADD COLUMN b int;', false) };
    const next = again({ ...environment, [RunnerEnv.DIRECTORY]: workshop.directory(files), [RunnerEnv.LOCK_TIMEOUT]: '300ms' });
    expect([await next.exitCode(), next.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.not.stringContaining('next try')]);
    await holder.end();
  });

  test('is not ended by the statement timeout of the login', async () => {
    const { run } = await start({ '001_slow.sql': engine.file('SELECT pg_sleep(1.5);') });
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 1')]);
  });

  test.each([['SIGTERM', RunnerExit.TERMINATED], ['SIGINT', RunnerExit.INTERRUPTED]] as const)('fails on %s after stopping the engine, with nothing applied', async (signal, exitCode) => {
    const { prepared, run } = await start({ '001_slow.sql': engine.file('CREATE TABLE t (a int);\nSELECT pg_sleep(120);') });
    await until('the engine to be at work', async () => (await query(server, prepared.database, "SELECT FROM pg_stat_activity WHERE application_name = 'cdk-private-backend-migrations' AND state = 'active' AND datname = current_database()")).length > 0);
    run.signal(signal);
    expect([await run.exitCode(), run.output]).toEqual([exitCode, expect.stringContaining(`FAILED: stopped by ${signal}`)]);
    await until('the statement to end', async () => (await sessions(server, prepared.database, 'migrations')).length === 0);
    expect(await query(server, prepared.database, "SELECT tablename FROM pg_tables WHERE tablename = 't'")).toEqual([]);
    expect(workshop.leftovers()).toEqual([]);
  });

  test.each(['pässwörd-Ж-密码', ' sp ace"quo\'te\\back%2F@:/?#[]&=+', '$HOME`id`;|'])('pitfall 8: logs in with the password %j and shows it nowhere', async (password) => {
    const { run } = await start({ '001_slow.sql': engine.file('SELECT pg_sleep(1);'), '002_bad.sql': engine.file('SELECT 1/0;') }, {}, password);
    const seen = new Set<string>();
    const watching = setInterval(() => run.commandLines().forEach((line) => seen.add(line)), 20);
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('002_bad.sql is not applied')]);
    clearInterval(watching);
    const everything = [run.output, ...seen].join('\n');
    expect([...seen].some((line) => line.startsWith(engine.name))).toBe(true);
    for (const form of [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)]) expect(everything).not.toContain(form);
  });

  test('pitfall 10: a run after one that was killed waits for the engine that still works, and then finds nothing to do', async () => {
    const { prepared, environment, run } = await start({ '001_slow.sql': engine.file('CREATE TABLE t (a int);\nSELECT pg_sleep(3);') });
    await until('the engine to be at work', async () => (await query(server, prepared.database, "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3)%' AND application_name = 'cdk-private-backend-migrations' AND datname = current_database()")).length > 0);
    run.signal('SIGKILL');
    const next = again(environment);
    await next.says(/waiting: a statement of an aborted run is still at work/);
    expect([await next.exitCode(), next.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: nothing to apply, the database is at version')]);
  });

  test('waits for what an aborted run left at work', async () => {
    const { prepared, environment, run } = await start({ '001_table.sql': engine.file('CREATE TABLE t (a int);') });
    expect(await run.exitCode()).toBe(RunnerExit.OK);
    const orphan = await leaveBehind(prepared);
    const next = again(environment);
    await next.says(/waiting: a statement of an aborted run is still at work/);
    await orphan.end();
    expect(await next.exitCode()).toBe(RunnerExit.OK);
  });
});

describe('with a program that stands in for the engine', () => {
  const FILES = { '001_table.sql': '-- migrate:up\nCREATE TABLE t (a int);\n-- migrate:down\n' };
  const start = async (script: string, extra: Record<string, string> = {}) => {
    const prepared = await prepareDatabase(server, 'S3cret-passphrase');
    const environment = { ...environmentFor(server, prepared, 'dbmate', workshop.directory(FILES)), ...extra };
    return { prepared, run: workshop.start(environment, [workshop.fakeEngine('dbmate', script)]) };
  };

  test('fails when the engine says Applied, and ends with 0, but has applied nothing', async () => {
    const { run } = await start('echo "Applied: 001_table.sql in 2ms"');
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('dbmate ended with exit code 0, and 001_table.sql is not applied, whatever the output says')]);
  });

  test('fails with the engine, although the version table lists every file', async () => {
    const { prepared, run } = await start('sleep 1; exit 3');
    await query(server, prepared.database, `CREATE TABLE schema_migrations (version varchar PRIMARY KEY); INSERT INTO schema_migrations VALUES ('001'); ALTER TABLE schema_migrations OWNER TO ${prepared.owner}`);
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('ended with exit code 3 although its version table lists every file')]);
  });

  test('pitfall 8: takes secrets, connection strings and colours out of what the engine prints', async () => {
    const { run } = await start('printf "\\033[31mcannot open postgres://someone:else@host/db\\033[0m as $PGPASSWORD\\n"; echo "password=other host=x" >&2; exit 1');
    expect(await run.exitCode()).toBe(RunnerExit.ENGINE_FAILED);
    expect(run.output).toContain('cannot open postgres://***@host/db as ***\n');
    expect(run.output).toContain('password=*** host=x\n');
  });

  test('gives the engine a home of its own, verified TLS, and nothing of its own settings', async () => {
    const { run } = await start('env; pwd; ls -A', { GOOSE_TABLE: 'x', DBMATE_STRICT: 'x', PGHOSTADDR: 'x', PGSERVICE: 'x', APP_REGION: 'y', HOME: '/root' });
    await run.exitCode();
    expect(run.output).toMatch(/^PGSSLMODE=verify-full$/m);
    expect(run.output).toMatch(/^PGOPTIONS=-c lock_timeout=5s -c statement_timeout=0/m);
    expect(run.output).toMatch(/^DATABASE_URL=postgres:\/\/\/app_/m);
    expect(run.output).toMatch(/^APP_REGION=y$/m);
    expect(run.output).toMatch(/^HOME=.*migrations-/m);
    expect(run.output).not.toMatch(/GOOSE_TABLE|DBMATE_STRICT|PGHOSTADDR|PGSERVICE|MIGRATION_|DATABASE_CA/);
  });

  test('fails on SIGTERM also when the engine does not listen, by force after the given time', async () => {
    const { run } = await start('trap "" TERM; echo started; while :; do sleep 0.1; done', { [RunnerEnv.STOP_SECONDS]: '1' });
    await run.says(/started/);
    run.signal('SIGTERM');
    expect(await run.exitCode()).toBe(RunnerExit.TERMINATED);
  });

  test('fails when the engine is not in the image', async () => {
    const prepared = await prepareDatabase(server);
    const run = workshop.start({ ...environmentFor(server, prepared, 'dbmate', workshop.directory(FILES)), PATH: '/nowhere' }, []);
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.MISCONFIGURED, expect.stringContaining('cannot start dbmate')]);
  });
});

describe('before the engine starts', () => {
  const [dbmate] = engines;
  const FILES = { '001_table.sql': dbmate.file('CREATE TABLE t (a int);') };
  const start = async (extra: Record<string, string>, prepared?: Prepared) => {
    const environment = environmentFor(server, prepared ?? await prepareDatabase(server), 'dbmate', workshop.directory(FILES));
    const run = workshop.start({ ...environment, ...extra }, [dbmate.directory ?? '']);
    return [await run.exitCode(), run.output];
  };

  test('fails with every missing setting at once', async () => {
    expect(await start({ [RunnerEnv.HOST]: '', [RunnerEnv.PASSWORD]: '', [RunnerEnv.CA]: '', [RunnerEnv.LOCK_TIMEOUT]: '5 s', [RunnerEnv.PORT]: 'x', [RunnerEnv.ENGINE]: 'flyway' })).toEqual([RunnerExit.MISCONFIGURED,
      expect.stringMatching(/FAILED: wrong settings: MIGRATION_ENGINE must be goose or dbmate, not 'flyway'; PGHOST is missing; PGPORT .*; PGPASSWORD is missing; neither DATABASE_CA nor .*; MIGRATION_LOCK_TIMEOUT/)]);
  });

  test('takes the certificate authority from the file in the image when none is given', async () => {
    expect((await start({ [RunnerEnv.CA]: '', [RunnerEnv.CA_FILE]: server.caFile }))[0]).toBe(RunnerExit.OK);
  });

  test('fails when the server is not the one that the certificate authority vouches for', async () => {
    expect(await start({ [RunnerEnv.CA]: other.ca })).toEqual([RunnerExit.UNAVAILABLE, expect.stringContaining('If it is the certificate, DATABASE_CA must hold the authority that issued it')]);
  });

  test('fails when the certificate is for another host name', async () => {
    const prepared = await prepareDatabase(other);
    expect(await start({ ...environmentFor(other, prepared, 'dbmate', workshop.directory(FILES)), [RunnerEnv.HOST]: 'localhost' }))
      .toEqual([RunnerExit.UNAVAILABLE, expect.stringMatching(/FAILED: cannot connect to .*Hostname\/IP does not match/)]);
  });

  test('fails on a wrong password at once', async () => {
    expect(await start({ [RunnerEnv.PASSWORD]: 'wrong-one' })).toEqual([RunnerExit.NOT_ALLOWED, expect.stringMatching(/refused the login 'mig_.*': password authentication failed .* run the migrations again/)]);
  });

  test('fails on a database that is not there', async () => {
    expect(await start({ [RunnerEnv.DATABASE]: 'nowhere' })).toEqual([RunnerExit.UNAVAILABLE, expect.stringContaining('must wait for the database to be created')]);
  });

  test('fails when the server does not answer until the deadline', async () => {
    expect(await start({ [RunnerEnv.PORT]: '9', [RunnerEnv.CONNECT_SECONDS]: '2' })).toEqual([RunnerExit.UNAVAILABLE, expect.stringContaining('did not accept a connection within 2 s')]);
  });

  test('fails when another run holds the lock until the deadline', async () => {
    const prepared = await prepareDatabase(server);
    const holder = await server.connect({ user: prepared.username, password: prepared.password, database: prepared.database });
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
    expect(await start({ [RunnerEnv.LOCK_SECONDS]: '2' }, prepared)).toEqual([RunnerExit.LOCKED, expect.stringContaining('another run holds the migration lock for more than 2 s')]);
    await holder.end();
  });

  test('fails when the session acts as the owner, but another role was asked for', async () => {
    expect(await start({ [RunnerEnv.EXPECTED_ROLE]: 'somebody' })).toEqual([RunnerExit.NOT_ALLOWED, expect.stringContaining("instead of 'somebody'")]);
  });

  test('fails when the directory is not there', async () => {
    expect(await start({ [RunnerEnv.DIRECTORY]: '/nowhere' })).toEqual([RunnerExit.MISCONFIGURED, expect.stringContaining('cannot read the migrations')]);
  });

  test('reconnects when the connection is lost while it waits for the lock', async () => {
    const prepared = await prepareDatabase(server);
    const holder = await server.connect({ user: prepared.username, password: prepared.password, database: prepared.database });
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
    const run = workshop.start(environmentFor(server, prepared, 'dbmate', workshop.directory(FILES)), [dbmate.directory ?? '']);
    await run.says(/waiting: another run/);
    await query(server, prepared.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cdk-private-backend-migrations-lock' AND datname = current_database()");
    await run.says(/lost the connection while waiting/);
    await holder.end();
    expect(await run.exitCode()).toBe(RunnerExit.OK);
  });

  test('fails on SIGTERM at once while it talks to something that never answers', async () => {
    const silent = createServer();
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    const accepted = new Promise<Socket>((done) => silent.once('connection', done));
    const run = workshop.start({ ...environmentFor(server, await prepareDatabase(server), 'dbmate', workshop.directory(FILES)), [RunnerEnv.PORT]: String(port) }, [dbmate.directory ?? '']);
    const socket = await accepted;
    const begun = Date.now();
    run.signal('SIGTERM');
    expect(await run.exitCode()).toBe(RunnerExit.TERMINATED);
    expect(Date.now() - begun).toBeLessThan(8_000);
    socket.destroy();
    silent.close();
  });

  test('fails when the server stops answering on the lock connection without a word, and stops the engine', async () => {
    const prepared = await prepareDatabase(server);
    const run = workshop.start(environmentFor(server, prepared, 'dbmate', workshop.directory({ '001_slow.sql': dbmate.file('SELECT pg_sleep(300);') })), [dbmate.directory ?? '']);
    await until('the engine to be at work', async () => (await sessions(server, prepared.database, 'migrations')).length > 0);
    const [{ pid }] = await sessions(server, prepared.database, 'migrations-lock');
    process.kill(Number(pid), 'SIGSTOP');
    try {
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.LOCK_LOST, expect.stringContaining('Query read timeout')]);
    } finally {
      process.kill(Number(pid), 'SIGCONT');
    }
  });

  test('fails on SIGTERM while it waits', async () => {
    const prepared = await prepareDatabase(server);
    const run = workshop.start({ ...environmentFor(server, prepared, 'dbmate', workshop.directory(FILES)), [RunnerEnv.PORT]: '9' }, [dbmate.directory ?? '']);
    await run.says(/waiting for database/);
    run.signal('SIGTERM');
    expect(await run.exitCode()).toBe(RunnerExit.TERMINATED);
    expect(workshop.leftovers()).toEqual([]);
  });
});

async function leaveBehind(prepared: Prepared) {
  const client = await server.connect({ user: prepared.username, password: prepared.password, database: prepared.database });
  await client.query("SET application_name = 'cdk-private-backend-migrations'");
  return client;
}
