import { BrokerFixture, MARK, OTHER_STACK, PASSWORD } from './broker-fixture';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { isLeftBehindSql } from '../../../../src/postgres/engine/handler/sql/removal/left-behind';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

describe.each(POSTGRES_MAJORS)('a role that cannot go on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
    await broker.succeed(broker.user('reader', 'app', { access: 'READ_ONLY' }));
    await broker.succeed(broker.user('writer', 'app'));
    await broker.asSuperuser('app', 'CREATE SCHEMA s AUTHORIZATION app_owner; CREATE TABLE public.of_others (id int); CREATE FOREIGN DATA WRAPPER fdw; CREATE SCHEMA not_ours');
  });
  afterAll(async () => broker.postgres.remove());

  const rolesLike = async (login: string) => broker.asSuperuser('postgres', `SELECT a.rolname AS name, a.rolcanlogin AS login, a.rolpassword IS NULL AS passwordless, a.rolcreatedb AS createdb, r.rolconfig AS config,
    shobj_description(a.oid, 'pg_authid') AS comment, (SELECT count(*)::int FROM pg_auth_members m WHERE m.member = a.oid) AS memberships,
    (SELECT count(*)::int FROM pg_auth_members m WHERE m.roleid = a.oid AND ((to_jsonb(m) ->> 'inherit_option')::boolean OR (to_jsonb(m) ->> 'set_option')::boolean OR NOT to_jsonb(m) ? 'set_option')) AS members
    FROM pg_authid a JOIN pg_roles r ON r.oid = a.oid WHERE a.rolname ~ '^${login}(_removed_\\d+)?$'`);

  async function remove(login: string, policy: 'REASSIGN' | 'DROP_OWNED' = 'REASSIGN'): Promise<string[]> {
    const response = await handleSqlRequest(broker.deleteUser(login, { policy }));
    if (!response.ok) {
      throw new Error(response.error.message);
    }
    return response.left ?? [];
  }

  const KEEPERS: [string, string, (login: string) => string, RegExp, ('app' | 'postgres' | 'closed' | 'locked')?][] = [
    ['a function', 'function', (login) => `CREATE FUNCTION s.${login}() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION s.${login}() OWNER TO ${login}`, /ALTER FUNCTION s\.kept_0\(\) OWNER TO "app_owner"/],
    ['a publication', 'publication', (login) => `CREATE PUBLICATION ${login}; ALTER PUBLICATION ${login} OWNER TO ${login}`, /ALTER PUBLICATION kept_1 OWNER TO/],
    ['a foreign server', 'server', (login) => `CREATE SERVER ${login} FOREIGN DATA WRAPPER fdw; ALTER SERVER ${login} OWNER TO ${login}`, /ALTER SERVER kept_2 OWNER TO/],
    ['a subscription', 'subscription', (login) => `CREATE SUBSCRIPTION ${login} CONNECTION 'host=127.0.0.1 password=x' PUBLICATION p WITH (connect = false); ALTER ROLE ${login} SUPERUSER; ALTER SUBSCRIPTION ${login} OWNER TO ${login}; ALTER ROLE ${login} NOSUPERUSER`, /the role is/],
    ['a policy on a table of others', 'policy', (login) => `CREATE POLICY ${login} ON public.of_others TO ${login} USING (true)`, /policy kept_4 on public\.of_others names/],
    ['a right on a parameter', 'parameter', (login) => `GRANT SET ON PARAMETER log_statement TO ${login}`, /the role is/, 'postgres'],
    ['a right on a table of a superuser, granted by that one', 'right', (login) => `GRANT USAGE ON SCHEMA not_ours TO ${login}`, /schema not_ours grants rights to "kept_6_removed_\d+" that the admin may not revoke/],
    ['a table in a database without CONNECT for the admin', 'closed', (login) => `CREATE TABLE ${login} (id int); ALTER TABLE ${login} OWNER TO ${login}`, /cannot enter database "closed"/, 'closed'],
    ['a right in a database that takes no connections', 'locked', (login) => `CREATE TABLE ${login} (id int); GRANT SELECT ON ${login} TO ${login}`, /cannot enter database "locked"/, 'locked'],
    ['a large object', 'large object', (login) => `SELECT lo_create(815); ALTER LARGE OBJECT 815 OWNER TO ${login}`, /ALTER LARGE OBJECT 815 OWNER TO/],
  ];

  test.each(KEEPERS.map(([what, , sql, left, database = 'app'], index) => ({ what, sql, left, database, login: `kept_${index}` })))('a user with $what is retired: without login, name, password, settings and rights, and the answer has the way out', async ({ sql, left, database, login }) => {
    // GIVEN
    await broker.succeed(broker.user(login, 'app', { settings: { statement_timeout: '30s' } }));
    await broker.asAdmin('postgres', `ALTER ROLE ${login} CREATEDB`);
    if (database === 'closed' || database === 'locked') {
      await broker.asSuperuser('postgres', `CREATE DATABASE ${database}`);
    }
    await broker.asSuperuser(database, sql(login));
    await broker.asSuperuser('app', `GRANT SELECT ON public.of_others TO ${login} WITH GRANT OPTION; ALTER TABLE public.of_others OWNER TO app_owner`);
    if (database === 'closed') await broker.asSuperuser('postgres', 'REVOKE ALL ON DATABASE closed FROM PUBLIC');
    if (database === 'locked') await broker.asSuperuser('postgres', 'ALTER DATABASE locked ALLOW_CONNECTIONS false');

    // WHEN
    const notes = await remove(login);

    // THEN
    expect(notes.join('\n')).toMatch(left);
    const [role, ...others] = await rolesLike(login);
    expect(others).toEqual([]);
    expect(role).toEqual({
      name: expect.stringMatching(new RegExp(`^${login}_removed_\\d+$`)),
      login: false,
      passwordless: true,
      createdb: false,
      config: null,
      memberships: 0,
      members: 0,
      comment: expect.stringContaining(`"logicalId":"${MARK.logicalId}","retired":"${login}"`),
    });
    await expect(broker.asSuperuser('app', `SELECT has_table_privilege('${String(role.name)}', 'public.of_others', 'SELECT') AS reads`)).resolves.toEqual([{ reads: false }]);
    await expect(remove(login)).resolves.toEqual([]);
    // The name is free, and its new role has nothing to do with the former one.
    await broker.succeed(broker.user(login, 'app'));
    await expect(broker.asUser(login, 'app', 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    await remove(login);
    await expect(rolesLike(login)).resolves.toHaveLength(1);
  });

  test.each([['REASSIGN'], ['DROP_OWNED']] as const)('a user that owns nothing but data goes with %s, with its default privileges and user mappings', async (policy) => {
    const login = `goes_${policy.toLowerCase()}`;
    await broker.succeed(broker.user(login, 'app'));
    await broker.asSuperuser('app', `CREATE SERVER IF NOT EXISTS remote FOREIGN DATA WRAPPER fdw; CREATE USER MAPPING FOR ${login} SERVER remote OPTIONS (password 'x'); GRANT CREATE, USAGE ON SCHEMA s TO ${login}`);
    await broker.asUser(login, 'app', `CREATE TABLE s.${login} (id serial PRIMARY KEY); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app_ro`);
    await broker.asSuperuser('app', `COMMENT ON TABLE s.${login} IS 'What it is for'`);

    await expect(remove(login, policy)).resolves.toEqual([]);

    await expect(rolesLike(login)).resolves.toEqual([]);
    const tables = await broker.asSuperuser('app', `SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS comment FROM pg_class c WHERE ${isLeftBehindSql('pg_class', 'c.oid')} AND c.relname ~ '^${login}' AND c.relkind IN ('r', 'S') ORDER BY 1`);
    expect(tables).toEqual(policy === 'DROP_OWNED' ? [] : [
      { name: login, comment: `cdk-private-backend:{"leftBehindBy":"${login}"}\nWhat it is for` }, { name: `${login}_id_seq`, comment: null },
    ]);
  });

  test('DROP_OWNED drops every kind of thing, whole trees of partitions and what depends on it', async () => {
    await broker.succeed(broker.user('dropper', 'app'));
    await broker.asSuperuser('app', 'CREATE SCHEMA dropper AUTHORIZATION dropper; GRANT CREATE, USAGE ON SCHEMA s TO dropper');
    await broker.asUser('dropper', 'app', `CREATE TABLE s.tree (id int) PARTITION BY RANGE (id); CREATE TABLE s.tree_1 PARTITION OF s.tree FOR VALUES FROM (1) TO (100) PARTITION BY RANGE (id);
      CREATE TABLE s.tree_1_1 PARTITION OF s.tree_1 FOR VALUES FROM (1) TO (9); CREATE TABLE dropper.t (id int GENERATED ALWAYS AS IDENTITY); CREATE VIEW s.v AS SELECT id FROM dropper.t; CREATE TYPE s.e AS ENUM ('a');
      CREATE FUNCTION s.f(x s.e) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE s.a(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0'); CREATE DOMAIN s.d AS int; CREATE TYPE s.c AS (a int); CREATE TYPE s.r AS RANGE (subtype = int);
      CREATE PROCEDURE s.p(IN a int, OUT b text) LANGUAGE sql AS $$ SELECT 'x' $$; CREATE PROCEDURE s.p(IN a int, IN b text) LANGUAGE sql AS 'SELECT 1'; CREATE COLLATION s.k (provider = libc, locale = 'C');
      CREATE TEXT SEARCH CONFIGURATION s.w (COPY = pg_catalog.simple); SELECT lo_create(0); CREATE STATISTICS s.st ON (id + 1), (id + 2) FROM dropper.t; CREATE OPERATOR s.=# (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int)`);

    await expect(remove('dropper', 'DROP_OWNED')).resolves.toEqual([]);

    await expect(rolesLike('dropper')).resolves.toEqual([]);
    await expect(broker.asSuperuser('app', "SELECT relname FROM pg_class WHERE relname ~ '^tree'")).resolves.toEqual([]);
  });

  test('DROP_OWNED retires a user that something else keeps', async () => {
    await broker.succeed(broker.user('keeper', 'app'));
    await broker.asSuperuser('postgres', 'GRANT SET ON PARAMETER log_min_duration_statement TO keeper');

    expect((await remove('keeper', 'DROP_OWNED')).join()).toContain('DROP ROLE "keeper_removed_');

    await expect(rolesLike('keeper')).resolves.toMatchObject([{ login: false }]);
  });

  test('others cannot act as a retired role, or it is said who let them, and a name of 63 bytes is cut to fit', async () => {
    // GIVEN
    const login = `${'ä'.repeat(31)}x`;
    await broker.succeed(broker.user(login, 'app'));
    await broker.asSuperuser('app', `GRANT "${login}" TO writer; CREATE FUNCTION s.own() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION s.own() OWNER TO "${login}"`);

    // WHEN
    const notes = (await remove(login)).join('\n');

    // THEN: from 16 on only who granted a membership may end it
    const [role] = await broker.asSuperuser('postgres', "SELECT rolname AS name, octet_length(rolname) AS bytes FROM pg_roles WHERE rolname ~ '^ä+_removed_'");
    expect(role.bytes).toBeLessThanOrEqual(63);
    const [{ acts }] = await broker.asSuperuser('app', `SELECT pg_has_role('writer', '${String(role.name)}', 'MEMBER') AS acts`);
    expect([acts, /writer still is a member of .*, granted by rdsadmin/.test(notes)]).toEqual([major >= 16, major >= 16]);
  });

  test('a database that goes takes the retired roles of its own stack along, when nothing keeps them', async () => {
    // GIVEN
    const theirs = { stackId: OTHER_STACK, logicalId: 'Theirs' };
    await broker.succeed(broker.database('going'));
    for (const [login, mark] of [['ours', MARK], ['theirs', theirs]] as const) {
      await broker.succeed(broker.user(login, 'going', { mark }));
      await broker.asSuperuser('going', `CREATE FUNCTION public.${login}() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION public.${login}() OWNER TO ${login}`);
      await broker.succeed(broker.deleteUser(login, { mark }));
    }

    // WHEN
    await broker.succeed(broker.deleteDatabase('going', { force: true }));

    // THEN
    await expect(broker.asSuperuser('postgres', "SELECT regexp_replace(rolname, '\\d+', '') AS name FROM pg_roles WHERE rolname ~ '^(ours|theirs|going)'")).resolves.toEqual([{ name: 'theirs_removed_' }]);
  });

  test('nobody reads a table that a removed login kept to itself', async () => {
    await broker.succeed(broker.user('secretive', 'app'));
    await broker.asSuperuser('app', 'GRANT CREATE, USAGE ON SCHEMA s TO secretive; GRANT USAGE ON SCHEMA s TO app_rw, app_ro');
    await broker.asUser('secretive', 'app', 'CREATE TABLE s.diary (page text)');

    await remove('secretive');

    for (const user of ['reader', 'writer']) {
      await expect(broker.asUser(user, 'app', 'SELECT * FROM s.diary', PASSWORD)).rejects.toThrow('permission denied');
    }
  });

  test('tables that foreign keys tie to types of another user stay with their maker, in both directions', async () => {
    // GIVEN: whoever owns the table acts on the other one, and would run the checks of that user
    await broker.succeed(broker.user('tied', 'app'));
    await broker.asSuperuser('app', 'GRANT CREATE, USAGE ON SCHEMA s TO tied, writer');
    await broker.asUser('writer', 'app', "CREATE FUNCTION s.check_it(i int) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE DOMAIN s.checked AS int CHECK (s.check_it(VALUE)); CREATE TABLE s.their_parent (id s.checked PRIMARY KEY); GRANT REFERENCES, SELECT ON s.their_parent TO tied");
    await broker.asUser('tied', 'app', 'CREATE TABLE s.tied_child (id int REFERENCES s.their_parent ON DELETE CASCADE); CREATE TABLE s.tied_parent (id int PRIMARY KEY); GRANT REFERENCES, SELECT ON s.tied_parent TO writer; CREATE TABLE s.tied_free (id int)');
    await broker.asUser('writer', 'app', 'CREATE TABLE s.their_child (id s.checked REFERENCES s.tied_parent ON DELETE CASCADE)');

    // WHEN
    await remove('tied');

    // THEN
    await expect(broker.asSuperuser('app', "SELECT relname AS name, regexp_replace(pg_get_userbyid(relowner), '\\d+$', '') AS owner FROM pg_class WHERE relname ~ '^tied_[a-z]+$' AND relkind = 'r' ORDER BY 1")).resolves.toEqual([
      { name: 'tied_child', owner: 'tied_removed_' }, { name: 'tied_free', owner: 'app_owner' }, { name: 'tied_parent', owner: 'tied_removed_' },
    ]);
  });
});
