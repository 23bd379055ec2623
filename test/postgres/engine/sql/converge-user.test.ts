import { BrokerFixture, MARK, Meter, OTHER_STACK, PASSWORD } from './broker-fixture';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const THEIRS = { stackId: OTHER_STACK, logicalId: 'Theirs' };

describe.each(POSTGRES_MAJORS)('a user on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app', { protectedTables: ['schema_migrations'] }));
    await broker.succeed(broker.database('other'));
    await broker.succeed(broker.user('migrator', 'app', { access: 'OWNER' }));
    await broker.asUser('migrator', 'app', 'CREATE TABLE early (id serial PRIMARY KEY)');
  });
  afterAll(async () => broker.postgres.remove());

  test('can log in with exactly the rights of its access, also on tables made later and in later schemas', async () => {
    // GIVEN
    await broker.succeed(broker.user('writer', 'app'));
    await broker.succeed(broker.user('reader', 'app', { access: 'READ_ONLY' }));

    // WHEN
    await broker.asUser('migrator', 'app', "CREATE SCHEMA later; CREATE TABLE later.items (id serial PRIMARY KEY); CREATE FUNCTION later.one() RETURNS int LANGUAGE sql AS 'SELECT 1'");

    // THEN
    await broker.asUser('writer', 'app', 'INSERT INTO later.items DEFAULT VALUES; UPDATE later.items SET id = 7; CREATE TEMPORARY TABLE mine (id int)');
    await expect(broker.asUser('reader', 'app', 'SELECT id, later.one() AS one FROM later.items')).resolves.toEqual([{ id: 7, one: 1 }]);
    await broker.asUser('writer', 'app', 'DELETE FROM later.items; INSERT INTO early DEFAULT VALUES');
    await expect(broker.asUser('reader', 'app', 'SET transaction_read_only = off; INSERT INTO later.items DEFAULT VALUES')).rejects.toMatchObject({ code: '42501' });
    await expect(broker.asUser('reader', 'app', 'CREATE TEMPORARY TABLE mine (id int)')).rejects.toMatchObject({ code: expect.stringMatching(/42501|25006/) });
    await expect(broker.asUser('writer', 'app', 'CREATE TABLE mine (id int)')).rejects.toMatchObject({ code: '42501' });
    await expect(broker.asUser('writer', 'app', 'TRUNCATE early')).rejects.toMatchObject({ code: '42501' });
    await expect(broker.asUser('writer', 'other', 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
    await expect(broker.asUser('writer', 'app', 'SET ROLE app_owner')).rejects.toMatchObject({ code: '42501' });
  });

  test('has no rights on the version tables of migration engines', async () => {
    // GIVEN
    await broker.asUser('migrator', 'app', 'CREATE TABLE schema_migrations (version text)');
    await broker.succeed(broker.user('historian', 'app'));

    // WHEN
    await broker.succeed(broker.database('app', { protectedTables: ['schema_migrations'] }));

    // THEN
    await expect(broker.asUser('historian', 'app', 'DELETE FROM schema_migrations')).rejects.toMatchObject({ code: '42501' });
  });

  test('acts as the owner when it is one, after RESET ROLE and DISCARD ALL too, and objects of two owners are common', async () => {
    // GIVEN
    await broker.succeed(broker.user('owner_a', 'app', { access: 'OWNER' }));
    await broker.succeed(broker.user('owner_b', 'app', { access: 'OWNER' }));

    // WHEN
    const client = await broker.postgres.connect({ user: 'owner_a', password: PASSWORD, database: 'app' });
    for (const statement of ['RESET ROLE', 'DISCARD ALL', 'CREATE TABLE common (id int)']) {
      await client.query(statement);
    }
    const { rows: [reset] } = await client.query('SELECT current_user AS role');
    await client.end();

    // THEN
    expect(reset).toEqual({ role: 'app_owner' });
    await expect(broker.asUser('owner_b', 'app', 'ALTER TABLE common ADD COLUMN more text; SELECT 1')).resolves.toHaveLength(1);
  });

  test('costs one connection, two round trips when created and one when nothing changes', async () => {
    // GIVEN
    const request = broker.user('metered', 'app', { settings: { statement_timeout: '30000ms' }, connectionLimit: 5 });
    const first = new Meter();
    const second = new Meter();

    // WHEN
    const changes = await broker.succeed(request, first);
    const none = await broker.succeed(request, second);

    // THEN
    expect(changes).toContain("ALTER ROLE \"metered\" PASSWORD '…'");
    expect(none).toEqual([]);
    expect({ connections: first.connections, roundTrips: first.roundTrips }).toEqual({ connections: 1, roundTrips: 2 });
    expect({ connections: second.connections, roundTrips: second.roundTrips }).toEqual({ connections: 1, roundTrips: 1 });
  });

  test('gets the declared password again when somebody changed it, and a new one when the declaration does', async () => {
    // GIVEN
    await broker.succeed(broker.user('rotated', 'app'));
    await broker.asAdmin('postgres', "ALTER ROLE rotated PASSWORD 'by hand'");

    // WHEN
    const repaired = await broker.succeed(broker.user('rotated', 'app'));

    // THEN
    expect(repaired).toEqual([]);
    await expect(broker.asUser('rotated', 'app', 'SELECT 1')).resolves.toHaveLength(1);
    await broker.succeed(broker.user('rotated', 'app', { password: 'Another-one.2' }));
    await expect(broker.asUser('rotated', 'app', 'SELECT 1', 'Another-one.2')).resolves.toHaveLength(1);
    await expect(broker.asUser('rotated', 'app', 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('never sends a password, and leaves none in the server\'s log', async () => {
    await broker.succeed(broker.user('quiet', 'app', { password: 'Never-in-a-log.3' }));

    const log = broker.postgres.log();
    expect(log).toContain('"quiet"');
    expect(log).not.toContain('Never-in-a-log.3');
  });

  test('loses what is no longer declared: another access, another database, removed settings, a limit', async () => {
    // GIVEN
    await broker.succeed(broker.user('mover', 'app', { access: 'OWNER', settings: { lock_timeout: '1s' }, connectionLimit: 3 }));

    // WHEN
    await broker.succeed(broker.user('mover', 'app', { access: 'READ_ONLY' }));

    // THEN
    await expect(broker.asUser('mover', 'app', "SELECT current_user AS role, current_setting('lock_timeout') AS lock, current_setting('default_transaction_read_only') AS ro"))
      .resolves.toEqual([{ role: 'mover', lock: '0', ro: 'on' }]);
    await expect(broker.asUser('mover', 'app', 'SET ROLE app_owner')).rejects.toMatchObject({ code: '42501' });

    // WHEN
    await broker.succeed(broker.user('mover', 'other'));

    // THEN
    await expect(broker.asUser('mover', 'app', 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
    const [row] = await broker.asUser('mover', 'other', "SELECT current_setting('default_transaction_read_only') AS ro, rolconnlimit AS limit FROM pg_roles WHERE rolname = 'mover'");
    expect(row).toEqual({ ro: 'off', limit: -1 });
  });

  test('is taken over by the same stack under a new logical id, and the old resource\'s delete leaves it alone', async () => {
    // GIVEN
    await broker.succeed(broker.user('refactored', 'app'));

    // WHEN
    await broker.succeed(broker.user('refactored', 'app', { mark: { ...MARK, logicalId: 'Moved', secretArn: 'arn:secret' } }));
    const deleted = await broker.succeed(broker.deleteUser('refactored'));

    // THEN
    expect(deleted).toEqual([]);
    await expect(broker.asUser('refactored', 'app', 'SELECT 1')).resolves.toHaveLength(1);
  });

  test('is not taken by another importer of the server, nor deleted or given another password by it', async () => {
    // GIVEN
    await broker.succeed(broker.user('contested', 'app'));

    // WHEN
    const refusal = await broker.fail(broker.user('contested', 'app', { mark: THEIRS, password: 'Theirs' }));
    const deleted = await broker.succeed(broker.deleteUser('contested', { mark: THEIRS }));

    // THEN
    expect(refusal).toMatchObject({ code: 'NOT_OWNED', message: expect.stringContaining('adoptExisting') });
    expect(deleted).toEqual([]);
    await expect(broker.asUser('contested', 'app', 'SELECT 1')).resolves.toHaveLength(1);
  });

  test('moves to another stack with adoptExisting, and the first stack\'s delete leaves it alone', async () => {
    // GIVEN
    await broker.succeed(broker.user('emigrant', 'app'));

    // WHEN
    await broker.succeed(broker.user('emigrant', 'app', { mark: THEIRS, adoptExisting: true }));
    await broker.succeed(broker.deleteUser('emigrant'));

    // THEN
    await expect(broker.asUser('emigrant', 'app', 'SELECT 1')).resolves.toHaveLength(1);
  });

  test('is adopted with new rights and password, and keeps its comment and other memberships', async () => {
    // GIVEN
    await broker.asAdmin('postgres', "CREATE ROLE club; CREATE ROLE veteran NOLOGIN NOINHERIT CREATEDB CREATEROLE VALID UNTIL '2001-01-01'; COMMENT ON ROLE veteran IS 'ask Ann'; GRANT club TO veteran");
    await expect(broker.fail(broker.user('veteran', 'app'))).resolves.toMatchObject({ code: 'NOT_OWNED' });

    // WHEN
    await broker.succeed(broker.user('veteran', 'app', { adoptExisting: true }));

    // THEN
    const [row] = await broker.asUser('veteran', 'app', `SELECT rolcreatedb, rolcreaterole, rolinherit, pg_has_role('veteran', 'club', 'MEMBER') AS member,
      shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = 'veteran'`);
    expect(row).toMatchObject({ rolcreatedb: false, rolcreaterole: false, rolinherit: true, member: true, comment: expect.stringMatching(/\nask Ann$/) });
    await expect(broker.succeed(broker.user('veteran', 'app'))).resolves.toEqual([]);
  });

  test('fails with the remedy when the admin may not administer the role', async () => {
    // GIVEN: up to 15 everybody with CREATEROLE may alter every role but superusers
    await broker.asSuperuser('postgres', `CREATE ROLE stranger LOGIN ${major >= 16 ? '' : 'SUPERUSER'}; CREATE ROLE keeper`);
    await broker.asSuperuser('postgres', 'GRANT stranger TO keeper WITH ADMIN OPTION');

    // WHEN
    const failure = await broker.fail(broker.user('stranger', 'app', { adoptExisting: true }));

    // THEN
    expect(failure).toMatchObject({ code: 'NOT_ADMINISTRABLE', message: expect.stringContaining('GRANT "stranger" TO "postgres" WITH ADMIN OPTION') });
    expect(failure.message).toContain('\'keeper\'');
  });

  test('fails naming the grantor when a membership that is no longer declared was granted by another role', async () => {
    // GIVEN
    await broker.succeed(broker.user('entangled', 'app', { access: 'READ_ONLY' }));
    await broker.asSuperuser('postgres', 'CREATE ROLE patron; GRANT app_rw TO patron WITH ADMIN OPTION; SET ROLE patron; GRANT app_rw TO entangled');

    // WHEN
    const request = broker.user('entangled', 'app', { access: 'READ_ONLY' });

    // THEN: up to 15 anybody who administers a role may revoke it
    if (major >= 16) {
      await expect(broker.fail(request)).resolves.toMatchObject({ code: 'NO_EFFECT', message: expect.stringContaining('\'patron\'') });
    } else {
      await expect(broker.succeed(request)).resolves.toContain('REVOKE "app_rw" FROM "entangled"');
    }
  });

  test('fails without its database, and for names that are reserved or hold grants', async () => {
    await expect(broker.fail(broker.user('homeless', 'no_such_database'))).resolves.toMatchObject({ code: 'NO_DATABASE' });
    await expect(broker.fail(broker.user('maintainer', 'postgres'))).resolves.toMatchObject({ code: 'RESERVED_NAME' });
    await expect(broker.fail(broker.user('postgres', 'app'))).resolves.toMatchObject({ code: 'RESERVED_NAME', message: expect.stringContaining('admin') });
    await expect(broker.fail(broker.user('pg_monitor', 'app'))).resolves.toMatchObject({ code: 'RESERVED_NAME' });
    await expect(broker.fail(broker.user('rds_iam', 'app'))).resolves.toMatchObject({ code: 'RESERVED_NAME' });
    await expect(broker.fail(broker.user('public', 'app'))).resolves.toMatchObject({ code: 'RESERVED_NAME' });
    await expect(broker.fail(broker.user('x'.repeat(64), 'app'))).resolves.toMatchObject({ code: 'INVALID_NAME' });
    await expect(broker.fail(broker.user('app_rw', 'app', { adoptExisting: true }))).resolves.toMatchObject({ code: 'NAME_TAKEN' });
  });

  test('may have a name that needs quoting, also in the statement that sets its password again', async () => {
    for (const username of ['$broker$ $$', 'it\'s "me"; DROP ROLE app_rw; --', 'back\\slash', 'ünï cødé']) {
      await broker.succeed(broker.user(username, 'app'));
      await expect(broker.succeed(broker.user(username, 'app'))).resolves.toEqual([]);
      await expect(broker.asUser(username, 'app', 'SELECT 1')).resolves.toHaveLength(1);
      await broker.succeed(broker.deleteUser(username));
    }
  });

  test('tells who owns it', async () => {
    // GIVEN
    const mark = { ...MARK, secretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:User-AbCdEf' };
    await broker.succeed(broker.user('inspected', 'app', { mark }));
    await broker.asAdmin('postgres', 'CREATE ROLE unmarked');

    // THEN
    await expect(handleSqlRequest(broker.inspect('inspected', 'app'))).resolves.toEqual({ ok: true, changes: [], mark });
    await expect(handleSqlRequest(broker.inspect('unmarked', 'app', { adoptExisting: true }))).resolves.toEqual({ ok: true, changes: [] });
    await expect(handleSqlRequest(broker.inspect('nobody_at_all', 'app'))).resolves.toEqual({ ok: true, changes: [] });
  });

  test('never gives the admin the rights of a role in rds_iam', async () => {
    // GIVEN
    await broker.succeed(broker.user('by_iam', 'app'));
    await broker.asSuperuser('postgres', 'GRANT rds_iam TO by_iam');

    // WHEN
    await broker.succeed(broker.user('by_iam', 'app', { access: 'OWNER', password: PASSWORD }));

    // THEN
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_iam', 'USAGE') AS iam")).resolves.toEqual([{ iam: false }]);
  });
});
