import { Stack } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { validateDatabaseName, validateUsername } from '../../../src/postgres/private/names';
import { snakeCase } from '../../../src/private/case';

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

  test('is refused exactly where PostgreSQL would cut it, keep it for itself or not store it', () => {
    const scope = new Stack();
    const refused = (name: string) => {
      try {
        validateUsername(scope, name);
        return false;
      } catch {
        return true;
      }
    };
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 70 }), (name) => {
      const reserved = /^(pg_|rds)/i.test(name) || ['postgres', 'public', 'none', 'current_user', 'current_role', 'session_user'].includes(name.toLowerCase());
      const storable = name !== '' && !/[\u0000-\u001f\u007f]/.test(name) && Buffer.byteLength(name) <= 63;
      expect(refused(name)).toBe(reserved || !storable);
    }));
  });
});

describe('the name of a database', () => {
  test.each(['postgres', 'Template0', 'rdsadmin', 'PG_X', ''])('fails with %p', (name) => {
    expect(() => validateDatabaseName(new Stack(), name)).toThrow(/isn't a valid database name/);
  });

  test.each(['app', 'Orders 2', 'd'.repeat(63), 'größe'])('may be %p', (name) => {
    expect(() => validateDatabaseName(new Stack(), name)).not.toThrow();
  });
});
