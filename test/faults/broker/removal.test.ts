import { setTimeout as sleep } from 'timers/promises';
import { STACK } from '../../postgres/engine/conductor/conductor-world';
import { startPostgres, type PostgresServer } from '../../support/postgres-server';
import { expecting } from '../expecting';
import { BrokerCloud, databaseLogicalId } from '../support/broker';

let server: PostgresServer;
let cloud: BrokerCloud;

beforeAll(async () => { server = await startPostgres(); });
beforeEach(() => { cloud = new BrokerCloud(server); });
afterEach(() => cloud.endSessions());
afterAll(() => server.remove());

// Two procedures that differ by an OUT parameter only, or a function in a schema of the admin, make the removal fail for ever; the login is off by then.
test.failing('user-cannot-be-removed: a user that owns procedures and functions is removed, or the reason says which grant is missing', expecting(async () => {
  cloud.patience = 4_000;
  await cloud.givenDatabase('routines');
  const remove = async (username: string, setUp: string, sql: string) => {
    const user = await cloud.givenUser(username, 'routines');
    await cloud.asAdmin('routines', setUp);
    await cloud.as(user, sql);
    const { Status, Reason } = await cloud.deleteUser(user);
    return Status === 'SUCCESS' ? 'removed' : Reason;
  };

  const procedures = await remove(
    'procedures', 'set role routines_owner; create schema s_procedures; grant create, usage on schema s_procedures to procedures',
    "create procedure s_procedures.p(in a int, out b text) language sql as $$select 'x'$$; create procedure s_procedures.p(in a int, in b text) language sql as 'select 1'",
  );
  const ofAdmin = await remove(
    'function', 'create schema s_function; grant create, usage on schema s_function to function', "create function s_function.f() returns int language sql as 'select 1'",
  );

  // Nothing that an operator could grant helps with the procedures.
  expect([procedures, ofAdmin]).toEqual(['removed', expect.stringMatching(/^removed$|(?=.*s_function).*GRANT CREATE/is)]);
}));

// Everything is one transaction, which fails with 53200 where it needs more locks than the server has room for, and the reason blames the declaration.
test.failing('too-many-objects-for-one-transaction: a user with many tables is removed, or the reason names max_locks_per_transaction', expecting(async () => {
  const small = await startPostgres();
  try {
    const crowded = new BrokerCloud(small);
    await crowded.asSuperuser('postgres', 'alter system set max_locks_per_transaction = 10');
    await small.restart();
    await crowded.givenDatabase('shop');
    const big = await crowded.givenUser('big', 'shop');
    await crowded.asAdmin('shop', 'set role shop_owner; create schema s; grant usage, create on schema s to shop_rw');
    for (let part = 0; part < 20; part++) {
      await crowded.asSuperuser('shop', `do $$ begin for t in 1..200 loop execute format('create table s.t%s (id int)', ${part * 200} + t); execute format('alter table s.t%s owner to big', ${part * 200} + t); end loop; end $$`);
    }

    crowded.patience = 60_000;
    const { Status, Reason } = await crowded.deleteUser(big);

    if (Status !== 'SUCCESS') expect(Reason).toMatch(/max_locks_per_transaction/);
  } finally {
    await small.remove();
  }
}), 180_000);

// The removal waits 5 s again and again for a table that a long transaction reads; every other reader queues behind it, and nobody says who blocks.
test.failing('removal-stalls-readers: other readers go on while a removal waits, and its reason names the session that blocks', expecting(async () => {
  await cloud.givenDatabase('busy');
  await cloud.asAdmin('busy', 'set role busy_owner; create schema s; grant usage, create on schema s to busy_rw');
  const reader = await cloud.givenUser('reader', 'busy');
  const gone = await cloud.givenUser('gone', 'busy');
  await cloud.as(gone, 'create table s.busy (id int); grant select on s.busy to busy_rw');
  const idle = await cloud.open(reader);
  await idle.query('begin; select * from s.busy');
  const probe = await cloud.open(reader);
  let going = true;
  const probing = (async () => {
    let stalled = 0;
    for (; going; await sleep(20)) {
      const started = Date.now();
      await probe.query('select * from s.busy');
      if (Date.now() - started > 100) stalled += Date.now() - started;
    }
    return stalled;
  })();
  // Awaited below; until then an error waits with it.
  probing.catch(() => undefined);

  cloud.patience = 16_000;
  const started = Date.now();
  const { Status, Reason } = await cloud.deleteUser(gone);
  const took = Date.now() - started;
  going = false;
  await idle.query('commit');

  expect(await probing).toBeLessThan(took / 2);
  if (Status !== 'SUCCESS') expect(Reason).toMatch(/reader|\bpid\b/);
}), 120_000);

// A large object is data, too, but only tables make `destroy` refuse.
test.failing('destroy-drops-large-objects: destroy refuses a database whose data is a large object', expecting(async () => {
  await cloud.givenDatabase('invoices');
  const owner = await cloud.givenUser('archivist', 'invoices', { Access: 'OWNER' });
  await cloud.as(owner, "select lo_from_bytea(0, 'the only copy of the invoice'::bytea)");

  const { Status } = await cloud.deleteDatabase('invoices', { RemovalPolicy: 'destroy' });

  expect({ Status, kept: await cloud.hasDatabase('invoices') }).toMatchObject({ kept: true });
}));

// The mark that says whose a database is can be written by an OWNER: with a forged previous owner, the removal answers SUCCESS and keeps the database.
test.failing('forged-mark-keeps-database: a login of the database cannot make its removal by force pretend', expecting(async () => {
  await cloud.givenDatabase('forged');
  const owner = await cloud.givenUser('forger', 'forged', { Access: 'OWNER' });
  const mark = { stackId: STACK, logicalId: databaseLogicalId('forged'), previous: { stackId: 'x', logicalId: 'y' } };
  // Forbidden is fine.
  await cloud.as(owner, `comment on database forged is 'cdk-private-backend:${JSON.stringify(mark)}'`).catch(() => undefined);

  const { Status } = await cloud.deleteDatabase('forged', { RemovalPolicy: 'force' });

  expect({ Status, kept: await cloud.hasDatabase('forged') }).not.toEqual({ Status: 'SUCCESS', kept: true });
}));
