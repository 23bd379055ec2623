import { Lazy, Stack } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { validateDatabaseName, validateUsername } from '../../../src/postgres/private/names';
import { snakeCase } from '../../../src/private/case';

const NAME = fc.oneof(fc.string({ unit: 'binary', maxLength: 70 }), fc.string({ unit: fc.constantFrom(..."aZ09-_.~!$&'()*+,;=:@/?#[]% ") }));

function refusal(validate: typeof validateUsername, name: string): string | undefined {
  try {
    validate(new Stack(), name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the name of a user', () => {
  test.each([
    ['Api', 'api'], ['OrdersApi', 'orders_api'], ['ordersAPI', 'orders_api'], ['HTTPServer', 'http_server'], ['orders-api', 'orders_api'],
    ['Orders2Api', 'orders2_api'], ['_Api_', 'api'], ['orders api', 'orders_api'], ['ALREADY', 'already'],
  ])('from the id %p is %p', (id, username) => {
    expect(snakeCase(id)).toBe(username);
  });

  test('from any id needs no quoting, and is the same when made again', () => {
    fc.assert(fc.property(fc.string(), (id) => {
      const username = snakeCase(id);
      expect(username).toMatch(/^([a-z0-9]+(_[a-z0-9]+)*)?$/);
      expect(snakeCase(username)).toBe(username);
    }));
  });

  test('is refused exactly where PostgreSQL would cut it or keep it for itself, or where a client could not log in', () => {
    fc.assert(fc.property(NAME, (name) => {
      const reserved = /^(pg_|rds)/i.test(name) || ['postgres', 'public', 'none', 'current_user', 'current_role', 'session_user'].includes(name.toLowerCase());
      expect(refusal(validateUsername, name) !== undefined).toBe(reserved || !/^[ -+\--9;-~]{1,63}$/.test(name));
    }), { numRuns: 1_000 });
  });

  test.each([
    ['a:b', "':' (U+003A)"], ['a,b', "',' (U+002C)"], ['größe', "'ö' (U+00F6)"], ['a\tb', 'U+0009'], ['a\u200bb', 'U+200B'], ['🔑', "'🔑' (U+1F511)"], ['a\ud800', 'U+D800'],
  ])('fails with %j, and names the character', (name, character) => {
    expect(refusal(validateUsername, name)).toContain(`contains ${character}, and not every PostgreSQL client can log in with it. Set a \`username\` of printable ASCII`);
  });

  test.each(['Ada Lovelace', 'ada@example.com', 'a/b?c#d', '"%s\'\\'])('may be %j, which a URL holds encoded', (name) => {
    expect(refusal(validateUsername, name)).toBeUndefined();
  });
});

describe('the name of a database', () => {
  test.each(['postgres', 'Template0', 'rdsadmin', 'PG_X', '', '.', '..', 'd'.repeat(64)])('fails with %p', (name) => {
    expect(refusal(validateDatabaseName, name)).toMatch(/isn't a valid database name: .*\. Set another `databaseName`\. \(at/);
  });

  test.each(['app', 'Orders-2', 'd'.repeat(63), 'a+b$c', 'v1.2', '...', 'it!&(all)*;=@~'])('may be %p', (name) => {
    expect(refusal(validateDatabaseName, name)).toBeUndefined();
  });

  test('is refused where some client could not read it, with its character and what to do', () => {
    fc.assert(fc.property(NAME.filter((name) => !/^(pg_|rds|public$|\.{1,2}$)|^$/i.test(name) && Buffer.byteLength(name) <= 63), (name) => {
      const expected = /^[A-Za-z0-9_.~!$&()*+;=@-]+$/.test(name) ? undefined : expect.stringMatching(/contains ('.+' \()?U\+[0-9A-F]{4,6}\)?, and not every PostgreSQL client can read it in a URL[^]*rename a database that exists already/u);
      expect(refusal(validateDatabaseName, name)).toEqual(expected);
    }), { numRuns: 1_000 });
  });
});

test('a name that is not known until deployment passes', () => {
  const token = Lazy.string({ produce: () => 'ö' });
  expect([refusal(validateUsername, token), refusal(validateDatabaseName, token)]).toEqual([undefined, undefined]);
});
