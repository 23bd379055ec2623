import { spawnSync } from 'child_process';
import { Client, type ClientConfig } from 'pg';
import type { RunningBackend } from './backend';
import type { Report } from './report';

/** What a program does that knows nothing but its environment. Node.js reads `NODE_EXTRA_CA_CERTS` only when it starts. */
const LOGIN = `const { Client } = require('pg');
const client = new Client({ connectionString: process.env.DATABASE_URL });
client.connect().then(() => client.query('SELECT 1')).then(() => client.end()).catch(({ message }) => { console.error(message); process.exit(1); });`;

/** Shows that what must be refused is refused, with the service's own credentials. */
export async function showRefusals(report: Report, { containers, server }: RunningBackend, versionTable: string): Promise<void> {
  const environment = containers.serviceEnvironment();
  const { DATABASE_URL, PGUSER, PGPASSWORD, PGDATABASE } = environment;
  const login = { host: server.host, port: server.port, user: PGUSER, password: PGPASSWORD, database: PGDATABASE };
  const verified = { ...login, ssl: { ca: server.ca, servername: server.hostName } };
  const refused = async (text: string, code: string | RegExp, config: ClientConfig, sql = 'SELECT 1') => {
    const answer = await tryQuery(config, sql);
    report.check(typeof code === 'string' ? answer.code === code : code.test(answer.message), text, `${answer.code ?? ''} ${answer.message}`.trim());
  };
  const program = spawnSync(process.execPath, ['-e', LOGIN], { cwd: __dirname, env: { PATH: process.env.PATH, ...environment }, encoding: 'utf8', timeout: 20_000 });
  report.check(program.status === 0, `'${PGUSER}' logs in with the injected environment, verified`, program.stderr.trim());
  await refused('creating a table', '42501', verified, 'CREATE TABLE mine (id int)');
  await refused('reading the migration history', '42501', verified, `SELECT * FROM ${versionTable}`);
  await refused('becoming the owner of the database', '42501', verified, 'SET ROLE "postgres"');
  await refused('connecting to another database', '42501', { ...verified, database: 'postgres' });
  await refused('connecting without TLS', '28000', { ...login, ssl: false });
  await refused('trusting the server without its private CA', /certificate|issuer/, { connectionString: DATABASE_URL });
}

async function tryQuery(config: ClientConfig, sql: string): Promise<{ code?: string; message: string }> {
  const client = new Client({ ...config, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
    return { message: '' };
  } catch (error) {
    return error as { code?: string; message: string };
  } finally {
    await client.end().catch(() => undefined);
  }
}
