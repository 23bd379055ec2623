import { spawn } from 'child_process';
import { join } from 'path';
import type { Client } from 'pg';
import { type Answer, FIXTURE, type OracleCase, WITH_TRANSACTION, WITHOUT_TRANSACTION } from './oracle-statements';
import { engineArguments, engineEnvironment } from '../../../src/migrations/handler/runner/engine';
import type { RunnerSettings } from '../../../src/migrations/handler/runner/settings';
import type { EngineName } from '../../../src/migrations/shared/runner.contract';
import { POSTGRES_RUNNER } from '../../../src/postgres/engine/handler/runner/postgres-runner';
import { lintMigrations } from '../../../src/postgres/engine/migrations/lint-migrations';
import { BrokerCloud, type User } from '../../support/broker-cloud';
import { POSTGRES_MAJORS, type PostgresMajor, type PostgresServer, startPostgres } from '../../support/postgres-server';
import { testedEngines, Workshop } from '../runner/harness';

const ENGINES: readonly EngineName[] = ['goose', 'dbmate'];
const named = (cases: readonly OracleCase[]) => cases.map((each) => [each.sql, each] as const);

function fileOf(engine: EngineName, sql: string, transaction: boolean): string {
  if (engine === 'dbmate') return `-- migrate:up${transaction ? '' : ' transaction:false'}\n${sql}\n-- migrate:down\n`;
  return transaction ? `-- +goose Up\n-- +goose StatementBegin\n${sql}\n-- +goose StatementEnd\n` : `-- +goose NO TRANSACTION\n-- +goose Up\n${sql}\n`;
}

function judge(engine: EngineName, sql: string, transaction: boolean) {
  const { errors, warnings } = lintMigrations(engine, [{ name: '001_a.sql', content: fileOf(engine, sql, transaction) }]);
  return { errors, rules: [...new Set([...errors, ...warnings].map(({ rule }) => rule))].sort().join(' ') };
}

/** The row as it is for an engine. */
const forEngine = (engine: EngineName, each: OracleCase): OracleCase => engine === 'dbmate' ? { ...each, ...each.dbmate } : each;

/** dbmate sends a file without a transaction as one query, in which PostgreSQL refuses more. */
const takes = (engine: EngineName, { sql }: OracleCase, transaction: boolean) => transaction || engine === 'goose' || !sql.includes('\n');

/** A server with the roles of the library: a database, its owner group, and a login that migrates it. */
class World {
  public server!: PostgresServer;
  public user!: User;
  private cloud!: BrokerCloud;
  private count = 0;

  public async start(major: PostgresMajor) {
    this.server = await startPostgres({ major });
    this.cloud = new BrokerCloud(this.server);
    await this.cloud.givenDatabase('oracle');
    this.user = await this.cloud.givenUser('migrator', 'oracle', { Access: 'OWNER' });
    await this.cloud.givenUser('api', 'oracle');
    await this.cloud.as(this.user, FIXTURE);
  }

  /** A connection as the engines make it. */
  public async connect(database: string): Promise<Client> {
    const { username, password } = this.cloud.loginOf(this.user);
    return this.server.connect({ user: username, password, database });
  }

  /** A database of its own with the same content, owner and login. Nobody may be connected to the first one meanwhile. */
  public async copy(): Promise<string> {
    const name = `oracle${++this.count}`;
    await this.cloud.asSuperuser('postgres', `CREATE DATABASE ${name} TEMPLATE oracle OWNER oracle_owner`);
    await this.cloud.asSuperuser('postgres', `ALTER ROLE migrator IN DATABASE ${name} SET role = 'oracle_owner'`);
    return name;
  }

  /** The statement as it is for this database. */
  public written({ sql }: OracleCase, database = 'oracle'): string {
    return sql.replace(/DBNAME/g, database).replace(/\b(TO|GRANT|REVOKE) OWNER\b/g, '$1 oracle_owner');
  }

  public settings(engine: EngineName, directory: string, database: string): RunnerSettings {
    const { username: user, password } = this.cloud.loginOf(this.user);
    const { hostName: host, port, ca } = this.server;
    return { engine, directory, host, port, user, password, database, ca, connectSeconds: 10, lockSeconds: 10, lockTimeout: '5s', stopSeconds: 5 };
  }
}

