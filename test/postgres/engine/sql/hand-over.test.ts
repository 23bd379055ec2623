import { BrokerFixture, MARK, OTHER_STACK, PASSWORD } from './broker-fixture';
import { readMark } from '../../../../src/broker/handler/sql/owner-mark';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const THEIRS = { stackId: OTHER_STACK, logicalId: 'Theirs' };

describe.each(POSTGRES_MAJORS)('what changed hands, on PostgreSQL %s,', (major) => {
  let broker: BrokerFixture;

  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
  });

  afterAll(async () => {
    await broker.postgres.remove();
  });

  const roleComment = async (name: string) => (await broker.asAdmin('postgres', `SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = '${name}'`))[0]?.comment as string | undefined;
  const databaseExists = async (name: string) => (await broker.asAdmin('postgres', `SELECT FROM pg_database WHERE datname = '${name}'`)).length === 1;

  test('a user of nobody that a deployment adopted stays when the deployment is rolled back, however often that is delivered', async () => {
    // GIVEN
    await broker.asAdmin('postgres', "CREATE ROLE legacy LOGIN; COMMENT ON ROLE legacy IS 'ask Ann'");
    await broker.succeed(broker.user('legacy', 'app', { adoptExisting: true }));

    // WHEN
    await broker.succeed(broker.deleteUser('legacy'));
    await broker.succeed(broker.deleteUser('legacy'));

    // THEN
    await expect(broker.asUser('legacy', 'postgres', 'SELECT 1')).resolves.toHaveLength(1);
    await expect(broker.asUser('legacy', 'app', 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
    expect(await roleComment('legacy')).toMatch(/\nask Ann$/);
    expect(await broker.fail(broker.user('legacy', 'app'))).toMatchObject({ code: 'NOT_OWNED', message: expect.stringContaining('was not made by this library') });
  });

  test('an adopted user goes like any other once a later deployment has updated it', async () => {
    // GIVEN
    await broker.asAdmin('postgres', 'CREATE ROLE settled LOGIN');
    await broker.succeed(broker.user('settled', 'app', { adoptExisting: true }));

    // WHEN
    const changes = await broker.succeed(broker.user('settled', 'app', { adoptExisting: true, settled: true }));
    const again = await broker.succeed(broker.user('settled', 'app', { adoptExisting: true, settled: true }));
    await broker.succeed(broker.deleteUser('settled'));

    // THEN
    expect(changes).toEqual([expect.stringMatching(/^COMMENT ON ROLE/)]);
    expect(again).toEqual([]);
    expect(await roleComment('settled')).toBeUndefined();
  });

  test('a user that moved to another stack goes with it, although the stack that retained it never spoke of it again', async () => {
    // GIVEN
    await broker.succeed(broker.user('emigrant', 'app', { mark: THEIRS }));
    await broker.succeed(broker.user('emigrant', 'app', { adoptExisting: true }));

    // WHEN
    await broker.succeed(broker.user('emigrant', 'app', { adoptExisting: true, settled: true }));
    await broker.succeed(broker.deleteUser('emigrant'));

    // THEN
    expect(await roleComment('emigrant')).toBeUndefined();
  });

  test('a database of nobody keeps its data when the deployment that adopted it is rolled back, also with force', async () => {
    // GIVEN
    await broker.asAdmin('postgres', 'CREATE DATABASE precious');
    await broker.asAdmin('precious', "COMMENT ON DATABASE precious IS 'since 2009'; CREATE TABLE orders (id int)");
    await broker.succeed(broker.database('precious', { adoptExisting: true }));

    // WHEN
    await broker.succeed(broker.deleteDatabase('precious', { force: true }));
    await broker.succeed(broker.deleteDatabase('precious', { force: true }));

    // THEN
    expect(await databaseExists('precious')).toBe(true);
    await expect(broker.asAdmin('precious', 'SELECT FROM orders')).resolves.toEqual([]);
  });

  test('a database that was adopted and rolled back can be adopted again, and then goes when it is settled', async () => {
    // GIVEN
    await broker.asAdmin('postgres', 'CREATE DATABASE again');
    await broker.succeed(broker.database('again', { adoptExisting: true }));
    await broker.succeed(broker.deleteDatabase('again', { force: true }));
    await broker.succeed(broker.database('again', { adoptExisting: true, mark: THEIRS }));
    await broker.succeed(broker.user('again_api', 'again', { mark: THEIRS }));

    // WHEN
    await broker.succeed(broker.database('again', { adoptExisting: true, settled: true, mark: THEIRS }));
    await broker.succeed(broker.deleteUser('again_api', { mark: THEIRS }));
    await broker.succeed(broker.deleteDatabase('again', { force: true, mark: THEIRS }));

    // THEN
    expect(await databaseExists('again')).toBe(false);
  });

  test('a database that an attempt made and could not mark any more is nobody else\'s', async () => {
    // GIVEN
    await broker.succeed(broker.database('unmarked'));
    await broker.asAdmin('postgres', 'COMMENT ON DATABASE unmarked IS NULL');

    // WHEN
    await broker.succeed(broker.database('unmarked'));
    await broker.succeed(broker.deleteDatabase('unmarked'));

    // THEN
    expect(await databaseExists('unmarked')).toBe(false);
  });

  test('a role that the request itself makes has no former owner', async () => {
    await broker.succeed(broker.user('fresh', 'app', { adoptExisting: true, password: PASSWORD }));
    expect(readMark(await roleComment('fresh'))).toEqual(MARK);
  });
});
