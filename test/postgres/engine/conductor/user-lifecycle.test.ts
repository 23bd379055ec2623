import { ADMIN_PASSWORD, ConductorWorld, STACK, unreachable } from './conductor-world';
import { FakeSql } from './fake-sql';
import { CA_FILE } from '../../../../src/binding/shared/trust.contract';
import { rdsRootsFor } from '../../../../src/trust/shared/rds-roots';

const OTHER_STACK = 'arn:aws:cloudformation:eu-west-1:111111111111:stack/Other/2b2b2b2b-0000-0000-0000-000000000000';

let sql: FakeSql;
let world: ConductorWorld;
let secret: string;

beforeEach(() => {
  sql = new FakeSql();
  world = new ConductorWorld(sql.handle);
  secret = world.secrets.create('api');
});

/** Whether the secret's current password is the one that the role has. */
function canLogIn(arn = secret): boolean {
  const { username, password } = world.secrets.value(arn);
  return sql.roles.get(username)?.password === password;
}

/** Secrets Manager that does not give one of its secrets out. */
function failing(arn: string, name: string): never {
  const client = world.secrets.asClient();
  const send = (command: { input: { SecretId?: string } }) => command.input.SecretId === arn
    ? Promise.reject(Object.assign(new Error('No.'), { name }))
    : client.send(command as never);
  return { send } as never;
}

describe('creating a user', () => {
  test('writes one version with all that a client needs, then makes the role with its password', async () => {
    // WHEN
    const answer = await world.send({ RequestType: 'Create', ...world.user(secret) });

    // THEN
    const value = world.secrets.value(secret);
    expect(value).toMatchObject({ engine: 'postgres', host: 'db.example.internal', port: 5432, dbname: 'app', username: 'api', sslmode: 'verify-full', ca: rdsRootsFor('eu-west-1') });
    expect(value.password).toMatch(/^[A-Za-z0-9_.~-]{40}$/);
    expect(value.url).toBe(`postgresql://api:${value.password}@db.example.internal:5432/app?sslmode=verify-full`);
    expect(value.jdbcUrl).toBe(`jdbc:postgresql://db.example.internal:5432/app?user=api&password=${value.password}&sslmode=verify-full&sslrootcert=${CA_FILE}`);
    expect(world.secrets.versionCount(secret)).toBe(1);
    expect(canLogIn()).toBe(true);
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api', Data: { SecretArn: secret, Username: 'api', SecretVersionId: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
  });

  test('of a server with several nodes names them in the secret, and others later in a new version with the same password, in place', async () => {
    const [first, second] = [['10.0.1.5', '10.0.65.9'], ['10.0.1.5', '10.0.65.9', '10.0.129.3']].map((Hosts) => world.user(secret, { Hosts }));
    const created = await world.send({ RequestType: 'Create', ...first });
    const { password, multiHostUrl } = world.secrets.value(secret);
    expect(multiHostUrl).toContain(`:${password}@10.0.1.5:5432,10.0.65.9:5432/app?`);
    const updated = await world.send({ RequestType: 'Update', PhysicalResourceId: 'user:api', ...second, OldResourceProperties: first.ResourceProperties });
    expect(updated).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api' });
    expect(updated.Data?.SecretVersionId).not.toBe(created.Data?.SecretVersionId);
    expect(world.secrets.value(secret)).toMatchObject({ password, hosts: '10.0.1.5,10.0.65.9,10.0.129.3', host: 'db.example.internal' });
    expect(canLogIn()).toBe(true);
  });

  test.each(['10.0.1.5', [''], [5]])('fails with hosts that are no list of texts: %j', async (Hosts) => {
    expect(await world.send({ RequestType: 'Create', ...world.user(secret, { Hosts }) })).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining("Property 'Hosts'") });
  });

  test('sends the declaration, the server from the environment and the owner mark', async () => {
    await world.send({ RequestType: 'Create', ...world.user(secret, { ConnectionLimit: '12', Settings: { statement_timeout: '30s' }, ProtectedTables: ['goose_db_version'] }) });
    expect(sql.requests.at(-1)).toEqual({
      operation: 'convergeUser',
      adoptExisting: false,
      settled: false,
      passwords: { api: world.secrets.value(secret).password },
      user: { username: 'api', logins: ['api'], databaseName: 'app', access: 'READ_WRITE', connectionLimit: 12, settings: { statement_timeout: '30s' }, protectedTables: ['goose_db_version'] },
      server: { host: 'db.example.internal', port: 5432, username: 'postgres', password: ADMIN_PASSWORD, ca: rdsRootsFor('eu-west-1'), owned: true },
      mark: { stackId: STACK, logicalId: 'Api', secretArn: secret },
      deadline: expect.any(Number),
    });
  });

  test('ignores a host in the admin\'s secret, and takes the admin\'s name from the environment where the secret has none', async () => {
    world.secrets.put(world.adminSecret, { password: ADMIN_PASSWORD, host: 'restored-from.example' });
    world.env.ADMIN_USERNAME = 'master';
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    expect(sql.requests.at(-1)?.server).toMatchObject({ host: 'db.example.internal', username: 'master' });
  });

  test('waits while the permission that the same deployment granted is not there yet', async () => {
    const client = world.secrets.asClient();
    let denied = 3;
    const send = (command: never) => denied-- > 0 ? Promise.reject(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })) : client.send(command);
    const answer = await world.send({ RequestType: 'Create', ...world.user(secret) }, { secrets: { send } as never });
    expect(answer.Status).toBe('SUCCESS');
  });

  test('fails when the permission never comes', async () => {
    const send = () => Promise.reject(Object.assign(new Error('not authorized to perform: secretsmanager:GetSecretValue'), { name: 'AccessDeniedException' }));
    const answer = await world.send({ RequestType: 'Create', ...world.user(secret) }, { secrets: { send } as never });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[AccessDeniedException\] This library can't read secret .*GetSecretValue/) });
  });

  test('fails where no roots are known for the region, and names the prop; the rollback then has nothing to delete', async () => {
    world.region = 'us-gov-west-1';
    const answer = await world.send({ RequestType: 'Create', ...world.user(secret) });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/\[NO_CA\].*us-gov-west-1.*caCertificates/) });
    const rollback = await world.send({ RequestType: 'Delete', PhysicalResourceId: answer.PhysicalResourceId, ...world.user(secret) });
    expect(rollback.Status).toBe('SUCCESS');
    expect(sql.requests).toEqual([]);
  });
});

