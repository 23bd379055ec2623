import * as fc from 'fast-check';
import { BrokerFixture, MARK, PASSWORD } from './broker-fixture';
import type { RunnerSettings } from '../../../../src/migrations/handler/runner/settings';
import { PostgresLockSession } from '../../../../src/postgres/engine/handler/runner/lock-session';
import { groupRoleNames, groupRoles, ownerLogin } from '../../../../src/postgres/engine/names';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const LONGEST = ['d'.repeat(63), 'ö'.repeat(31), `${'🔑'.repeat(15)}abc`, 'orders_of_the_european_branch_until_the_merger_in_november_2026'];

describe.each(POSTGRES_MAJORS)('databases with long names on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
  });
  afterAll(async () => broker.postgres.remove());

  test.each(LONGEST)('%s is migrated by its owner and used by others', async (name) => {
    // GIVEN
    const [migrator, { owner }] = [ownerLogin(name), groupRoles(name)];
    const { hostName: host, port, ca } = broker.postgres;
    await broker.succeed(broker.database(name));
    await broker.succeed(broker.user(migrator, name, { access: 'OWNER', mark: { ...MARK, logicalId: 'Owner' } }));
    await broker.succeed(broker.user('api', name, { mark: { ...MARK, logicalId: 'Api' } }));

    // WHEN
    const session = await PostgresLockSession.connect({ host, port, ca, user: migrator, password: PASSWORD, database: name, expectedRole: owner } as RunnerSettings);
    await session.checkRole();
    expect(await session.tryLock()).toBe(true);
    await session.close();
    await broker.asUser(migrator, name, 'CREATE TABLE orders (id int)');

    // THEN
    await expect(broker.asUser('api', name, 'INSERT INTO orders VALUES (1) RETURNING id')).resolves.toEqual([{ id: 1 }]);
    await expect(broker.asUser(migrator, name, "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'")).resolves.toEqual([{ tableowner: owner }]);
    await broker.succeed(broker.deleteUser('api', { mark: { ...MARK, logicalId: 'Api' } }));
  });
});

test('the roles of databases fit what PostgreSQL keeps of a name, and are different for each', () => {
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 63 }).filter((text) => Buffer.byteLength(text) <= 63 && !/\p{Surrogate}/u.test(text));
  fc.assert(fc.property(fc.uniqueArray(fc.oneof(name, fc.constantFrom(...LONGEST, `${'d'.repeat(62)}e`)), { minLength: 1, maxLength: 5 }), (names) => {
    const roles = names.flatMap((database) => [...groupRoleNames(database), ownerLogin(database)]);
    expect(roles.every((role) => Buffer.byteLength(role) <= 63 && !/\p{Surrogate}/u.test(role))).toBe(true);
    expect(new Set(roles).size).toBe(roles.length);
  }));
});

test('a short name is only extended', () => {
  expect(ownerLogin('d'.repeat(54))).toBe(`${'d'.repeat(54)}_migrator`);
  expect(ownerLogin('d'.repeat(55))).toMatch(/^d{41}_[0-9a-f]{12}_migrator$/);
});
