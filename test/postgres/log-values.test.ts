import { setTimeout as sleep } from 'timers/promises';
import type { Client } from 'pg';
import { onlyProperties, serverTemplate } from './postgres-fixtures';
import { PostgresCapacity } from '../../src';
import { startPostgres, type PostgresServer } from '../support/postgres-server';

/** A person's value, as an application binds it. */
const VALUE = 'ada.lovelace@example.com';

const TABLES = `
  CREATE TABLE people (email text PRIMARY KEY, age integer CHECK (age < 150), name text NOT NULL, manager text REFERENCES people);
  INSERT INTO people VALUES ('first', 1, 'First'), ('second', 2, 'Second');
`;

const SLEEP = 'SELECT pg_sleep(0.05), $1::text';

/** What applications run into, each with the value among what they bind. */
const ACCIDENTS: [string, (one: Client, other: Client) => Promise<unknown>][] = [
  ['a slow statement', (one) => one.query(SLEEP, [VALUE])],
  ['a prepared statement', (one) => one.query({ name: 'prepared', text: SLEEP, values: [VALUE] })],
  ['a unique violation', async (one) => [await one.query('INSERT INTO people VALUES ($1, 3, \'Third\')', [VALUE]), await one.query('INSERT INTO people VALUES ($1, 3, \'Third\')', [VALUE])]],
  ['a check violation', (one) => one.query('INSERT INTO people VALUES ($1, 200, \'Old\')', [VALUE])],
  ['a missing value', (one) => one.query('INSERT INTO people VALUES ($1, 3, NULL)', [VALUE])],
  ['a foreign key violation', (one) => one.query('INSERT INTO people VALUES (\'third\', 3, \'Third\', $1)', [`nobody-${VALUE}`])],
  ['a division by zero', (one) => one.query('SELECT length($1) / 0', [VALUE])],
  ['a function that fails', (one) => one.query('SELECT fails($1)', [VALUE])],
  ['a statement timeout', (one) => within(one, 'statement_timeout = 50', 'SELECT pg_sleep(5), $1::text')],
  ['a lock timeout', async (one, other) => {
    await other.query('BEGIN; UPDATE people SET age = 5 WHERE email = \'first\'');
    await within(one, 'lock_timeout = 50', 'UPDATE people SET name = $1 WHERE email = \'first\'').finally(() => other.query('ROLLBACK'));
  }],
  ['a deadlock, and the wait for it', async (one, other) => {
    await Promise.all([one.query('BEGIN; UPDATE people SET age = 6 WHERE email = \'first\''), other.query('BEGIN; UPDATE people SET age = 6 WHERE email = \'second\'')]);
    const both = [[one, 'second'], [other, 'first']].map(async ([client, email]) => (client as Client).query('UPDATE people SET name = $1 WHERE email = $2', [VALUE, email]));
    await Promise.allSettled(both).finally(() => Promise.all([one.query('ROLLBACK'), other.query('ROLLBACK')]));
    await Promise.all(both);
  }],
];

/** What no setting keeps out, so that the documentation has to. */
const REMAINING: [string, (one: Client) => Promise<unknown>][] = [
  ['a value in the text of a statement', (one) => one.query(`SELECT '${VALUE}'::text, pg_sleep(0.05)`)],
  ['a value that is not of its type, which the message quotes', (one) => one.query('SELECT $1::date', [VALUE])],
  ['what code raises', (one) => one.query('SELECT raises($1)', [VALUE])],
];

async function within(client: Client, setting: string, sql: string): Promise<unknown> {
  await client.query(`BEGIN; SET LOCAL ${setting}`);
  return client.query(sql, [VALUE]).finally(() => client.query('ROLLBACK'));
}

/** Parameters of a template that a server outside of RDS has, and statements of any duration in place of slow ones. */
function parametersOf(capacity?: PostgresCapacity): [string, string][] {
  const type = capacity === undefined ? 'AWS::RDS::DBParameterGroup' : 'AWS::RDS::DBClusterParameterGroup';
  const parameters: Record<string, string> = onlyProperties(serverTemplate({ capacity }), type).Parameters;
  return Object.entries({ ...parameters, log_min_duration_statement: '10' }).filter(([name]) => name.startsWith('log_'));
}

describe.each([[15 as const], [18 as const]])('the log of PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let clients: Client[] = [];

  beforeAll(async () => {
    server = await startPostgres({ major });
    const superuser = await connect();
    await superuser.query(TABLES);
    await superuser.query('CREATE FUNCTION fails(value text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / (length(value) * 0); END $$');
    await superuser.query('CREATE FUNCTION raises(value text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION \'no %\', value; END $$');
  }, 120_000);

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.end()));
    clients = [];
  });

  afterAll(() => server.remove());

  async function connect(): Promise<Client> {
    const { username: user, password } = server.superuser;
    const client = await server.connect({ user, password, database: 'postgres' });
    clients.push(client);
    return client;
  }

  /** Lines that the server writes while something runs, with these settings and no others. */
  async function written(settings: [string, string][], run: (one: Client, other: Client) => Promise<unknown>): Promise<string> {
    const [superuser, one, other] = [await connect(), await connect(), await connect()];
    // The test server logs every statement by its command line; sessions decide for themselves here.
    for (const [name, value] of [['log_statement', 'none'], ['log_min_duration_statement', '10'], ['deadlock_timeout', '20'], ['log_lock_waits', '1'], ...settings]) {
      await Promise.all([one, other].map((client) => client.query(`SET ${name} = '${value}'`)));
    }
    const before = server.log().length;
    await run(one, other).catch(() => undefined);
    const end = `end-${Math.random()}`;
    await superuser.query(`SELECT '${end}'`);
    while (!server.log().includes(end)) {
      await sleep(10);
    }
    return server.log().slice(before);
  }

  test.each(ACCIDENTS)('holds nothing that was bound, nor a row: %s', async (_, accident) => {
    const log = await written(parametersOf(), accident);
    expect(log).toMatch(/ERROR|duration/);
    expect(log).not.toContain(VALUE);
  });

  test.each(ACCIDENTS.slice(0, 6))('would hold it without these parameters: %s', async (_, accident) => {
    expect(await written([], accident)).toContain(VALUE);
  });

  test.each(REMAINING)('still holds, as the page says: %s', async (_, remaining) => {
    expect(await written(parametersOf(), remaining)).toContain(VALUE);
  });
});

test('instances and clusters have the same parameters of logs', () => {
  expect(parametersOf(PostgresCapacity.serverless({ min: 0.5, max: 2 }))).toEqual(parametersOf());
});
