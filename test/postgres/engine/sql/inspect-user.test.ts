import { BrokerFixture, MARK, OTHER_STACK, type UserOptions } from './broker-fixture';
import type { SqlRequest } from '../../../../src/broker/broker.contract';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const ADOPT = { adoptExisting: true };

describe.each(POSTGRES_MAJORS)('a user that is inspected on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.user('mine', 'app'));
    await broker.succeed(broker.user('theirs', 'app', { mark: { stackId: OTHER_STACK, logicalId: 'Theirs' } }));
    await broker.asAdmin('postgres', 'CREATE ROLE nobodys LOGIN');
    await broker.asSuperuser('postgres', `CREATE ROLE stranger LOGIN ${major >= 16 ? '' : 'SUPERUSER'}`);
  });
  afterAll(async () => broker.postgres.remove());

  test.each<[string, string, UserOptions]>([
    ['NOT_OWNED', 'theirs', {}],
    ['NOT_OWNED', 'nobodys', {}],
    ['NAME_TAKEN', 'app_ro', ADOPT],
    ['RESERVED_NAME', 'postgres', ADOPT],
    ['RESERVED_NAME', 'rds_iam', ADOPT],
    ['INVALID_NAME', 'x'.repeat(64), {}],
    ['NO_DATABASE', 'fresh', { databaseName: 'nowhere' }],
    ['RESERVED_NAME', 'fresh', { databaseName: 'template0' }],
    ['NOT_ADMINISTRABLE', 'stranger', ADOPT],
  ])('fails with %s like the request that would make it: %s', async (code, username, options) => {
    const inspected = await broker.fail(broker.inspect(username, 'app', options));
    expect(inspected).toMatchObject({ code });
    expect(await broker.fail(broker.user(username, 'app', options))).toEqual(inspected);
  });

  test.each<[string, UserOptions]>([['mine', {}], ['theirs', ADOPT], ['nobodys', ADOPT], ['fresh', {}]])('is told apart from what is refused, and nothing changes: %s', async (username, options) => {
    const roles = () => broker.asSuperuser('postgres', 'SELECT r.*, shobj_description(oid, \'pg_authid\') FROM pg_roles r ORDER BY 1');
    const before = await roles();
    expect(await handleSqlRequest(broker.inspect(username, 'app', options))).toMatchObject({ ok: true, changes: [] });
    expect(await roles()).toEqual(before);
  });

  test('changes nothing about a role that the admin may administer by other ways than a membership', async () => {
    // GIVEN: on RDS members of rds_superuser may do more than their memberships show, which only a superuser can play here
    await broker.asSuperuser('postgres', 'CREATE ROLE hidden LOGIN CONNECTION LIMIT 3');
    const server = broker.connection({ username: broker.postgres.superuser.username, password: broker.postgres.superuser.password });

    // WHEN
    const response = await handleSqlRequest(broker.inspect('hidden', 'app', { ...ADOPT, server }));

    // THEN
    expect(response).toEqual({ ok: true, changes: [] });
    await expect(broker.asSuperuser('postgres', "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'hidden'")).resolves.toEqual([{ rolconnlimit: 3 }]);
  });

  test('by a conductor of an earlier release, which names the user only, is answered with its mark', async () => {
    const { user, adoptExisting, ...request } = broker.inspect('mine', 'app');
    const former = { ...request, user: { username: 'mine', logins: ['mine'] } } as unknown as SqlRequest;
    expect(await handleSqlRequest(former)).toEqual({ ok: true, changes: [], mark: MARK });
  });
});
