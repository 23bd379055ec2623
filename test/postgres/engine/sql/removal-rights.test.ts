import type { Client } from 'pg';
import { BrokerFixture, PASSWORD } from './broker-fixture';
import { CARRIERS, SPY, type Carrier } from './removal-carriers';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

/** Sessions of all that may meet what a login left: users with each access, the admin, and the maintenance of a superuser. */
const SESSIONS = ['reader', 'writer', 'chief', 'postgres', 'rdsadmin'] as const;
type Session = typeof SESSIONS[number];

/** What became of each use: as whom code ran, and whether it was refused. */
type Outcomes = Map<string, { readonly ranAs: string[]; readonly refused: boolean; readonly error: string }>;

const PLACES = {
  'public, where everybody may create': (login: string) => ({ database: 'app', schema: 'public', open: `GRANT CREATE, USAGE ON SCHEMA public TO ${login}` }),
  'a schema of the admin': (login: string) => ({ database: 'app', schema: `of_admin_${login}`, open: `CREATE SCHEMA of_admin_${login} AUTHORIZATION postgres; GRANT CREATE, USAGE ON SCHEMA of_admin_${login} TO ${login}` }),
  'a schema of the owner': (login: string) => ({ database: 'app', schema: `of_owner_${login}`, open: `CREATE SCHEMA of_owner_${login} AUTHORIZATION app_owner; GRANT CREATE, USAGE ON SCHEMA of_owner_${login} TO ${login}` }),
  'a schema of its own': (login: string) => ({ database: 'app', schema: `own_${login}`, open: `CREATE SCHEMA own_${login} AUTHORIZATION ${login}` }),
  'a database of others': (login: string) => ({ database: 'foreign', schema: `own_${login}`, open: `CREATE SCHEMA own_${login} AUTHORIZATION ${login}` }),
};

