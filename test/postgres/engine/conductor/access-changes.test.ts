import { BrokerCloud, outcomeOf, REFUSED, succeeded, type User } from '../../../support/broker-cloud';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

describe('a user with another access', () => {
  let server: PostgresServer;
  let cloud: BrokerCloud;

  beforeAll(async () => { server = await startPostgres(); });
  beforeEach(() => { cloud = new BrokerCloud(server); });
  afterEach(() => cloud.endSessions());
  afterAll(() => server.remove());

  const versionOf = ({ answer }: User) => answer.Data?.SecretVersionId;
  const rights = "select current_user = 'shop_owner' as owner, current_setting('default_transaction_read_only') as readonly";

  test('has no connection with more rights than declared after the deployment', async () => {
    await cloud.givenDatabase('demoted');
    const owner = await cloud.givenUser('svc', 'demoted', { Access: 'OWNER' });
    const pooled = await cloud.open(owner);
    await pooled.query('create table orders (id int)');

    const demoted = await cloud.updateUser(owner, { Access: 'READ_ONLY' });
    succeeded(demoted.answer);
    // New connections have to work.
    await cloud.as(demoted, 'select 1');

    expect(await outcomeOf(pooled.query('drop table orders').then(() => 'dropped'))).toMatch(REFUSED);
  });

  test('has a new version of the same credentials, so that tasks are replaced; a repeated request and one without change have no other', async () => {
    await cloud.givenDatabase('shop');
    const first = await cloud.givenUser('api', 'shop', { Access: 'OWNER' });
    const held = cloud.secretOf(first);
    const request = { RequestId: 'the-deployment' };

    const second = await cloud.updateUser(first, { Access: 'READ_ONLY' }, request);
    const repeated = await cloud.updateUser(first, { Access: 'READ_ONLY' }, request);
    const unchanged = await cloud.updateUser(second, { ConnectionLimit: '7' });

    [second, repeated, unchanged].forEach(({ answer }) => succeeded(answer));
    expect(versionOf(second)).not.toBe(versionOf(first));
    expect([repeated, unchanged].map(versionOf)).toEqual([versionOf(second), versionOf(second)]);
    expect([cloud.secretOf(first), cloud.world.secrets.versionCount(first.secretArn)]).toEqual([held, 2]);
  });

  test('goes back to the former one when the deployment is rolled back, and connections that began meanwhile end', async () => {
    const first = await cloud.givenUser('back', 'shop', { Access: 'OWNER' });
    const held = cloud.secretOf(first);
    const second = await cloud.updateUser(first, { Access: 'READ_ONLY' });
    const pooled = await cloud.open(second);

    const back = await cloud.updateUser(second, first.properties);

    succeeded(back.answer);
    expect(await outcomeOf(pooled.query('select 1'))).toMatch(REFUSED);
    expect(await cloud.as(back, rights)).toEqual([{ owner: true, readonly: 'off' }]);
    expect([cloud.secretOf(first), new Set([first, second, back].map(versionOf)).size]).toEqual([held, 3]);
  });

  test('several times at once ends with one new version', async () => {
    const first = await cloud.givenUser('thrice', 'shop', { Access: 'OWNER' });
    const request = { RequestId: 'delivered-again' };
    const all = await Promise.all([1, 2, 3].map(() => cloud.updateUser(first, { Access: 'READ_WRITE' }, request)));
    expect(new Set(all.map(versionOf)).size).toBe(1);
    expect(cloud.world.secrets.versionCount(first.secretArn)).toBe(2);
  });

  test('and another host at once has one new version with both, also when the request is repeated', async () => {
    const first = await cloud.givenUser('both', 'shop', { Access: 'OWNER' });
    cloud.world.env.HOST = 'localhost';
    const request = { RequestId: 'both-at-once' };
    const [second, repeated] = [await cloud.updateUser(first, { Access: 'READ_WRITE' }, request), await cloud.updateUser(first, { Access: 'READ_WRITE' }, request)];
    expect(versionOf(second)).not.toBe(versionOf(first));
    expect(versionOf(repeated)).toBe(versionOf(second));
    expect(cloud.secretOf(first)).toMatchObject({ host: 'localhost', password: cloud.secretOf(second).password });
  });

  test('and another database has one new version, and its connections to the former end', async () => {
    await cloud.givenDatabase('elsewhere');
    const first = await cloud.givenUser('nomad', 'shop', { Access: 'OWNER' });
    const pooled = await cloud.open(first);
    const moved = await cloud.updateUser(first, { Access: 'READ_ONLY', DatabaseName: 'elsewhere' });
    succeeded(moved.answer);
    expect(await outcomeOf(pooled.query('select 1'))).toMatch(REFUSED);
    expect([cloud.secretOf(first).dbname, cloud.world.secrets.versionCount(first.secretArn)]).toEqual(['elsewhere', 2]);
  });

  test('and another name keeps the connections of the former name until that is removed', async () => {
    const first = await cloud.givenUser('named', 'shop', { Access: 'OWNER' });
    const pooled = await cloud.open(first);
    succeeded((await cloud.updateUser(first, { Access: 'READ_ONLY', Username: 'renamed' })).answer);
    expect(await outcomeOf(pooled.query('select 1 as one'))).not.toMatch(REFUSED);
  });

  test('is converged although the properties before cannot be read', async () => {
    const first = await cloud.givenUser('odd', 'shop', { Access: 'OWNER' });
    const failed = await cloud.updateUser(first, { Access: 'EVERYTHING', Settings: 'none' });
    expect(failed.answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('INVALID_PROPERTY') });
    const back = await cloud.updateUser({ ...first, properties: failed.properties }, { ...first.properties, Settings: {} });
    succeeded(back.answer);
    expect(await cloud.as(back, rights)).toEqual([{ owner: true, readonly: 'off' }]);
  });
});

