import { APP, succeeded, type Stage } from './stage';
import type { DatabaseRemoval } from '../../../src/broker/handler/conductor/conductor-engine';

/** Cases of what is declared for the first time, and again. */
export function testDeclarations(stage: Stage): void {
  test('makes a database and a user, and the credentials in its secret log in to this database and to no other', async () => {
    const [own, other] = [stage.fresh('own'), stage.fresh('other')];
    succeeded(await stage.scene.database(own).create());
    succeeded(await stage.scene.database(other).create());
    const user = stage.scene.user(stage.name, own);
    expect(await user.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: `user:${stage.name}`, Data: { Username: stage.name, SecretArn: user.secretArn } });
    expect(await stage.server.canLogIn(user.login, own)).toBe(true);
    expect(await stage.server.canLogIn({ ...user.login, password: 'wrong' }, own)).toBe(false);
    expect(await stage.server.canLogIn(user.login, other)).toBe(false);
  });

  test('that comes again changes nothing: the same password, the same version, nothing to do on the server', async () => {
    const user = await stage.givenUser();
    const database = stage.scene.database(stage.fresh('again'));
    succeeded(await database.create());
    const [{ secret }, { Data }, done] = [user, succeeded(await user.create()), stage.scene.answered.length];
    for (const again of [() => user.create(), () => database.create(), () => user.update(), () => database.update()]) {
      succeeded(await again());
    }
    expect(stage.scene.answered.slice(done)).toEqual(Array.from({ length: 4 }, () => ({ ok: true, changes: [] })));
    expect((await user.update()).Data).toEqual(Data);
    expect(user.secret).toEqual(secret);
    expect(await stage.canLogIn(user)).toBe(true);
  });

  test('that comes several times at once ends with one password', async () => {
    const user = stage.scene.user(stage.name, APP);
    const database = stage.scene.database(stage.fresh('twice'));
    (await Promise.all([user.create(), database.create(), user.create(), database.create(), user.create()])).forEach(succeeded);
    expect(user.secret.versions).toBe(1);
    expect(new Set(stage.scene.asked.flatMap((request) => request.operation === 'convergeUser' ? Object.values(request.passwords) : [])).size).toBe(1);
    expect(await stage.canLogIn(user)).toBe(true);
    expect(await stage.server.databaseExists(stage.fresh('twice'))).toBe(true);
  });

  test('gives a user the password of its secret back that somebody changed on the server', async () => {
    const user = await stage.givenUser();
    await stage.server.changePassword({ ...user.login, password: 'changed-by-hand' });
    expect(await stage.canLogIn(user)).toBe(false);
    succeeded(await user.update());
    expect(await stage.canLogIn(user)).toBe(true);
  });

  test('gives the server a password that was changed in the secret', async () => {
    const user = await stage.givenUser();
    stage.scene.world.secrets.put(user.secretArn, { ...user.secret.value, password: 'changed-in-the-secret' });
    succeeded(await user.update());
    expect(user.login.password).toBe('changed-in-the-secret');
    expect(await stage.canLogIn(user)).toBe(true);
  });

  test('of other rights has a new version of the same credentials, once for each request, and asks for the end of sessions', async () => {
    const user = await stage.givenUser();
    const { secret } = user;
    const first = succeeded(await user.update({})).Data;
    const changed = succeeded(await user.update(stage.engine.otherRights)).Data;
    expect(changed?.SecretVersionId).not.toBe(first?.SecretVersionId);
    expect(user.secret).toEqual({ value: secret.value, versions: secret.versions + 1 });
    expect(stage.scene.asked.at(-1)).toMatchObject({ operation: 'convergeUser', endSessions: true });
    expect(succeeded(await user.update()).Data).toEqual(changed);
    expect(stage.scene.asked.at(-1)).not.toHaveProperty('endSessions');
    expect(await stage.canLogIn(user)).toBe(true);
  });

  test('of another database moves the user there, with its password', async () => {
    const user = await stage.givenUser();
    const { password } = user.login;
    const other = stage.fresh('moved');
    succeeded(await stage.scene.database(other).create());
    succeeded(await user.update(stage.engine.userProperties(other)));
    expect(user.login.password).toBe(password);
    expect(await stage.server.canLogIn(user.login, other)).toBe(true);
    expect(await stage.canLogIn(user)).toBe(false);
  });

  test('fails for a database that is not there, and its rollback leaves nothing', async () => {
    const user = stage.scene.user(stage.name, 'nowhere');
    expect(await user.create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('nowhere') });
    succeeded(await user.delete());
    expect(await stage.server.userExists(stage.name)).toBe(false);
  });
}

