import { BrokerFixture, OTHER_STACK, PASSWORD, type UserOptions } from './broker-fixture';
import { readMark } from '../../../../src/broker/handler/sql/owner-mark';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const ADOPT = { adoptExisting: true };
const THEIRS = { stackId: OTHER_STACK, logicalId: 'Theirs' };

describe.each(POSTGRES_MAJORS)('a role that was there before, on PostgreSQL %i,', (major) => {
  let broker: BrokerFixture;

  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.database('other'));
  });
  afterAll(async () => broker.postgres.remove());

  /** Everything about a role that a declaration can change, but for its password. */
  async function stateOf(name: string): Promise<unknown> {
    return broker.asSuperuser('postgres', `SELECT rolcanlogin, rolinherit, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit, coalesce(rolvaliduntil, 'infinity')::text AS valid_until,
      (SELECT coalesce(json_agg(json_build_array(d.datname, ARRAY(SELECT unnest(s.setconfig) ORDER BY 1)) ORDER BY d.datname), '[]') FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE s.setrole = r.oid) AS settings,
      (SELECT json_agg(json_build_array(m.roleid::regrole, m.admin_option, to_jsonb(m) ->> 'inherit_option', to_jsonb(m) ->> 'set_option') ORDER BY m.roleid) FROM pg_auth_members m WHERE m.member = r.oid) AS member_of,
      (SELECT json_agg(json_build_array(m.member::regrole, m.admin_option) ORDER BY m.member) FROM pg_auth_members m WHERE m.roleid = r.oid) AS members
      FROM pg_roles r WHERE rolname = '${name}'`);
  }

  const settingsOf = async (name: string) => (await broker.asSuperuser('postgres', `SELECT d.datname, unnest(s.setconfig) AS setting FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
    WHERE s.setrole = '${name}'::regrole ORDER BY 1 NULLS FIRST, 2`)).map(({ datname, setting }) => datname === null ? setting : `${String(datname)}: ${String(setting)}`);
  const markOf = async (name: string) => readMark((await broker.asAdmin('postgres', `SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = '${name}'`))[0].comment as string);

  test.each<[string, string, UserOptions]>([
    ['attributes', 'ALTER ROLE $ NOLOGIN NOINHERIT CREATEDB CREATEROLE', {}],
    ['a limit and an end', "ALTER ROLE $ CONNECTION LIMIT 3 VALID UNTIL '2099-01-01 00:00:00+00'", { connectionLimit: 9 }],
    ['settings', "ALTER ROLE $ SET search_path = inventory, public, \"$user\"; ALTER ROLE $ SET work_mem = '8MB'; ALTER ROLE $ SET statement_timeout = '7s'", { settings: { statement_timeout: '30s', lock_timeout: '1s' } }],
    ['settings in databases', "ALTER ROLE $ IN DATABASE app SET role = 'club'; ALTER ROLE $ IN DATABASE other SET statement_timeout = '7s'; ALTER ROLE $ IN DATABASE app SET \"my.own\" = 'x, y'", { settings: { statement_timeout: '30s' } }],
    ['settings that decide its access', 'ALTER ROLE $ SET default_transaction_read_only = on; ALTER ROLE $ SET role = club', {}],
    ['memberships', 'GRANT club TO $; SET ROLE postgres; GRANT other_owner TO $; GRANT app_ro TO $', {}],
    ['a membership with the right to pass it on', 'SET ROLE postgres; GRANT other_rw TO $ WITH ADMIN OPTION', { access: 'READ_ONLY' }],
    ['nothing special', 'SELECT 1', { access: 'OWNER' }],
  ])('with %s, is given back as it was when the deployment that adopted it is rolled back, however often that is delivered', async (what, before, options) => {
    // GIVEN
    const name = `legacy_${what.replace(/\W/g, '_')}`.slice(0, 40);
    await broker.asSuperuser('postgres', "DO 'BEGIN CREATE ROLE club; EXCEPTION WHEN duplicate_object THEN NULL; END'");
    await broker.asAdmin('postgres', `CREATE ROLE ${name} LOGIN PASSWORD 'old'`);
    await broker.asSuperuser('postgres', before.replaceAll('$"', '\u0001').replaceAll('"$user"', '"\u0001user"').replaceAll('$', name).replaceAll('\u0001', '$'));
    const state = await stateOf(name);

    // WHEN
    await broker.succeed(broker.user(name, 'app', { ...ADOPT, ...options }));
    await broker.succeed(broker.user(name, 'app', { ...ADOPT, ...options }));
    expect(await stateOf(name)).not.toEqual(state);
    await broker.succeed(broker.deleteUser(name));
    await broker.succeed(broker.deleteUser(name));

    // THEN
    expect(await stateOf(name)).toEqual(state);
    expect(await markOf(name)).toEqual({ stackId: '', logicalId: '' });
  });

  test('is given back as it was when the adoption itself fails half-way', async () => {
    // GIVEN: from 16 on a membership that somebody else has granted cannot be taken away
    await broker.asAdmin('postgres', "CREATE ROLE half LOGIN CREATEDB; ALTER ROLE half SET statement_timeout = '7s'");
    await broker.asSuperuser('postgres', 'GRANT other_rw TO half');
    const state = await stateOf('half');

    // WHEN
    const response = await handleSqlRequest(broker.user('half', 'app', { ...ADOPT, settings: { statement_timeout: '30s' } }));
    await broker.succeed(broker.deleteUser('half'));

    // THEN
    expect(response.ok).toBe(major < 16);
    expect(await stateOf('half')).toEqual(state);
  });

  test('is given back although a database and a group of its own have gone meanwhile', async () => {
    // GIVEN
    await broker.succeed(broker.database('passing'));
    await broker.asAdmin('postgres', 'CREATE ROLE survivor LOGIN CREATEDB; GRANT passing_rw TO survivor');
    await broker.asAdmin('postgres', "ALTER ROLE survivor IN DATABASE passing SET role = 'passing_rw'");
    await broker.succeed(broker.user('survivor', 'app', ADOPT));

    // WHEN
    await broker.succeed(broker.deleteDatabase('passing', { force: true }));
    await broker.succeed(broker.deleteUser('survivor'));

    // THEN
    expect(await stateOf('survivor')).toMatchObject([{ rolcreatedb: true, settings: [], member_of: null }]);
  });

  test('is not given back once a later deployment has updated it: the record of it goes', async () => {
    await broker.asAdmin('postgres', 'CREATE ROLE settled LOGIN CREATEDB');
    await broker.succeed(broker.user('settled', 'app', ADOPT));
    expect(await markOf('settled')).toMatchObject({ adopted: true, before: expect.anything(), previous: expect.anything() });
    await broker.succeed(broker.user('settled', 'app', { ...ADOPT, settled: true }));
    const mark = await markOf('settled');
    expect([mark?.adopted, mark?.before, mark?.previous]).toEqual([true, undefined, undefined]);
  });

  test('keeps settings that nobody has declared, for good, but none that would defeat its access or what is declared', async () => {
    // GIVEN
    await broker.asSuperuser('postgres', "CREATE ROLE tuned LOGIN; ALTER ROLE tuned SET work_mem = '8MB'; ALTER ROLE tuned SET default_transaction_read_only = on; ALTER ROLE tuned SET statement_timeout = '7s'");
    await broker.asSuperuser('postgres', "ALTER ROLE tuned IN DATABASE other SET role = 'club'; ALTER ROLE tuned IN DATABASE app SET statement_timeout = 0; ALTER ROLE tuned IN DATABASE app SET geqo = off");
    await broker.asSuperuser('postgres', `GRANT tuned TO postgres WITH ADMIN OPTION${major >= 16 ? ', INHERIT FALSE, SET FALSE' : ''}`);
    const declared = { ...ADOPT, settings: { statement_timeout: '30s', lock_timeout: '1s' } };

    // WHEN
    await broker.succeed(broker.user('tuned', 'app', declared));
    await broker.succeed(broker.user('tuned', 'app', { ...declared, settled: true }));

    // THEN
    expect(await settingsOf('tuned')).toEqual(['lock_timeout=1s', 'statement_timeout=30s', 'work_mem=8MB', 'app: geqo=off']);
    await expect(broker.succeed(broker.user('tuned', 'app', { ...declared, settled: true }))).resolves.toEqual([]);

    // WHEN a setting leaves the declaration
    await broker.succeed(broker.user('tuned', 'app', { ...ADOPT, settled: true, settings: { statement_timeout: '30s' }, formerSettings: ['statement_timeout', 'lock_timeout'] }));

    // THEN
    expect(await settingsOf('tuned')).toEqual(['statement_timeout=30s', 'work_mem=8MB', 'app: geqo=off']);
  });

  test('that only read writes again with another access: what the library set is not taken for what was there', async () => {
    await broker.asAdmin('postgres', 'CREATE ROLE promoted LOGIN');
    await broker.succeed(broker.user('promoted', 'app', { ...ADOPT, access: 'READ_ONLY' }));
    await broker.succeed(broker.user('promoted', 'app', { ...ADOPT, settled: true }));
    expect(await settingsOf('promoted')).toEqual([]);
  });

  test('of another stack gets back its access and its settings when the stack that took it over is rolled back', async () => {
    // GIVEN
    await broker.succeed(broker.user('moving', 'app', { mark: THEIRS, access: 'OWNER', settings: { work_mem: '8MB' }, connectionLimit: 4 }));
    const state = await stateOf('moving');

    // WHEN
    await broker.succeed(broker.user('moving', 'app', { ...ADOPT, access: 'READ_ONLY', connectionLimit: 9 }));
    const client = await broker.postgres.connect({ user: 'moving', password: PASSWORD, database: 'app' });
    await broker.succeed(broker.deleteUser('moving'));

    // THEN
    expect(await stateOf('moving')).toEqual(state);
    expect(await markOf('moving')).toEqual(THEIRS);
    await client.end().catch(() => undefined);
    await expect(broker.succeed(broker.user('moving', 'app', { mark: THEIRS, access: 'OWNER', settings: { work_mem: '8MB' }, connectionLimit: 4 }))).resolves.toEqual([]);
  });

  test('ends sessions that act as its owner group when the deployment is rolled back', async () => {
    // GIVEN
    await broker.asAdmin('postgres', "CREATE ROLE brief LOGIN PASSWORD 'old'");
    await broker.succeed(broker.user('brief', 'app', { ...ADOPT, access: 'OWNER' }));
    const client = await broker.postgres.connect({ user: 'brief', password: PASSWORD, database: 'app' });

    // WHEN
    await broker.succeed(broker.deleteUser('brief'));

    // THEN
    await expect(client.query('CREATE TABLE left_over (id int)')).rejects.toThrow();
    await client.end().catch(() => undefined);
    expect((await markOf('brief'))?.endSessions).toBeUndefined();
  });
});
