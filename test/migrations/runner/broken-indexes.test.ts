import { setTimeout as sleep } from 'timers/promises';
import { environmentFor, type Prepared, prepareDatabase, query, testedEngines, until, Workshop, type TestedEngine } from './harness';
import { RunnerEnv, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { POSTGRES_MAJORS, type PostgresServer, startPostgres } from '../../support/postgres-server';

const workshop = new Workshop();
const engines = testedEngines().filter((engine) => engine.directory !== undefined);
let server: PostgresServer;
beforeAll(async () => { server = await startPostgres(); });
afterEach(async () => workshop.stopAll());
afterAll(async () => { workshop.remove(); await server.remove(); });

const TABLE = 'CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (1);';
const UNIQUE = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);';

/** One database, to which an engine applies one directory after the other. */
async function given(engine: TestedEngine, on: PostgresServer = server) {
  const prepared = await prepareDatabase(on);
  const start = (files: Record<string, string>, extra: Record<string, string> = {}) =>
    workshop.start({ ...environmentFor(on, prepared, engine.name, workshop.directory(files)), [RunnerEnv.LOCK_TIMEOUT]: '300ms', ...extra }, [engine.directory ?? '']);
  return {
    prepared,
    start,
    deploy: async (files: Record<string, string>) => {
      const run = start(files);
      return [await run.exitCode(), run.output] as const;
    },
    sql: async (sql: string) => query(on, prepared.database, sql),
    asOwner: async (sql: string) => query(on, prepared.database, `SET ROLE ${prepared.owner}; ${sql}`),
    invalid: async () => (await query(on, prepared.database, "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT indisvalid AND relkind = 'i' ORDER BY 1")).map(({ relname }) => relname),
    reader: async () => beginReading(on, prepared),
  };
}

/** A transaction that reads, and so holds up what waits for older transactions. */
async function beginReading(on: PostgresServer, { database }: Prepared) {
  const client = await on.connect({ user: on.superuser.username, password: on.superuser.password, database });
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t');
  return { end: async () => client.end() };
}

test('CREATE INDEX CONCURRENTLY waits for a reader of 60 s, while the files around it keep their lock timeout', async () => {
  await Promise.all(engines.map(async (engine) => {
    const { deploy, start, reader, invalid } = await given(engine);
    const table = { '001_table.sql': engine.file(TABLE) };
    const index = { ...table, '002_index.sql': engine.file('CREATE INDEX CONCURRENTLY i ON t (a);', false), '003_column.sql': engine.file('ALTER TABLE t ADD COLUMN b int;') };
    await deploy(table);
    const held = await reader();
    const run = start(index);
    await sleep(60_000);
    expect([run.output, await invalid()]).toEqual([expect.stringMatching(/The engine waits for an older transaction: Session \d+ of role '\w+' .*; `SELECT pg_terminate_backend\(\d+\)` would end it/), ['i']]);
    expect([run.output.match(/waits for an older/g), run.output]).toEqual([['waits for an older'], expect.not.stringContaining('FAILED')]);
    await held.end();
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: applied 2')]);
    expect(await invalid()).toEqual([]);

    const again = await reader();
    const next = start({ ...index, '004_drop.sql': engine.file('DROP INDEX CONCURRENTLY IF EXISTS nothing;', false), '005_column.sql': engine.file('ALTER TABLE t ADD COLUMN c int;') });
    await next.says(/'005_column\.sql' met a lock \(55P03, lock timeout\)/);
    await again.end();
    expect([await next.exitCode(), next.output]).toEqual([RunnerExit.OK, expect.stringContaining('migrations: applied 2')]);
  }));
}, 120_000);

