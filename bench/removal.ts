import { createBroker, type RemovingConverger } from './broker/ours';
import { printTable, type Verdict } from './support/report';
import { startPostgres, type PostgresServer } from '../test/support/postgres-server';

const DATABASE = 'orders';
const TABLES = [50, 500, 5_000];
const POLICIES = ['REASSIGN', 'DROP_OWNED'] as const;

/** (j) Removal of a user with many tables, and the take-over of a database with many, each with an identity column, on a server with few connections. */
export async function benchRemoval(): Promise<Verdict[]> {
  const server = await startPostgres({ hostNames: ['localhost', '127.0.0.1'] });
  try {
    const broker = createBroker({ host: server.host, port: server.port, admin: server.admin, ca: server.ca });
    await broker.database(DATABASE, 'first');
    const rows: (string | number)[][] = [];
    for (const policy of POLICIES) {
      for (const tables of TABLES) {
        rows.push([policy, tables, await measure(server, broker, `u${tables}_${policy.toLowerCase()}`, tables, policy)]);
      }
    }
    for (const tables of TABLES) {
      rows.push(['take-over', tables, await measureTakeOver(server, broker, `d${tables}`, tables)]);
    }
    printTable('### (j) Removal of a user, and take-over of a database, by the number of tables', ['policy', 'tables', 'milliseconds', 'per table'], rows.map(([policy, tables, took]) => [policy, tables, took, Number(took) / Number(tables)]));
    const perTable = (what: string, count: number) => Number(rows.find(([name, tables]) => name === what && tables === count)?.[2]) / count;
    return [['REASSIGN', 'removal'], ['take-over', 'take-over']].map(([name, words]) => ({ what: `(j) ${words}, time for each table, 5,000 over 500`, value: perTable(name, 5_000) / perTable(name, 500), target: 2 }));
  } finally {
    await server.remove();
  }
}

async function measureTakeOver(server: PostgresServer, broker: RemovingConverger, databaseName: string, tables: number): Promise<number> {
  const admin = await server.connect({ user: server.admin.username, password: server.admin.password, database: 'postgres' });
  await admin.query(`CREATE ROLE ${databaseName}_app LOGIN; GRANT ${databaseName}_app TO CURRENT_USER`);
  await admin.query(`CREATE DATABASE ${databaseName} OWNER ${databaseName}_app`);
  await admin.end();
  await makeTables(server, databaseName, 'public', `${databaseName}_app`, tables);
  return timed(() => broker.takeOver(databaseName, 'first'));
}

async function measure(server: PostgresServer, broker: RemovingConverger, username: string, tables: number, policy: string): Promise<number> {
  await broker.user({ username, databaseName: DATABASE }, 'first');
  await makeTables(server, DATABASE, username, username, tables);
  return timed(() => broker.remove({ username, databaseName: DATABASE }, policy));
}

async function makeTables(server: PostgresServer, database: string, schema: string, owner: string, tables: number): Promise<void> {
  const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database });
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner}`);
  // One transaction would need more locks than the server has room for.
  for (let made = 0; made < tables; made += 50) {
    await client.query(`DO $$ BEGIN FOR t IN ${made + 1}..${Math.min(made + 50, tables)} LOOP EXECUTE format('CREATE TABLE ${schema}.t%s (id int GENERATED ALWAYS AS IDENTITY)', t);
      EXECUTE format('ALTER TABLE ${schema}.t%s OWNER TO ${owner}', t); END LOOP; END $$`);
  }
  await client.end();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}
