import type { Client } from 'pg';
import { BrokerFixture, MortalProcess } from './broker-fixture';
import type { SqlRequest } from '../../../../src/broker/broker.contract';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const MORE_THAN_ANY_REQUEST_NEEDS = 80;

describe.each(POSTGRES_MAJORS)('a process killed after each statement on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  let admin: Client;
  let inApp: Client;
  let inOther: Client;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.database('other'));
    const { postgres } = broker;
    const superuser = { user: postgres.superuser.username, password: postgres.superuser.password };
    admin = await postgres.connect({ user: postgres.admin.username, password: postgres.admin.password, database: 'postgres' });
    inApp = await postgres.connect({ ...superuser, database: 'app' });
    inOther = await postgres.connect({ ...superuser, database: 'other' });
  });
  afterAll(async () => {
    await Promise.all([admin, inApp, inOther].map(async (client) => client.end()));
    await broker.postgres.remove();
  });

  /** Runs a request in processes that die after the first, second, third … statement, until one survives. Answers how many died. */
  async function killAtEveryStatement(requestFor: (n: number) => Promise<SqlRequest>, afterwards: (request: SqlRequest, n: number) => Promise<void>): Promise<number> {
    for (let n = 1; n < MORE_THAN_ANY_REQUEST_NEEDS; n += 1) {
      const request = await requestFor(n);
      const process = new MortalProcess(n);
      const response = await handleSqlRequest(request, { connect: process.connect });
      if (!process.died) {
        expect(response).toMatchObject({ ok: true });
        return n - 1;
      }
      await afterwards(request, n);
    }
    throw new Error('The request never ended');
  }

  test('leaves a database that the next run completes', async () => {
    const deaths = await killAtEveryStatement(
      async (n) => broker.database(`killed_${n}`, { extensions: ['pgcrypto'], settings: { lock_timeout: '1s' } }),
      // Succeeding includes that, read back, nothing is left to be done.
      async (request) => {
        await broker.succeed(request);
      },
    );

    expect(deaths).toBeGreaterThan(25);
  });

  test('leaves a user that the next run completes', async () => {
    const deaths = await killAtEveryStatement(
      async (n) => broker.user(`killed_${n}`, 'app', { access: 'OWNER', settings: { lock_timeout: '1s' }, connectionLimit: 2 }),
      async (request, n) => {
        await broker.succeed(request);
        await expect(broker.asUser(`killed_${n}`, 'app', 'SELECT current_user AS role')).resolves.toEqual([{ role: 'app_owner' }]);
      },
    );

    expect(deaths).toBeGreaterThan(9);
  });

  test('leaves a user with objects in two databases that the next run deletes', async () => {
    const deaths = await killAtEveryStatement(
      async (n) => {
        await broker.succeed(broker.user(`leaving_${n}`, 'app'));
        await admin.query(`GRANT rds_iam TO leaving_${n}`);
        for (const client of [inApp, inOther]) {
          await client.query(`CREATE TABLE leaving_${n} (id int); ALTER TABLE leaving_${n} OWNER TO leaving_${n}`);
        }
        return broker.deleteUser(`leaving_${n}`);
      },
      async (request, n) => {
        await broker.succeed(request);
        for (const [database, client] of [['app', inApp], ['other', inOther]] as const) {
          const { rows } = await client.query(`SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'leaving_${n}'`);
          expect(rows).toEqual([{ owner: `${database}_owner` }]);
        }
        const { rows } = await admin.query(`SELECT pg_has_role('rds_iam', 'USAGE') AS iam, to_regrole('leaving_${n}') AS role`);
        expect(rows).toEqual([{ iam: false, role: null }]);
      },
    );

    expect(deaths).toBeGreaterThan(15);
  });

  test.each(['REASSIGN', 'DROP_OWNED'] as const)('leaves a user with code and data that the next run removes with %s, once, and whose name is free then', async (policy) => {
    const deaths = await killAtEveryStatement(
      async (n) => {
        const login = `coder_${policy.toLowerCase()}_${n}`;
        await broker.succeed(broker.user(login, 'app', { settings: { lock_timeout: '1s' } }));
        await inApp.query(`CREATE TABLE ${login} (id int); ALTER TABLE ${login} OWNER TO ${login}; CREATE FUNCTION ${login}() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION ${login}() OWNER TO ${login}`);
        return broker.deleteUser(login, { policy });
      },
      async (request, n) => {
        const login = `coder_${policy.toLowerCase()}_${n}`;
        await broker.succeed(request);
        const { rows } = await admin.query(`SELECT rolname ~ '_removed_' AS retired, rolcanlogin AS login, pg_has_role(oid, 'USAGE') AS acts FROM pg_roles WHERE rolname ~ '^${login}(_removed_\\d+)?$'`);
        expect(rows).toEqual(policy === 'DROP_OWNED' ? [] : [{ retired: true, login: false, acts: false }]);
        await broker.succeed(broker.user(login, 'app'));
        await expect(broker.asUser(login, 'app', `SELECT FROM pg_class WHERE relname = '${login}' AND pg_get_userbyid(relowner) = '${login}'`)).resolves.toEqual([]);
      },
    );

    expect(deaths).toBeGreaterThan(12);
  });

  test('leaves a database that the next run deletes', async () => {
    const deaths = await killAtEveryStatement(
      async (n) => {
        await broker.succeed(broker.database(`dropping_${n}`));
        return broker.deleteDatabase(`dropping_${n}`);
      },
      async (request, n) => {
        await broker.succeed(request);
        const { rows } = await admin.query(`SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'dropping_${n}%' UNION SELECT datname FROM pg_database WHERE datname = 'dropping_${n}'`);
        expect(rows).toEqual([]);
      },
    );

    expect(deaths).toBeGreaterThan(15);
  });
});
