import { setTimeout as sleep } from 'timers/promises';
import { BrokerCloud, outcomeOf, REFUSED, succeeded, type User } from '../../../support/broker-cloud';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

describe.each([15, 18] as const)('removing through CloudFormation on PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let cloud: BrokerCloud;

  beforeAll(async () => { server = await startPostgres({ major }); });
  beforeEach(() => { cloud = new BrokerCloud(server, { owned: false }); });
  afterEach(() => cloud.endSessions());
  afterAll(() => server.remove());

  const entries = (): { message: string; operation?: string; changes?: string[]; left?: string[] }[] => cloud.world.logs.map((line) => JSON.parse(line) as never);
  const leftBehind = (): string[] => entries().flatMap(({ left = [] }) => left);
  const retired = async (username: string) => (await cloud.asSuperuser('postgres', `select rolname as name from pg_roles where rolname ~ '^${username}_removed_'`)).map(({ name }) => String(name));

  test.each([
    ['two procedures that differ by an OUT parameter only', 'owner', "create procedure S.p(in a int, out b text) language sql as $$select 'x'$$; create procedure S.p(in a int, in b text) language sql as 'select 1'"],
    ['a function in a schema of the admin', 'admin', "create function S.f() returns int language sql as 'select 1'"],
    ['a collation in a schema of the admin', 'admin', "create collation S.c (provider = libc, locale = 'C')"],
    ['statistics in a schema of the admin', 'admin', 'create table S.t (a int, b int); create statistics S.st on a, b from S.t'],
    ['an aggregate with ORDER BY and one without', 'owner', 'create aggregate S.a(int) (sfunc = int4pl, stype = int); create aggregate S.nothing(*) (sfunc = int8inc, stype = int8, initcond = 0)'],
  ].map(([what, of, sql], index) => ({ what, of, sql, index })))('a user that owns $what is removed, and the statements in the log hand over what is left', async ({ of, sql, index }) => {
    // GIVEN
    const [database, login, schema] = [`routines_${index}`, `maker_${index}`, `s_${index}`];
    await cloud.givenDatabase(database);
    const user = await cloud.givenUser(login, database);
    await cloud.asAdmin(database, `${of === 'owner' ? `set role ${database}_owner;` : ''} create schema ${schema}; grant create, usage on schema ${schema} to ${login}`);
    await cloud.as(user, sql.replace(/\bS\./g, `${schema}.`));

    // WHEN
    succeeded(await cloud.deleteUser(user));

    // THEN
    const [name] = await retired(login);
    const adopt = leftBehind().flatMap((entry) => /to take it over: (.*;) -- in/.exec(entry)?.slice(1) ?? []);
    expect(adopt).not.toEqual([]);
    await cloud.asAdmin(database, `grant ${name} to current_user; ${adopt.join(' ')}`);
    await cloud.asAdmin(database, `drop owned by ${name}; drop role ${name}`);
    await expect(cloud.asSuperuser(database, `select distinct pg_get_userbyid(proowner) as owner from pg_proc where pronamespace = '${schema}'::regnamespace`)).resolves
      .toEqual(/procedure|function|aggregate/.test(sql) ? [{ owner: `${database}_owner` }] : []);
  });

  test('code of a removed user never runs with more rights, and a rename is a removal', async () => {
    // GIVEN: a server that came from PostgreSQL 14 has this
    await cloud.asSuperuser('postgres', 'grant create on schema public to public');
    await cloud.givenDatabase('left');
    const before = await cloud.givenUser('api', 'left');
    await cloud.as(before, 'create function public.run(t text) returns text language plpgsql security definer as $$ begin execute t; return current_user; end $$', 'postgres');

    // WHEN
    const after = await cloud.renameUser(before, 'api2');

    // THEN
    await expect(outcomeOf(cloud.as(after, "select public.run('create role evil createrole createdb login') as ran_as", 'postgres'))).resolves.toMatch(REFUSED);
    await expect(outcomeOf(cloud.asAdmin('postgres', "select public.run('create role evil createrole createdb login') as ran_as"))).resolves.toMatch(REFUSED);
    await expect(cloud.asSuperuser('postgres', "select rolname from pg_roles where rolname = 'evil'")).resolves.toEqual([]);
    expect(leftBehind()).toContainEqual(expect.stringMatching(/^function public\.run\(t text\) stays with "api_removed_\d+"/));
  });

  test('other readers wait no longer than 200 ms each, and the reason names the session that blocks and how to end it', async () => {
    // GIVEN
    await cloud.givenDatabase('busy');
    await cloud.asAdmin('busy', 'set role busy_owner; create schema s; grant usage, create on schema s to busy_rw');
    const reader = await cloud.givenUser('reader', 'busy');
    const gone = await cloud.givenUser('gone', 'busy');
    await cloud.as(gone, 'create table s.busy (id int generated always as identity); grant select on s.busy to busy_rw; create table s.free (id int)');
    const idle = await cloud.open(reader);
    await idle.query("set application_name = 'report'; begin; select * from s.busy");
    const { rows: [{ pid }] } = await idle.query('select pg_backend_pid() as pid');

    // WHEN
    cloud.patience = 6_000;
    const [{ Status, Reason }, { longest, stalled, took }] = await readingDuring(reader, cloud.deleteUser(gone));

    // THEN
    expect({ Status, Reason }).toEqual({ Status: 'FAILED', Reason: expect.stringMatching(new RegExp(`^\\[BLOCKED\\].*s\\.busy.*session ${pid} of user 'reader' \\(application 'report'\\), in a transaction since 20.*pg_terminate_backend\\(${pid}\\)`)) });
    // The machine of the tests has other things to do too.
    expect(longest).toBeLessThan(200 + 150);
    expect(stalled).toBeLessThan(took / 3);
    await idle.query('commit');
    succeeded(await cloud.deleteUser(gone));
    await expect(cloud.asAdmin('busy', "select distinct pg_get_userbyid(relowner) as owner from pg_class where relnamespace = 's'::regnamespace")).resolves.toEqual([{ owner: 'busy_owner' }]);
  }, 60_000);

  /** Reads a table again and again while something is done, and answers how long that had to wait. */
  async function readingDuring<T>(reader: User, work: Promise<T>): Promise<[T, { longest: number; stalled: number; took: number }]> {
    const probe = await cloud.open(reader);
    const begun = Date.now();
    let going = true;
    const ended = work.finally(() => { going = false; });
    let [longest, stalled] = [0, 0];
    for (; going; await sleep(20)) {
      const started = Date.now();
      await probe.query('select * from s.busy');
      const waited = Date.now() - started;
      longest = Math.max(longest, waited);
      stalled += waited > 50 ? waited : 0;
    }
    return [await ended, { longest, stalled, took: Date.now() - begun }];
  }

  test.each([
    ['a table', 'create table t (id int)', 'a table (public.t)'],
    ['a partitioned table', 'create table p (id int) partition by list (id)', 'a table (public.p)'],
    ['a materialized view', 'create materialized view m as select 1', 'a table (public.m)'],
    ['a view', 'create view v as select 1', 'a view (public.v)'],
    ['a sequence', 'create sequence s', 'a sequence (public.s)'],
    ['a large object', "select lo_from_bytea(4711, 'the only copy')", 'a large object (4711)'],
    ['a function', "create function f() returns int language sql as 'select 1'", 'a function (public.f())'],
    ['an enum', "create type e as enum ('a')", 'a type (public.e)'],
    ['a domain', 'create domain d as int', 'a type (public.d)'],
    ['a composite type', 'create type c as (a int)', 'a type (public.c)'],
    ['a range', 'create type r as range (subtype = int)', 'a type (public.r)'],
    ['several kinds', 'create table a (id serial primary key); create table b (id int); create table c (id int); create table d (id int); create view v as select 1', '4 tables (public.a, public.b, public.c, …), a view (public.v)'],
  ].map(([what, sql, named], index) => ({ what, sql, named, index })))('destroy keeps a database that contains $what', async ({ sql, named, index }) => {
    const database = `contents_${index}`;
    await cloud.givenDatabase(database);
    await cloud.asAdmin(database, `set role ${database}_owner; ${sql}`);

    const { Status, Reason } = await cloud.deleteDatabase(database, { RemovalPolicy: 'destroy' });

    expect([Status, Reason, await cloud.hasDatabase(database)]).toEqual(['FAILED', expect.stringContaining(`contains ${named}, and`), true]);
  });

  test('destroy drops a database that holds extensions and a schema of this library only, and with it what was left of its users', async () => {
    // GIVEN
    succeeded(await cloud.createDatabase('emptied', { Extensions: ['pgcrypto', 'hstore'] }));
    const user = await cloud.givenUser('coder', 'emptied');
    await cloud.asAdmin('emptied', 'set role emptied_owner; create schema cdk_private_backend; create table cdk_private_backend.state (id serial); create schema s; grant create, usage on schema s to coder');
    await cloud.as(user, "create function s.f() returns int language sql as 'select 1'");
    succeeded(await cloud.deleteUser(user));
    await expect(retired('coder')).resolves.toHaveLength(1);
    const kept = await cloud.deleteDatabase('emptied', { RemovalPolicy: 'destroy' });
    expect(kept.Reason).toContain('a function (s.f())');
    await cloud.asSuperuser('emptied', 'drop function s.f()');

    // WHEN
    succeeded(await cloud.deleteDatabase('emptied', { RemovalPolicy: 'destroy', Extensions: ['pgcrypto', 'hstore'] }));

    // THEN
    await expect(cloud.hasDatabase('emptied')).resolves.toBe(false);
    await expect(retired('coder')).resolves.toEqual([]);
  });

  test('the log keeps what a removal changed, and at most a hundred lines of it', async () => {
    await cloud.givenDatabase('logged');
    const user = await cloud.givenUser('owning', 'logged');
    await cloud.asAdmin('logged', 'set role logged_owner; create schema s; grant create, usage on schema s to owning');
    await cloud.as(user, "do $$ begin for t in 1..300 loop execute format('create table s.t%s (id int)', t); execute format('create function s.f%s() returns int language sql as ''select 1''', t); end loop; end $$");

    succeeded(await cloud.deleteUser(user));

    const [{ changes = [] }] = entries().filter(({ message, operation }) => message === 'changed' && operation === 'deleteUser');
    const left = leftBehind();
    expect([changes.length, changes.at(-1), left.length, left.at(-1)]).toEqual([100, expect.stringMatching(/^… and 2\d\d more$/), 100, expect.stringMatching(/^… and 2\d\d more$/)]);
    expect(Buffer.byteLength(cloud.world.logs.join())).toBeLessThan(100_000);
    expect(left[0]).toContain('DROP OWNED BY "owning_removed_');
  });
});