describe.each(POSTGRES_MAJORS)('what a removed login leaves on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
    await broker.asAdmin('postgres', 'CREATE DATABASE "foreign"');
    await broker.succeed(broker.user('reader', 'app', { access: 'READ_ONLY' }));
    await broker.succeed(broker.user('writer', 'app'));
    await broker.succeed(broker.user('chief', 'app', { access: 'OWNER' }));
  });
  afterAll(async () => broker.postgres.remove());

  const carriers = CARRIERS.filter(({ since = 0 }) => since <= major);
  const passwordOf = (user: Session) => ({ postgres: broker.postgres.admin.password, rdsadmin: broker.postgres.superuser.password } as Record<string, string>)[user] ?? PASSWORD;
  const inSchema = (sql: string, schema: string) => sql.replace(/\bS\./g, `${schema}.`);

  async function plant(login: string, database: string, schema: string): Promise<void> {
    const client = await broker.postgres.connect({ user: login, password: PASSWORD, database });
    try {
      await client.query(inSchema(SPY, schema));
      for (const { name, create } of carriers) {
        await client.query(inSchema(database === 'app' ? create : create.replace('app_ro', 'PUBLIC'), schema)).catch((error: Error) => { throw new Error(`${name}: ${error.message}`); });
      }
      const groups = database === 'app' ? 'app_rw' : 'PUBLIC';
      await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${groups}`).catch(() => undefined);
      await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${groups}`);
    } finally {
      await client.end();
    }
  }

  async function use(session: Session, database: string, schema: string): Promise<Outcomes> {
    const outcomes: Outcomes = new Map();
    const client = await broker.postgres.connect({ user: session, password: passwordOf(session), database });
    try {
      for (const { name, use: statements } of carriers) {
        for (const statement of statements) {
          outcomes.set(`${session}: ${name}: ${statement}`, await tryOut(client, inSchema(statement, schema)));
        }
      }
    } finally {
      await client.end();
    }
    return outcomes;
  }

  async function useAll(database: string, schema: string): Promise<Outcomes> {
    const all: Outcomes = new Map();
    for (const session of SESSIONS) {
      (await use(session, database, schema)).forEach((outcome, key) => all.set(key, outcome));
    }
    return all;
  }

  /** What differs to somebody's advantage. The owner may use what is its own now, and so may the admin; code that runs as its maker has no new rights. */
  function gains(before: Outcomes, after: Outcomes, login: string): string[] {
    return [...after].flatMap(([key, { ranAs, refused }]) => {
      const former = before.get(key);
      const isOwner = key.startsWith('chief:') || key.startsWith('postgres:');
      const known = [...former?.ranAs ?? [], ...(isOwner ? [login] : [])];
      const ran = ranAs.map((name) => name.replace(/_removed_\d+$/, '')).filter((name) => !known.includes(name));
      const may = !refused && former?.refused && !isOwner ? [`${key}: could not (${former.error})`] : [];
      return [...ran.map((name) => `${key}: code ran as ${name}, before as ${known.join() || 'nobody'}`), ...may];
    });
  }

  test.each(Object.entries(PLACES).map(([place, of], index) => ({ place, of, login: `leaver_${index}` })))('has no more rights than before in $place', async ({ of, login }) => {
    // GIVEN
    const { database, schema, open } = of(login);
    await broker.succeed(broker.user(login, 'app'));
    await broker.asSuperuser('foreign', `GRANT CONNECT ON DATABASE "foreign" TO ${login}`);
    await broker.asSuperuser(database, open);
    await plant(login, database, schema);
    const before = await useAll(database, schema);
    expect([...before.values()].filter(({ ranAs }) => ranAs.length > 0).length).toBeGreaterThan(40);

    // WHEN
    await broker.succeed(broker.deleteUser(login));

    // THEN
    expect(gains(before, await useAll(database, schema), login)).toEqual([]);
    // AND a later deployment shares none of it
    await broker.succeed(broker.database('app'));
    expect(gains(before, await useAll(database, schema), login)).toEqual([]);
    await expect(broker.asAdmin('postgres', `SELECT FROM pg_roles WHERE rolname = '${login}'`)).resolves.toEqual([]);
    const tables = await broker.asSuperuser(database, `SELECT relname AS name, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'p')`);
    const ownerOf = ({ name }: Carrier) => [...new Set(tables.filter((table) => table.name === name || String(table.name).startsWith(`${name}_`)).map(({ owner }) => String(owner).replace(/_removed_\d+$/, '')))];
    const moves = database === 'app' && !schema.startsWith('of_admin');
    const withTables = carriers.filter((carrier) => ownerOf(carrier).length > 0);
    expect(withTables.map((carrier) => [carrier.name, ownerOf(carrier)])).toEqual(withTables.map((carrier) => [carrier.name, [carrier.coded || !moves ? login : 'app_owner']]));
  }, 120_000);

  test('has no more rights than before where the login loses some of its own', async () => {
    // GIVEN
    const [login, schema] = ['demoted', 'own_demoted'];
    await broker.succeed(broker.user(login, 'app'));
    await broker.asSuperuser('app', `CREATE SCHEMA ${schema} AUTHORIZATION ${login}`);
    await plant(login, 'app', schema);
    const before = await useAll('app', schema);

    // WHEN
    await broker.succeed(broker.user(login, 'app', { access: 'READ_ONLY', endSessions: true }));
    await broker.succeed(broker.database('app'));

    // THEN
    expect(gains(before, await useAll('app', schema), login)).toEqual([]);
    const owners = await broker.asSuperuser('app', `SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = '${schema}'::regnamespace`);
    expect(owners).toEqual([{ owner: login }]);
  }, 120_000);
});

async function tryOut(client: Client, sql: string): Promise<{ ranAs: string[]; refused: boolean; error: string }> {
  const ranAs = new Set<string>();
  const listen = ({ message }: { message?: string }) => {
    const [, name] = /^ran as (.*)$/.exec(message ?? '') ?? [];
    if (name !== undefined) ranAs.add(name);
  };
  client.on('notice', listen);
  try {
    await client.query(`BEGIN; ${sql}`);
    return { ranAs: [...ranAs], refused: false, error: '' };
  } catch (error) {
    return { ranAs: [...ranAs], refused: true, error: (error as Error).message };
  } finally {
    await client.query('ROLLBACK');
    client.off('notice', listen);
  }
}
