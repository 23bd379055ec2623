import { ConductorWorld, unreachable } from './conductor-world';
import { FakeSql } from './fake-sql';

let sql: FakeSql;
let world: ConductorWorld;

beforeEach(() => {
  sql = new FakeSql();
  world = new ConductorWorld(sql.handle);
  world.env.SERVER_KIND = 'imported';
});

const remove = (properties: object = {}, physicalId = 'database:app') => world.send({ RequestType: 'Delete', PhysicalResourceId: physicalId, ...world.database(properties) });

test('creating a database sends its declaration', async () => {
  const declared = { Extensions: ['pgcrypto'], Locale: 'de_DE.utf8', Settings: { lock_timeout: '5s' }, ProtectedTables: ['schema_migrations'], AdoptExisting: 'true' };
  const answer = await world.send({ RequestType: 'Create', ...world.database(declared) });
  expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'database:app', Data: { DatabaseName: 'app' } });
  expect(sql.requests).toEqual([expect.objectContaining({
    operation: 'convergeDatabase',
    adoptExisting: true,
    planOnly: false,
    database: { databaseName: 'app', extensions: ['pgcrypto'], locale: 'de_DE.utf8', settings: { lock_timeout: '5s' }, defaultSettings: [], revokePublic: false, protectedTables: ['schema_migrations'] },
    mark: expect.objectContaining({ logicalId: 'Database' }),
  })]);
});

test('the same request twice, or at the same time, ends in the same state', async () => {
  const create = { RequestType: 'Create' as const, ...world.database() };
  const answers = await Promise.all([world.send(create), world.send(create)]);
  expect(new Set(answers.map(({ PhysicalResourceId }) => PhysicalResourceId))).toEqual(new Set(['database:app']));
  expect(sql.databases.size).toBe(1);
});

test('another name is a replacement, and the old database is kept when CloudFormation cleans up', async () => {
  await world.send({ RequestType: 'Create', ...world.database() });
  const answer = await world.send({ RequestType: 'Update', PhysicalResourceId: 'database:app', ...world.database({ DatabaseName: 'next' }), OldResourceProperties: {} } as never);
  expect(answer.PhysicalResourceId).toBe('database:next');
  expect((await remove()).Status).toBe('SUCCESS');
  expect([...sql.databases.keys()]).toEqual(['app', 'next']);
});

test('a database is kept without asking the server, unless its policy says otherwise', async () => {
  await remove();
  await remove({ RemovalPolicy: 'retain' });
  expect(sql.requests).toEqual([]);
  await remove({ RemovalPolicy: 'destroy' });
  await remove({ RemovalPolicy: 'force' });
  expect(sql.requests).toEqual([
    expect.objectContaining({ operation: 'deleteDatabase', databaseName: 'app', force: false }),
    expect.objectContaining({ operation: 'deleteDatabase', databaseName: 'app', force: true }),
  ]);
});

test('a database that was never created, or whose server is gone, can be deleted', async () => {
  expect((await remove({ RemovalPolicy: 'destroy' }, 'never-created:Database')).Status).toBe('SUCCESS');
  world.env.HOST = 'old.c1a2b3d4e5f6.eu-west-1.rds.amazonaws.com';
  sql.failures.push(unreachable('ENOTFOUND'));
  expect((await remove({ RemovalPolicy: 'destroy' })).Status).toBe('SUCCESS');
});

test('fails with what the SQL function says about a database that holds tables', async () => {
  sql.failures.push({ ok: false, error: { code: 'NOT_EMPTY', message: 'Database "app" holds 3 tables.', unreachable: false, wrongPassword: false } });
  expect(await remove({ RemovalPolicy: 'destroy' })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'database:app', Reason: '[NOT_EMPTY] Database "app" holds 3 tables.' });
});

test('a failed creation names what it may have made half, so that the rollback removes it', async () => {
  sql.failures.push({ ok: false, error: { code: '42501', message: 'No.', unreachable: false, wrongPassword: false } });
  expect(await world.send({ RequestType: 'Create', ...world.database() })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'database:app' });
});

test('a creation that never reached the server names nothing, so that the rollback does not need the server', async () => {
  sql.failures.push(unreachable('ENOTFOUND'));
  const failed = await world.send({ RequestType: 'Create', ...world.database({ RemovalPolicy: 'destroy' }) });
  expect(failed).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'never-created:Database' });
  expect((await remove({ RemovalPolicy: 'destroy' }, failed.PhysicalResourceId)).Status).toBe('SUCCESS');
  expect(sql.requests).toHaveLength(1);
});

test('fails at once when an imported server has a name that does not exist', async () => {
  sql.failures.push(unreachable('ENOTFOUND'));
  expect(await world.send({ RequestType: 'Create', ...world.database() })).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('DNS doesn\'t know the name \'db.example.internal\'') });
});
