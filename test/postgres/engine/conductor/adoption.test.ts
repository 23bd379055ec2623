import { STACK } from './conductor-world';
import { ADOPT, BrokerCloud, databaseLogicalId, outcomeOf, REFUSED, succeeded } from '../../../support/broker-cloud';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

const PLAN = { AdoptExisting: 'plan' };

describe('a database that others made, through CloudFormation', () => {
  let server: PostgresServer;
  let cloud: BrokerCloud;

  beforeAll(async () => { server = await startPostgres({ major: 17 }); });
  beforeEach(() => { cloud = new BrokerCloud(server, { owned: false }); });
  afterEach(() => cloud.endSessions());
  afterAll(() => server.remove());

  test('keeps its application through the take-over, the update after it and the rollback', async () => {
    await cloud.asAdmin('postgres', "create role legacy_app login password 'x'; grant legacy_app to postgres with inherit true, set true");
    await cloud.asAdmin('postgres', 'create database legacy owner legacy_app');
    const app = { username: 'legacy_app', password: 'x' };
    await cloud.query(app, 'legacy', 'create table orders (id serial primary key, v text)');
    const write = async () => outcomeOf(cloud.query(app, 'legacy', "insert into orders (v) values ('n'); alter table orders add column c int; alter table orders drop column c"));

    succeeded(await cloud.createDatabase('legacy', ADOPT));
    expect(await write()).not.toMatch(REFUSED);
    succeeded(await cloud.deleteDatabase('legacy', ADOPT));
    expect(await write()).not.toMatch(REFUSED);
  });

  test('shares the tables that it came with, with each access', async () => {
    await cloud.asAdmin('postgres', 'create database inventory');
    await cloud.asAdmin('inventory', "create table stock (id serial primary key, v text); insert into stock (v) values ('x')");

    succeeded(await cloud.createDatabase('inventory', ADOPT));

    for (const [access, sql] of [['READ_ONLY', 'select * from stock'], ['READ_WRITE', "insert into stock (v) values ('y')"], ['OWNER', 'alter table stock add column n int']]) {
      const user = await cloud.givenUser(`u_${access.toLowerCase()}`, 'inventory', { Access: access });
      expect(await outcomeOf(cloud.as(user, sql))).not.toMatch(REFUSED);
    }
  });

  test('has its settings again after the rollback, those that nobody declared and those that somebody did', async () => {
    await cloud.asAdmin('postgres', 'create database configured');
    await cloud.asAdmin('postgres', "alter database configured set search_path = inventory, public; alter database configured set lock_timeout = '9s'");
    const settings = async () => cloud.asSuperuser('configured', "select setconfig from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = 'configured') and setrole = 0");
    const before = await settings();

    succeeded(await cloud.createDatabase('configured', { ...ADOPT, Settings: { lock_timeout: '1s', work_mem: '8MB' } }));
    expect(await settings()).not.toEqual(before);
    succeeded(await cloud.deleteDatabase('configured', ADOPT));

    expect(await settings()).toEqual(before);
  });

  test('fails with its plan as the reason, cut to what CloudFormation takes, and the whole of it is in the log', async () => {
    await cloud.asAdmin('postgres', 'create database planned');
    await cloud.asAdmin('planned', 'do $$ begin for t in 1..400 loop execute format(\'create table a_table_with_a_long_name_%s (id int)\', t); end loop; end $$');

    const answer = await cloud.createDatabase('planned', { ...PLAN, RemovalPolicy: 'force' });

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[ADOPTION_PLAN\] Database 'planned' was not changed\.[^]*Roles: "planned_owner"/) });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(4096);
    expect(answer.Reason?.length).toBeGreaterThan(3000);
    expect(cloud.world.logs.join('\n')).toContain('a_table_with_a_long_name_400');
    // The rollback of a plan has nothing to take back.
    succeeded(await cloud.world.send({ RequestType: 'Delete', ResourceType: 'Custom::PostgresDatabase', LogicalResourceId: databaseLogicalId('planned'), PhysicalResourceId: answer.PhysicalResourceId, ResourceProperties: { RemovalPolicy: 'force' } }));
    expect(await cloud.hasDatabase('planned')).toBe(true);
    expect(await cloud.asSuperuser('postgres', "select from pg_roles where rolname like 'planned%'")).toEqual([]);
  });

  test('fails for a user too, with the statements as the plan, and neither the secret nor the role is touched', async () => {
    await cloud.givenDatabase('shop');
    await cloud.asAdmin('postgres', "create role old_login login password 'x' createdb; alter role old_login set work_mem = '1MB'");

    const user = await cloud.createUser('old_login', 'shop', PLAN);

    expect(user.answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/ADOPTION_PLAN.*User 'old_login' was not changed[^]*NOCREATEDB[^]*GRANT "shop_rw" TO "old_login"/) });
    expect(cloud.world.secrets.versionCount(user.secretArn)).toBe(0);
    expect(await cloud.query({ username: 'old_login', password: 'x' }, 'postgres', "select rolcreatedb, shobj_description(oid, 'pg_authid') as mark from pg_roles where rolname = 'old_login'"))
      .toEqual([{ rolcreatedb: true, mark: null }]);
  });

  test('refuses to make its former owner a user of limited access, before the secret names it', async () => {
    await cloud.asAdmin('postgres', "create role founder login password 'x'; grant founder to postgres with inherit true, set true");
    await cloud.asAdmin('postgres', 'create database founded owner founder');
    succeeded(await cloud.createDatabase('founded', ADOPT));

    for (const Access of ['READ_ONLY', 'OWNER']) {
      const user = await cloud.createUser('founder', 'founded', { ...ADOPT, Access });
      expect(user.answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('FORMER_OWNER') });
      expect(cloud.world.secrets.versionCount(user.secretArn)).toBe(0);
    }
  });
});

describe('the mark of a database', () => {
  let server: PostgresServer;
  let cloud: BrokerCloud;

  beforeAll(async () => { server = await startPostgres(); });
  beforeEach(() => { cloud = new BrokerCloud(server); });
  afterAll(() => server.remove());

  test.each([
    ['a former owner', { stackId: STACK, logicalId: databaseLogicalId('forged'), previous: { stackId: 'x', logicalId: 'y' } }],
    ['another owner', { stackId: 'x', logicalId: 'y' }],
    ['a take-over', { stackId: STACK, logicalId: databaseLogicalId('forged'), adopted: true, previous: { stackId: '', logicalId: '' }, before: { settings: [] } }],
    ['nobody', {}],
  ])('is not what its owner can write: %s', async (_, mark) => {
    await cloud.givenDatabase('forged');
    const owner = await cloud.givenUser('forger', 'forged', { Access: 'OWNER' });
    const text = `cdk-private-backend:${JSON.stringify({ ...mark, groupOf: 'forged' })}`;
    await cloud.as(owner, `comment on database forged is '${text}'`);
    for (const role of ['forged_owner', 'forged_rw', 'forger']) {
      expect(await outcomeOf(cloud.as(owner, `comment on role ${role} is '${text}'`))).toMatch(REFUSED);
    }

    succeeded(await cloud.updateDatabase('forged'));
    succeeded(await cloud.deleteUser(owner));
    succeeded(await cloud.deleteDatabase('forged', { RemovalPolicy: 'force' }));

    expect(await cloud.hasDatabase('forged')).toBe(false);
  });
});
