import type { Client } from 'pg';
import { BrokerFixture, MortalProcess, OTHER_STACK, PASSWORD, type UserOptions } from './broker-fixture';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const MORE_THAN_ANY_REQUEST_NEEDS = 40;
const ENDED = 'ended';

describe.each(POSTGRES_MAJORS)('sessions that began before a change, on PostgreSQL %i,', (major) => {
  let broker: BrokerFixture;
  const clients: Client[] = [];

  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    for (const name of ['app', 'other']) {
      await broker.succeed(broker.database(name));
      await broker.succeed(broker.user(`${name}_migrator`, name, { access: 'OWNER' }));
      await broker.asUser(`${name}_migrator`, name, 'CREATE TABLE orders (id int)');
    }
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
  });
  afterAll(async () => broker.postgres.remove());

  async function open(user: string, database: string): Promise<Client> {
    const client = await broker.postgres.connect({ user, password: PASSWORD, database });
    clients.push(client);
    return client;
  }

  async function fateOf(client: Client): Promise<string> {
    return client.query('SELECT 1').then(() => 'open', () => ENDED);
  }

  /** Memberships of the admin in a login: what it may keep after it has ended sessions is what it had before. */
  const membershipsOf = async (username: string) => broker.asSuperuser('postgres', `SELECT to_jsonb(m) - 'oid' AS membership FROM pg_auth_members m WHERE m.roleid = '${username}'::regrole ORDER BY 1::text`);

  test.each<[string, UserOptions, UserOptions, string]>([
    ['an owner that only reads', { access: 'OWNER' }, { access: 'READ_ONLY' }, 'app'],
    ['an owner that reads and writes', { access: 'OWNER' }, { access: 'READ_WRITE' }, 'app'],
    ['a writer that only reads', { access: 'READ_WRITE' }, { access: 'READ_ONLY' }, 'app'],
    ['an owner of another database', { access: 'OWNER' }, { access: 'OWNER', databaseName: 'other' }, 'app'],
    ['a reader that becomes an owner', { access: 'READ_ONLY' }, { access: 'OWNER' }, 'app'],
  ])('end with the request that makes of it %s, and the next has the rights of now', async (what, before, after, database) => {
    // GIVEN
    const username = `u${what.length}${after.access?.toLowerCase() ?? ''}`;
    await broker.succeed(broker.user(username, database, before));
    const [first, second] = [await open(username, database), await open(username, 'postgres')];
    await first.query('BEGIN; SELECT 1');
    const memberships = await membershipsOf(username);

    // WHEN
    await broker.succeed(broker.user(username, database, after));

    // THEN
    expect([await fateOf(first), await fateOf(second)]).toEqual([ENDED, ENDED]);
    await expect(broker.asUser(username, after.databaseName ?? database, 'SELECT 1')).resolves.toHaveLength(1);
    expect(await membershipsOf(username)).toEqual(memberships);
    const bystander = await open(username, after.databaseName ?? database);
    await expect(broker.succeed(broker.user(username, database, after))).resolves.toEqual([]);
    expect(await fateOf(bystander)).toBe('open');
  });

  test('end where the conductor says that rights changed, also when nothing is left to change on the server', async () => {
    // GIVEN: what the update takes away has gone by hand
    await broker.succeed(broker.user('by_hand', 'app', { access: 'OWNER' }));
    const pooled = await open('by_hand', 'app');
    await broker.asAdmin('postgres', 'REVOKE app_owner FROM by_hand');

    // WHEN
    await broker.succeed(broker.user('by_hand', 'app', { access: 'READ_ONLY', endSessions: true }));

    // THEN
    expect(await fateOf(pooled)).toBe(ENDED);
  });

  test('stay through changes that take no rights: settings, limits, a new password', async () => {
    await broker.succeed(broker.user('steady', 'app', { settings: { work_mem: '8MB' }, connectionLimit: 9 }));
    const pooled = await open('steady', 'app');
    await broker.succeed(broker.user('steady', 'app', { settings: { work_mem: '4MB' }, connectionLimit: 1, password: 'Another-one.2' }));
    expect(await fateOf(pooled)).toBe('open');
  });

  test('end by which another stack takes the user over with less, and those of a role that may replicate', async () => {
    // GIVEN
    const theirs = { stackId: OTHER_STACK, logicalId: 'Theirs' };
    await broker.succeed(broker.user('handed', 'app', { access: 'OWNER', mark: theirs }));
    const pooled = await open('handed', 'app');
    await broker.asSuperuser('postgres', 'ALTER ROLE postgres REPLICATION');
    await broker.succeed(broker.user('copying', 'app'));
    await broker.asSuperuser('postgres', 'ALTER ROLE copying REPLICATION');
    const copying = await open('copying', 'app');

    // WHEN
    await broker.succeed(broker.user('handed', 'app', { adoptExisting: true }));
    const response = await handleSqlRequest(broker.user('copying', 'app'));

    // THEN: up to 15 only a superuser may change that attribute, so that the request fails
    expect([await fateOf(pooled), response.ok, await fateOf(copying)]).toEqual([ENDED, major >= 16, major >= 16 ? ENDED : 'open']);
  });

  test('of other logins stay, also where they act as the same group', async () => {
    await broker.succeed(broker.user('demoted', 'app', { access: 'OWNER' }));
    const migrator = await open('app_migrator', 'app');
    await broker.succeed(broker.user('demoted', 'app', { access: 'READ_ONLY' }));
    expect(await fateOf(migrator)).toBe('open');
  });

  test('end by the request that comes again after its process was killed at any point', async () => {
    for (let n = 1; ; n += 1) {
      expect(n).toBeLessThan(MORE_THAN_ANY_REQUEST_NEEDS);
      // GIVEN
      await broker.succeed(broker.user('mortal', 'app', { access: 'OWNER' }));
      const pooled = await open('mortal', 'app');
      const mortal = new MortalProcess(n);
      const request = broker.user('mortal', 'app', { access: 'READ_ONLY' });

      // WHEN
      await handleSqlRequest(request, { connect: mortal.connect });
      if (!mortal.died) {
        expect(n).toBeGreaterThan(8);
        return;
      }
      await broker.succeed(request);

      // THEN
      expect([n, await fateOf(pooled)]).toEqual([n, ENDED]);
      await pooled.end().catch(() => undefined);
    }
  });

  test('are said to be open where they do not end, and the request that comes again ends them', async () => {
    // GIVEN: a process of the server that hangs
    await broker.succeed(broker.user('hanging', 'app', { access: 'OWNER' }));
    const pooled = await open('hanging', 'app');
    const { rows: [{ pid }] } = await pooled.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    process.kill(pid, 'SIGSTOP');

    // WHEN
    const failure = await broker.fail(broker.user('hanging', 'app', { access: 'READ_ONLY', deadline: Date.now() + 3_000 }));
    process.kill(pid, 'SIGCONT');
    await broker.succeed(broker.user('hanging', 'app', { access: 'READ_ONLY' }));

    // THEN
    expect(failure).toMatchObject({ code: expect.stringMatching(/55006|57014/) });
    expect(await fateOf(pooled)).toBe(ENDED);
  });

  test('end without the right to end those of others, and the admin is no member afterwards', async () => {
    // GIVEN
    await broker.asSuperuser('postgres', 'REVOKE pg_signal_backend, pg_monitor, rds_superuser FROM postgres');
    await broker.succeed(broker.user('plain', 'app', { access: 'OWNER' }));
    const pooled = await open('plain', 'app');
    const memberships = await membershipsOf('plain');

    // WHEN
    await broker.succeed(broker.user('plain', 'app', { access: 'READ_ONLY' }));

    // THEN
    expect(await fateOf(pooled)).toBe(ENDED);
    expect(await membershipsOf('plain')).toEqual(memberships);
    await broker.asSuperuser('postgres', 'GRANT pg_signal_backend, pg_monitor, rds_superuser TO postgres WITH ADMIN OPTION');
  });

  test('of a member of the admin end where the admin may end sessions', async () => {
    // GIVEN
    await broker.succeed(broker.user('deputy', 'app', { access: 'OWNER' }));
    await broker.asAdmin('postgres', major >= 16 ? 'SELECT 1' : 'REVOKE deputy FROM CURRENT_USER');
    await broker.asSuperuser('postgres', major >= 16 ? 'SELECT 1' : 'GRANT postgres TO deputy');
    const pooled = await open('deputy', 'app');

    // WHEN
    await broker.succeed(broker.user('deputy', 'app', { access: 'READ_ONLY' }));

    // THEN
    expect(await fateOf(pooled)).toBe(ENDED);
  });

  test('of a role in rds_iam end where the admin may end sessions; else the request fails with the statement to run, and the next ends them', async () => {
    // GIVEN
    await broker.succeed(broker.user('by_iam', 'app', { access: 'OWNER' }));
    await broker.asSuperuser('postgres', 'REVOKE pg_signal_backend, rds_superuser FROM postgres');
    const pooled = await open('by_iam', 'app');
    await broker.asSuperuser('postgres', 'GRANT rds_iam TO by_iam');

    // WHEN
    const failure = await broker.fail(broker.user('by_iam', 'app', { access: 'READ_ONLY' }));

    // THEN
    expect(failure).toMatchObject({ code: 'SESSIONS_OPEN', message: expect.stringContaining('`GRANT pg_signal_backend TO "postgres"`') });
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_iam', 'USAGE') AS iam")).resolves.toEqual([{ iam: false }]);
    await broker.asSuperuser('postgres', 'GRANT pg_signal_backend, rds_superuser TO postgres WITH ADMIN OPTION');
    await broker.succeed(broker.user('by_iam', 'app', { access: 'READ_ONLY' }));
    expect(await fateOf(pooled)).toBe(ENDED);
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_iam', 'USAGE') AS iam")).resolves.toEqual([{ iam: false }]);
  });
});