async function answerOf(work: () => Promise<unknown>): Promise<Answer> {
  try {
    await work();
    return 'applied';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe.each(ENGINES)('the lint of %s', (engine) => {
  test.each(named(WITH_TRANSACTION))('finds in a transaction: %s', (_, each) => {
    expect(judge(engine, new World().written(each), true).rules).toBe(forEngine(engine, each).rules);
  });

  test.each(named(WITHOUT_TRANSACTION.filter((each) => takes(engine, each, false))))('finds without a transaction: %s', (_, each) => {
    expect(judge(engine, each.sql, false).rules).toBe(forEngine(engine, each).rules);
  });
});

test.each(named([...WITH_TRANSACTION, ...WITHOUT_TRANSACTION]))('an error where engines refuse and only there, else a reason: %s', (_, each) => {
  const transaction = WITH_TRANSACTION.includes(each);
  for (const engine of ENGINES.filter((name) => takes(name, each, transaction))) {
    const { answer, from, unlike } = forEngine(engine, each);
    const refuses = judge(engine, new World().written(each), transaction).errors.length > 0;
    const differs = [answer, from?.answer ?? answer].some((one) => refuses !== (one !== 'applied'));
    expect([engine, differs]).toEqual([engine, unlike !== undefined]);
  }
});

test('the table is long enough to tell', () => {
  expect(new Set([...WITH_TRANSACTION, ...WITHOUT_TRANSACTION].map(({ sql }) => sql)).size).toBeGreaterThanOrEqual(120);
});

/** The statements as an engine sends them: in its transaction, or each alone; then the version. */
describe.each(POSTGRES_MAJORS)('PostgreSQL %i', (major) => {
  const world = new World();
  let database: string;
  let client: Client;
  beforeAll(async () => {
    await world.start(major);
    database = await world.copy();
    client = await world.connect(database);
    await client.query('CREATE TABLE versions (version text)');
  });
  afterAll(async () => {
    await client.end();
    await world.server.remove();
  });
  const expected = ({ answer, from }: OracleCase) => from && major >= from.major ? from.answer : answer;

  test.each(named(WITH_TRANSACTION))('answers in a transaction: %s', async (_, each) => {
    const answer = await answerOf(async () => {
      await client.query('BEGIN');
      await client.query(world.written(each, database));
      await client.query('INSERT INTO versions VALUES (1)');
    });
    await client.query('ROLLBACK');
    expect(answer).toBe(expected(each));
  });

  test.each(named(WITHOUT_TRANSACTION))('answers without a transaction: %s', async (_, each) => {
    const alone = await world.connect(await world.copy());
    const answer = await answerOf(async () => {
      await alone.query('CREATE TABLE versions (version text)');
      for (const statement of each.sql.split('\n')) await alone.query(statement);
      await alone.query('INSERT INTO versions VALUES (1)');
    });
    await alone.end();
    expect(answer).toBe(expected(each));
  });
});

describe('the engines themselves', () => {
  const world = new World();
  const workshop = new Workshop();
  const programs = new Map(testedEngines().map(({ name, directory, reason }) => [name, { directory, reason }]));
  beforeAll(() => world.start(18));
  afterAll(async () => {
    workshop.remove();
    await world.server.remove();
  });

  async function run(engine: EngineName, each: OracleCase, transaction: boolean, database: string) {
    const { directory, reason } = programs.get(engine) ?? {};
    if (directory === undefined) throw new Error(reason ?? `There is no ${engine}.`);
    const settings = world.settings(engine, workshop.directory({ '001_a.sql': fileOf(engine, world.written(each, database), transaction) }), database);
    const environment = engineEnvironment(POSTGRES_RUNNER, settings, { inherited: {}, caFile: world.server.caFile, home: workshop.root, patient: false });
    const child = spawn(join(directory, engine), engineArguments(engine, settings.directory), { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += String(data); });
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return code === 0 ? 'applied' : /SQLSTATE ([0-9A-Z]{5})|\(([0-9A-Z]{5})\)/.exec(output)?.slice(1).find((state) => state !== undefined) ?? output;
  }

  const CASES = [...WITH_TRANSACTION.map((each) => ({ each, transaction: true })), ...WITHOUT_TRANSACTION.map((each) => ({ each, transaction: false }))];
  const expected = ({ answer, from }: OracleCase) => from?.answer ?? answer;

  // Many short runs at once. A transaction that is refused leaves the database as it was, for the next run.
  test.each(ENGINES)('%s answers as the table says', async (engine) => {
    const waiting = CASES.filter(({ each, transaction }) => takes(engine, each, transaction));
    const wrong: string[] = [];
    const work = async () => {
      let untouched: string | undefined;
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const database = untouched ?? await world.copy();
        const answer = await run(engine, next.each, next.transaction, database);
        untouched = next.transaction && answer !== 'applied' ? database : undefined;
        if (answer !== expected(forEngine(engine, next.each))) wrong.push(`${next.each.sql}: ${answer}`);
      }
    };
    await Promise.all([work(), work(), work()]);
    expect(wrong).toEqual([]);
  }, 240_000);
});
