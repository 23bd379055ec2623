import { BrokerFixture, MARK, OTHER_STACK } from './broker-fixture';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const LOCK_SQL = 'BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE';

describe.each(POSTGRES_MAJORS)('concurrent requests on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
  });
  afterAll(async () => broker.postgres.remove());

  test('for many users, each delivered twice, all succeed and leave nothing to do', async () => {
    // GIVEN
    const requests = Array.from({ length: 8 }, (_, index) => broker.user(`many_${index}`, 'app', { settings: { work_mem: '8MB' } }));

    // WHEN
    await Promise.all([...requests, ...requests].map(async (request) => broker.succeed(request)));

    // THEN
    for (const request of requests) {
      await expect(broker.succeed(request)).resolves.toEqual([]);
      await expect(broker.asUser(request.user.username, 'app', 'SELECT 1')).resolves.toHaveLength(1);
    }
  });

  test('for one database by two stacks give it to exactly one of them', async () => {
    // WHEN
    const responses = await Promise.all([
      handleSqlRequest(broker.database('race')),
      handleSqlRequest(broker.database('race', { mark: { stackId: OTHER_STACK, logicalId: 'Theirs' } })),
    ]);

    // THEN
    expect(responses.filter((response) => response.ok)).toHaveLength(1);
    expect(responses.find((response) => !response.ok)).toMatchObject({ error: { code: 'NOT_OWNED' } });
  });

  test('to create and to delete one user end in one of the two', async () => {
    // WHEN
    await Promise.all([broker.succeed(broker.user('flicker', 'app')), broker.succeed(broker.deleteUser('flicker')), broker.succeed(broker.user('flicker', 'app'))]);

    // THEN
    await broker.succeed(broker.user('flicker', 'app'));
    await broker.succeed(broker.deleteUser('flicker'));
    await expect(broker.asAdmin('postgres', "SELECT FROM pg_roles WHERE rolname = 'flicker'")).resolves.toEqual([]);
  });

  test('for databases and users on one server do not disturb each other', async () => {
    await Promise.all([
      broker.succeed(broker.database('busy_1', { extensions: ['pgcrypto'] })), broker.succeed(broker.database('busy_2')), broker.succeed(broker.user('busy', 'app')),
      broker.succeed(broker.database('busy_1', { extensions: ['pgcrypto'] })), broker.succeed(broker.user('busy', 'app', { mark: MARK })),
    ]);

    await expect(broker.succeed(broker.database('busy_1', { extensions: ['pgcrypto'] }))).resolves.toEqual([]);
  });

  test('wait for the lock, which belongs to database postgres, and fail at the deadline while another holds it', async () => {
    // GIVEN
    const { username, password } = broker.postgres.admin;
    const holder = await broker.postgres.connect({ user: username, password, database: 'postgres' });
    await holder.query(LOCK_SQL);

    // WHEN
    const failure = await broker.fail(broker.user('patient', 'app', { deadline: Date.now() + 600 }));
    const waiting = broker.succeed(broker.user('patient', 'app'));
    await holder.end();

    // THEN
    expect(failure).toMatchObject({ code: 'LOCK_BUSY', unreachable: false });
    expect(await waiting).toContain('CREATE ROLE "patient" LOGIN');
  });

  test('are not held up by a lock of the same name in another database', async () => {
    // GIVEN
    const { username, password } = broker.postgres.admin;
    const holder = await broker.postgres.connect({ user: username, password, database: 'app' });
    await holder.query(`CREATE SCHEMA cdk_private_backend; CREATE VIEW cdk_private_backend.lock AS SELECT 1 AS one; ${LOCK_SQL}`);

    // THEN
    await broker.succeed(broker.user('unhindered', 'app', { deadline: Date.now() + 5_000 }));
    await holder.end();
  });
});