test('a replay costs two reads of secrets, a look at one and one call of the SQL function, a new user one call more', async () => {
  await world.send({ RequestType: 'Create', ...world.user(secret) });
  expect(sql.requests.map(({ operation }) => operation)).toEqual(['inspectUser', 'convergeUser']);
  const first = world.secrets.calls.length;
  await world.send({ RequestType: 'Create', ...world.user(secret) });
  expect(sql.requests.slice(2).map(({ operation }) => operation)).toEqual(['convergeUser']);
  expect(world.secrets.calls.slice(first)).toEqual(['DescribeSecret', 'GetSecretValue', 'GetSecretValue']);
});

describe('the same request again', () => {
  test('finds the version of the first and changes nothing', async () => {
    const create = { RequestType: 'Create' as const, ...world.user(secret) };
    const first = await world.send(create);
    const value = world.secrets.value(secret);
    const second = await world.send(create);
    expect(second).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: first.PhysicalResourceId, Data: first.Data });
    expect(world.secrets.value(secret)).toEqual(value);
    expect(world.secrets.versionCount(secret)).toBe(1);
  });

  test('at the same time: all end with the password of the one that was first', async () => {
    const create = { RequestType: 'Create' as const, ...world.user(secret) };
    const answers = await Promise.all([world.send(create), world.send(create), world.send(create)]);
    expect(answers.map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(world.secrets.versionCount(secret)).toBe(1);
    expect(canLogIn()).toBe(true);
    expect(new Set(sql.requests.flatMap((request) => request.operation === 'convergeUser' ? Object.values(request.passwords) : [])).size).toBe(1);
  });

  test('after the function ended between secret and role: the role gets the password that was written', async () => {
    sql.failures.push(undefined, { ok: false, error: { code: '57P01', message: 'The server ended the session.', unreachable: false, wrongPassword: false } });
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    const { password } = world.secrets.value(secret);
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    expect(sql.roles.get('api')?.password).toBe(password);
  });

  test('late, after the rollback deleted everything: stops at the secret and makes no role', async () => {
    const create = { RequestType: 'Create' as const, ...world.user(secret) };
    const { PhysicalResourceId } = await world.send(create);
    await world.send({ ...create, RequestType: 'Delete', PhysicalResourceId });
    for (const recoveryWindow of [true, false]) {
      world.secrets.delete(secret, { recoveryWindow });
      const late = await world.send(create);
      expect(late).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('The secret was deleted') });
      expect(sql.roles.size).toBe(0);
    }
  });
});

