import { rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { BrokerFixture, type DatabaseOptions } from './broker-fixture';
import { connectWithPg, type Connect } from '../../../../src/postgres/engine/handler/sql/session';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

let broker: BrokerFixture;
let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({ major: 17, admin: 'self-hosted', settings: { synchronous_commit: 'on' } });
  broker = BrokerFixture.on(server);
  await broker.succeed(broker.database('app'));
});

afterAll(() => server.remove());

const OPTIONS: DatabaseOptions = { extensions: ['pgcrypto'], settings: { lock_timeout: '1s' } };

/** Something happens to the server before the n-th round trip, once. */
function before(n: number, happens: () => Promise<void>): { readonly connect: Connect; readonly happened: () => boolean } {
  let trips = 0;
  let happened = false;
  const count = async () => {
    trips += 1;
    if (trips === n) {
      happened = true;
      await happens();
    }
  };
  const connect: Connect = async (...args) => {
    const session = await connectWithPg(...args);
    return {
      read: async (statements) => count().then(() => session.read(statements)),
      apply: async (statements) => count().then(() => session.apply(statements)),
      close: () => session.close(),
    };
  };
  return { connect, happened: () => happened };
}

/** The former primary after a failover, or whoever answers before there is a new one: it accepts connections, and no changes. */
async function becomeStandby(): Promise<void> {
  await server.stop();
  writeFileSync(join(server.dataDir, 'standby.signal'), '');
  await server.start();
}

async function becomePrimary(): Promise<void> {
  await broker.asSuperuser('postgres', 'SELECT pg_promote()');
  rmSync(join(server.dataDir, 'standby.signal'), { force: true });
}

describe('a server that goes away in the middle of a request', () => {
  test('at any of its round trips is waited for, and the database is complete', async () => {
    for (let n = 1; ; n += 1) {
      const { connect, happened } = before(n, async () => {
        await server.stop();
        setTimeout(() => void server.start(), 300);
      });
      await broker.succeed(broker.database(`restarted_${n}`, OPTIONS), { connect });
      if (!happened()) {
        expect(n).toBeGreaterThan(5);
        return;
      }
      await expect(broker.succeed(broker.database(`restarted_${n}`, OPTIONS))).resolves.toEqual([]);
    }
  }, 180_000);

  test.each([1, 2])('before round trip %i of a user is waited for, and the user logs in', async (n) => {
    const { connect, happened } = before(n, () => server.restart());
    await broker.succeed(broker.user(`moved_${n}`, 'app'), { connect });
    expect(happened()).toBe(true);
    await expect(broker.asUser(`moved_${n}`, 'app', 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  });
});

describe('a standby that answers', () => {
  test('from the beginning is no failure until the deadline', async () => {
    await becomeStandby();
    const [changes] = await Promise.all([broker.succeed(broker.user('patient', 'app')), sleep(2_000).then(becomePrimary)]);
    expect(changes).not.toEqual([]);
  });

  test.each([2, 4])('from round trip %i on is no failure until the deadline', async (n) => {
    const { connect, happened } = before(n, async () => {
      await becomeStandby();
      void sleep(1_500).then(becomePrimary);
    });
    await broker.succeed(broker.database(`promoted_${n}`, OPTIONS), { connect });
    expect(happened()).toBe(true);
  });

  test('fails at the deadline as a server that is not there, so that its state is asked for', async () => {
    await becomeStandby();
    const failure = await broker.fail(broker.user('late', 'app', { deadline: Date.now() + 1_500 }));
    await becomePrimary();
    expect(failure).toMatchObject({ code: '25006', unreachable: true, message: expect.stringContaining('read-only standby') });
  });
});

test('a server that refuses the changes of its clients for a while takes those of the broker', async () => {
  await broker.asSuperuser('postgres', 'ALTER SYSTEM SET default_transaction_read_only = on');
  await broker.asSuperuser('postgres', 'SELECT pg_reload_conf()');
  await sleep(300);
  const changes = await broker.succeed(broker.database('meanwhile', OPTIONS));
  await broker.asSuperuser('postgres', 'ALTER SYSTEM RESET default_transaction_read_only');
  await broker.asSuperuser('postgres', 'SELECT pg_reload_conf()');
  await sleep(300);
  expect(changes.length).toBeGreaterThan(3);
});

describe('a change that no standby confirms', () => {
  const standbys = async (names: string) => {
    await broker.asSuperuser('postgres', `ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await broker.asSuperuser('postgres', 'SELECT pg_reload_conf()');
    await sleep(300);
  };
  const soon = () => ({ deadline: Date.now() + 1_500 });

  beforeEach(() => standbys('nobody'));
  afterEach(() => standbys(''));

  test('fails after the deadline as a server that is not there, and nobody sees it', async () => {
    await expect(broker.fail(broker.user('unsafe', 'app', soon()))).resolves.toMatchObject({ code: 'CONNECTION_LOST', unreachable: true });
    await expect(broker.asUser('unsafe', 'app', 'SELECT 1 AS one')).rejects.toThrow('password authentication failed');
  });

  test('is no success of the call after it either, until a standby confirms it', async () => {
    await broker.fail(broker.user('again', 'app', soon()));
    await expect(broker.fail(broker.user('again', 'app', soon()))).resolves.toMatchObject({ code: expect.stringMatching(/LOCK_BUSY|CONNECTION_LOST/) });
    const [changes] = await Promise.all([broker.succeed(broker.user('again', 'app')), sleep(1_000).then(() => standbys(''))]);
    expect(changes).toEqual([]);
    await expect(broker.asUser('again', 'app', 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  });
});
