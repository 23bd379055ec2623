import { BrokerCloud, databaseLogicalId, outcomeOf, succeeded, type User } from '../../../support/broker-cloud';
import { POSTGRES_MAJORS, startPostgres, type PostgresServer } from '../../../support/postgres-server';

describe.each(POSTGRES_MAJORS)('an update that changes nothing but the revision, on PostgreSQL %i,', (major) => {
  let server: PostgresServer;
  let cloud: BrokerCloud;
  let owner: User;
  let api: User;
  let reports: User;

  beforeAll(async () => {
    server = await startPostgres({ major });
    cloud = new BrokerCloud(server);
    await cloud.givenDatabase('shop');
    owner = await cloud.givenUser('shop_migrator', 'shop', { Access: 'OWNER' });
    api = await cloud.givenUser('api', 'shop', { Settings: { statement_timeout: '30s' } });
    reports = await cloud.givenUser('reports', 'shop', { Access: 'READ_ONLY' });
    await cloud.as(owner, 'create table orders (id int)');
  });
  afterAll(() => server.remove());

  let revision = 0;

  /** A deployment in which one word of the server changed: CloudFormation updates every database and user. */
  async function repair(): Promise<void> {
    const RepairRevision = String(++revision);
    const database = { ResourceType: 'Custom::PostgresDatabase', LogicalResourceId: databaseLogicalId('shop'), PhysicalResourceId: 'database:shop' };
    const properties = { ServiceToken: 'conductor', DatabaseName: 'shop', CaBundle: server.ca, ProtectedTables: ['goose_db_version', 'schema_migrations'] };
    succeeded(await cloud.world.send({ ...database, RequestType: 'Update', ResourceProperties: { ...properties, RepairRevision }, OldResourceProperties: properties }));
    for (const user of [owner, api, reports]) {
      succeeded((await cloud.updateUser(user, { RepairRevision })).answer);
    }
  }

  test('makes no new secret and ends no session where nothing is wrong', async () => {
    const pooled = await cloud.open(api);
    await repair();
    expect([owner, api, reports].map(({ secretArn }) => cloud.world.secrets.versionCount(secretArn))).toEqual([1, 1, 1]);
    expect(await outcomeOf(pooled.query('select 1').then(() => 'open'))).toBe('"open"');
    await cloud.endSessions();
  });

  const asReports = (sql: string) => cloud.as(reports, sql);
  const DRIFT: [string, string, string, () => Promise<unknown>, string][] = [
    ['a grant on a table', 'shop', 'revoke all on orders from shop_rw, shop_ro', () => asReports('select count(*)::int as n from orders'), '[{"n":0}]'],
    ['a membership', 'postgres', 'revoke shop_ro from reports', () => asReports('select count(*)::int as n from orders'), '[{"n":0}]'],
    ['a right on the database', 'shop', 'revoke connect on database shop from shop_ro', () => asReports('select 1 as n'), '[{"n":1}]'],
    ['a right on the schema', 'shop', 'revoke usage on schema public from shop_ro', () => asReports('select count(*)::int as n from orders'), '[{"n":0}]'],
    ['a default privilege', 'shop', 'alter default privileges for role shop_owner revoke select on tables from shop_ro', async () => {
      await cloud.as(owner, 'create table later (id int)');
      return asReports('select count(*)::int as n from later');
    }, '[{"n":0}]'],
    ['a setting of a role', 'postgres', "alter role api set statement_timeout = '1h'", () => cloud.as(api, 'show statement_timeout'), '[{"statement_timeout":"30s"}]'],
    ['a setting of a role in a database', 'postgres', 'alter role reports in database shop set default_transaction_read_only = off', () => asReports('show default_transaction_read_only'), '[{"default_transaction_read_only":"on"}]'],
    ['a login', 'postgres', 'alter role api nologin createdb connection limit 0', () => cloud.as(api, 'select rolcreatedb as n from pg_roles where rolname = current_user'), '[{"n":false}]'],
    ['a password', 'postgres', "alter role api password 'by hand'", () => cloud.as(api, 'select 1 as n'), '[{"n":1}]'],
    ['a right that PUBLIC has again', 'shop', 'grant all on database shop to public; grant create on schema public to public', () => cloud.asSuperuser('shop', `
      select has_database_privilege('public', 'shop', 'connect') as database, has_schema_privilege('public', 'public', 'create') as schema`), '[{"database":false,"schema":false}]'],
  ];

  test.each(DRIFT)('sets right %s that was changed by hand', async (_, database, drift, use, expected) => {
    await cloud.asSuperuser(database, drift);
    await repair();
    expect(await outcomeOf(use())).toBe(expected);
  });

  test('makes of a former version of a secret, which somebody has made the current one, one that works', async () => {
    // GIVEN: a version of before the server moved
    const held = cloud.secretOf(api);
    cloud.world.secrets.put(api.secretArn, { ...held, host: 'former.example.internal', password: 'of-before', url: 'postgresql://former.example.internal' });

    // WHEN
    await repair();

    // THEN
    expect(cloud.secretOf(api)).toMatchObject({ host: server.host, dbname: 'shop', username: 'api' });
    await cloud.as(api, 'select 1');
  });

  test('makes of the secret of a former name that of the present one', async () => {
    const held = cloud.secretOf(reports);
    cloud.world.secrets.put(reports.secretArn, { ...held, username: 'former_name' });
    await repair();
    expect(cloud.secretOf(reports)).toEqual(held);
    await cloud.as(reports, 'select 1');
  });

  test('leaves data and objects of others alone', async () => {
    await cloud.asSuperuser('shop', 'create schema theirs; create table theirs.own as select 1 as id; grant select on theirs.own to public');
    const acl = () => cloud.asSuperuser('shop', "select relacl::text, pg_get_userbyid(relowner) as owner from pg_class where relname = 'own'");
    const before = await acl();
    await repair();
    expect(await acl()).toEqual(before);
  });
});
