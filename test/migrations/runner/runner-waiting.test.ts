import type { AddressInfo, Socket } from 'net';
import { createServer } from 'net';
import { setTimeout as sleep } from 'timers/promises';
import { environmentFor, type Prepared, prepareDatabase, query, sessions, testedEngines, until, Workshop } from './harness';
import { RunnerDefaults, RunnerEnv, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { makeLockSql } from '../../../src/postgres/engine/handler/guarded-lock';
import { POSTGRES_VARIABLES } from '../../../src/postgres/engine/migrations/postgres-variables.contract';
import { type PostgresServer, startPostgres } from '../../support/postgres-server';

const workshop = new Workshop();
const [dbmate] = testedEngines();
const FILES = { '001_table.sql': dbmate.file('CREATE TABLE t (a int);') };
const HOLD = 'BEGIN; LOCK TABLE cdk_private_backend.lock IN EXCLUSIVE MODE';
let server: PostgresServer;
let other: PostgresServer;
beforeAll(async () => { [server, other] = await Promise.all([startPostgres(), startPostgres({ hostNames: ['elsewhere.test'] })]); });
afterEach(async () => workshop.stopAll());
afterAll(async () => { workshop.remove(); await server.remove(); await other.remove(); });

describe('before the engine starts', () => {
  const start = async (extra: Record<string, string>, prepared?: Prepared) => {
    const environment = environmentFor(server, prepared ?? await prepareDatabase(server), 'dbmate', workshop.directory(FILES));
    const run = workshop.start({ ...environment, ...extra }, [dbmate.directory ?? '']);
    return [await run.exitCode(), run.output];
  };

  test('fails with every missing setting at once', async () => {
    expect(await start({ [POSTGRES_VARIABLES.host]: '', [POSTGRES_VARIABLES.password]: '', [RunnerEnv.CA]: '', [RunnerEnv.LOCK_TIMEOUT]: '5 s', [POSTGRES_VARIABLES.port]: 'x', [RunnerEnv.ENGINE]: 'flyway' })).toEqual([RunnerExit.MISCONFIGURED,
      expect.stringMatching(/FAILED: The environment of the container is wrong: MIGRATION_ENGINE must be goose or dbmate, got 'flyway'; PGHOST is missing; PGPORT .*; PGPASSWORD is missing; DATABASE_CA and the file .*; MIGRATION_LOCK_TIMEOUT/)]);
  });

  test('takes the certificate authority from the file in the image when none is given', async () => {
    expect((await start({ [RunnerEnv.CA]: '', [RunnerEnv.CA_FILE]: server.caFile }))[0]).toBe(RunnerExit.OK);
  });

  test('fails when the server is not the one that the certificate authority vouches for', async () => {
    expect(await start({ [RunnerEnv.CA]: other.ca })).toEqual([RunnerExit.UNAVAILABLE, expect.stringContaining('to the authority that issued it (here in DATABASE_CA)')]);
  });

  test('fails when the certificate is for another host name', async () => {
    const prepared = await prepareDatabase(other);
    expect(await start({ ...environmentFor(other, prepared, 'dbmate', workshop.directory(FILES)), [POSTGRES_VARIABLES.host]: 'localhost' }))
      .toEqual([RunnerExit.UNAVAILABLE, expect.stringMatching(/FAILED: Database .* can't be connected to: .*Hostname\/IP does not match/)]);
  });

  test('fails on a wrong password at once', async () => {
    expect(await start({ [POSTGRES_VARIABLES.password]: 'wrong-one' })).toEqual([RunnerExit.NOT_ALLOWED, expect.stringMatching(/refused the login 'mig_.*': password authentication failed .* run the migrations again/)]);
  });

  test('fails on a database that is not there', async () => {
    expect(await start({ [POSTGRES_VARIABLES.database]: 'nowhere' })).toEqual([RunnerExit.UNAVAILABLE, expect.stringContaining('must wait for the database to be created')]);
  });

  test('fails when the server does not answer until the deadline', async () => {
    expect(await start({ [POSTGRES_VARIABLES.port]: '9', [RunnerEnv.CONNECT_SECONDS]: '2' })).toEqual([RunnerExit.UNAVAILABLE, expect.stringContaining('didn\'t accept a connection within 2 s')]);
  });

  test('fails when another run holds the lock until the deadline', async () => {
    const prepared = await prepareDatabase(server);
    const holder = await server.connect({ user: prepared.username, password: prepared.password, database: prepared.database });
    await holder.query(makeLockSql.join(';'));
    await holder.query(HOLD);
    expect(await start({ [RunnerEnv.LOCK_SECONDS]: '2' }, prepared)).toEqual([RunnerExit.LOCKED, expect.stringMatching(new RegExp(`Another run holds the migration lock for more than 2 s \\(Session \\d+ of role '${prepared.username}' .*\\)\\. Wait for that run, or run \`SELECT pg_terminate_backend`))]);
    await holder.end();
  });

  test('fails when the session acts as the owner, but another role was asked for', async () => {
    expect(await start({ [RunnerEnv.EXPECTED_ROLE]: 'somebody' })).toEqual([RunnerExit.NOT_ALLOWED, expect.stringContaining("instead of 'somebody'")]);
  });

  test('fails when the directory is not there', async () => {
    expect(await start({ [RunnerEnv.DIRECTORY]: '/nowhere' })).toEqual([RunnerExit.MISCONFIGURED, expect.stringContaining('The migrations can\'t be read')]);
  });

  test('waits for a server whose name is not known yet, as of one that is still being made', async () => {
    expect(await start({ [POSTGRES_VARIABLES.host]: 'made-later.invalid', [RunnerEnv.CONNECT_SECONDS]: '2' })).toEqual([RunnerExit.UNAVAILABLE, expect.stringMatching(/doesn't accept connections yet: getaddrinfo (ENOTFOUND|EAI_AGAIN)/)]);
  });

  test('waits for 25 minutes unless it is asked otherwise, within the 30 minutes that a migration has', () => {
    expect(RunnerDefaults.CONNECT_SECONDS).toBe(25 * 60);
  });

  test('waits for a server that is not up yet', async () => {
    const prepared = await prepareDatabase(server);
    await server.stop();
    const run = workshop.start(environmentFor(server, prepared, 'dbmate', workshop.directory(FILES)), [dbmate.directory ?? '']);
    await run.says(/Database '.* doesn't accept connections yet: .*ECONNREFUSED/);
    await sleep(1500);
    await server.start();
    expect([await run.exitCode(), run.output]).toEqual([RunnerExit.OK, expect.stringContaining('applied 1')]);
  });

  test('reconnects when the connection is lost while it waits for the lock', async () => {
    const prepared = await prepareDatabase(server);
    const holder = await server.connect({ user: prepared.username, password: prepared.password, database: prepared.database });
    await holder.query(makeLockSql.join(';'));
    await holder.query(HOLD);
    const run = workshop.start(environmentFor(server, prepared, 'dbmate', workshop.directory(FILES)), [dbmate.directory ?? '']);
    await run.says(/Another run .*; waiting/);
    await query(server, prepared.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cdk-private-backend-migrations-lock' AND datname = current_database()");
    await run.says(/The connection was lost while waiting/);
    await holder.end();
    expect(await run.exitCode()).toBe(RunnerExit.OK);
  });

  test('fails on SIGTERM at once while it talks to something that never answers', async () => {
    const silent = createServer();
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    const accepted = new Promise<Socket>((done) => silent.once('connection', done));
    const run = workshop.start({ ...environmentFor(server, await prepareDatabase(server), 'dbmate', workshop.directory(FILES)), [POSTGRES_VARIABLES.port]: String(port) }, [dbmate.directory ?? '']);
    const socket = await accepted;
    const begun = Date.now();
    run.signal('SIGTERM');
    expect(await run.exitCode()).toBe(RunnerExit.TERMINATED);
    expect(Date.now() - begun).toBeLessThan(8_000);
    socket.destroy();
    silent.close();
  });

  test('fails when the server stops answering on the lock connection without a word, and stops the engine', async () => {
    const prepared = await prepareDatabase(server);
    const run = workshop.start(environmentFor(server, prepared, 'dbmate', workshop.directory({ '001_slow.sql': dbmate.file('SELECT pg_sleep(300);') })), [dbmate.directory ?? '']);
    await until('the engine to be at work', async () => (await sessions(server, prepared.database, 'migrations')).length > 0);
    const [{ pid }] = await sessions(server, prepared.database, 'migrations-lock');
    process.kill(Number(pid), 'SIGSTOP');
    try {
      expect([await run.exitCode(), run.output]).toEqual([RunnerExit.LOCK_LOST, expect.stringContaining('Query read timeout')]);
    } finally {
      process.kill(Number(pid), 'SIGCONT');
    }
  });

  test('fails on SIGTERM while it waits', async () => {
    const prepared = await prepareDatabase(server);
    const run = workshop.start({ ...environmentFor(server, prepared, 'dbmate', workshop.directory(FILES)), [POSTGRES_VARIABLES.port]: '9' }, [dbmate.directory ?? '']);
    await run.says(/doesn't accept connections yet/);
    run.signal('SIGTERM');
    expect(await run.exitCode()).toBe(RunnerExit.TERMINATED);
    expect(workshop.leftovers()).toEqual([]);
  });
});
