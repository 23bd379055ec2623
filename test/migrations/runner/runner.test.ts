import { environmentFor, prepareDatabase, query, type RunnerProcess, sessions, testedEngines, until, Workshop } from './harness';
import { RunnerEnv, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { POSTGRES_MAJORS, type PostgresServer, startPostgres } from '../../support/postgres-server';

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
    const start = async (files: Record<string, string>, extra: Record<string, string> = {}) => {
      const prepared = await prepareDatabase(server);
      const environment = { ...environmentFor(server, prepared, engine.name, workshop.directory(files)), ...extra };
      return { prepared, environment, run: workshop.start(environment, [engine.directory ?? '']) };
    };
    const again = (environment: Record<string, string>): RunnerProcess => workshop.start(environment, [engine.directory ?? '']);
    const TABLE = { '001_table.sql': engine.file('CREATE TABLE t (a int);'), '002_row.sql': engine.file('INSERT INTO t VALUES (1);') };

    test('applies everything as the owner, keeps the version table and its sequence from other roles, and does nothing the second time', async () => {
      // GIVEN a role that gets rights on every table and sequence that the owner will make
      const prepared = await prepareDatabase(server);
      await query(server, prepared.database, `ALTER DEFAULT PRIVILEGES FOR ROLE ${prepared.owner} GRANT ALL ON TABLES TO pg_monitor, PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE ${prepared.owner} GRANT ALL ON SEQUENCES TO pg_monitor`);
      const environment = environmentFor(server, prepared, engine.name, workshop.directory(TABLE));
      // WHEN
      const run = again(environment);
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringMatching(/migrations: applied 2, the database is at version (002|2)\n$/)]);
      // THEN
      expect(await query(server, prepared.database, "SELECT tableowner FROM pg_tables WHERE tablename = 't'")).toEqual([{ tableowner: prepared.owner }]);
      expect(await query(server, prepared.database, `SELECT DISTINCT c.relname FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relowner = '${prepared.owner}'::regrole AND a.grantee <> c.relowner`)).toEqual([{ relname: 't' }]);

      const second = again(environment);
      expect([await second.exitCode(), second.output]).toEqual([RunnerExit.OK, expect.stringMatching(/migrations: nothing to apply, the database is at version (002|2)\n$/)]);
      expect(await query(server, prepared.database, 'SELECT a FROM t')).toEqual([{ a: 1 }]);
      expect(workshop.leftovers()).toEqual([]);
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
      await second.says(/Another run holds the migration lock; waiting/);
      await reader.query('COMMIT');
      await reader.end();
      // THEN
      expect([await first.exitCode(), first.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: applied 1')]);
      expect([await second.exitCode(), second.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: nothing to apply')]);
      expect(await query(server, prepared.database, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")).toEqual([{ indisvalid: true }]);
    });

    test('fails when the lock connection is lost, and stops the engine', async () => {
      const { prepared, run } = await start({ '001_slow.sql': engine.file('SELECT pg_sleep(120);') });
      await until('the engine to be at work', async () => (await sessions(server, prepared.database, 'migrations')).length > 0);
      await query(server, prepared.database, 'SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = \'cdk_private_backend.lock\'::regclass AND mode = \'ExclusiveLock\'');
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.LOCK_LOST, expect.stringContaining('The connection that holds the migration lock was lost')]);
      await until('the statement to end', async () => (await sessions(server, prepared.database, 'migrations')).length === 0);
    });
  });
});
