import { runOnNode, type Ran } from './node-functions';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';
import { BrokerFixture } from '../../engine/sql/broker-fixture';

/** Extensions that PostgreSQL lets only superusers make. */
const PROVIDED = 'dblink,pageinspect';

let broker: BrokerFixture;
let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({ major: 17, admin: 'self-hosted' });
  broker = BrokerFixture.on(server);
  await broker.asSuperuser('postgres', `ALTER ROLE ${server.admin.username} SET cdk_private_backend.extensions = '${PROVIDED}'`);
});

afterAll(() => server.remove());

const make = (EXTENSIONS = PROVIDED): Promise<Ran> => runOnNode(server, 'make_extensions', { EXTENSIONS });

const extensionsIn = async (database: string): Promise<unknown[]> =>
  (await broker.asSuperuser(database, "SELECT extname || ' in ' || extnamespace::regnamespace AS name FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")).map(({ name }) => name);

describe('extensions that need a superuser', () => {
  test('are made in every database and in the template of new ones, whatever a database is called, and a second run does nothing', async () => {
    await broker.succeed(broker.database('shop'));
    await broker.succeed(broker.database('host=elsewhere'));
    expect(await make()).toEqual({ code: 0, output: '' });
    for (const database of ['shop', 'host=elsewhere', 'template1', 'postgres']) {
      await expect(extensionsIn(database)).resolves.toEqual(['dblink in public', 'pageinspect in public']);
    }
    expect(await make()).toEqual({ code: 0, output: '' });
    await broker.asAdmin('postgres', 'CREATE DATABASE by_hand');
    await expect(extensionsIn('by_hand')).resolves.toEqual(['dblink in public', 'pageinspect in public']);
  });

  test('are waited for by a database that is declared with them, which makes the others itself', async () => {
    const [changes] = await Promise.all([
      broker.succeed(broker.database('geo', { extensions: ['dblink', 'pgcrypto', 'pageinspect'] })),
      new Promise((later) => setTimeout(later, 2_000)).then(() => make()),
    ]);
    expect(changes.filter((change) => change.includes('EXTENSION'))).toEqual([]);
    await expect(extensionsIn('geo')).resolves.toEqual(['dblink in public', 'pageinspect in public', 'pgcrypto in public']);
    await expect(broker.succeed(broker.database('geo', { extensions: ['dblink', 'pgcrypto', 'pageinspect'] }))).resolves.toEqual([]);
    await expect(broker.asSuperuser('geo', "SELECT pg_get_userbyid(extowner) AS owner FROM pg_extension WHERE extname = 'dblink'")).resolves.toEqual([{ owner: server.superuser.username }]);
  });

  test('fails at the deadline where no node makes them, and says where to look', async () => {
    await expect(broker.fail(broker.database('alone', { extensions: ['dblink'], deadline: Date.now() + 2_000 }))).resolves.toMatchObject({
      code: 'EXTENSION_MISSING', unreachable: false, message: expect.stringMatching(/Database 'alone' didn't get 'dblink' until the deadline\..*journalctl/),
    });
  });

  test('fails at once where no node is to make them', async () => {
    const started = Date.now();
    await expect(broker.fail(broker.database('undeclared', { extensions: ['postgres_fdw'] }))).resolves.toMatchObject({ code: '42501' });
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test('are not made where users could have laid a trap for the superuser, and the others are', async () => {
    await broker.succeed(broker.database('trapped'));
    await broker.succeed(broker.user('trapper', 'trapped', { access: 'OWNER' }));
    await broker.asUser('trapper', 'trapped', 'CREATE FUNCTION public.dblink_connect(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$');
    const { code, output } = await make();
    expect(code).toBe(0);
    expect(output).toMatch(/extension 'dblink' is not made in database 'trapped', because users have made functions/);
    await expect(extensionsIn('trapped')).resolves.toEqual([]);
    await broker.asUser('trapper', 'trapped', 'DROP FUNCTION public.dblink_connect(text)');
    expect(await make()).toEqual({ code: 0, output: '' });
    await expect(extensionsIn('trapped')).resolves.toEqual(['dblink in public', 'pageinspect in public']);
  });

  test('that do not exist are named, and keep nothing else from being made', async () => {
    await broker.succeed(broker.database('some'));
    const { code, output } = await make('no_such_extension,dblink');
    expect([code, output]).toEqual([0, expect.stringMatching(/extension 'no_such_extension' cannot be made in database 'some': .* \(0A000\)/)]);
    await expect(extensionsIn('some')).resolves.toEqual(['dblink in public']);
  });

  test('are made whatever the owner of a database has set for its sessions', async () => {
    await broker.succeed(broker.database('odd'));
    await broker.asSuperuser('postgres', "ALTER DATABASE odd SET role = 'odd_ro'; ALTER DATABASE odd SET default_transaction_read_only = on; ALTER DATABASE odd SET search_path = nowhere");
    expect(await make()).toEqual({ code: 0, output: '' });
    await broker.asSuperuser('postgres', 'ALTER DATABASE odd RESET ALL');
    await expect(extensionsIn('odd')).resolves.toEqual(['dblink in public', 'pageinspect in public']);
  });
});
