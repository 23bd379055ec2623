import { execFile } from 'child_process';
import { writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { CA_FILE } from '../../../src/binding/shared/trust.contract';
import { userSecretValue } from '../../../src/postgres/engine/handler/conductor/user-secret-value';
import { preparePostgres, serverAccount } from '../../support/postgres-binaries';
import { startPostgres, type PostgresServer } from '../../support/postgres-server';
import { BrokerFixture, PASSWORD } from '../engine/sql/broker-fixture';

/** The certificate of the server is for 127.0.0.1. It answers at the third address too, and nobody does at the second. */
const [VERIFIED, SILENT, UNVERIFIED] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/** That of the machine, and that of PostgreSQL 17, which psql loads in its place. */
const LIBRARIES = [['of the machine', {}], ['17', { LD_LIBRARY_PATH: join(dirname(preparePostgres(17, serverAccount()).postgres), '../lib') }]] as const;

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({ major: 17, admin: 'self-hosted', settings: { listen_addresses: [VERIFIED, UNVERIFIED].join() } });
  const broker = BrokerFixture.on(server);
  await broker.succeed(broker.database('app'));
  await broker.succeed(broker.user('api', 'app'));
  await broker.succeed(broker.user('reports', 'app', { access: 'READ_ONLY', settings: { default_transaction_read_only: 'on' } }));
});

afterAll(() => server.remove());

function urlOf(hosts: string[], username = 'api'): string {
  const content = { engine: 'postgres', host: 'balancer.internal', port: server.port, dbname: 'app', username, sslmode: 'verify-full', ca: server.ca, hosts: hosts.join() } as const;
  return (userSecretValue(content, PASSWORD).multiHostUrl ?? '').replace(CA_FILE, server.caFile);
}

function psql(url: string, env: object): Promise<string> {
  const query = "SELECT host(inet_server_addr()) || ' ' || ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
  return new Promise((done) => execFile('psql', ['-XAtq', '-c', query, url], { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => done(error === null ? stdout.trim() : stderr || String(error))));
}

describe.each(LIBRARIES)('the URL of several hosts with libpq %s', (_, env) => {
  test('reaches the node that answers, and verifies its address', async () => {
    expect(await psql(urlOf([SILENT, VERIFIED]), env)).toBe(`${VERIFIED} true`);
  });

  test('reaches the primary also for a user who only reads', async () => {
    expect(await psql(urlOf([VERIFIED], 'reports'), env)).toBe(`${VERIFIED} true`);
  });

  test('fails with an address that the certificate does not have', async () => {
    expect(await psql(urlOf([UNVERIFIED]), env)).toMatch(/server certificate for "127.0.0.1" \(and 1 other name\) does not match host name "127.0.0.3"|does not match host name "127.0.0.3"/);
  });

  test('fails with a standby', async () => {
    await server.stop();
    writeFileSync(join(server.dataDir, 'standby.signal'), '');
    await server.start();
    try {
      expect(await psql(urlOf([VERIFIED]), env)).toContain('server is in hot standby mode');
    } finally {
      const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
      await client.query('SELECT pg_promote()');
      await client.end();
    }
  });
});
