import { BrokerFixture } from './broker-fixture';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { connectWithPg } from '../../../../src/postgres/engine/handler/sql/session';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

describe.each(POSTGRES_MAJORS)('a database of PostgreSQL %i that lets the admin not in', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    // Nobody but a superuser can act as it, also up to 15.
    await broker.asSuperuser('postgres', 'CREATE ROLE somebody SUPERUSER');
  });
  afterAll(async () => broker.postgres.remove());

  const given = async (name: string, sql: string) => {
    await broker.succeed(broker.database(name));
    await broker.asSuperuser('postgres', sql);
  };
  /** The code of a failure; that of a success is empty. */
  const codeOf = async (name: string) => {
    const response = await handleSqlRequest(broker.database(name, { adoptExisting: true, deadline: Date.now() + 8_000 }));
    return response.ok ? '' : response.error.code;
  };
  const limitOf = async (name: string) => (await broker.asSuperuser('postgres', `SELECT datconnlimit AS "limit" FROM pg_database WHERE datname = '${name}'`))[0].limit;

  test.each([0, 1])('because its owner allows %i connections is converged, and has that limit afterwards', async (limit) => {
    const name = `limited_${limit}`;
    await given(name, `ALTER DATABASE ${name} CONNECTION LIMIT ${limit}`);
    const { username, password } = broker.postgres.superuser;
    const others = await Promise.all(Array.from({ length: limit }, () => broker.postgres.connect({ user: username, password, database: name })));

    await broker.succeed(broker.database(name, { extensions: ['pgcrypto'], deadline: Date.now() + 8_000 }));

    expect(await limitOf(name)).toBe(limit);
    await Promise.all(others.map((other) => other.end()));
  });

  test('has its limit again where connecting fails for another reason', async () => {
    await given('limited_again', 'ALTER DATABASE limited_again CONNECTION LIMIT 0');
    let tries = 0;

    const { code } = await broker.fail(broker.database('limited_again', { deadline: Date.now() + 8_000 }), {
      connect: async (server, database, ...rest) => {
        tries += database === 'limited_again' ? 1 : 0;
        if (tries === 2) throw Object.assign(new Error('broken'), { code: '28000' });
        return connectWithPg(server, database, ...rest);
      },
    });

    expect([code, await limitOf('limited_again')]).toEqual(['28000', 0]);
  });

  test.each([
    ['because of the limit of an owner that the admin cannot act as', 'CONNECTION_LIMIT', 'ALTER DATABASE closed CONNECTION LIMIT 0'],
    ['that allows no connections', 'CLOSED_DATABASE', 'ALTER DATABASE closed ALLOW_CONNECTIONS false'],
    ['on which it lost CONNECT', 'NO_CONNECT', 'REVOKE CONNECT ON DATABASE closed FROM PUBLIC, CURRENT_USER, somebody'],
  ])('%s fails with the statement that lets it in, and who runs it', async (_, expected, close) => {
    await broker.asSuperuser('postgres', 'DROP DATABASE IF EXISTS closed WITH (FORCE)');
    await broker.asSuperuser('postgres', 'CREATE DATABASE closed OWNER somebody');
    await broker.asSuperuser('postgres', close);

    const { code, message } = await broker.fail(broker.database('closed', { adoptExisting: true, deadline: Date.now() + 8_000 }));

    expect(code).toBe(expected);
    const [, statement, owner] = /Run `(.*?)` as '(.*?)'/.exec(message) ?? [];
    expect(owner).toBe('somebody');
    await broker.asSuperuser('postgres', `SET ROLE ${owner}; ${statement}`);
    expect(await codeOf('closed')).not.toBe(expected);
  });

  test('because of the limit of its owner lets the broker remove a user with what it owns there', async () => {
    await given('crowded', 'ALTER DATABASE crowded CONNECTION LIMIT 0');
    await broker.succeed(broker.user('leaver', 'crowded'));
    await broker.asSuperuser('crowded', 'CREATE TABLE public.kept (); ALTER TABLE public.kept OWNER TO leaver');

    await broker.succeed(broker.deleteUser('leaver'));

    expect(await broker.asSuperuser('crowded', "SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'kept'")).toEqual([{ owner: 'crowded_owner' }]);
    expect(await limitOf('crowded')).toBe(0);
  });

  test('because a DROP DATABASE was interrupted fails with the advice to drop it', async () => {
    await given('half_dropped', "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half_dropped'");

    const { code, message } = await broker.fail(broker.database('half_dropped', { deadline: Date.now() + 8_000 }));

    expect([code, message]).toEqual(['INVALID_DATABASE', expect.stringContaining('Run `DROP DATABASE "half_dropped"`')]);
  });
});
