import type { Client } from 'pg';
import { BrokerFixture, Meter, PASSWORD } from './broker-fixture';
import { makeLockSql } from '../../../../src/postgres/engine/handler/guarded-lock';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const OLD_ADVISORY_LOCK = 'SELECT pg_advisory_lock(7161712893041837)';
const TAKE = 'BEGIN; LOCK TABLE cdk_private_backend.lock IN ACCESS SHARE MODE NOWAIT';
const OPEN_TO_ALL = 'CREATE SCHEMA cdk_private_backend; CREATE VIEW cdk_private_backend.lock AS SELECT 1 AS one; GRANT ALL ON SCHEMA cdk_private_backend TO PUBLIC; GRANT ALL ON cdk_private_backend.lock TO PUBLIC';

describe.each(POSTGRES_MAJORS)('the lock of a server of PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  const sessions: Client[] = [];
  const open = async (user: string, password = PASSWORD): Promise<Client> => {
    const client = await broker.postgres.connect({ user, password, database: 'postgres' });
    sessions.push(client);
    return client;
  };

  beforeEach(async () => {
    broker = await BrokerFixture.start(major);
    await broker.asSuperuser('postgres', `CREATE ROLE lowly LOGIN PASSWORD '${PASSWORD}'`);
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((client) => client.end().catch(() => undefined)));
    await broker.postgres.remove();
  });

  test('is made by requests that come first at the same time, and leaves both of them their result', async () => {
    await Promise.all(['one', 'two', 'three', 'four'].map((name) => broker.succeed(broker.database(name))));

    await expect(broker.asAdmin('postgres', 'SELECT FROM pg_views WHERE schemaname = \'cdk_private_backend\'')).resolves.toHaveLength(1);
  });

  test('cannot be taken, nor held up, by a login without rights', async () => {
    await broker.asAdmin('postgres', 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO PUBLIC');
    await broker.succeed(broker.database('app'));
    const low = await open('lowly');

    await expect(low.query(TAKE)).rejects.toMatchObject({ code: '42501' });
    await low.query(`ROLLBACK; ${OLD_ADVISORY_LOCK}`);
    await broker.succeed(broker.user('api', 'app', { deadline: Date.now() + 10_000 }));
  });

  test('leaves sessions that wait for it without a lock and without a snapshot', async () => {
    await broker.succeed(broker.database('app'));
    const holder = await open(broker.postgres.admin.username, broker.postgres.admin.password);
    await holder.query('BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE');

    const waiting = broker.succeed(broker.user('api', 'app'));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const found = await broker.asSuperuser('postgres', 'SELECT backend_xmin, backend_xid FROM pg_stat_activity a WHERE application_name = \'cdk-private-backend\'');
    const granted = await broker.asSuperuser('postgres', `SELECT mode FROM pg_locks WHERE granted AND mode <> 'AccessShareLock' AND locktype <> 'virtualxid'
      AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'cdk-private-backend')`);
    await holder.end();
    await waiting;

    expect([found, granted]).toEqual([[{ backend_xmin: null, backend_xid: null }], []]);
  });

  test('names a session that holds it and is no deployment, and how to end it', async () => {
    await broker.succeed(broker.database('app'));
    const holder = await open(broker.postgres.admin.username, broker.postgres.admin.password);
    await holder.query("SET application_name = 'psql'; BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE");

    const { code, message } = await broker.fail(broker.user('api', 'app', { deadline: Date.now() + 600 }));

    expect(code).toBe('LOCK_BUSY');
    expect(message).toMatch(/^Session \d+ of role 'postgres' \(application 'psql', since 2\d{3}-\d\d-\d\d \d\d:\d\d UTC\) held the lock of this library until the deadline/);
    await broker.asAdmin('postgres', /`(SELECT pg_terminate_backend\(\d+\))`/.exec(message)?.[1] ?? '');
    await broker.succeed(broker.user('api', 'app'));
  });

  test('names no session where another deployment holds it', async () => {
    await broker.succeed(broker.database('app'));
    const holder = await open(broker.postgres.admin.username, broker.postgres.admin.password);
    await holder.query("SET application_name = 'cdk-private-backend'; BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE");

    await expect(broker.fail(broker.user('api', 'app', { deadline: Date.now() + 600 }))).resolves.toMatchObject({ message: expect.stringMatching(/^Other deployments were changing/) });
  });

  test.each([
    ['may make no schema in database postgres', 'ALTER DATABASE postgres OWNER TO CURRENT_USER; REVOKE CREATE ON DATABASE postgres FROM PUBLIC'],
    ['finds a schema of somebody else', OPEN_TO_ALL],
  ])('is an advisory one where the admin %s, and then its holder is named', async (_, arrange) => {
    await broker.asSuperuser('postgres', arrange);
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.user('api', 'app'));
    const low = await open('lowly');
    await low.query(OLD_ADVISORY_LOCK);

    const { code, message } = await broker.fail(broker.user('late', 'app', { deadline: Date.now() + 600 }));
    expect(code).toBe('LOCK_BUSY');
    expect(message).toMatch(/Session \d+ of role 'lowly'/);
    await broker.asAdmin('postgres', /`(SELECT pg_terminate_backend\(\d+\))`/.exec(message)?.[1] ?? '');
    await broker.succeed(broker.user('late', 'app'));
  });

  test('that migrations make in a database gives the groups no rights, neither when it is made nor by what is converged later', async () => {
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.user('migrator', 'app', { access: 'OWNER' }));
    await broker.asUser('migrator', 'app', makeLockSql.join(';'));
    const rights = `SELECT has_schema_privilege(r, 'cdk_private_backend', 'USAGE') OR has_table_privilege(r, 'cdk_private_backend.lock', 'SELECT, UPDATE, DELETE, TRUNCATE') AS any
      FROM unnest(ARRAY['app_rw', 'app_ro']) r`;

    const made = await broker.asSuperuser('app', rights);
    const changes = await broker.succeed(broker.database('app'));
    const converged = await broker.asSuperuser('app', rights);

    expect([made, changes, converged]).toEqual([[{ any: false }, { any: false }], [], [{ any: false }, { any: false }]]);
  });

  test('costs a user that exists one round trip on one connection, also where a password is set again', async () => {
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.user('api', 'app'));
    await broker.asAdmin('postgres', "ALTER ROLE api PASSWORD 'changed'");
    const meter = new Meter();

    await broker.succeed(broker.user('api', 'app'), { connect: meter.connect });

    expect([meter.connections, meter.roundTrips]).toEqual([1, 1]);
    await expect(broker.asUser('api', 'app', 'SELECT 1')).resolves.toHaveLength(1);
  });
});
