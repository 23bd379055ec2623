import { BrokerFixture, PASSWORD } from './broker-fixture';
import { identifier, literal } from '../../../../src/postgres/engine/handler/sql/quote';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const OLD = 15;

interface Membership {
  readonly role: string;
  readonly member: string;
  readonly admin: boolean;
}

/**
 * What pg_upgrade makes of the roles of a server of before 16: it copies neither objects of the system nor grantors, so that all memberships
 * are by the bootstrap superuser.
 *
 * @see https://github.com/postgres/postgres/blob/REL_16_STABLE/src/bin/pg_dump/pg_dumpall.c (dumpRoleMembership)
 */
async function carryOver(from: BrokerFixture, to: BrokerFixture): Promise<void> {
  const roles = await from.asSuperuser('postgres', `SELECT rolname, rolcanlogin, rolpassword, rolconnlimit, shobj_description(oid, 'pg_authid') AS comment
    FROM pg_authid WHERE oid >= 16384 AND rolname NOT LIKE 'rds%' AND rolname <> 'postgres' ORDER BY oid`) as { rolname: string; rolcanlogin: boolean; rolpassword: string | null; rolconnlimit: number; comment: string | null }[];
  const memberships = await from.asSuperuser('postgres', `SELECT roleid::regrole::text AS role, member::regrole::text AS member, admin_option AS admin FROM pg_auth_members m
    WHERE roleid >= 16384 AND roleid::regrole::text NOT LIKE 'rds%'`) as unknown as Membership[];
  const settings = await from.asSuperuser('postgres', `SELECT r.rolname AS role, d.datname AS database, unnest(s.setconfig) AS setting
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase`) as { role: string; database: string | null; setting: string }[];
  const databases = await from.asSuperuser('postgres', 'SELECT datname, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE oid >= 16384') as { datname: string; owner: string }[];
  const statements = [
    ...roles.flatMap(({ rolname, rolcanlogin, rolpassword, rolconnlimit, comment }) => [
      `CREATE ROLE ${identifier(rolname)} ${rolcanlogin ? 'LOGIN' : 'NOLOGIN'} CONNECTION LIMIT ${rolconnlimit}${rolpassword === null ? '' : ` PASSWORD ${literal(rolpassword)}`}`,
      ...(comment === null ? [] : [`COMMENT ON ROLE ${identifier(rolname)} IS ${literal(comment)}`]),
    ]),
    ...memberships.map(({ role, member, admin }) => `GRANT ${role} TO ${member}${admin ? ' WITH ADMIN OPTION' : ''}`),
    ...databases.map(({ datname, owner }) => `CREATE DATABASE ${identifier(datname)} OWNER ${identifier(owner)}`),
    ...settings.map(({ role, database, setting }) => `ALTER ROLE ${identifier(role)}${database === null ? '' : ` IN DATABASE ${identifier(database)}`} SET ${setting.replace('=', " = '")}'`),
  ];
  for (const statement of statements) {
    await to.asSuperuser('postgres', statement);
  }
}

describe.each(POSTGRES_MAJORS.filter((major) => major > OLD))('a server that was upgraded from 15 to %i', (major) => {
  let old: BrokerFixture;
  let broker: BrokerFixture;
  beforeAll(async () => {
    [old, broker] = await Promise.all([BrokerFixture.start(OLD), BrokerFixture.start(major)]);
    await old.succeed(old.database('app'));
    await old.succeed(old.user('api', 'app'));
    await old.succeed(old.user('leaver', 'app'));
    await old.succeed(old.user('migrator', 'app', { access: 'OWNER' }));
    // As a release before this one left it, and as an admin leaves it that takes roles by hand.
    await old.succeed(old.user('forgotten', 'app'));
    await old.asAdmin('postgres', 'REVOKE forgotten FROM CURRENT_USER');
    await carryOver(old, broker);
  });
  afterAll(async () => {
    await old.postgres.remove();
    await broker.postgres.remove();
  });

  test('has an admin outside rds_superuser', async () => {
    await broker.asSuperuser('postgres', 'REVOKE rds_superuser FROM postgres');
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_superuser', 'MEMBER') AS member")).resolves.toEqual([{ member: false }]);
  });

  test('has its database and users converged', async () => {
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.user('migrator', 'app', { access: 'OWNER' }));
    await broker.succeed(broker.user('api', 'app'));
    await broker.asUser('migrator', 'app', 'CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)', PASSWORD);
    await expect(broker.asUser('api', 'app', 'SELECT id FROM orders', PASSWORD)).resolves.toEqual([{ id: 1 }]);
    await expect(broker.succeed(broker.user('api', 'app'))).resolves.toEqual([]);
  });

  test('fails where the access of a user changes, because the upgrade made its membership one of the superuser, and names what helps without a superuser', async () => {
    const { code, message } = await broker.fail(broker.user('api', 'app', { access: 'READ_ONLY' }));
    expect({ code, message }).toEqual({
      code: 'NO_EFFECT',
      message: expect.stringContaining('`REVOKE "app_rw" FROM "api"` and did nothing. The admin lacks the right to do that. Run the statement as \'rdsadmin\', or set another `username`, which creates a new role, then deploy again.'),
    });
    await broker.succeed(broker.user('api', 'app'));
    await expect(broker.asUser('api', 'app', 'INSERT INTO orders VALUES (2)', PASSWORD)).resolves.toEqual([]);
    await broker.succeed(broker.user('api_2', 'app', { access: 'READ_ONLY' }));
    await broker.succeed(broker.deleteUser('api'));
    await expect(broker.asUser('api_2', 'app', 'SELECT count(*)::int AS orders FROM orders', PASSWORD)).resolves.toEqual([{ orders: 2 }]);
    await broker.succeed(broker.user('api_2', 'app'));
    await expect(broker.asUser('api_2', 'app', 'INSERT INTO orders VALUES (3)', PASSWORD)).resolves.toEqual([]);
  });

  test('has users that can be removed', async () => {
    await broker.succeed(broker.deleteUser('leaver'));
    await expect(broker.asSuperuser('postgres', "SELECT rolname FROM pg_roles WHERE rolname LIKE 'leaver%'")).resolves.toEqual([]);
  });

  test('fails for a user that the admin never administered, until the statement in the reason is run', async () => {
    const [changed, removed] = [await broker.fail(broker.user('forgotten', 'app', { connectionLimit: 7 })), await broker.fail(broker.deleteUser('forgotten'))];
    expect([changed.code, removed.code]).toEqual(['NOT_ADMINISTRABLE', 'NOT_ADMINISTRABLE']);
    const [, statement] = /`(GRANT [^`]+)`/.exec(changed.message) ?? [];
    await broker.asSuperuser('postgres', statement);
    await broker.succeed(broker.user('forgotten', 'app', { connectionLimit: 7 }));
    await broker.succeed(broker.deleteUser('forgotten'));
  });
});