describe.each(engines.map((engine) => [engine.name, engine] as const))('with %s', (_name, engine) => {
  const files = (last: Record<string, string> = {}) => ({ '001_table.sql': engine.file(TABLE), ...last });

  test('duplicates under UNIQUE: the first run names the index that it left, the second does not take it for made, and the idiom repairs it', async () => {
    const { deploy, sql, invalid } = await given(engine);
    const index = files({ '002_index.sql': engine.file(UNIQUE, false) });

    expect(await deploy(index)).toEqual([RunnerExit.ENGINE_FAILED, expect.stringMatching(/FAILED: .*could not create unique index "i".*23505.* Index public\.i on public\.t \('002_index\.sql'\) is INVALID: drop it with `DROP INDEX CONCURRENTLY IF EXISTS public\.i`/)]);
    expect(await invalid()).toEqual(['i']);

    expect(await deploy(index)).toEqual([RunnerExit.INVALID_INDEX, expect.stringMatching(/FAILED: Index public\.i on public\.t is INVALID, and '002_index\.sql' would keep it as it is, because of `IF NOT EXISTS`; nothing was applied/)]);
    expect(await deploy(index)).toEqual([RunnerExit.INVALID_INDEX, expect.stringContaining('INVALID')]);

    await sql('DELETE FROM t');
    const idiom = engine.name === 'goose'
      ? files({ '002_index.sql': engine.file('DROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\nANALYZE t;', false) })
      : files({ '0011_drop.sql': engine.file('DROP INDEX CONCURRENTLY IF EXISTS i;', false), '002_index.sql': engine.file(UNIQUE, false) });
    expect(await deploy(idiom)).toEqual([RunnerExit.OK, expect.stringContaining('migrations: applied')]);
    expect(await invalid()).toEqual([]);
  });

  test('an index that a recorded file names fails each run until it is rebuilt, also where nothing is to be applied', async () => {
    const { deploy, asOwner, invalid, sql } = await given(engine);
    const recorded = files({ '002_index.sql': engine.file('CREATE INDEX CONCURRENTLY i ON t (a);', false) });
    expect((await deploy(recorded))[0]).toBe(RunnerExit.OK);
    await sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass");

    expect(await deploy(recorded)).toEqual([RunnerExit.INVALID_INDEX, expect.stringMatching(/FAILED: Index public\.i on public\.t \('002_index\.sql'\) is INVALID\. The files are applied, .* run `REINDEX INDEX CONCURRENTLY public\.i` in a new file/)]);
    const cured = { ...recorded, '003_again.sql': engine.file('REINDEX INDEX CONCURRENTLY public.i;', false) };
    expect(await deploy(cured)).toEqual([RunnerExit.OK, expect.stringContaining('applied 1')]);
    expect(await invalid()).toEqual([]);
    await asOwner('SELECT 1');
  });
});

