import { BrokerFixture } from './broker-fixture';
import { REFUSED_MAJORS } from '../../../support/refused-postgres';

describe.each(REFUSED_MAJORS)('a server of version %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
  });
  afterAll(async () => broker.postgres.remove());

  const sentence = new RegExp(`^The server runs PostgreSQL ${major}\\.\\d+\\. This library needs version 15 or later\\. Upgrade the server, then deploy again\\.$`);

  test('is refused at once, whatever is asked', async () => {
    const requests = [broker.database('shop'), broker.user('api', 'shop'), broker.inspect('api', 'shop'), broker.deleteUser('api'), broker.deleteDatabase('shop')];
    for (const request of requests) {
      expect(await broker.fail(request)).toMatchObject({ code: 'OLD_SERVER', message: expect.stringMatching(sentence), unreachable: false });
    }
  });

  test('stays as it was', async () => {
    await broker.fail(broker.database('shop'));
    await expect(broker.asSuperuser('postgres', "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cdk%'")).resolves.toEqual([]);
    await expect(broker.asSuperuser('postgres', "SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%'")).resolves.toEqual([]);
  });

  test('keeps no connection', async () => {
    await broker.fail(broker.database('shop'));
    await expect(broker.asSuperuser('postgres', "SELECT usename FROM pg_stat_activity WHERE usename = 'postgres'")).resolves.toEqual([]);
  });
});
