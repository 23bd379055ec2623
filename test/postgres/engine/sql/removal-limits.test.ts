import type { Client } from 'pg';
import { BrokerFixture } from './broker-fixture';

const TABLES = 5_000;
/** Locks that reading the catalogs takes, and a few tables: the server has about a thousand. */
const ROOM = 150;

describe.each([15, 18] as const)('a user with many objects, on PostgreSQL %i with room for few locks', (major) => {
  let broker: BrokerFixture;
  let superuser: Client;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.asSuperuser('postgres', 'ALTER SYSTEM SET max_locks_per_transaction = 10');
    await broker.postgres.restart();
    await broker.succeed(broker.database('app'));
    await broker.asSuperuser('app', 'CREATE SCHEMA s AUTHORIZATION app_owner');
    superuser = await broker.postgres.connect({ user: broker.postgres.superuser.username, password: broker.postgres.superuser.password, database: 'app' });
  }, 60_000);
  afterAll(async () => {
    await superuser.end();
    await broker.postgres.remove();
  });

  /** Runs a statement for the numbers from 1 on, in transactions with few locks. */
  async function each(count: number, sql: string): Promise<void> {
    for (let first = 1; first <= count; first += 50) {
      await superuser.query(`DO $$ BEGIN FOR n IN ${first}..${Math.min(first + 49, count)} LOOP ${sql.split(';').map((statement) => `EXECUTE replace('${statement.replaceAll("'", "''")}', '#', n::text);`).join(' ')} END LOOP; END $$`);
    }
  }

  const PATIENCE_MS = 90_000;
  const deletion = (login: string, policy: 'REASSIGN' | 'DROP_OWNED') => broker.deleteUser(login, { policy, deadline: Date.now() + PATIENCE_MS });
  const ownersOf = async (prefix: string) => (await superuser.query(`SELECT regexp_replace(pg_get_userbyid(relowner), '_removed_\\d+', '') AS owner, count(*)::int FROM pg_class WHERE relname ~ '^${prefix}\\d+$' GROUP BY 1`)).rows;

  test.each(['REASSIGN', 'DROP_OWNED'] as const)('goes with %s, with thousands of tables that have identity sequences, functions and rights on tables of others', async (policy) => {
    // GIVEN
    const login = `big_${policy.toLowerCase()}`;
    await broker.succeed(broker.user(login, 'app'));
    await each(TABLES, `CREATE TABLE s.${login}_# (id int GENERATED ALWAYS AS IDENTITY);ALTER TABLE s.${login}_# OWNER TO ${login}`);
    await each(300, `CREATE FUNCTION s.${login}_f#() RETURNS int LANGUAGE sql AS 'SELECT 1';ALTER FUNCTION s.${login}_f#() OWNER TO ${login}`);
    await each(2_000, `CREATE TABLE s.${login}_of# (id int);ALTER TABLE s.${login}_of# OWNER TO app_owner;GRANT SELECT ON s.${login}_of# TO ${login}`);

    // WHEN
    await broker.succeed(deletion(login, policy));

    // THEN
    await expect(ownersOf(`${login}_`)).resolves.toEqual(policy === 'REASSIGN' ? [{ owner: 'app_owner', count: TABLES }] : []);
    await expect(broker.asSuperuser('app', `SELECT count(*)::int AS rights FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid WHERE r.rolname ~ '^${login}' AND s.deptype = 'a'`)).resolves.toEqual([{ rights: 0 }]);
  }, 180_000);

  test('goes with a tree of thousands of partitions', async () => {
    await broker.succeed(broker.user('tree', 'app'));
    await superuser.query('CREATE TABLE s.tree (id int) PARTITION BY LIST (id); ALTER TABLE s.tree OWNER TO tree');
    await each(1_000, 'CREATE TABLE s.tree_# PARTITION OF s.tree FOR VALUES IN (#);ALTER TABLE s.tree_# OWNER TO tree');

    await broker.succeed(deletion('tree', 'DROP_OWNED'));

    await expect(superuser.query("SELECT FROM pg_class WHERE relname ~ '^tree'")).resolves.toMatchObject({ rowCount: 0 });
  }, 120_000);

  test('goes in smaller steps where others leave little room, and fails with the parameter that makes room where they leave none', async () => {
    // GIVEN
    await broker.succeed(broker.user('crowded', 'app'));
    await each(3_000, 'CREATE TABLE s.held_# (id int)');
    await each(40, 'CREATE TABLE s.crowded_# (id int PRIMARY KEY, t text);ALTER TABLE s.crowded_# ADD a int UNIQUE;ALTER TABLE s.crowded_# ADD b int UNIQUE;ALTER TABLE s.crowded_# OWNER TO crowded');
    const holder = await fillLocks();

    // WHEN
    const refusal = await broker.fail(broker.deleteUser('crowded', { deadline: Date.now() + 5_000 }));
    await holder.query('ROLLBACK TO SAVEPOINT nearly');
    await broker.succeed(deletion('crowded', 'REASSIGN'));

    // THEN
    expect(refusal).toMatchObject({ code: expect.stringMatching(/OUT_OF_LOCKS|53200/), message: expect.stringContaining('max_locks_per_transaction') });
    await expect(ownersOf('crowded_')).resolves.toEqual([{ owner: 'app_owner', count: 40 }]);
    await holder.end();
  }, 120_000);

  test('fails with the parameter that makes room where one table alone needs more', async () => {
    await broker.succeed(broker.user('wide', 'app'));
    await superuser.query('CREATE TABLE s.wide (id int); ALTER TABLE s.wide OWNER TO wide');
    for (let made = 0; made < 3_000; made += 100) {
      await superuser.query('DO $$ BEGIN FOR n IN 1..100 LOOP CREATE INDEX ON s.wide (id); END LOOP; END $$');
    }

    const refusal = await broker.fail(deletion('wide', 'REASSIGN'));

    expect(refusal).toMatchObject({ code: 'OUT_OF_LOCKS', message: expect.stringMatching(/ALTER TABLE s\.wide OWNER TO "app_owner".*max_locks_per_transaction/) });
  }, 120_000);

  /** Takes all locks that there are, but for those that connecting takes; the last of them after the savepoint `nearly`. */
  async function fillLocks(): Promise<Client> {
    const { username, password } = broker.postgres.superuser;
    const client = await broker.postgres.connect({ user: username, password, database: 'app' });
    await client.query('BEGIN');
    let held = 0;
    for (let n = 1; n <= 3_000; n += 1) {
      await client.query('SAVEPOINT one');
      const full = await client.query(`LOCK TABLE s.held_${n} IN ACCESS SHARE MODE`).then(() => false, () => true);
      if (full) {
        break;
      }
      held = n;
    }
    await client.query('ROLLBACK; BEGIN');
    await lockUpTo(client, 1, held - ROOM);
    await client.query('SAVEPOINT nearly');
    await lockUpTo(client, held - ROOM + 1, held - 6);
    return client;
  }

  async function lockUpTo(client: Client, first: number, last: number): Promise<void> {
    await client.query(`DO $$ BEGIN FOR n IN ${first}..${last} LOOP EXECUTE format('LOCK TABLE s.held_%s IN ACCESS SHARE MODE', n); END LOOP; END $$`);
  }
});