describe.each(POSTGRES_MAJORS)('on PostgreSQL %i', (major) => {
  let other: PostgresServer;
  beforeAll(async () => { other = await startPostgres({ major }); });
  afterAll(async () => other.remove());
  const engine = engines.at(-1)!;
  const plain = { '001_table.sql': engine.file(TABLE) };

  test.each([
    ['a quoted name', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "My ""I" ON "t" (a);', 'public."My ""I"'],
    ['a name in capitals', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS I_A ON T (a);', 'public.i_a'],
    ['a name of more than 63 bytes', `CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ${'x'.repeat(70)} ON t (a);`, `public.${'x'.repeat(63)}`],
    ['a comment within', 'CREATE UNIQUE INDEX /* now */ CONCURRENTLY -- so\n IF NOT EXISTS i ON ONLY public.t (a);', 'public.i'],
  ])('an index that is kept is found by %s', async (_what, statement, name) => {
    const { deploy } = await given(engine, other);
    expect((await deploy({ ...plain, '002_index.sql': engine.file(statement, false) }))[0]).toBe(RunnerExit.ENGINE_FAILED);
    expect(await deploy({ ...plain, '002_index.sql': engine.file(statement, false) })).toEqual([RunnerExit.INVALID_INDEX, expect.stringContaining(`FAILED: Index ${name} on public.t is INVALID`)]);
  });

  test('an index without a name fails the next run, too, which has made another beside it', async () => {
    const { deploy, sql, invalid } = await given(engine, other);
    const index = { ...plain, '002_index.sql': engine.file('CREATE UNIQUE INDEX CONCURRENTLY ON t (a);', false) };
    expect((await deploy(index))[0]).toBe(RunnerExit.ENGINE_FAILED);
    await sql('DELETE FROM t');
    expect(await deploy(index)).toEqual([RunnerExit.INVALID_INDEX, expect.stringContaining('Index public.t_a_idx on public.t (\'002_index.sql\') is INVALID')]);
    expect(await invalid()).toEqual(['t_a_idx']);
    await sql('DROP INDEX t_a_idx');
    expect((await deploy(index))[0]).toBe(RunnerExit.OK);
  });

  test('one in another schema is found where the file names the schema or sets the search path, and only warned about otherwise', async () => {
    const { deploy, asOwner } = await given(engine, other);
    await deploy(plain);
    await asOwner('CREATE SCHEMA shop; CREATE TABLE shop.t (a int); INSERT INTO shop.t VALUES (1), (1)');
    const named = { ...plain, '002_index.sql': engine.file('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON shop.t (a);', false) };
    expect((await deploy(named))[0]).toBe(RunnerExit.ENGINE_FAILED);
    expect(await deploy(named)).toEqual([RunnerExit.INVALID_INDEX, expect.stringContaining('shop.i')]);
    const same = { ...plain, '002_index.sql': engine.file('CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);', false) };
    expect(await deploy(same)).toEqual([RunnerExit.OK, expect.stringMatching(/^Index shop\.i on shop\.t is INVALID, and no file of this directory names it\. Drop it with `DROP INDEX CONCURRENTLY IF EXISTS shop\.i`$/m)]);
  });

  test('what REINDEX CONCURRENTLY leaves behind fails the run that left it, and is warned about afterwards', async () => {
    const { deploy, sql } = await given(engine, other);
    await deploy({ ...plain, '002_index.sql': engine.file('CREATE INDEX CONCURRENTLY i ON t (a);', false) });
    // An index that looks unique only to the next build.
    await sql("CREATE FUNCTION one(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN IF current_setting(''app.fail'', true) = ''yes'' THEN RAISE EXCEPTION ''no''; END IF; RETURN 1; END'; CREATE INDEX j ON t (one(a))");
    await sql(`ALTER FUNCTION one(int) SET app.fail = 'yes'; ALTER TABLE t OWNER TO CURRENT_USER; ALTER TABLE t OWNER TO ${(await sql('SELECT pg_get_userbyid(datdba)::text AS o FROM pg_database WHERE datname = current_database()'))[0].o as string}`);
    const again = { ...plain, '002_index.sql': engine.file('CREATE INDEX CONCURRENTLY i ON t (a);', false), '003_all.sql': engine.file('REINDEX TABLE CONCURRENTLY t;', false) };
    expect(await deploy(again)).toEqual([RunnerExit.ENGINE_FAILED, expect.stringMatching(/Index public\.j_ccnew on public\.t is INVALID: drop it with/)]);
    await sql('ALTER FUNCTION one(int) RESET ALL');
    expect(await deploy(again)).toEqual([RunnerExit.OK, expect.stringMatching(/^Index public\.j_ccnew on public\.t is INVALID, and no file/m)]);
  });

  test('the index of a partitioned table, and one that is being built, are no reason to fail', async () => {
    const { deploy, start, asOwner, prepared, sql, reader } = await given(engine, other);
    await deploy(plain);
    await asOwner('CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2); CREATE INDEX p_a ON ONLY p (a)');
    const held = await reader();
    const builder = await other.connect({ user: prepared.username, password: prepared.password, database: prepared.database });
    await builder.query('SET statement_timeout = 0; SET lock_timeout = 0');

    const files = { ...plain, '002_view.sql': engine.file('SELECT pg_sleep(2);\nCREATE VIEW v AS SELECT 1 AS a;'), '003_index.sql': engine.file('CREATE INDEX IF NOT EXISTS p_a ON ONLY p (a);') };
    const run = start(files);
    await until('the engine to be at work', async () => (await sql("SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND pid <> pg_backend_pid() AND datname = current_database()")).length > 0);
    // It begins when the run has looked at the sessions of the server already.
    const building = builder.query('CREATE INDEX CONCURRENTLY busy ON t (a)');
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringMatching(/^Index public\.busy on public\.t is INVALID, .* A session is at work on it$/m)]);
    await held.end();
    await building;
    await builder.end();
    expect(await deploy(files)).toEqual([RunnerExit.OK, expect.not.stringContaining('INVALID')]);
  });
});
