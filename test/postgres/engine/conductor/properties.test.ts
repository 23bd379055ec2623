import { databaseRemoval, parseDatabase, parseUser, rightsOf, userRemoval } from '../../../../src/postgres/engine/handler/conductor/properties';

const USER = { Username: 'api', DatabaseName: 'app', Access: 'READ_ONLY', SecretArn: 'arn' };

test('a user needs four properties; the others have defaults', () => {
  expect(parseUser(USER)).toEqual({
    secretArn: 'arn',
    adoptExisting: false,
    planOnly: false,
    spec: { username: 'api', logins: ['api'], databaseName: 'app', access: 'READ_ONLY', connectionLimit: -1, settings: {}, protectedTables: [] },
  });
  expect(userRemoval(USER)).toBe('REASSIGN');
});

test('a database needs its name; the others have defaults', () => {
  expect(parseDatabase({ DatabaseName: 'app' })).toEqual({ adoptExisting: false, planOnly: false, spec: { databaseName: 'app', extensions: [], settings: {}, defaultSettings: [], revokePublic: false, protectedTables: [] } });
  expect(parseDatabase({ DatabaseName: 'app', AdoptExisting: 'plan', RevokePublic: 'true', DefaultSettings: ['lock_timeout'] }))
    .toMatchObject({ adoptExisting: true, planOnly: true, spec: { revokePublic: true, defaultSettings: ['lock_timeout'] } });
  expect(databaseRemoval({})).toBe('retain');
});

test('scalars arrive as text and are read as what they mean', () => {
  expect(parseUser({ ...USER, ConnectionLimit: '0', AdoptExisting: 'true' })).toMatchObject({ adoptExisting: true, spec: { connectionLimit: 0 } });
  expect(parseUser({ ...USER, ConnectionLimit: '-1', AdoptExisting: 'false' })).toMatchObject({ adoptExisting: false, spec: { connectionLimit: -1 } });
});

test.each([['200', 200], [undefined, undefined], ['', undefined], ['LEAST({DBInstanceClassMemory/9531392},5000)', undefined]])('connections of a server declared as %p are %p', (MaxConnections, expected) => {
  expect(parseDatabase({ DatabaseName: 'app', MaxConnections }).spec.maxConnections).toBe(expected);
});

test('a name of 63 bytes is the longest', () => {
  expect(parseUser({ ...USER, Username: 'x'.repeat(63), DatabaseName: 'y'.repeat(63) }).spec).toMatchObject({ username: 'x'.repeat(63), databaseName: 'y'.repeat(63) });
});

test('a name has the characters that every client can read', () => {
  expect(parseUser({ ...USER, Username: 'Ada "%s" <ada@example.com>', DatabaseName: 'a+b$c' }).spec).toMatchObject({ username: 'Ada "%s" <ada@example.com>', databaseName: 'a+b$c' });
  expect(() => parseDatabase({ DatabaseName: 'Orders 2' })).toThrow('Property \'DatabaseName\' is "Orders 2", and must be at most 63 characters that every client can read: letters of ASCII, digits and \'-._~!$&()*+;=@\'. Change');
});

test.each([
  ['no name', { Username: undefined }, 'Username'],
  ['an empty name', { Username: '' }, 'Username'],
  ['a name of 64 bytes', { Username: 'x'.repeat(64) }, 'Username'],
  ['a name with a colon', { Username: 'a:b' }, 'Username'],
  ['a name beyond ASCII', { Username: 'größe' }, 'Username'],
  ['a database with a space', { DatabaseName: 'a b' }, 'DatabaseName'],
  ['a database of two path segments', { DatabaseName: 'a/b' }, 'DatabaseName'],
  ['a name with a zero byte', { Username: 'a\0b' }, 'Username'],
  ['a name with half a surrogate pair', { Username: 'a\uD800' }, 'Username'],
  ['a database that no URL can name', { DatabaseName: '..' }, 'DatabaseName'],
  ['an unknown access', { Access: 'ADMIN' }, 'Access'],
  ['a connection limit below -1', { ConnectionLimit: '-2' }, 'ConnectionLimit'],
  ['a connection limit that is no number', { ConnectionLimit: 'many' }, 'ConnectionLimit'],
  ['an empty connection limit', { ConnectionLimit: '' }, 'ConnectionLimit'],
  ['settings that are a list', { Settings: ['a'] }, 'Settings'],
  ['settings that are not text', { Settings: { a: { b: 'c' } } }, 'Settings'],
  ['tables that are not a list', { ProtectedTables: 'a' }, 'ProtectedTables'],
  ['tables with an empty name', { ProtectedTables: [''] }, 'ProtectedTables'],
  ['an unknown removal policy', { OnRemoval: 'DROP' }, 'OnRemoval'],
  ['an adoption that is neither true nor false', { AdoptExisting: 'yes' }, 'AdoptExisting'],
  ['no secret', { SecretArn: undefined }, 'SecretArn'],
])('fails for a user with %s and names the property', (_, wrong, property) => {
  expect(() => parseUser({ ...USER, ...wrong })).toThrow(new RegExp(`^Property '${property}' is .*, and must be .*\\. Change the value`));
});

test.each([
  ['an empty locale', { Locale: '' }, 'Locale'],
  ['extensions that are not text', { Extensions: [{}] }, 'Extensions'],
  ['an unknown removal policy', { RemovalPolicy: 'snapshot' }, 'RemovalPolicy'],
])('fails for a database with %s and names the property', (_, wrong, property) => {
  expect(() => parseDatabase({ DatabaseName: 'app', ...wrong })).toThrow(`Property '${property}' is`);
});

test('a user knows which settings were declared for it until now, whatever form they have', () => {
  expect(parseUser(USER, { Settings: { work_mem: '8MB' } }).spec.formerSettings).toEqual(['work_mem']);
  for (const former of [{}, { Settings: undefined }, { Settings: null }, { Settings: 7 }]) {
    expect(parseUser(USER, former).spec).not.toHaveProperty('formerSettings');
  }
});

test('rights are the database and the access, and can be read of any properties', () => {
  expect(rightsOf({ ...USER, ConnectionLimit: '7', Settings: { work_mem: '8MB' } })).toEqual(rightsOf(USER));
  expect(rightsOf({ ...USER, Access: 'OWNER' })).toEqual({ ...rightsOf(USER), access: 'OWNER' });
  expect(rightsOf({})).toEqual(rightsOf({ Settings: 'nonsense' }));
});
