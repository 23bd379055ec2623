import { APP, succeeded, type Stage } from './stage';

const MASK = '********';

/** Cases of an admin whose password changes. */
export function testAdmin(stage: Stage): void {
  afterEach(() => stage.server.changePassword(stage.server.admin));

  test('that was rotated while it was read is read again', async () => {
    const rotated = { ...stage.server.admin, password: 'rotated-for-tests' };
    await stage.server.changePassword(rotated);
    stage.scene.interfere(async (request, real) => {
      const response = await real(request);
      stage.scene.world.secrets.put(stage.scene.world.adminSecret, rotated);
      return response;
    });
    expect(await stage.canLogIn(await stage.givenUser())).toBe(true);
    expect(stage.scene.asked.map((request) => request.server.password).slice(0, 2)).toEqual([stage.server.admin.password, rotated.password]);
  });

  test('fails when it stays wrong, after it was read twice', async () => {
    await stage.server.changePassword({ ...stage.server.admin, password: 'rotated-for-tests' });
    expect(await stage.scene.user(stage.name, APP).create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('password') });
    expect(stage.scene.asked).toHaveLength(2);
    expect(stage.scene.answered[0]).toMatchObject({ ok: false, error: { wrongPassword: true, unreachable: false } });
  });
}

/** Cases of a server that is not there. */
export function testUnreachable(stage: Stage): void {
  afterEach(() => stage.server.start());

  test('fails a creation and names the reason, and there is nothing to clean up', async () => {
    stage.instanceIs('stopped');
    await stage.server.stop();
    for (const resource of [stage.scene.user(stage.name, APP), stage.scene.database(stage.fresh('unreached'), { removal: 'force' })]) {
      expect(await resource.create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/didn't accept requests.*'backend' is stopped\. Start the server/) });
      const calls = stage.scene.asked.length;
      succeeded(await resource.delete());
      expect(stage.scene.asked).toHaveLength(calls);
    }
  });

  test('fails a deletion, and the user is still there when it comes back', async () => {
    const user = await stage.givenUser();
    stage.instanceIs('stopped');
    await stage.server.stop();
    expect(await user.delete()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: user.physicalId, Reason: expect.stringContaining('Start the server') });
    await stage.server.start();
    expect(await stage.canLogIn(user)).toBe(true);
  });

  test('is waited for while it starts', async () => {
    stage.instanceIs('starting');
    await stage.server.stop();
    stage.scene.interfere(async (request, real) => {
      const response = await real(request);
      await stage.server.start();
      return response;
    });
    expect(await stage.canLogIn(await stage.givenUser())).toBe(true);
    expect(stage.scene.answered[0]).toMatchObject({ ok: false, error: { unreachable: true } });
  });

  test('and that RDS does not know any more lets deletions succeed, and nothing else', async () => {
    const user = await stage.givenUser();
    const database = stage.scene.database(stage.fresh('gone'), { removal: 'force' });
    succeeded(await database.create());
    stage.instanceIsGone();
    await stage.server.stop();
    succeeded(await user.delete());
    succeeded(await database.delete());
    expect(await user.update()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('does not exist any more') });
  });
}

/** Cases of what people get to read. */
export function testMessages(stage: Stage): void {
  test('holds no password, also where that of the server does', async () => {
    const user = await stage.givenUser();
    const { password } = user.login;
    // A server that misses a database names it: here with the password of the user, or of the admin.
    for (const secret of [password, stage.server.admin.password]) {
      expect(await user.update(stage.engine.userProperties(secret))).toMatchObject({ Status: 'FAILED' });
      expect(stage.scene.answered.at(-1)).toMatchObject({ ok: false, error: { message: expect.stringContaining(MASK) } });
    }
    const said = stage.scene.world.said + JSON.stringify(stage.scene.answered);
    [password, stage.server.admin.password].forEach((secret) => expect(said).not.toContain(secret));
  });

  test('of an SQL function that tells a password does not get any further', async () => {
    const user = await stage.givenUser();
    const { password } = user.login;
    const message = `The words were ${password} and ${stage.server.admin.password}.`;
    stage.scene.interfere(async () => ({ ok: false, error: { code: 'TOLD', message, unreachable: false, wrongPassword: false } }));
    expect(await user.update()).toMatchObject({ Status: 'FAILED', Reason: `[TOLD] The words were ${MASK} and ${MASK}.` });
    [password, stage.server.admin.password].forEach((secret) => expect(stage.scene.world.said).not.toContain(secret));
  });
}