describe('updating a user', () => {
  beforeEach(async () => {
    await world.send({ RequestType: 'Create', ...world.user(secret) });
  });

  const update = (properties: object, old: object = {}, physicalId = 'user:api') => world.send({
    RequestType: 'Update', PhysicalResourceId: physicalId, ...world.user(secret, properties), OldResourceProperties: world.user(secret, old).ResourceProperties,
  } as never);

  test('takes what it took before for good, but not a name that is new in this deployment', async () => {
    await update({ ConnectionLimit: '3' });
    await update({ Username: 'web' });
    expect(sql.requests.filter(({ operation }) => operation === 'convergeUser')).toMatchObject([{ settled: false }, { settled: true }, { settled: false }]);
  });

  test('what is not in the secret makes no new version', async () => {
    expect(await update({ ConnectionLimit: '5' })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api' });
    expect(world.secrets.versionCount(secret)).toBe(1);
    expect(sql.requests.at(-1)).toMatchObject({ user: { connectionLimit: 5 } });
  });

  test('another database, host or CA keeps the password', async () => {
    const { password } = world.secrets.value(secret);
    await update({ DatabaseName: 'other' });
    world.env.HOST = 'restored.example.internal';
    await update({ DatabaseName: 'other', Server: 'restored.example.internal' });
    expect(world.secrets.value(secret)).toMatchObject({ dbname: 'other', host: 'restored.example.internal', password });
    expect(world.secrets.value(secret).url).toContain(`:${password}@restored.example.internal:5432/other?`);
  });

  test('after a rotation the rotated password stays, also when an update is rolled back', async () => {
    world.secrets.put(secret, { ...world.secrets.value(secret), password: 'rotated-password-of-forty-characters-000', url: 'rotated' });
    await update({ DatabaseName: 'other' });
    await update({}, { DatabaseName: 'other' });
    expect(world.secrets.value(secret)).toMatchObject({ dbname: 'app', password: 'rotated-password-of-forty-characters-000' });
    expect(canLogIn()).toBe(true);
  });

  test('back to what an older version says keeps the newer password', async () => {
    world.secrets.put(secret, { ...world.secrets.value(secret), dbname: 'other', password: 'changed-by-hand' });
    await update({}, { DatabaseName: 'other' });
    expect(world.secrets.value(secret)).toMatchObject({ dbname: 'app', password: 'changed-by-hand' });
    expect(canLogIn()).toBe(true);
  });

  test('rolled back: the first version is the current one again', async () => {
    const before = world.secrets.value(secret);
    await update({ DatabaseName: 'other' });
    await update({}, { DatabaseName: 'other' });
    expect(world.secrets.value(secret)).toEqual(before);
    expect(world.secrets.versionCount(secret)).toBe(2);
  });

  test('renamed: the new user works before the old one goes, and the old one goes only when CloudFormation cleans up', async () => {
    // WHEN
    const renamed = await update({ Username: 'web' });

    // THEN
    expect(renamed).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:web', Data: { Username: 'web' } });
    expect([...sql.roles.keys()]).toEqual(['api', 'web']);
    expect(canLogIn()).toBe(true);
    expect(world.secrets.value(secret).username).toBe('web');

    // WHEN
    await world.send({ RequestType: 'Delete', PhysicalResourceId: 'user:api', ...world.user(secret) });

    // THEN
    expect([...sql.roles.keys()]).toEqual(['web']);
  });

  test('renamed and rolled back: the old name has the password again that running tasks hold', async () => {
    const before = world.secrets.value(secret);
    await update({ Username: 'web' });
    expect(sql.roles.get('api')?.password).toBe(before.password);
    const back = await update({}, { Username: 'web' }, 'user:web');
    expect(back).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api' });
    expect(world.secrets.value(secret)).toEqual(before);
    await world.send({ RequestType: 'Delete', PhysicalResourceId: 'user:web', ...world.user(secret, { Username: 'web' }) });
    expect([...sql.roles.keys()]).toEqual(['api']);
    expect(canLogIn()).toBe(true);
  });

  test('renamed and rolled back without another update: deleting the new name gives the secret back to the old', async () => {
    const before = world.secrets.value(secret);
    await update({ Username: 'web' });
    const deleted = await world.send({ RequestType: 'Delete', PhysicalResourceId: 'user:web', ...world.user(secret, { Username: 'web' }) });
    expect(deleted.Status).toBe('SUCCESS');
    expect(world.secrets.value(secret)).toEqual(before);
    expect([...sql.roles.keys()]).toEqual(['api']);
    expect(canLogIn()).toBe(true);
  });

  test('deleted when its secret cannot be read any more: the role goes all the same', async () => {
    const deleted = await world.send({ RequestType: 'Delete', PhysicalResourceId: 'user:api', ...world.user(secret) }, { secrets: failing(secret, 'AccessDeniedException') });
    expect(deleted.Status).toBe('SUCCESS');
    expect(sql.roles.size).toBe(0);
    expect(world.said).toContain('secret not looked at');
  });

  test('renamed, failed half-way and rolled back: the role that CloudFormation never heard of is gone', async () => {
    sql.failures.push(undefined, { ok: false, error: { code: '42501', message: 'No.', unreachable: false, wrongPassword: false } });
    sql.roles.set('web', { password: 'half', mark: { stackId: STACK, logicalId: 'Api' } });
    const failed = await update({ Username: 'web' });
    expect(failed).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'user:api', Reason: '[42501] No.' });
    expect(await update({}, { Username: 'web' })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api' });
    expect([...sql.roles.keys()]).toEqual(['api']);
    expect(canLogIn()).toBe(true);
  });

  test('a leftover that cannot be removed does not fail the rollback', async () => {
    sql.failures.push(undefined, { ok: false, error: { code: '55P03', message: 'Locked.', unreachable: false, wrongPassword: false } });
    expect(await update({}, { Username: 'web' })).toMatchObject({ Status: 'SUCCESS' });
    expect(world.said).toContain('leftover user not removed');
  });
});

