import type { Client } from 'pg';
import { handleConductorRequest } from '../../../src/postgres/engine/handler/conductor/handle-conductor-request';
import { handleSqlRequest } from '../../../src/postgres/engine/handler/sql/handle-sql-request';
import { DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE } from '../../../src/postgres/engine/postgres.contract';
import { impatientClock } from '../../broker/conductor/world';
import type { EngineUnderTest, Login, ServerUnderTest } from '../../broker/neutral/engine-under-test';
import { describeBroker } from '../../broker/neutral-suite';
import { startPostgres, type PostgresServer, type StartPostgresOptions } from '../../support/postgres-server';

/** Wrong password, no login, no such database, no permission to connect. */
const REFUSED = ['28P01', '28000', '3D000', '42501'];

/** PostgreSQL as people see it who know nothing of the broker. */
class PostgresUnderTest implements ServerUnderTest {
  public readonly host: string;
  public readonly port: number;
  public readonly admin: Login;

  public constructor(private readonly server: PostgresServer) {
    ({ host: this.host, port: this.port, admin: this.admin } = server);
  }

  public async canLogIn(login: Login, database: string): Promise<boolean> {
    try {
      await this.as(login, database, (client) => client.query('SELECT'));
      return true;
    } catch (error) {
      if (REFUSED.includes(String(Object(error).code))) {
        return false;
      }
      throw error;
    }
  }

  public userExists(username: string): Promise<boolean> {
    return this.exists('pg_roles WHERE rolname = $1', username);
  }

  public databaseExists(databaseName: string): Promise<boolean> {
    return this.exists('pg_database WHERE datname = $1', databaseName);
  }

  /** By the admin, with whose login people work too: others the broker may not administer. */
  public async makeForeignUser(username: string, databaseName: string): Promise<Login> {
    await this.as(this.admin, 'postgres', (client) => client.query(`CREATE ROLE "${username}" LOGIN PASSWORD 'by-hand'`));
    await this.asSuperuser('postgres', (client) => client.query(`GRANT CONNECT ON DATABASE "${databaseName}" TO "${username}"`));
    return { username, password: 'by-hand' };
  }

  public async makeForeignDatabase(databaseName: string): Promise<void> {
    await this.as(this.admin, 'postgres', (client) => client.query(`CREATE DATABASE "${databaseName}"`));
  }

  public async fill(databaseName: string): Promise<void> {
    await this.as(this.admin, databaseName, (client) => client.query('CREATE TABLE public.filled AS SELECT 1'));
  }

  public async isFilled(databaseName: string): Promise<boolean> {
    return await this.databaseExists(databaseName) && this.asSuperuser(databaseName, (client) => hasRows(client, 'pg_tables WHERE tablename = $1', 'filled'));
  }

  public async changePassword({ username, password }: Login): Promise<void> {
    await this.asSuperuser('postgres', (client) => client.query(`ALTER ROLE "${username}" PASSWORD '${password}'`));
  }

  public stop(): Promise<void> {
    return this.server.stop();
  }

  public start(): Promise<void> {
    return this.server.start();
  }

  public remove(): Promise<void> {
    return this.server.remove();
  }

  private exists(where: string, name: string): Promise<boolean> {
    return this.asSuperuser('postgres', (client) => hasRows(client, where, name));
  }

  private asSuperuser<T>(database: string, work: (client: Client) => Promise<T>): Promise<T> {
    return this.as(this.server.superuser, database, work);
  }

  private async as<T>({ username, password }: Login, database: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.server.connect({ user: username, password, database });
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

async function hasRows(client: Client, where: string, value: string): Promise<boolean> {
  return (await client.query(`SELECT FROM ${where}`, [value])).rowCount === 1;
}

const SERVERS: ReadonlyArray<readonly [string, StartPostgresOptions]> = [
  ['PostgreSQL 18', {}],
  ['PostgreSQL 17 with the admin of a self-hosted server', { major: 17, admin: 'self-hosted', settings: { allow_alter_system: 'off' } }],
];

describe.each(SERVERS)('%s', (_, options) => describeBroker(async (): Promise<EngineUnderTest> => {
  const server = await startPostgres({ hostNames: ['localhost', '127.0.0.1'], ...options });
  // Waits that are minutes in AWS are moments here.
  const clock = impatientClock(10);
  return {
    conductor: handleConductorRequest,
    runSql: (request) => handleSqlRequest(request, clock),
    clock,
    databaseType: DATABASE_RESOURCE_TYPE,
    userType: USER_RESOURCE_TYPE,
    databaseProperties: (databaseName, removal) => ({ CaBundle: server.ca, DatabaseName: databaseName, ...(removal === undefined ? {} : { RemovalPolicy: removal }) }),
    userProperties: (databaseName) => ({ CaBundle: server.ca, DatabaseName: databaseName, Access: 'READ_WRITE' }),
    otherRights: { Access: 'READ_ONLY' },
    server: new PostgresUnderTest(server),
  };
}));
