import { BrokerFixture, MARK, Meter, OTHER_STACK, STACK } from './broker-fixture';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

describe.each(POSTGRES_MAJORS)('a database on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
  });
  afterAll(async () => broker.postgres.remove());

  test('is created with everything declared, and a second run changes nothing', async () => {
    // GIVEN
    const request = broker.database('created', {
      extensions: ['pgcrypto'],
      locale: 'C',
      settings: { idle_in_transaction_session_timeout: '60000ms', search_path: '"$user", public', application_name: 'it\'s "quoted" \\ text' },
    });

    // WHEN
    const first = await broker.succeed(request);
    const second = await broker.succeed(request);

    // THEN
    expect(first).toContain("CREATE DATABASE \"created\" OWNER \"created_owner\" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
    expect(second).toEqual([]);
    const [row] = await broker.asAdmin('created', `SELECT (SELECT reset_val FROM pg_settings WHERE name = 'search_path') AS path, (SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = 'created') AS settings,
      (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'created') AS owner,
      (SELECT pg_get_userbyid(extowner) FROM pg_extension WHERE extname = 'pgcrypto') AS extension_owner`);
    expect(row).toEqual({ path: '"$user", public', settings: expect.arrayContaining(['application_name=it\'s "quoted" \\ text']), owner: 'created_owner', extension_owner: 'postgres' });
  });

  test('costs three connections and eight round trips when created, two and two when nothing changes', async () => {
    // GIVEN
    const request = broker.database('metered', { extensions: ['pgcrypto'] });
    const first = new Meter();
    const second = new Meter();

    // WHEN
    await broker.succeed(request, first);
    await broker.succeed(request, second);

    // THEN
    expect({ connections: first.connections, roundTrips: first.roundTrips }).toEqual({ connections: 3, roundTrips: 8 });
    expect({ connections: second.connections, roundTrips: second.roundTrips }).toEqual({ connections: 2, roundTrips: 2 });
  });

  test('shuts PUBLIC out of itself and of schema public', async () => {
    // GIVEN
    await broker.succeed(broker.database('closed'));
    await broker.asAdmin('postgres', "CREATE ROLE passer_by LOGIN PASSWORD 'passes'");

    // WHEN
    const connecting = broker.asUser('passer_by', 'closed', 'SELECT 1', 'passes');

    // THEN
    await expect(connecting).rejects.toMatchObject({ code: '42501' });
    const rights = await broker.asAdmin('closed', "SELECT has_schema_privilege('passer_by', 'public', 'USAGE') AS usage, has_schema_privilege('passer_by', 'public', 'CREATE') AS creates");
    expect(rights).toEqual([{ usage: false, creates: false }]);
  });

  test('closes database postgres to PUBLIC on servers of its own, and stays able to connect', async () => {
    // GIVEN
    await broker.asAdmin('postgres', "CREATE ROLE tourist LOGIN PASSWORD 'tours'");
    await expect(broker.asUser('tourist', 'postgres', 'SELECT 1', 'tours')).resolves.toHaveLength(1);

    // WHEN
    await broker.succeed(broker.database('closes_postgres', { server: broker.connection({ owned: true }) }));

    // THEN
    await expect(broker.asUser('tourist', 'postgres', 'SELECT 1', 'tours')).rejects.toMatchObject({ code: '42501' });
    await expect(broker.asAdmin('postgres', 'SELECT 1')).resolves.toHaveLength(1);
    await broker.asAdmin('postgres', 'GRANT CONNECT, TEMPORARY ON DATABASE postgres TO PUBLIC');
  });

  test('takes back what is no longer declared, but never drops an extension', async () => {
    // GIVEN
    await broker.succeed(broker.database('trimmed', { extensions: ['pgcrypto'], settings: { work_mem: '8MB', lock_timeout: '1s' } }));

    // WHEN
    const changes = await broker.succeed(broker.database('trimmed', { settings: { lock_timeout: '2s' } }));

    // THEN
    expect(changes).toEqual(['ALTER DATABASE "trimmed" RESET "work_mem"', 'ALTER DATABASE "trimmed" SET "lock_timeout" TO \'2s\'']);
    await expect(broker.asAdmin('trimmed', "SELECT FROM pg_extension WHERE extname = 'pgcrypto'")).resolves.toHaveLength(1);
  });

  test('repairs rights that somebody changed by hand', async () => {
    // GIVEN
    await broker.succeed(broker.database('repaired'));
    await broker.asAdmin('repaired', 'GRANT ALL ON SCHEMA public TO PUBLIC; GRANT CONNECT ON DATABASE repaired TO PUBLIC; '
      + 'REVOKE CONNECT ON DATABASE repaired FROM repaired_ro; ALTER DEFAULT PRIVILEGES FOR ROLE repaired_owner REVOKE SELECT ON TABLES FROM repaired_ro');

    // WHEN
    const changes = await broker.succeed(broker.database('repaired'));

    // THEN
    expect(changes).toHaveLength(4);
    await expect(broker.succeed(broker.database('repaired'))).resolves.toEqual([]);
  });

  test('is taken over by the same stack under a new logical id, and the old resource\'s delete leaves it alone', async () => {
    // GIVEN
    await broker.succeed(broker.database('refactored'));

    // WHEN
    await broker.succeed(broker.database('refactored', { mark: { ...MARK, logicalId: 'Moved' } }));
    const deleted = await broker.succeed(broker.deleteDatabase('refactored', { force: true }));

    // THEN
    expect(deleted).toEqual([]);
    await expect(broker.asAdmin('refactored', 'SELECT 1')).resolves.toHaveLength(1);
  });

  test('fails to take a database of another stack, unless it is to be adopted', async () => {
    // GIVEN
    await broker.succeed(broker.database('foreign', { mark: { stackId: OTHER_STACK, logicalId: 'Theirs' } }));

    // WHEN
    const refusal = await broker.fail(broker.database('foreign'));
    await broker.succeed(broker.database('foreign', { adoptExisting: true }));
    const theirs = await broker.succeed(broker.deleteDatabase('foreign', { force: true, mark: { stackId: OTHER_STACK, logicalId: 'Theirs' } }));

    // THEN
    expect(refusal).toMatchObject({ code: 'NOT_OWNED', unreachable: false });
    expect(refusal.message).toContain(OTHER_STACK);
    expect(theirs).toEqual([]);
    await expect(broker.asAdmin('foreign', 'SELECT 1')).resolves.toHaveLength(1);
  });

  test('is adopted with the comment, objects and rights that it has', async () => {
    // GIVEN a database of nobody with a table of its owner-to-be, a foreign table and an extension
    await broker.asAdmin('postgres', 'CREATE DATABASE legacy');
    await broker.asAdmin('legacy', "COMMENT ON DATABASE legacy IS 'since 2009'; CREATE EXTENSION pgcrypto; CREATE TABLE of_admin (id int)");
    await broker.succeed(broker.database('legacy', { adoptExisting: true }));
    await broker.asAdmin('legacy', `SET ROLE legacy_owner; CREATE SCHEMA sales; CREATE TABLE sales.orders (id serial); CREATE FUNCTION sales.total() RETURNS int LANGUAGE sql AS 'SELECT 1';
      REVOKE ALL ON SCHEMA sales FROM legacy_rw, legacy_ro; REVOKE ALL ON sales.orders FROM legacy_rw, legacy_ro; REVOKE ALL ON FUNCTION sales.total() FROM legacy_rw, legacy_ro;
      GRANT EXECUTE ON FUNCTION sales.total() TO PUBLIC`);

    // WHEN
    await broker.succeed(broker.database('legacy'));

    // THEN
    const [rights] = await broker.asAdmin('legacy', `SELECT has_table_privilege('legacy_rw', 'sales.orders', 'DELETE') AS deletes, has_table_privilege('legacy_ro', 'sales.orders', 'SELECT') AS reads,
      has_table_privilege('legacy_ro', 'sales.orders', 'INSERT') AS inserts, has_schema_privilege('legacy_ro', 'sales', 'USAGE') AS uses, has_function_privilege('legacy_rw', 'sales.total()', 'EXECUTE') AS runs,
      has_table_privilege('legacy_ro', 'of_admin', 'SELECT') AS former, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = 'legacy'`);
    expect(rights).toMatchObject({ deletes: true, reads: true, inserts: false, uses: true, runs: true, former: true, comment: 'since 2009' });
    await expect(broker.succeed(broker.database('legacy'))).resolves.toEqual([]);
  });

  test('closes a clone, which starts without the rights and settings of its template', async () => {
    // GIVEN
    await broker.succeed(broker.database('template_app', { settings: { lock_timeout: '1s' } }));
    await broker.asAdmin('postgres', 'CREATE DATABASE preview TEMPLATE template_app OWNER template_app_owner');

    // WHEN
    await broker.succeed(broker.database('preview', { adoptExisting: true, settings: { lock_timeout: '1s' } }));

    // THEN
    const [row] = await broker.asAdmin('preview', `SELECT current_setting('lock_timeout') AS lock_timeout, pg_get_userbyid(datdba) AS owner,
      EXISTS (SELECT FROM aclexplode(datacl) WHERE grantee = 0) AS open FROM pg_database WHERE datname = 'preview'`);
    expect(row).toEqual({ lock_timeout: '1s', owner: 'preview_owner', open: false });
    await expect(broker.succeed(broker.database('preview', { settings: { lock_timeout: '1s' } }))).resolves.toEqual([]);
  });

  test('fails to adopt a database with another locale or encoding', async () => {
    // GIVEN
    await broker.asAdmin('postgres', "CREATE DATABASE localised LOCALE 'C' TEMPLATE template0");
    await broker.asAdmin('postgres', "CREATE DATABASE encoded ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");

    // WHEN
    const locale = await broker.fail(broker.database('localised', { adoptExisting: true, locale: 'en_US.UTF-8' }));
    const encoding = await broker.fail(broker.database('encoded', { adoptExisting: true }));

    // THEN
    expect(locale).toMatchObject({ code: 'LOCALE_MISMATCH', message: expect.stringContaining('en_US.UTF-8') });
    expect(encoding).toMatchObject({ code: 'ENCODING_MISMATCH', message: expect.stringContaining('LATIN1') });
  });

  test('fails with the owner\'s name when schema public belongs to the bootstrap superuser, as after an upgrade from 14', async () => {
    // GIVEN
    await broker.succeed(broker.database('upgraded'));
    await broker.asSuperuser('upgraded', 'ALTER SCHEMA public OWNER TO rdsadmin; GRANT CREATE ON SCHEMA public TO PUBLIC');

    // WHEN
    const failure = await broker.fail(broker.database('upgraded'));

    // THEN
    expect(failure).toMatchObject({ code: 'NO_EFFECT', message: expect.stringContaining('\'rdsadmin\'') });
    expect(failure.message).toContain('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  });

  test('gives schema public to the owner of the database where the admin may', async () => {
    // GIVEN
    await broker.succeed(broker.database('regained'));
    await broker.asSuperuser('regained', 'ALTER SCHEMA public OWNER TO postgres; GRANT CREATE ON SCHEMA public TO PUBLIC');

    // WHEN
    await broker.succeed(broker.database('regained'));

    // THEN
    const [row] = await broker.asAdmin('regained', "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'public'");
    expect(row).toEqual({ owner: 'pg_database_owner' });
  });

  test('keeps the version tables of migration engines, with their sequences, from everybody but the owner', async () => {
    // GIVEN
    const request = broker.database('migrated', { protectedTables: ['goose_db_version'] });
    await broker.succeed(request);
    await broker.asAdmin('migrated', 'SET ROLE migrated_owner; CREATE TABLE goose_db_version (id serial PRIMARY KEY); CREATE TABLE orders (id serial PRIMARY KEY)');

    // WHEN
    await broker.succeed(request);

    // THEN
    const [row] = await broker.asAdmin('migrated', `SELECT has_table_privilege('migrated_rw', 'goose_db_version', 'SELECT, INSERT, UPDATE, DELETE') AS version,
      has_sequence_privilege('migrated_rw', 'goose_db_version_id_seq', 'USAGE, SELECT, UPDATE') AS sequence, has_table_privilege('migrated_rw', 'orders', 'DELETE') AS orders`);
    expect(row).toEqual({ version: false, sequence: false, orders: true });
    await expect(broker.succeed(request)).resolves.toEqual([]);
  });

  test('fails for names that PostgreSQL or RDS reserves, cuts or cannot store', async () => {
    for (const name of ['postgres', 'template1', 'rdsadmin', 'pg_stat', 'RDS_x']) {
      await expect(broker.fail(broker.database(name))).resolves.toMatchObject({ code: 'RESERVED_NAME' });
    }
    for (const name of ['', 'x'.repeat(64), 'é'.repeat(32), 'nul\0']) {
      await expect(broker.fail(broker.database(name))).resolves.toMatchObject({ code: 'INVALID_NAME' });
    }
  });

  test('works with names that need quoting, or leave no room for the suffix of a group role', async () => {
    for (const name of ['Mixed "Case"; DROP', 'x'.repeat(63), '日本語'.repeat(6), '$broker$']) {
      await broker.succeed(broker.database(name));
      await expect(broker.succeed(broker.database(name))).resolves.toEqual([]);
    }
  });

  test('fails when a login has the name of a group role, adopted or not', async () => {
    // GIVEN
    await broker.asAdmin('postgres', 'CREATE ROLE taken_owner LOGIN');

    // WHEN
    const failure = await broker.fail(broker.database('taken', { adoptExisting: true }));

    // THEN
    expect(failure).toMatchObject({ code: 'NAME_TAKEN', message: expect.stringContaining('\'taken_owner\'') });
  });

  test('fails when a group role is in rds_iam, which would cost the admin its password login', async () => {
    // GIVEN
    await broker.asSuperuser('postgres', 'CREATE ROLE trap_owner NOLOGIN; GRANT rds_iam TO trap_owner; CREATE ROLE maker NOLOGIN CREATEROLE');
    await broker.asSuperuser('postgres', 'GRANT trap_owner TO maker WITH ADMIN OPTION');
    if (major >= 16) {
      await broker.asSuperuser('postgres', 'GRANT trap_owner TO postgres WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    }

    // WHEN
    const failure = await broker.fail(broker.database('trap', { adoptExisting: true }));

    // THEN
    expect(failure.code).toBe('IAM_ROLE');
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_iam', 'USAGE') AS iam")).resolves.toEqual([{ iam: false }]);
  });

  test('fails with a reason when an extension does not exist', async () => {
    const failure = await broker.fail(broker.database('extended', { extensions: ['no_such_extension'] }));

    expect(failure).toMatchObject({ code: '0A000', message: expect.stringContaining('no_such_extension') });
    expect(failure.message).toContain('Database \'extended\'');
  });

  test('fails with advice for a setting that only superusers may set', async () => {
    const failure = await broker.fail(broker.database('unset', { settings: { log_statement: 'all' } }));

    expect(failure).toMatchObject({ code: '42501', message: expect.stringContaining('parameter group') });
  });

  test('fails when the admin may not act as the owner of a database to adopt', async () => {
    // GIVEN
    // Up to 15 CREATEROLE is enough for every role but a superuser.
    await broker.asSuperuser('postgres', `CREATE ROLE landlord NOLOGIN ${major < 16 ? 'SUPERUSER' : ''}`);
    await broker.asSuperuser('postgres', 'CREATE DATABASE rented OWNER landlord');

    // WHEN
    const failure = await broker.fail(broker.database('rented', { adoptExisting: true }));

    // THEN
    expect(failure).toMatchObject({ code: 'NOT_ADMINISTRABLE', message: expect.stringContaining('\'landlord\'') });
  });

  test('marks what it makes with its stack and logical id', async () => {
    await broker.succeed(broker.database('marked'));

    const [row] = await broker.asAdmin('postgres', "SELECT shobj_description('marked_owner'::regrole, 'pg_authid') AS comment");
    expect(row.comment).toBe(`cdk-private-backend:{"stackId":"${STACK}","logicalId":"Resource1","groupOf":"marked"}`);
  });
});