/** Cases of users that get another name, and perhaps go back to the old one. */
export function testRenames(stage: Stage): void {
  let next: string;

  beforeEach(() => {
    next = `${stage.name}next`;
  });

  test('makes the new user while the old one still works, and the clean-up removes the old one', async () => {
    const user = await stage.givenUser();
    const held = user.login;
    expect(await user.update({ Username: next })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: `user:${next}` });
    expect(await stage.server.canLogIn(held, APP)).toBe(true);
    expect(await stage.canLogIn(user)).toBe(true);
    expect(user.login.username).not.toBe(held.username);
    succeeded(await user.cleanUp());
    expect(await stage.server.userExists(stage.name)).toBe(false);
    expect(await stage.canLogIn(user)).toBe(true);
  });

  test('that is rolled back gives the old password back, and the new user goes', async () => {
    const user = await stage.givenUser();
    const { value } = user.secret;
    succeeded(await user.update({ Username: next }));
    await user.rollBack();
    expect(user.secret).toEqual({ value, versions: 2 });
    expect(await stage.canLogIn(user)).toBe(true);
    expect(await stage.server.userExists(next)).toBe(false);
  });

  test('that is rolled back by the deletion of the new user alone gives the old password back too', async () => {
    const user = await stage.givenUser();
    const { value } = user.secret;
    succeeded(await user.update({ Username: next }));
    succeeded(await user.delete());
    expect(user.secret.value).toEqual(value);
    expect(await stage.canLogIn(user)).toBe(true);
    expect(await stage.server.userExists(next)).toBe(false);
  });

  test('that fails half-way keeps the old name, and its rollback removes the user that CloudFormation has never heard of', async () => {
    const user = await stage.givenUser();
    const { value } = user.secret;
    stage.loseAnswersTo('convergeUser');
    expect(await user.update({ Username: next })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `user:${stage.name}` });
    expect(await stage.server.userExists(next)).toBe(true);
    stage.hearAgain();
    await user.rollBack();
    expect(user.secret).toEqual({ value, versions: 2 });
    expect(await stage.canLogIn(user)).toBe(true);
    expect(await stage.server.userExists(next)).toBe(false);
  });
}

/** Cases of users that get a name which is taken. */
export function testTakenNames(stage: Stage): void {
  test('fails, and the secret goes on naming the user of before, whose tasks may start again', async () => {
    const taken = `${stage.name}taken`;
    const foreign = await stage.server.makeForeignUser(taken, APP);
    const user = await stage.givenUser();
    const { secret } = user;
    expect(await user.update({ Username: taken })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `user:${stage.name}`, Reason: expect.stringContaining('NOT_OWNED') });
    expect(user.secret).toEqual(secret);
    await user.rollBack();
    expect(user.secret).toEqual(secret);
    expect(await stage.canLogIn(user)).toBe(true);
    expect(await stage.server.canLogIn(foreign, APP)).toBe(true);
  });
}

/** Cases of what leaves its stack. */
export function testDeletions(stage: Stage): void {
  test('removes a user, and comes twice without harm', async () => {
    const user = await stage.givenUser();
    succeeded(await user.delete());
    expect(await stage.server.userExists(stage.name)).toBe(false);
    succeeded(await user.delete());
  });

  test('of what was never created succeeds, and one whose creation failed half-way leaves nothing', async () => {
    const user = stage.scene.user(stage.name, APP);
    succeeded(await user.deleteAs(`user:${stage.name}`));
    succeeded(await stage.scene.database(stage.fresh('never'), { removal: 'force' }).deleteAs(`database:${stage.fresh('never')}`));
    stage.loseAnswersTo('convergeUser');
    expect((await user.create()).Status).toBe('FAILED');
    expect(await stage.server.userExists(stage.name)).toBe(true);
    stage.hearAgain();
    succeeded(await user.delete());
    expect(await stage.server.userExists(stage.name)).toBe(false);
  });

  test.each<[string, { removal?: DatabaseRemoval; filled: boolean; status: string; stays: boolean }]>([
    ['keeps a database unless told otherwise', { filled: false, status: 'SUCCESS', stays: true }],
    ['removes a database while it is empty where it may go', { removal: 'destroy', filled: false, status: 'SUCCESS', stays: false }],
    ['fails for a database that may go and holds data', { removal: 'destroy', filled: true, status: 'FAILED', stays: true }],
    ['removes a database with its data when it is forced to', { removal: 'force', filled: true, status: 'SUCCESS', stays: false }],
  ])('%s', async (_, { removal, filled, status, stays }) => {
    const databaseName = stage.fresh('going');
    const database = stage.scene.database(databaseName, { removal });
    succeeded(await database.create());
    if (filled) {
      await stage.server.fill(databaseName);
    }
    expect(await database.delete()).toMatchObject({ Status: status });
    expect(await stage.server.databaseExists(databaseName)).toBe(stays);
    expect(stays && filled).toBe(stays && await stage.server.isFilled(databaseName));
  });
}
