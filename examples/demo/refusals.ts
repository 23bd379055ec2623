import { Client, type ClientConfig } from 'pg';
import type { RunningBackend } from './backend';
import type { Report } from './report';

/** Shows that what must be refused is refused, with the service's own credentials. */
export async function showRefusals(report: Report, { containers, server }: RunningBackend, versionTable: string): Promise<void> {
  const { DATABASE_URL, PGUSER, PGPASSWORD, PGDATABASE } = containers.serviceEnvironment();
  const login = { host: server.host, port: server.port, user: PGUSER, password: PGPASSWORD, database: PGDATABASE };
  const verified = { ...login, ssl: { ca: server.ca, servername: server.hostName } };
  const refused = async (text: string, code: string | RegExp, config: ClientConfig, sql = 'SELECT 1') => {
    const answer = await tryQuery(config, sql);
    report.check(typeof code === 'string' ? answer.code === code : code.test(answer.message), text, `${answer.code ?? ''} ${answer.message}`.trim());
  };
  report.check((await tryQuery({ connectionString: DATABASE_URL }, 'SELECT 1')).message === '', `'${PGUSER}' logs in with the injected DATABASE_URL, verified`);
  await refused('creating a table', '42501', verified, 'CREATE TABLE mine (id int)');
  await refused('reading the migration history', '42501', verified, `SELECT * FROM ${versionTable}`);
  await refused('becoming the owner of the database', '42501', verified, 'SET ROLE "postgres"');
  await refused('connecting to another database', '42501', { ...verified, database: 'postgres' });
  await refused('connecting without TLS', '28000', { ...login, ssl: false });
  await refused('trusting the server without its private CA', /certificate|issuer/, { ...login, ssl: { servername: server.hostName } });
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
