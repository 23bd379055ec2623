import { environmentFor, type Prepared, prepareDatabase, query, type RunnerProcess, sessions, testedEngines, until, Workshop } from './harness';
import { RunnerEnv, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { type PostgresServer, startPostgres } from '../../support/postgres-server';

const workshop = new Workshop();
const engines = testedEngines().filter((engine) => engine.directory !== undefined);
let server: PostgresServer;
beforeAll(async () => { server = await startPostgres(); });
afterEach(async () => workshop.stopAll());
afterAll(async () => { workshop.remove(); await server.remove(); });

describe.each(engines.map((engine) => [engine.name, engine] as const))('with %s', (_name, engine) => {
  const start = async (files: Record<string, string>, extra: Record<string, string> = {}, password?: string) => {
    const prepared = await prepareDatabase(server, password);
    const environment = { ...environmentFor(server, prepared, engine.name, workshop.directory(files)), ...extra };
    return { prepared, environment, run: workshop.start(environment, [engine.directory ?? '']) };
  };
  const again = (environment: Record<string, string>): RunnerProcess => workshop.start(environment, [engine.directory ?? '']);
  const TABLE = { '001_table.sql': engine.file('CREATE TABLE t (a int);'), '002_row.sql': engine.file('INSERT INTO t VALUES (1);') };

  test('takes the version table also from those whom somebody else gave rights on it', async () => {
    const { prepared, environment, run } = await start(TABLE);
    expect(await run.exitCode()).toBe(RunnerExit.OK);
    const history = engine.name === 'goose' ? 'goose_db_version' : 'schema_migrations';
    await query(server, prepared.database, `GRANT USAGE ON SCHEMA public TO pg_monitor; GRANT ALL ON ${history} TO pg_monitor WITH GRANT OPTION; SET ROLE pg_monitor; GRANT INSERT ON ${history} TO PUBLIC`);
    expect(await again(environment).exitCode()).toBe(RunnerExit.OK);
    expect(await query(server, prepared.database, `SELECT a.grantee FROM pg_class c, aclexplode(c.relacl) a WHERE c.relname = '${history}' AND a.grantee <> c.relowner`)).toEqual([]);
  });

  test('pitfall 10: an older directory against a newer database says so and undoes nothing', async () => {
    const { prepared, environment, run } = await start(TABLE);
    expect(await run.exitCode()).toBe(RunnerExit.OK);
    const older = again({ ...environment, [RunnerEnv.DIRECTORY]: workshop.directory({ '001_table.sql': TABLE['001_table.sql'] }) });
    expect([await older.exitCode(), older.output]).toEqual([RunnerExit.OK, expect.stringMatching(/and this directory ends at (001|1); nothing is undone/)]);
    expect(await query(server, prepared.database, 'SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  test('fails on a failing migration, whatever the engine says, and names the file', async () => {
    const { prepared, run } = await start({ ...TABLE, '003_bad.sql': engine.file('SELECT 1/0;') });
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringMatching(/FAILED: '003_bad\.sql' isn't applied, whatever the output shows: .*division by zero.*22012.* ended with exit code \d; the database is at version (002|2), and 1 of 3 files are not applied\. The file was rolled back\. .*\n$/)]);
    if (engine.name === 'dbmate') expect(run.output).toMatch(/Applied: 003_bad\.sql/);
    expect(await query(server, prepared.database, 'SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  test('fails on a failing file without transaction with what may be left behind', async () => {
    const { run } = await start({ '001_bad.sql': engine.file('CREATE INDEX CONCURRENTLY i ON nothing (a);', false) });
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('The file runs without a transaction, so a part may be applied')]);
  });

  test('fails when the login does not act as the owner, before anything is applied', async () => {
    const prepared = await prepareDatabase(server, undefined, false);
    await query(server, prepared.database, `GRANT CREATE, USAGE ON SCHEMA public TO ${prepared.username}`);
    const run = again(environmentFor(server, prepared, engine.name, workshop.directory(TABLE)));
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.NOT_ALLOWED, expect.stringContaining(`The session acts as '${prepared.username}' instead of '${prepared.owner}'`)]);
    expect(await query(server, prepared.database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
  });

  test('tries a transactional file again when it met a lock', async () => {
    const { prepared, environment, run } = await start(TABLE);
    expect(await run.exitCode()).toBe(RunnerExit.OK);
    const holder = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: prepared.database });
    await holder.query('BEGIN; LOCK TABLE t IN ACCESS SHARE MODE');
    const files = { ...TABLE, '003_column.sql': engine.file('ALTER TABLE t ADD COLUMN b int;') };
    const next = again({ ...environment, [RunnerEnv.DIRECTORY]: workshop.directory(files), [RunnerEnv.LOCK_TIMEOUT]: '300ms' });
    await next.says(/'003_column\.sql' met a lock \(55P03, lock timeout\) and was rolled back; next try in 2 s/);
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
    expect([await run.exitCode(), run.output]).toEqual([exitCode, expect.stringContaining(`FAILED: Stopped by ${signal}`)]);
    await until('the statement to end', async () => (await sessions(server, prepared.database, 'migrations')).length === 0);
    expect(await query(server, prepared.database, "SELECT tablename FROM pg_tables WHERE tablename = 't'")).toEqual([]);
    expect(workshop.leftovers()).toEqual([]);
  });

  test.each(['pässwörd-Ж-密码', ' sp ace"quo\'te\\back%2F@:/?#[]&=+', '$HOME`id`;|'])('pitfall 8: logs in with the password %j and shows it nowhere', async (password) => {
    const { run } = await start({ '001_slow.sql': engine.file('SELECT pg_sleep(1);'), '002_bad.sql': engine.file('SELECT 1/0;') }, {}, password);
    const seen = new Set<string>();
    const watching = setInterval(() => run.commandLines().forEach((line) => seen.add(line)), 20);
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('\'002_bad.sql\' isn\'t applied')]);
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
    await next.says(/A statement of an aborted run is still at work; waiting/);
    expect([await next.exitCode(), next.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: nothing to apply, the database is at version')]);
  });

  test('waits for what an aborted run left at work', async () => {
    const { prepared, environment, run } = await start({ '001_table.sql': engine.file('CREATE TABLE t (a int);') });
    expect(await run.exitCode()).toBe(RunnerExit.OK);
    const orphan = await leaveBehind(prepared);
    const next = again(environment);
    await next.says(/A statement of an aborted run is still at work; waiting/);
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
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('\'001_table.sql\' isn\'t applied, whatever the output shows: the output holds no error. dbmate ended with exit code 0; ')]);
  });

  test('fails with the engine, although the version table lists every file', async () => {
    const { prepared, run } = await start('sleep 1; exit 3');
    await query(server, prepared.database, `CREATE TABLE schema_migrations (version varchar PRIMARY KEY); INSERT INTO schema_migrations VALUES ('001'); ALTER TABLE schema_migrations OWNER TO ${prepared.owner}`);
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('ended with exit code 3, although its version table lists every file')]);
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
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.MISCONFIGURED, expect.stringContaining('The engine \'dbmate\' can\'t be started')]);
  });
});

async function leaveBehind(prepared: Prepared) {
  const client = await server.connect({ user: prepared.username, password: prepared.password, database: prepared.database });
  await client.query("SET application_name = 'cdk-private-backend-migrations'");
  return client;
}