describe('a user that the server refuses', () => {
  let server: PostgresServer;
  let cloud: BrokerCloud;

  beforeAll(async () => {
    server = await startPostgres();
    cloud = new BrokerCloud(server);
    await cloud.givenDatabase('shop');
    await cloud.asAdmin('postgres', "create role taken login password 'x'");
    await cloud.asSuperuser('postgres', 'create role stranger login');
  });
  beforeEach(() => { cloud = new BrokerCloud(server); });
  afterAll(() => server.remove());

  const REFUSALS: [string, string, Record<string, string>][] = [
    ['NOT_OWNED', 'taken', {}],
    ['NAME_TAKEN', 'shop_rw', { AdoptExisting: 'true' }],
    ['RESERVED_NAME', 'postgres', {}],
    ['RESERVED_NAME', 'pg_monitor', {}],
    ['NOT_ADMINISTRABLE', 'stranger', { AdoptExisting: 'true' }],
  ];

  test.each([...REFUSALS, ['NO_DATABASE', 'homeless', { DatabaseName: 'nowhere' }] as [string, string, Record<string, string>]])('with %s leaves its secret without a value: %s', async (code, username, properties) => {
    const { answer, secretArn } = await cloud.createUser(username, 'shop', properties);
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(`[${code}]`) });
    expect(cloud.world.secrets.versionCount(secretArn)).toBe(0);
  });

  test.each(REFUSALS)('with %s leaves its secret with the name of before: %s', async (code, username, properties) => {
    const user = await cloud.givenUser(`api_${code.toLowerCase()}_${username}`, 'shop');
    const held = cloud.secretOf(user);
    const { answer } = await cloud.updateUser(user, { ...properties, Username: username });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(`[${code}]`) });
    expect([cloud.secretOf(user), cloud.world.secrets.versionCount(user.secretArn)]).toEqual([held, 1]);
  });

  test('leaves the secret as it is where a former name comes back that somebody has taken', async () => {
    const first = await cloud.givenUser('former', 'shop');
    const second = await cloud.renameUser(first, 'present');
    await cloud.asAdmin('postgres', "create role former login password 'x'");
    const { answer } = await cloud.updateUser(second, { Username: 'former' });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[NOT_OWNED]') });
    expect(cloud.secretOf(first).username).toBe('present');
  });

  test('has no password of its own yet, so a later adoption carries on the one that tasks hold', async () => {
    const former = await cloud.givenUser('shared', 'shop');
    const there = { StackId: 'arn:aws:cloudformation:eu-west-1:111111111111:stack/Other/2b2b2b2b-0000-0000-0000-000000000000', LogicalResourceId: 'There' };
    const secretArn = cloud.world.secrets.create('there', undefined, there.StackId);
    const request = (properties: object) => cloud.world.send({ RequestType: 'Create', ResourceType: 'Custom::PostgresUser', ...there, ResourceProperties: { ...former.properties, SecretArn: secretArn, ...properties } });
    expect(await request({})).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[NOT_OWNED]') });

    succeeded(await request({ AdoptExisting: 'true' }));

    expect(cloud.world.secrets.value(secretArn).password).toBe(cloud.secretOf(former).password);
    await cloud.as(former, 'select 1');
  });
});
