import { readFileSync } from 'fs';
import { isIP } from 'net';
import { Client } from 'pg';
import type { LifecycleServer } from './lifecycle-suite';
import type { ConnectOptions } from '../../support/postgres-server';

/** A server that runs already, as the environment names it. */
export function externalServer(env: NodeJS.ProcessEnv): LifecycleServer {
  const given = (name: string): string => env[name] ?? fail(name);
  const hostName = given('SERVER_HOST');
  const port = Number(given('SERVER_PORT'));
  const ca = readFileSync(given('SERVER_CA_FILE'), 'utf8');
  return {
    hostName,
    port,
    ca,
    admin: { username: given('SERVER_ADMIN'), password: given('SERVER_PASSWORD') },
    connect: async (options: ConnectOptions) => {
      const ssl = { ca, host: hostName, ...(isIP(hostName) === 0 && { servername: hostName }) };
      const client = new Client({ host: hostName, port, ...options, ssl, connectionTimeoutMillis: 10_000 });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    remove: async () => undefined,
  };
}

function fail(name: string): never {
  throw new Error(`This suite runs on a server that is there already: set SERVER_HOST, SERVER_PORT, SERVER_ADMIN, SERVER_PASSWORD and SERVER_CA_FILE. ${name} is missing.`);
}