describe('a construct that moves', () => {
  test('within its stack: the role and its password move, so tasks with the old secret stay logged in', async () => {
    // GIVEN
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    const moved = world.secrets.create('moved');

    // WHEN
    await world.send({ RequestType: 'Create', ...world.user(moved), LogicalResourceId: 'Moved' });

    // THEN
    expect(world.secrets.value(moved).password).toBe(world.secrets.value(secret).password);
    expect(canLogIn(secret)).toBe(true);

    // WHEN the clean-up deletes the old resource
    const deleted = await world.send({ RequestType: 'Delete', PhysicalResourceId: 'user:api', ...world.user(secret) });
    expect(deleted.Status).toBe('SUCCESS');
    expect(canLogIn(moved)).toBe(true);
  });

  test('to another stack that adopts it: the same', async () => {
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    const moved = world.secrets.create('moved', undefined, OTHER_STACK);
    const answer = await world.send({ RequestType: 'Create', ...world.user(moved, { AdoptExisting: 'true' }), StackId: OTHER_STACK });
    expect(answer.Status).toBe('SUCCESS');
    expect(canLogIn(secret)).toBe(true);
    expect(canLogIn(moved)).toBe(true);
  });

  test('to another stack that does not: fails, learns nothing of the password, and its rollback takes nothing', async () => {
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    const other = world.secrets.create('other', undefined, OTHER_STACK);
    const answer = await world.send({ RequestType: 'Create', ...world.user(other), StackId: OTHER_STACK });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[NOT_OWNED]') });
    expect(() => world.secrets.value(other)).toThrow();
    await world.send({ RequestType: 'Delete', PhysicalResourceId: answer.PhysicalResourceId, ...world.user(other), StackId: OTHER_STACK });
    expect(canLogIn(secret)).toBe(true);
  });

  test.each([
    ['of another stack', OTHER_STACK],
    ['that CloudFormation has not made', null],
  ])('with a secret %s is refused before the secret is read or written, and can be deleted', async (_, stackId) => {
    const foreign = world.secrets.create('foreign', { username: 'somebody', password: 'of-somebody' }, stackId);

    const answer = await world.send({ RequestType: 'Create', ...world.user(foreign, { AdoptExisting: 'true' }) });

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[FOREIGN_SECRET\]/) });
    expect(world.secrets.calls.filter((call) => call !== 'GetSecretValue')).toEqual(['DescribeSecret']);
    expect(world.secrets.value(foreign)).toEqual({ username: 'somebody', password: 'of-somebody' });
    expect(await world.send({ RequestType: 'Delete', PhysicalResourceId: answer.PhysicalResourceId, ...world.user(foreign) })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('whose old secret is gone: gets a new password', async () => {
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    world.secrets.delete(secret);
    const moved = world.secrets.create('moved');
    await world.send({ RequestType: 'Create', ...world.user(moved), LogicalResourceId: 'Moved' });
    expect(canLogIn(moved)).toBe(true);
  });

  test.each(['AccessDeniedException', 'DecryptionFailure'])('whose old secret cannot be read any more (%s): gets a new password at once, and the log says why', async (name) => {
    // GIVEN
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    const moved = world.secrets.create('moved', undefined, OTHER_STACK);

    // WHEN
    const began = world.clock.now();
    const there = { ...world.user(moved, { AdoptExisting: 'true' }), StackId: OTHER_STACK };
    const answer = await world.send({ RequestType: 'Create', ...there }, { secrets: failing(secret, name) });

    // THEN
    expect(answer.Status).toBe('SUCCESS');
    expect(canLogIn(moved)).toBe(true);
    expect(world.said).toContain('former password not readable');
    expect(world.clock.now() - began).toBeLessThan(5_000);
  });

  test('fails while its old secret cannot be read for a moment, because its tasks hold the password', async () => {
    await world.send({ RequestType: 'Create', ...world.user(secret) });
    const there = { ...world.user(world.secrets.create('moved', undefined, OTHER_STACK), { AdoptExisting: 'true' }), StackId: OTHER_STACK };
    const answer = await world.send({ RequestType: 'Create', ...there }, { secrets: failing(secret, 'InternalServiceError') });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[InternalServiceError]') });
    expect(canLogIn(secret)).toBe(true);
  });
});

