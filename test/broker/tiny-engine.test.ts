import { FakeClock, STACK } from './conductor/world';
import type { EngineUnderTest } from './neutral/engine-under-test';
import { Resource, Scene, type Declared, type UserResource } from './neutral/scene';
import { describeBroker } from './neutral-suite';
import { answerTiny, runTinyRequest, TINY_CONDUCTOR_ENGINE, TINY_DATABASE_TYPE, TINY_USER_TYPE, tinyLogins } from './tiny-engine';
import { TinyServer, tinyServerUnderTest } from './tiny-server';
import type { SqlRequest } from '../../src/broker/broker.contract';

function tinyUnderTest(logins: '1' | '2', server = new TinyServer()): EngineUnderTest {
  const clock = new FakeClock();
  return {
    conductor: answerTiny,
    runSql: (request) => runTinyRequest(server, request, clock),
    clock,
    databaseType: TINY_DATABASE_TYPE,
    userType: TINY_USER_TYPE,
    databaseProperties: (databaseName, removal) => ({ DatabaseName: databaseName, ...(removal === undefined ? {} : { Fate: removal }) }),
    userProperties: (databaseName) => ({ DatabaseName: databaseName, Logins: logins }),
    otherRights: { Rights: 'others' },
    server: tinyServerUnderTest(server, (username) => tinyLogins(username, { Logins: logins })),
  };
}

describe('an engine whose users have one login', () => describeBroker(async () => tinyUnderTest('1')));
describe('an engine whose users have two logins', () => describeBroker(async () => tinyUnderTest('2')));

let server: TinyServer;
let scene: Scene;

async function begin(logins: '1' | '2'): Promise<void> {
  server = new TinyServer();
  scene = new Scene(tinyUnderTest(logins, server));
  await scene.database('app').create();
}

describe('a user with two logins that take turns', () => {
  beforeEach(() => begin('2'));

  async function given(declared: Declared = {}): Promise<UserResource> {
    const user = scene.user('api', 'app', declared);
    expect(await user.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api', Data: { Username: 'api' } });
    return user;
  }

  /** A rotation: the other login gets a password, then the secret names it. */
  function takeTurns(user: UserResource): void {
    const next = { username: user.login.username === 'api_a' ? 'api_b' : 'api_a', password: 'of-the-next-turn' };
    server.changePassword(next);
    scene.world.secrets.put(user.secretArn, { ...user.secret.value, ...next, login: `${next.username}/${next.password}@tiny.example.internal:7000` });
  }

  test('has both of them on the server, and one in its secret', async () => {
    const user = await given();
    expect([...server.users.keys()]).toEqual(['api_a', 'api_b']);
    expect(user.secret.value).toEqual({
      engine: 'tiny', username: 'api_a', database: 'app', address: 'tiny.example.internal:7000', password: user.login.password, login: `api_a/${user.login.password}@tiny.example.internal:7000`,
    });
    expect(server.canLogIn(user.login, 'app')).toBe(true);
    expect(server.users.get('api_b')?.password).toBeUndefined();
  });

  test('keeps whichever is in use, without another version, and the password of the one before', async () => {
    const user = await given();
    const before = user.login;
    takeTurns(user);
    const { secret } = user;
    expect((await user.update()).Data).toMatchObject({ Username: 'api' });
    expect(user.secret).toEqual(secret);
    expect(user.login.username).toBe('api_b');
    expect([user.login, before].map((login) => server.canLogIn(login, 'app'))).toEqual([true, true]);
    expect(scene.asked.at(-1)).toMatchObject({ passwords: { api_b: 'of-the-next-turn' } });
  });

  test('gets the login back that was in use when a rename is rolled back', async () => {
    const user = await given();
    takeTurns(user);
    const { value } = user.secret;
    await user.update({ Username: 'web' });
    expect(user.login.username).toBe('web_a');
    await user.rollBack();
    expect(user.secret.value).toEqual(value);
    expect(server.canLogIn(user.login, 'app')).toBe(true);
    expect([...server.users.keys()]).toEqual(['api_a', 'api_b']);
  });

  test('is taken over with the login that is in use', async () => {
    const user = await given();
    takeTurns(user);
    expect((await given({ logicalId: 'Moved' })).login).toEqual(user.login);
    expect(server.canLogIn(user.login, 'app')).toBe(true);
  });

  test.each(['api_a', 'api_b'])('is recognised by the mark of its other login when %s was dropped by hand', async (dropped) => {
    const user = await given();
    server.users.delete(dropped);
    expect((await given({ logicalId: 'Moved' })).login).toEqual(user.login);
    expect([...server.users.keys()].sort()).toEqual(['api_a', 'api_b']);
  });

  test('loses both when it is deleted, but for one that somebody else has by then', async () => {
    await (await given()).delete();
    expect(server.users.size).toBe(0);
    const user = await given();
    server.users.set('api_b', { mark: 'made by hand', databases: [] });
    await user.delete();
    expect([...server.users.keys()]).toEqual(['api_b']);
  });

  test('takes a login over without the password that somebody else has for it', async () => {
    server.users.set('api_b', { mark: 'made by hand', password: 'by-hand', databases: ['app'] });
    await given({ adopt: true });
    expect(server.canLogIn({ username: 'api_b', password: 'by-hand' }, 'app')).toBe(false);
    expect(server.users.get('api_b')?.mark).toMatch(/"previous":.*\nmade by hand$/);
  });

  test('fails where one of them is somebody else\'s, and the other is not made', async () => {
    server.users.set('api_b', { mark: 'made by hand', databases: [] });
    expect(await scene.user('api', 'app').create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('NOT_OWNED') });
    expect([...server.users.keys()]).toEqual(['api_b']);
  });
});

