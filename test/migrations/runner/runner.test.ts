import { setTimeout as sleep } from 'timers/promises';
import type { RunnerProcess } from './harness';
import { environmentFor, prepareDatabase, query, sessions, testedEngines, until, Workshop } from './harness';
import { MIGRATION_LOCK_KEY, RunnerEnv, RunnerExit } from '../../../src/migrations/runner/runner.contract';
import type { PostgresServer } from '../../support/postgres-server';
import { POSTGRES_MAJORS, startPostgres } from '../../support/postgres-server';

const workshop = new Workshop();
const engines = testedEngines();

for (const engine of engines.filter((candidate) => candidate.directory === undefined)) {
  test(`${engine.name} is not installed`, () => {
    console.warn(`The cases with ${engine.name} did not run: ${engine.reason}`);
    expect(engine.reason).toContain('goose is not installed');
  });
}

afterEach(async () => workshop.stopAll());
afterAll(() => workshop.remove());

describe.each(POSTGRES_MAJORS)('on PostgreSQL %s', (major) => {
  let server: PostgresServer;
  beforeAll(async () => { server = await startPostgres({ major }); });
  afterAll(async () => server.remove());

  describe.each(engines.filter((engine) => engine.directory !== undefined).map((engine) => [engine.name, engine] as const))('with %s', (_name, engine) => {
    const start = async (files: Record<string, string>, extra: Record<string, string> = {}, password?: string) => {
      const prepared = await prepareDatabase(server, password);
      const environment = { ...environmentFor(server, prepared, engine.name, workshop.directory(files)), ...extra };
      return { prepared, environment, run: workshop.start(environment, [engine.directory ?? '']) };
    };
    const again = (environment: Record<string, string>): RunnerProcess => workshop.start(environment, [engine.directory ?? '']);
    const TABLE = { '001_table.sql': engine.file('CREATE TABLE t (a int);'), '002_row.sql': engine.file('INSERT INTO t VALUES (1);') };

    test('applies everything as the owner, and nothing the second time', async () => {
      const { prepared, environment, run } = await start(TABLE);
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringMatching(/migrations: applied 2, the database is at version (002|2)\n$/)]);
      expect(await query(server, prepared.database, "SELECT tableowner FROM pg_tables WHERE tablename = 't'")).toEqual([{ tableowner: prepared.owner }]);

      const second = again(environment);
      expect([await second.exitCode(), second.output]).toEqual([RunnerExit.OK, expect.stringMatching(/migrations: nothing to apply, the database is at version (002|2)\n$/)]);
      expect(await query(server, prepared.database, 'SELECT a FROM t')).toEqual([{ a: 1 }]);
      expect(workshop.leftovers()).toEqual([]);
    });

    test('takes the version table, and its sequence, from the roles that default privileges gave it to', async () => {
      // GIVEN a role that gets rights on every table that the owner will make
      const prepared = await prepareDatabase(server);
      await query(server, prepared.database, `GRANT USAGE ON SCHEMA public TO pg_monitor; ALTER DEFAULT PRIVILEGES FOR ROLE ${prepared.owner} GRANT ALL ON TABLES TO pg_monitor, PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE ${prepared.owner} GRANT ALL ON SEQUENCES TO pg_monitor`);
      // WHEN
      const run = workshop.start(environmentFor(server, prepared, engine.name, workshop.directory(TABLE)), [engine.directory ?? '']);
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 2')]);
      // THEN it has them on the application's table only
      const granted = await query(server, prepared.database, `SELECT DISTINCT c.relname FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relowner = '${prepared.owner}'::regrole AND a.grantee <> c.relowner`);
      expect(granted).toEqual([{ relname: 't' }]);
    });

    test('pitfall 10: two runs at once, with CREATE INDEX CONCURRENTLY: the second waits for the lock and then finds nothing to do', async () => {
      // GIVEN an open transaction, behind which CREATE INDEX CONCURRENTLY has to wait
      const { prepared, environment } = await start(TABLE).then(async (first) => { await first.run.exitCode(); return first; });
      const files = { ...TABLE, '003_index.sql': engine.file('CREATE INDEX CONCURRENTLY i ON t (a);', false) };
      const next = { ...environment, [RunnerEnv.DIRECTORY]: workshop.directory(files), [RunnerEnv.LOCK_TIMEOUT]: '60s' };
      const reader = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: prepared.database });
      await reader.query('BEGIN; INSERT INTO t VALUES (2)');
      // WHEN
      const first = again(next);
      await until('the index to be built', async () => (await query(server, prepared.database, "SELECT FROM pg_stat_activity WHERE query LIKE '%CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'")).length > 0);
      const second = again(next);
      await second.says(/waiting: another run holds the migration lock/);
      await reader.query('COMMIT');
      await reader.end();
      // THEN
      expect([await first.exitCode(), first.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: applied 1')]);
      expect([await second.exitCode(), second.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: nothing to apply')]);
      expect(await query(server, prepared.database, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")).toEqual([{ indisvalid: true }]);
    });

    test('pitfall 10: an older directory against a newer database says so and undoes nothing', async () => {
      const { prepared, environment, run } = await start(TABLE);
      expect(await run.exitCode()).toBe(RunnerExit.OK);
      const older = again({ ...environment, [RunnerEnv.DIRECTORY]: workshop.directory({ '001_table.sql': TABLE['001_table.sql'] }) });
      expect([await older.exitCode(), older.output]).toEqual([RunnerExit.OK, expect.stringMatching(/ahead of this directory, which ends at (001|1); nothing is undone/)]);
      expect(await query(server, prepared.database, 'SELECT a FROM t')).toEqual([{ a: 1 }]);
    });

    test('fails when the lock connection is lost, and stops the engine', async () => {
      const { prepared, run } = await start({ '001_slow.sql': engine.file('SELECT pg_sleep(120);') });
      await until('the engine to be at work', async () => (await sessions(server, prepared.database, 'migrations')).length > 0);
      await query(server, prepared.database, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
        AND ((classid::bigint << 32) | objid::bigint) = ${MIGRATION_LOCK_KEY}`);
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.LOCK_LOST, expect.stringContaining('the connection that holds the migration lock was lost')]);
      await until('the statement to end', async () => (await sessions(server, prepared.database, 'migrations')).length === 0);
    });

    test('fails on a failing migration, whatever the engine says, and names the file', async () => {
      const { prepared, run } = await start({ ...TABLE, '003_bad.sql': engine.file('SELECT 1/0;') });
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringMatching(/FAILED: .*003_bad\.sql is not applied, whatever the output says\. It was rolled back\. Now the database is at version (002|2), 1 of 3 files are not applied\n$/)]);
      if (engine.name === 'dbmate') expect(run.output).toMatch(/Applied: 003_bad\.sql/);
      expect(await query(server, prepared.database, 'SELECT a FROM t')).toEqual([{ a: 1 }]);
    });

    test('fails on a failing file without transaction with what may be left behind', async () => {
      const { run } = await start({ '001_bad.sql': engine.file('CREATE INDEX CONCURRENTLY i ON nothing (a);', false) });
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('It runs without a transaction, so a part of it may be applied')]);
    });
  });

  test('waits for a server that is not up yet', async () => {
    const engine = engines[0];
    const prepared = await prepareDatabase(server);
    await server.stop();
    const run = workshop.start(environmentFor(server, prepared, engine.name, workshop.directory({ '001_t.sql': engine.file('CREATE TABLE t (a int);') })), [engine.directory ?? '']);
    await run.says(/waiting for database '.*ECONNREFUSED/);
    await sleep(1500);
    await server.start();
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 1')]);
  });
});
