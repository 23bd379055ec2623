import { environmentFor, type Prepared, prepareDatabase, query, testedEngines, until, Workshop } from './harness';
import { RunnerEnv, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { makeLockSql } from '../../../src/postgres/engine/handler/guarded-lock';
import { MIGRATION_LOCK_KEY } from '../../../src/postgres/engine/handler/runner/lock-session';
import { POSTGRES_MAJORS, startPostgres, type PostgresServer } from '../../support/postgres-server';

const workshop = new Workshop();
const [dbmate] = testedEngines();
const FILES = { '001_table.sql': dbmate.file('CREATE TABLE t (a int);') };

describe.each(POSTGRES_MAJORS)('the lock of migrations on PostgreSQL %i', (major) => {
  let server: PostgresServer;
  beforeAll(async () => { server = await startPostgres({ major }); });
  afterEach(() => workshop.stopAll());
  afterAll(() => server.remove());

  const run = (prepared: Prepared, files: Record<string, string>, extra: Record<string, string> = {}) =>
    workshop.start({ ...environmentFor(server, prepared, 'dbmate', workshop.directory(files)), [RunnerEnv.LOCK_SECONDS]: '4', ...extra }, [dbmate.directory ?? '']);
  const givenLowly = async ({ database }: Prepared) => {
    const name = `lowly_${database}`;
    await query(server, database, `CREATE ROLE ${name} LOGIN PASSWORD 'x'; GRANT CONNECT ON DATABASE ${database} TO ${name}`);
    return { name, client: await server.connect({ user: name, password: 'x', database }) };
  };

  test('cannot be held by a login that is not the owner, by whatever it takes or calls itself', async () => {
    const prepared = await prepareDatabase(server);
    await query(server, prepared.database, `ALTER DEFAULT PRIVILEGES FOR ROLE ${prepared.owner} GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE ${prepared.owner} GRANT ALL ON SCHEMAS TO PUBLIC`);
    const first = run(prepared, FILES);
    expect([await first.exitCode(), first.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 1')]);
    const { client } = await givenLowly(prepared);

    await client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK_KEY}); SET application_name = 'cdk-private-backend-migrations'`);
    await expect(client.query('BEGIN; LOCK TABLE cdk_private_backend.lock IN ACCESS SHARE MODE')).rejects.toMatchObject({ code: '42501' });
    await client.query('ROLLBACK');
    const second = run(prepared, { ...FILES, '002_more.sql': dbmate.file('CREATE TABLE u (a int);') });

    expect([await second.exitCode(), second.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 1')]);
    await client.end();
  });

  test('names the session that holds the advisory lock where the owner can make no schema', async () => {
    const prepared = await prepareDatabase(server);
    await query(server, prepared.database, `ALTER DATABASE ${prepared.database} OWNER TO CURRENT_USER; GRANT CREATE ON SCHEMA public TO ${prepared.owner}`);
    const { client, name } = await givenLowly(prepared);
    await client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK_KEY})`);

    const blocked = run(prepared, FILES, { [RunnerEnv.EXPECTED_ROLE]: prepared.owner });

    expect([await blocked.exitCode(), blocked.output]).toEqual([RunnerExit.LOCKED, expect.stringMatching(new RegExp(`of role '${name}'.*pg_terminate_backend`))]);
    await client.end();
    const free = run(prepared, FILES, { [RunnerEnv.EXPECTED_ROLE]: prepared.owner });
    expect(await free.exitCode()).toBe(RunnerExit.OK);
  });

  test('is made by runs that come first at the same time, of which each succeeds', async () => {
    const prepared = await prepareDatabase(server);
    const runs = [1, 2].map(() => run(prepared, FILES, { [RunnerEnv.LOCK_SECONDS]: '40' }));

    expect(await Promise.all(runs.map((each) => each.exitCode()))).toEqual([RunnerExit.OK, RunnerExit.OK]);
    expect(runs.map(({ output }) => /applied 1|nothing to apply/.exec(output)?.[0]).sort()).toEqual(['applied 1', 'nothing to apply']);
  });

  test('holds back neither VACUUM nor CREATE INDEX CONCURRENTLY, and outlives the time-outs that the database sets', async () => {
    const prepared = await prepareDatabase(server);
    const limits = ["idle_in_transaction_session_timeout = '300ms'", "idle_session_timeout = '300ms'", ...(major >= 17 ? ["transaction_timeout = '2s'"] : [])];
    for (const limit of limits) await query(server, 'postgres', `ALTER DATABASE ${prepared.database} SET ${limit}`);
    const slow = run(prepared, { ...FILES, '002_index.sql': dbmate.file('CREATE INDEX CONCURRENTLY i ON t (a);', false), '003_slow.sql': dbmate.file('SELECT pg_sleep(1.5);'), '004_slow.sql': dbmate.file('SELECT pg_sleep(1.5);') });
    await until('the engine to be at work', async () => (await query(server, prepared.database, "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cdk-private-backend-migrations' AND query LIKE '%pg_sleep%'")).length > 0);

    const held = await query(server, prepared.database, `SELECT backend_xid, backend_xmin, state FROM pg_stat_activity WHERE datname = '${prepared.database}' AND application_name = 'cdk-private-backend-migrations-lock'`);
    await query(server, prepared.database, 'VACUUM');
    await query(server, prepared.database, 'ANALYZE');

    expect(held).toEqual([{ backend_xid: null, backend_xmin: null, state: 'idle in transaction' }]);
    expect([await slow.exitCode(), slow.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 4')]);
  });

  test('is not given away by a lock of the same name that everybody may take', async () => {
    const prepared = await prepareDatabase(server);
    const { client, name } = await givenLowly(prepared);
    await query(server, prepared.database, `${makeLockSql.slice(0, 2).join(';')}; GRANT ALL ON SCHEMA cdk_private_backend TO PUBLIC; GRANT ALL ON cdk_private_backend.lock TO PUBLIC; ALTER SCHEMA cdk_private_backend OWNER TO ${name}`);
    await client.query('BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE');

    const free = run(prepared, FILES);

    expect([await free.exitCode(), free.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 1')]);
    await client.end();
  });
});

afterAll(() => workshop.remove());