describe('a user without a secret', () => {
  let user: Resource;
  let calls: number;

  beforeEach(async () => {
    await begin('1');
    calls = scene.world.secrets.calls.length;
    user = new Resource(scene.world, { ResourceType: TINY_USER_TYPE, LogicalResourceId: 'Api', StackId: STACK }, { ServiceToken: 'conductor', Username: 'api', DatabaseName: 'app' });
  });

  /** One call for each request: that for the password of the admin. */
  const expectOnlyAdmin = (requests: number) => expect(scene.world.secrets.calls.slice(calls)).toEqual(Array.from({ length: requests }, () => 'GetSecretValue'));

  test('is made without a password, and its answer has no attributes of a secret', async () => {
    expect(await user.create()).toEqual(expect.objectContaining({ Status: 'SUCCESS', PhysicalResourceId: 'user:api', Data: { Username: 'api' } }));
    expect(server.users.get('api')).toMatchObject({ password: undefined, databases: ['app'] });
    expect(scene.asked.slice(1)).toEqual([expect.objectContaining({ operation: 'convergeUser', passwords: {}, mark: { stackId: STACK, logicalId: 'Api', secretArn: undefined } })]);
    expectOnlyAdmin(1);
  });

  test('is renamed, goes back to its name and is deleted, and no secret is looked at', async () => {
    await user.create();
    expect(await user.update({ Username: 'web' })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:web' });
    expect([...server.users.keys()]).toEqual(['api', 'web']);
    await user.rollBack();
    expect([...server.users.keys()]).toEqual(['api']);
    expect(await user.delete()).toMatchObject({ Status: 'SUCCESS' });
    expect(server.users.size).toBe(0);
    expectOnlyAdmin(5);
  });

  test('gets a password with a secret, and loses it with the secret', async () => {
    await user.create();
    const SecretArn = scene.world.secrets.create('api');
    expect(await user.update({ SecretArn })).toMatchObject({ Data: { SecretArn, SecretVersionId: expect.any(String) } });
    const { username, password } = scene.world.secrets.value(SecretArn);
    expect(server.canLogIn({ username, password }, 'app')).toBe(true);
    expect((await user.update({ SecretArn: undefined })).Data).toEqual({ Username: 'api' });
    expect(server.canLogIn({ username, password }, 'app')).toBe(false);
  });
});

describe('the engine decides', () => {
  test.each([
    [{ hosts: ['one', 'two'], port: 7000, readerHost: 'copies' }, { address: 'one:7000,two:7000', reader: 'copies:7000' }],
    [{ hosts: ['one'], port: 7000 }, { address: 'one:7000' }],
  ])('how %j stands in the credentials', (endpoints, expected) => {
    const content = TINY_CONDUCTOR_ENGINE.loginContent({ username: 'api', logins: ['api'], databaseName: 'app' }, 'api', { ...endpoints, ca: '' });
    expect(content).toEqual({ engine: 'tiny', username: 'api', database: 'app', ...expected });
    expect(TINY_CONDUCTOR_ENGINE.loginValue(content, 'pw')).toEqual({ ...content, password: 'pw', login: `api/pw@${expected.address}` });
  });

  test('whether a user stays that leaves its stack, which then asks nothing of the server', async () => {
    await begin('1');
    const user = scene.user('api', 'app');
    await user.create();
    await user.update({ Stays: 'true' });
    const asked = scene.asked.length;
    expect(await user.delete()).toMatchObject({ Status: 'SUCCESS' });
    expect(scene.asked).toHaveLength(asked);
    expect(server.canLogIn(user.login, 'app')).toBe(true);
  });

  test('what its resources are called; another one fails', async () => {
    await begin('1');
    const other = new Resource(scene.world, { ResourceType: 'Custom::OtherUser', LogicalResourceId: 'Api', StackId: STACK }, {});
    expect(await other.create()).toMatchObject({ Status: 'FAILED', Reason: '[UNKNOWN_TYPE] This library makes resources of the types \'Custom::TinyDatabase\' and \'Custom::TinyUser\' here, not \'Custom::OtherUser\'. Declare databases and users with the constructs of this library.' });
  });

  test('what is worth another attempt: a server that is busy is asked again', async () => {
    await begin('1');
    const request = { operation: 'inspectUser', user: { username: 'api', logins: ['api'], databaseName: 'app' }, server: { ...server.admin, host: 'tiny', port: 7000 } } as unknown as SqlRequest;
    const clock = new FakeClock();
    const deadline = clock.now() + 10_000;
    const [held, asked] = [server.asAdmin(server.admin, () => undefined), runTinyRequest(server, { ...request, deadline }, clock)];
    expect(await asked).toEqual({ ok: true, changes: [] });
    expect(clock.now()).toBeGreaterThan(deadline - 10_000);
    await held;
    expect(await runTinyRequest(server, { ...request, server: { ...request.server, password: 'wrong' } }, clock)).toEqual({
      ok: false, error: { code: 'T-PASSWORD', message: 'User \'api\': Wrong password "********" for root (T-PASSWORD).', unreachable: false, wrongPassword: true },
    });
  });
});
