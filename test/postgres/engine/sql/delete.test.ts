import { BrokerFixture, MARK, OTHER_STACK, PASSWORD } from './broker-fixture';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

describe.each(POSTGRES_MAJORS)('deleting on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.database('other'));
    await broker.succeed(broker.user('reader', 'app', { access: 'READ_ONLY' }));
    await broker.succeed(broker.user('writer', 'other'));
  });
  afterAll(async () => broker.postgres.remove());

  const roleExists = async (name: string) => (await broker.asAdmin('postgres', `SELECT FROM pg_roles WHERE rolname = '${name}'`)).length === 1;

  /** A user that owns tables, a schema, a function, default privileges and policies in two databases, and is logged in to both. */
  async function userWithProperty(username: string): Promise<void> {
    await broker.succeed(broker.user(username, 'app'));
    for (const database of ['app', 'other']) {
      const name = `${username}_${database}`;
      await broker.asSuperuser(database, `GRANT CREATE, CONNECT ON DATABASE ${database} TO ${username}; GRANT CREATE, USAGE ON SCHEMA public TO ${username}`);
      await broker.asUser(username, database, `CREATE TABLE ${name} (id serial PRIMARY KEY); INSERT INTO ${name} DEFAULT VALUES; CREATE SCHEMA ${name};
        CREATE FUNCTION ${name}.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC`);
    }
  }

  test('a user leaves its data in two databases to their owners, keeps its code, and ends its live sessions', async () => {
    // GIVEN
    await userWithProperty('leaver');
    const session = await broker.postgres.connect({ user: 'leaver', password: PASSWORD, database: 'app' });
    const ended = new Promise<void>((resolve) => session.once('end', () => resolve()));

    // WHEN
    const changes = await broker.succeed(broker.deleteUser('leaver'));
    await ended;

    // THEN
    expect(changes).toContainEqual(expect.stringContaining('ALTER TABLE public.leaver_app OWNER TO "app_owner"'));
    expect(changes).toContainEqual(expect.stringContaining('ALTER SCHEMA leaver_other OWNER TO "other_owner"'));
    await expect(roleExists('leaver')).resolves.toBe(false);
    for (const database of ['app', 'other']) {
      await expect(broker.asAdmin(database, `SELECT id, pg_get_userbyid(relowner) AS owner FROM leaver_${database}, pg_class WHERE relname = 'leaver_${database}'`))
        .resolves.toEqual([{ id: 1, owner: `${database}_owner` }]);
    }
    await expect(broker.asUser('reader', 'app', 'SELECT id FROM leaver_app')).rejects.toThrow('permission denied');
    await expect(broker.asUser('writer', 'other', 'SELECT leaver_other.f()')).rejects.toThrow('permission denied');
  });

  test('a user takes its objects with it when it is told to, in every database', async () => {
    // GIVEN
    await userWithProperty('taker');

    // WHEN
    await broker.succeed(broker.deleteUser('taker', { policy: 'DROP_OWNED' }));

    // THEN
    await expect(roleExists('taker')).resolves.toBe(false);
    for (const database of ['app', 'other']) {
      await expect(broker.asAdmin(database, `SELECT to_regclass('taker_${database}') AS gone`)).resolves.toEqual([{ gone: null }]);
    }
  });

  test('a user in rds_iam does not cost the admin its password login', async () => {
    // GIVEN
    await broker.succeed(broker.user('iam_user', 'app', { access: 'OWNER' }));
    await broker.asAdmin('postgres', 'GRANT rds_iam TO iam_user');

    // WHEN
    await broker.succeed(broker.deleteUser('iam_user'));

    // THEN
    await expect(roleExists('iam_user')).resolves.toBe(false);
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_iam', 'USAGE') AS iam")).resolves.toEqual([{ iam: false }]);
  });

  test('fails to drop a user whose rds_iam the admin cannot take away, and stays able to log in', async () => {
    // GIVEN: up to 15 the admin may take away what anybody granted
    await broker.succeed(broker.user('iam_forever', 'app'));
    await broker.asSuperuser('postgres', 'CREATE ROLE between NOLOGIN; GRANT rds_iam TO between; GRANT between TO iam_forever');

    // WHEN
    const request = broker.deleteUser('iam_forever');

    // THEN
    if (major >= 16) {
      await expect(broker.fail(request)).resolves.toMatchObject({ code: 'IAM_ROLE', message: expect.stringContaining('REVOKE rds_iam') });
    } else {
      await broker.succeed(request);
    }
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_iam', 'USAGE') AS iam")).resolves.toEqual([{ iam: false }]);
  });

  test('a user that owns a whole database leaves it to the admin, and keeps what is in it', async () => {
    // GIVEN
    await broker.succeed(broker.user('landlord', 'app'));
    await broker.asSuperuser('postgres', 'CREATE DATABASE property OWNER landlord');
    await broker.asSuperuser('property', 'CREATE TABLE furniture (id int); ALTER TABLE furniture OWNER TO landlord');

    // WHEN
    await broker.succeed(broker.deleteUser('landlord'));

    // THEN
    const [row] = await broker.asAdmin('property', "SELECT pg_get_userbyid(datdba) AS owner, pg_get_userbyid(relowner) AS table_owner FROM pg_database, pg_class WHERE datname = 'property' AND relname = 'furniture'");
    expect(row).toEqual({ owner: 'postgres', table_owner: expect.stringMatching(/^landlord_removed_\d+$/) });
  });

  test('waits for a lock on what is handed over, and gives up at the deadline with a reason', async () => {
    // GIVEN
    await userWithProperty('blocked');
    const blocker = await broker.postgres.connect({ user: broker.postgres.superuser.username, password: broker.postgres.superuser.password, database: 'app' });
    await blocker.query('BEGIN; LOCK TABLE blocked_app IN ACCESS SHARE MODE');

    // WHEN
    const failing = broker.fail(broker.deleteUser('blocked', { deadline: Date.now() + 1_500 }));

    // THEN
    await expect(failing).resolves.toMatchObject({ code: 'BLOCKED', message: expect.stringMatching(/public\.blocked_app.* of user 'rdsadmin'.*pg_terminate_backend\(\d+\)/), unreachable: false });
    await blocker.query('ROLLBACK');
    await blocker.end();
    await broker.succeed(broker.deleteUser('blocked'));
    await expect(roleExists('blocked')).resolves.toBe(false);
  });

  test('what never existed, is gone already, has no mark or belongs to others succeeds and changes nothing', async () => {
    // GIVEN
    await broker.asAdmin('postgres', 'CREATE ROLE by_hand');
    await broker.asAdmin('postgres', 'CREATE DATABASE by_hand');
    const theirs = { stackId: OTHER_STACK, logicalId: MARK.logicalId };

    // THEN
    for (const request of [
      broker.deleteUser('never_there'), broker.deleteUser('by_hand'), broker.deleteUser('reader', { mark: theirs }), broker.deleteUser('app_rw'),
      broker.deleteUser('pg_monitor'), broker.deleteUser('postgres'), broker.deleteDatabase('postgres', { force: true }),
      broker.deleteDatabase('never_there'), broker.deleteDatabase('by_hand', { force: true }), broker.deleteDatabase('app', { mark: theirs, force: true }),
    ]) {
      await expect(broker.succeed(request)).resolves.toEqual([]);
    }
  });

  test('a database fails to go while it holds tables, names some, and goes with sessions and group roles when forced', async () => {
    // GIVEN
    await broker.succeed(broker.database('full', { extensions: ['pgcrypto'] }));
    await broker.succeed(broker.user('inhabitant', 'full', { access: 'OWNER' }));
    const session = await broker.postgres.connect({ user: 'inhabitant', password: PASSWORD, database: 'full' });
    await session.query('CREATE TABLE orders (id int)');

    // WHEN
    const refusal = await broker.fail(broker.deleteDatabase('full'));
    await broker.succeed(broker.deleteDatabase('full', { force: true }));

    // THEN
    expect(refusal).toMatchObject({ code: 'DATABASE_NOT_EMPTY', message: expect.stringContaining('public.orders') });
    await expect(broker.asAdmin('postgres', "SELECT FROM pg_database WHERE datname = 'full'")).resolves.toEqual([]);
    await expect(broker.asAdmin('postgres', "SELECT FROM pg_roles WHERE rolname LIKE 'full%'")).resolves.toEqual([]);
    await session.end().catch(() => undefined);
  });

  test('an empty database goes without force, and its name can be used again', async () => {
    // GIVEN
    await broker.succeed(broker.database('empty', { extensions: ['pgcrypto'] }));

    // WHEN
    await broker.succeed(broker.deleteDatabase('empty'));

    // THEN
    await expect(broker.succeed(broker.deleteDatabase('empty'))).resolves.toEqual([]);
    await broker.succeed(broker.database('empty'));
  });

  test('a user, created again after its deletion, works', async () => {
    await broker.succeed(broker.user('returning', 'app'));
    await broker.succeed(broker.deleteUser('returning'));
    await expect(broker.succeed(broker.deleteUser('returning'))).resolves.toEqual([]);
    await broker.succeed(broker.user('returning', 'app'));

    await expect(broker.asUser('returning', 'app', 'SELECT 1')).resolves.toHaveLength(1);
  });
});