describe('deleting a user', () => {
  const remove = (properties: object = {}, physicalId = 'user:api') => world.send({ RequestType: 'Delete', PhysicalResourceId: physicalId, ...world.user(secret, properties) });

  test('reassigns its objects unless told otherwise', async () => {
    await remove();
    await remove({ OnRemoval: 'DROP_OWNED' });
    expect(sql.requests).toEqual([
      expect.objectContaining({ operation: 'deleteUser', user: { username: 'api', logins: ['api'] }, policy: 'REASSIGN' }),
      expect.objectContaining({ operation: 'deleteUser', user: { username: 'api', logins: ['api'] }, policy: 'DROP_OWNED' }),
    ]);
  });

  test('with RETAIN touches nothing', async () => {
    expect((await remove({ OnRemoval: 'RETAIN' })).Status).toBe('SUCCESS');
    expect(sql.requests).toEqual([]);
  });

  test('that was never created succeeds, whatever its properties', async () => {
    expect((await remove({ OnRemoval: 'NONSENSE' }, 'never-created:Api')).Status).toBe('SUCCESS');
    expect((await remove({}, 'Backend-Api-1ABCDEFG')).Status).toBe('SUCCESS');
    expect(sql.requests).toEqual([]);
  });

  test('succeeds when its own secret or the admin\'s secret is gone', async () => {
    world.secrets.delete(secret);
    expect((await remove()).Status).toBe('SUCCESS');
    world.secrets.delete(world.adminSecret);
    expect((await remove()).Status).toBe('SUCCESS');
    expect(world.said).toContain('nothing to delete it from');
  });

  test('fails when an imported server does not answer in time', async () => {
    world.env.SERVER_KIND = 'imported';
    sql.failures.push(...Array.from({ length: 10_000 }, () => unreachable()));
    expect(await remove()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('does not answer') });
  });
});
