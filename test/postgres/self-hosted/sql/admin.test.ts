import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { runOnNode, type Ran } from './node-functions';
import { scramVerifier } from '../../../../src/postgres/engine/handler/sql/scram';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';
import { BrokerFixture } from '../../engine/sql/broker-fixture';

const SECRET = { username: 'backend_admin', password: "it's a \\ \"password\" :with all $(sorts)" };

let broker: BrokerFixture;
let server: PostgresServer;
let directory: string;

beforeAll(async () => {
  server = await startPostgres({ major: 17, admin: 'self-hosted', settings: { allow_alter_system: 'off' } });
  broker = BrokerFixture.on(server);
  directory = mkdtempSync(join(tmpdir(), 'admin-'));
});

afterAll(async () => {
  await server.remove();
  rmSync(directory, { recursive: true });
});

async function makeAdmin(secret: object = SECRET, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const file = join(directory, 'admin.json');
  writeFileSync(file, JSON.stringify(secret));
  return runOnNode(server, `make_admin '${file}'`, env);
}

const inPostgres = (text: string) => broker.asSuperuser('postgres', text);

/** Every row that the file may have written, with the transaction that wrote it. */
const written = () => inPostgres(`SELECT 'role', xmin::text FROM pg_authid WHERE rolname = '${SECRET.username}' UNION ALL SELECT 'member', xmin::text FROM pg_auth_members
  UNION ALL SELECT datname, xmin::text FROM pg_database UNION ALL SELECT 'setting', xmin::text FROM pg_db_role_setting UNION ALL SELECT nspname, xmin::text FROM pg_namespace
  UNION ALL SELECT relname, xmin::text FROM pg_class WHERE relname = 'lock' ORDER BY 1, 2`);

describe('the admin that the nodes make', () => {
  test('logs in with the password of its secret, which the log of the server has in no form', async () => {
    expect(await makeAdmin()).toEqual({ code: 0, output: '' });
    await expect(broker.sql({ user: SECRET.username, password: SECRET.password }, 'postgres', 'SELECT current_user AS name')).resolves.toEqual([{ name: SECRET.username }]);
    await expect(inPostgres(`SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = '${SECRET.username}'`)).resolves.toEqual([{ verifier: await scramVerifier(SECRET.username, SECRET.password) }]);
    expect(server.log()).not.toContain('all $(sorts)');
    expect(server.log().split('\n').filter((line) => line.includes(SECRET.username) && line.includes('SCRAM'))).toEqual([]);
  });

  test('is no superuser, and may make roles and databases', async () => {
    await makeAdmin();
    await expect(inPostgres(`SELECT rolsuper, rolreplication, rolbypassrls, rolcanlogin, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = '${SECRET.username}'`)).resolves.toEqual([
      { rolsuper: false, rolreplication: false, rolbypassrls: false, rolcanlogin: true, rolcreatedb: true, rolcreaterole: true },
    ]);
    await expect(inPostgres(`SELECT roleid::regrole::text AS role FROM pg_auth_members WHERE member = '${SECRET.username}'::regrole AND admin_option ORDER BY 1`)).resolves.toEqual([{ role: 'pg_monitor' }, { role: 'pg_signal_backend' }]);
  });

  test('costs no write where all is there', async () => {
    await makeAdmin();
    const before = await written();
    expect(before.length).toBeGreaterThan(8);
    expect(await makeAdmin()).toEqual({ code: 0, output: '' });
    await expect(written()).resolves.toEqual(before);
  });

  test('is repaired, and gets another password with another secret', async () => {
    await makeAdmin();
    await inPostgres(`ALTER ROLE ${SECRET.username} NOCREATEDB REPLICATION CONNECTION LIMIT 1; REVOKE pg_monitor FROM ${SECRET.username}; GRANT CONNECT ON DATABASE postgres TO PUBLIC`);
    expect(await makeAdmin({ ...SECRET, password: 'another' })).toEqual({ code: 0, output: '' });
    await expect(broker.sql({ user: SECRET.username, password: 'another' }, 'postgres', `SELECT rolcreatedb, rolreplication, rolconnlimit, pg_has_role('pg_monitor', 'USAGE') AS monitors,
      has_database_privilege('public', 'postgres', 'CONNECT') AS open FROM pg_roles WHERE rolname = current_user`)).resolves.toEqual([
      { rolcreatedb: true, rolreplication: false, rolconnlimit: -1, monitors: true, open: false },
    ]);
  });

  test('makes nothing in the database in which superusers work, and has the lock of the broker there', async () => {
    await makeAdmin();
    const asAdmin = (text: string) => broker.sql({ user: SECRET.username, password: SECRET.password }, 'postgres', text);
    await expect(asAdmin('CREATE SCHEMA postgres')).rejects.toThrow('permission denied');
    await expect(asAdmin('CREATE TABLE public.trap (id int)')).rejects.toThrow('permission denied');
    await expect(asAdmin('BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE; COMMIT; SELECT true AS locked')).resolves.toEqual([{ locked: true }]);
  });

  test('waits for the lock, and not for one that any login can hold', async () => {
    await makeAdmin({ username: server.admin.username, password: server.admin.password });
    const holder = await server.connect({ user: server.admin.username, password: server.admin.password, database: 'postgres' });
    await holder.query('BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE');
    await expect(broker.fail(broker.database('waiting', { deadline: Date.now() + 2_000 }))).resolves.toMatchObject({ code: 'LOCK_BUSY' });
    await holder.end();
    await expect(broker.succeed(broker.database('waiting'))).resolves.not.toEqual([]);
  });

  test('lets in who copies files for a former primary, and no other login', async () => {
    await inPostgres(`CREATE ROLE rewinder LOGIN PASSWORD 'x'; GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO rewinder;
      CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'x'; CREATE ROLE tourist LOGIN PASSWORD 'x'; GRANT CONNECT ON DATABASE postgres TO PUBLIC`);
    await makeAdmin();
    await expect(inPostgres('SELECT rolname FROM pg_roles WHERE rolname IN (\'rewinder\', \'replicator\', \'tourist\') AND has_database_privilege(oid, \'postgres\', \'CONNECT\') ORDER BY 1')).resolves.toEqual([{ rolname: 'replicator' }, { rolname: 'rewinder' }]);
  });

  test.each([
    ['a secret of the superuser', { username: 'rdsadmin', password: 'x' }, /must not be the superuser 'rdsadmin'/],
    ['a password that clients prepare in ways of their own', { username: 'backend_admin', password: 'pässword' }, /printable ASCII/],
    ['a secret without a password', { username: 'backend_admin' }, /KeyError: 'password'/],
  ])('fails with %s', async (_, secret, reason) => {
    const { code, output } = await makeAdmin(secret);
    expect(code).not.toBe(0);
    expect(output).toMatch(reason);
  });
});
