import type { Declared } from './scene';
import { APP, succeeded, type Stage } from './stage';
import { STACK } from '../conductor/world';

const OTHER_STACK = STACK.replace('Backend', 'Other');

/** Cases of users that were there before the library. */
export function testForeignUsers(stage: Stage): void {
  test('fails to be declared, and neither that nor the rollback touches it', async () => {
    const foreign = await stage.server.makeForeignUser(stage.name, APP);
    const user = stage.scene.user(stage.name, APP);
    expect(await user.create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/NOT_OWNED.*was not made by this library/) });
    succeeded(await user.delete());
    expect(await stage.server.canLogIn(foreign, APP)).toBe(true);
  });

  test('is taken over when that is asked for, and given back when the deployment is rolled back', async () => {
    await stage.server.makeForeignUser(stage.name, APP);
    const user = await stage.givenUser({ adopt: true });
    expect(await stage.canLogIn(user)).toBe(true);
    succeeded(await user.delete());
    expect(await stage.server.userExists(stage.name)).toBe(true);
  });

  test('may use again what it could before, and no more, when the deployment that took it over is rolled back', async () => {
    const other = stage.fresh('lent');
    succeeded(await stage.scene.database(other).create());
    const foreign = await stage.server.makeForeignUser(stage.name, APP);
    const user = stage.scene.user(stage.name, other, { adopt: true });
    succeeded(await user.create());
    expect(await stage.server.canLogIn(user.login, other)).toBe(true);
    succeeded(await user.delete());
    // Of several logins the secret may name one that was not there before.
    const isForeign = user.login.username === foreign.username;
    expect([await stage.server.canLogIn(user.login, other), await stage.canLogIn(user)]).toEqual([false, isForeign]);
  });

  test('is the stack\'s once another deployment has it, and goes with its resource', async () => {
    await stage.server.makeForeignUser(stage.name, APP);
    const user = await stage.givenUser({ adopt: true });
    succeeded(await user.update());
    succeeded(await user.delete());
    expect(await stage.server.userExists(stage.name)).toBe(false);
  });
}

/** Cases of databases that were there before the library, with data. */
export function testForeignDatabases(stage: Stage): void {
  let databaseName: string;

  beforeEach(async () => {
    databaseName = stage.fresh('foreign');
    await stage.server.makeForeignDatabase(databaseName);
    await stage.server.fill(databaseName);
  });

  test('fails to be declared, and the rollback takes none of its data', async () => {
    const database = stage.scene.database(databaseName, { removal: 'force' });
    expect(await database.create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/NOT_OWNED.*was not made by this library/) });
    succeeded(await database.delete());
    expect(await stage.server.isFilled(databaseName)).toBe(true);
  });

  test.each(['force', 'retain'] as const)('is taken over with its data when that is asked for, and given back when the deployment is rolled back, also where it would %s', async (removal) => {
    const database = stage.scene.database(databaseName, { removal, adopt: true });
    succeeded(await database.create());
    const user = stage.scene.user(stage.name, databaseName);
    succeeded(await user.create());
    expect(await stage.server.canLogIn(user.login, databaseName)).toBe(true);
    succeeded(await user.delete());
    succeeded(await database.delete());
    expect(await stage.server.isFilled(databaseName)).toBe(true);
    expect(await stage.scene.database(databaseName, { logicalId: 'Other' }).create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/NOT_OWNED.*was not made by this library/) });
  });
}

/** Cases of two resources that declare the same. */
export function testOwners(stage: Stage): void {
  const moved: Declared = { logicalId: 'Moved' };
  const away: Declared = { stackId: OTHER_STACK };

  test('of the same stack takes a user over with its password, and the deletion of the former drops nothing', async () => {
    const former = await stage.givenUser();
    const taker = await stage.givenUser(moved);
    expect(taker.login).toEqual(former.login);
    succeeded(await former.delete());
    expect(await stage.canLogIn(taker)).toBe(true);
    succeeded(await taker.delete());
    expect(await stage.server.userExists(stage.name)).toBe(false);
  });

  test('of the same stack gives a user back when the deployment is rolled back', async () => {
    const former = await stage.givenUser();
    succeeded(await (await stage.givenUser(moved)).delete());
    expect(await stage.canLogIn(former)).toBe(true);
    succeeded(await former.delete());
    expect(await stage.server.userExists(stage.name)).toBe(false);
  });

  test('of the same stack takes a database over with its data, in a deployment and in one that is rolled back', async () => {
    const databaseName = stage.fresh('moving');
    const [former, taker] = [stage.scene.database(databaseName, { removal: 'destroy' }), stage.scene.database(databaseName, { removal: 'force', ...moved })];
    succeeded(await former.create());
    await stage.server.fill(databaseName);
    succeeded(await taker.create());
    succeeded(await taker.delete());
    expect(await stage.server.isFilled(databaseName)).toBe(true);
    succeeded(await taker.create());
    succeeded(await former.delete());
    expect(await stage.server.isFilled(databaseName)).toBe(true);
    succeeded(await taker.delete());
    expect(await stage.server.databaseExists(databaseName)).toBe(false);
  });

  test('of another stack fails, learns no password, and its rollback takes nothing', async () => {
    const owner = await stage.givenUser();
    const other = stage.scene.user(stage.name, APP, away);
    expect(await other.create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/NOT_OWNED.*stack\/Backend/) });
    expect(() => other.login).toThrow();
    succeeded(await other.delete());
    expect(await stage.canLogIn(owner)).toBe(true);
  });

  test('of another stack fails for a database too, whose data stay', async () => {
    const databaseName = stage.fresh('theirs');
    succeeded(await stage.scene.database(databaseName).create());
    await stage.server.fill(databaseName);
    const other = stage.scene.database(databaseName, { removal: 'force', ...away });
    expect(await other.create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/NOT_OWNED.*stack\/Backend/) });
    succeeded(await other.delete());
    expect(await stage.server.isFilled(databaseName)).toBe(true);
  });

  test('of another stack that asks for it takes a user over with its password', async () => {
    const former = await stage.givenUser();
    const taker = await stage.givenUser({ ...away, adopt: true });
    expect(taker.login).toEqual(former.login);
    succeeded(await former.delete());
    expect(await stage.canLogIn(taker)).toBe(true);
  });
}
