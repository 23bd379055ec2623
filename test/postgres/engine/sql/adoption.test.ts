import { BrokerFixture, MARK, MortalProcess, PASSWORD, type UserOptions } from './broker-fixture';
import { Application, fingerprint, livingDatabase, OWNERSHIPS } from './living-database';
import type { RunnerSettings } from '../../../../src/migrations/handler/runner/settings';
import { PostgresLockSession } from '../../../../src/postgres/engine/handler/runner/lock-session';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const ADOPT = { adoptExisting: true };
let databases = 0;

describe.each(POSTGRES_MAJORS)('a living database on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
  });
  afterAll(async () => broker.postgres.remove());

  const applications: Application[] = [];
  afterEach(async () => {
    await Promise.all(applications.splice(0).map((application) => application.stop()));
  });

  const nextName = () => `living${++databases}`;
  const outcome = async (work: Promise<unknown>) => work.then(() => 'ok', (error: Error) => error.message);

  async function users(name: string, work: (login: (access: string, sql: string) => Promise<string>) => Promise<void>): Promise<void> {
    for (const access of ['READ_ONLY', 'READ_WRITE', 'OWNER'] as const) {
      await broker.succeed(broker.user(`${name}_user_${access.toLowerCase()}`, name, { access, mark: { ...MARK, logicalId: access } } as UserOptions));
    }
    await work(async (access, sql) => outcome(broker.asUser(`${name}_user_${access.toLowerCase()}`, name, sql)));
    for (const access of ['READ_ONLY', 'READ_WRITE', 'OWNER']) {
      await broker.succeed(broker.deleteUser(`${name}_user_${access.toLowerCase()}`, { mark: { ...MARK, logicalId: access } }));
    }
  }

  test.each(OWNERSHIPS)('that is owned %s is taken over, deployed to and given back without an error of its application', async (ownership) => {
    // GIVEN
    const name = nextName();
    const former = async (sql: string) => (ownership === 'by the admin' ? broker.asAdmin(name, sql)
      : broker.asUser(`${name}_app`, name, ownership === 'by a role with the name of a group' ? `SET ROLE ${name}_owner; ${sql}` : sql));
    await livingDatabase(broker, name, ownership);
    const before = await fingerprint(broker, name);
    const [application, admin] = [{ user: `${name}_app`, password: PASSWORD }, { user: broker.postgres.admin.username, password: broker.postgres.admin.password }].map((login) => new Application(broker, name, login));
    applications.push(application, admin);
    await application.goesOn();

    // WHEN
    await broker.succeed(broker.database(name, { ...ADOPT, extensions: ['pgcrypto', 'pg_trgm'] }));
    await application.goesOn();
    await users(name, async (as) => {
      await former('CREATE TABLE public.later (id serial)');
      // THEN declared users have what they were promised
      expect(await as('READ_ONLY', 'SELECT * FROM public.orders; SELECT * FROM sales.items; SELECT * FROM public.paid; SELECT * FROM public.summary; SELECT * FROM public.later')).toBe('ok');
      expect(await as('READ_ONLY', 'BEGIN READ WRITE; DELETE FROM public.orders')).toMatch(/permission denied/);
      expect(await as('READ_WRITE', 'INSERT INTO public.orders (total) VALUES (2); INSERT INTO public.later DEFAULT VALUES; SELECT nextval(\'public.loose\'); SELECT public.total()')).toBe('ok');
      expect(await as('READ_WRITE', 'ALTER TABLE public.orders ADD COLUMN x int')).toMatch(/must be owner/);
      expect(await as('OWNER', `ALTER TABLE public.orders ADD COLUMN x int; ALTER TABLE public.orders DROP COLUMN x; ALTER TABLE public.parted ADD COLUMN x int; ALTER TABLE public.parted DROP COLUMN x; CREATE OR REPLACE VIEW public.paid AS SELECT * FROM public.orders WHERE state = 'paid' LIMIT 10;
        CREATE TABLE sales.more (id int); DROP TABLE sales.more; ALTER TYPE public.state RENAME VALUE 'paid' TO 'settled'; ALTER TYPE public.state RENAME VALUE 'settled' TO 'paid'; REFRESH MATERIALIZED VIEW public.summary;
        CREATE SCHEMA own; CREATE TABLE own.t (id int); DROP SCHEMA own CASCADE`)).toBe('ok');
      // AND nobody has got the rights of code that acts as somebody else
      expect(await as('READ_WRITE', 'SELECT public.whoami()')).toMatch(/permission denied/);
      await former('DROP TABLE public.later');
    });
    await broker.succeed(broker.database(name, { ...ADOPT, extensions: ['pgcrypto', 'pg_trgm'] }));
    await application.goesOn();
    await broker.succeed(broker.deleteDatabase(name, { force: true }));
    await application.goesOn();

    // THEN
    expect([await application.stop(), await admin.stop()]).toEqual([[], []]);
    expect(await fingerprint(broker, name)).toEqual(before);
  }, 120_000);

  test('that was taken over is converged without a change, with and without adoptExisting, and goes with its policy once it is settled', async () => {
    // GIVEN
    const name = nextName();
    await livingDatabase(broker, name, 'by its application');
    await broker.succeed(broker.database(name, ADOPT));

    // THEN
    await expect(broker.succeed(broker.database(name, ADOPT))).resolves.toEqual([]);
    await broker.succeed(broker.database(name, { settled: true }));
    await expect(broker.succeed(broker.database(name, { settled: true }))).resolves.toEqual([]);
    expect(await outcome(broker.asUser(`${name}_reader`, name, 'SELECT * FROM public.orders'))).toBe('ok');
    await broker.succeed(broker.deleteDatabase(name, { force: true }));
    await expect(broker.asSuperuser('postgres', `SELECT FROM pg_database WHERE datname = '${name}'`)).resolves.toEqual([]);
  });

  test('leaves to its owner group what a removed user made, and lets migrations run as that group', async () => {
    // GIVEN
    const name = nextName();
    await livingDatabase(broker, name, 'by its application');
    await broker.succeed(broker.database(name, ADOPT));
    await broker.succeed(broker.user(`${name}_migrator`, name, { access: 'OWNER' }));
    await broker.succeed(broker.user(`${name}_api`, name));
    await broker.asSuperuser(name, `GRANT CREATE ON SCHEMA public TO ${name}_api`);
    await broker.asUser(`${name}_api`, name, 'CREATE TABLE public.of_api (id int); CREATE FUNCTION public.api_code() RETURNS text LANGUAGE sql SECURITY DEFINER AS \'SELECT current_user::text\'');

    // WHEN
    const { hostName: host, port, ca } = broker.postgres;
    const session = await PostgresLockSession.connect({ host, port, ca, user: `${name}_migrator`, password: PASSWORD, database: name } as RunnerSettings);
    await session.checkRole();
    expect(await session.tryLock()).toBe(true);
    await session.close();
    await broker.succeed(broker.deleteUser(`${name}_api`));

    // THEN
    const owners = await broker.asSuperuser(name, `SELECT relname AS name, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'of_api'
      UNION ALL SELECT proname, regexp_replace(pg_get_userbyid(proowner)::text, '\\d+$', '…') FROM pg_proc WHERE proname = 'api_code'`);
    expect(owners).toEqual([{ name: 'of_api', owner: `${name}_owner` }, { name: 'api_code', owner: `${name}_api_removed_…` }]);
    const login = await PostgresLockSession.connect({ host, port, ca, user: `${name}_app`, password: PASSWORD, database: name, expectedRole: `${name}_owner` } as RunnerSettings);
    await expect(login.checkRole()).rejects.toThrow(/acts as/);
    await login.close();
  });

  test('keeps the settings and the limit that nobody declared, and gets those that somebody did', async () => {
    // GIVEN
    const name = nextName();
    await livingDatabase(broker, name, 'by the admin');
    const settings = { lock_timeout: '3s', idle_in_transaction_session_timeout: '60s' };

    // WHEN
    await broker.succeed(broker.database(name, { ...ADOPT, settings, defaultSettings: ['idle_in_transaction_session_timeout'] }));
    await broker.succeed(broker.database(name, { settled: true, settings, defaultSettings: ['idle_in_transaction_session_timeout'] }));

    // THEN
    const [row] = await broker.asSuperuser(name, `SELECT setconfig, datconnlimit FROM pg_database d JOIN pg_db_role_setting s ON s.setdatabase = d.oid WHERE datname = '${name}' AND setrole = 0`);
    expect(row).toEqual({ setconfig: ['search_path=public, sales', 'lock_timeout=3s'], datconnlimit: 90 });
  });

  test('takes from PUBLIC what it has where that is asked for, and a rollback gives it back', async () => {
    // GIVEN
    const name = nextName();
    await livingDatabase(broker, name, 'by its application');
    const before = await fingerprint(broker, name);

    // WHEN
    await broker.succeed(broker.database(name, { ...ADOPT, revokePublic: true }));

    // THEN
    expect(await outcome(broker.asUser(`${name}_reader`, name, 'SELECT 1'))).toMatch(/permission denied for database/);
    expect(await outcome(broker.asUser(`${name}_app`, name, 'INSERT INTO public.orders (total) VALUES (2)'))).toBe('ok');
    await broker.succeed(broker.deleteDatabase(name));
    expect(await fingerprint(broker, name)).toEqual(before);
  });

  test('is described, and not touched, by a plan', async () => {
    // GIVEN
    const name = nextName();
    await livingDatabase(broker, name, 'by both, and by a role without login');
    const before = await fingerprint(broker, name);

    // WHEN
    const plan = await broker.fail(broker.database(name, { ...ADOPT, planOnly: true, settings: { lock_timeout: '1s' } }));

    // THEN
    expect(plan.code).toBe('ADOPTION_PLAN');
    for (const part of [
      `"postgres" becomes "${name}_owner"`, `GRANT "${name}_app" TO "${name}_owner"`, `GRANT "${name}_holder" TO "${name}_owner"`, 'public.of_admin', 'PUBLIC keeps CONNECT on the database', 'SET "lock_timeout" TO \'1s\'', 'search_path',
    ]) {
      expect(plan.message).toContain(part);
    }
    expect(await fingerprint(broker, name)).toEqual(before);
  });

  test('is given back as it was, whenever the take-over was killed', async () => {
    for (let n = 1; ; n += 3) {
      // GIVEN
      const name = nextName();
      await livingDatabase(broker, name, 'by both, and by a role without login');
      const before = await fingerprint(broker, name);

      // WHEN
      const mortal = new MortalProcess(n);
      await handleSqlRequest(broker.database(name, { ...ADOPT, settings: { lock_timeout: '1s' } }), { connect: mortal.connect });
      await broker.succeed(broker.deleteDatabase(name, { force: true }));

      // THEN
      expect(await fingerprint(broker, name)).toEqual(before);
      if (!mortal.died) return;
    }
  }, 300_000);

  test.each([
    ['a superuser owns a table', 'CREATE TABLE public.by_root (id int)', /NOT_ADMINISTRABLE.*'rdsadmin' owns 1 of kind TABLE \(public.by_root\)/],
    ['an owner logs in by IAM', 'GRANT rds_iam TO NAME_app', /IAM_ROLE.*REVOKE rds_iam FROM "NAME_app"/],
    ['an owner is a member of another role', 'CREATE ROLE NAME_power; GRANT NAME_power TO NAME_app', /OWNER_HAS_OTHER_RIGHTS.*membership in 'NAME_power'/],
    ['an owner has rights in another database', 'GRANT CONNECT ON DATABASE template1 TO NAME_app', /OWNER_HAS_OTHER_RIGHTS.*rights in template1/],
    ['a role has the name of a group that only holds grants', 'CREATE ROLE NAME_ro NOLOGIN', /Role 'NAME_ro' exists, and database 'NAME' needs that name/],
    ['an owner may read the files of the server', 'GRANT pg_read_server_files TO NAME_app', /OWNER_HAS_OTHER_RIGHTS.*pg_read_server_files/],
  ])('is refused, and nothing is touched, when %s', async (_, sql, reason) => {
    // GIVEN
    const name = nextName();
    await livingDatabase(broker, name, 'by its application');
    await broker.asSuperuser(name, sql.replaceAll('NAME', name));
    const before = await fingerprint(broker, name);

    // WHEN
    const { code, message } = await broker.fail(broker.database(name, ADOPT));

    // THEN
    expect(`${code} ${message}`).toMatch(new RegExp(reason.source.replaceAll('NAME', name)));
    expect(await fingerprint(broker, name)).toEqual(before);
  });
});
