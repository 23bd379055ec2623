import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Client } from 'pg';
import { startPostgres, type PostgresServer } from '../../../../test/support/postgres-server';
import { buildApp } from '../src/app';
import { connectDatabase, type Database } from '../src/database';
import { storedJobs } from '../src/jobs';
import { createLog } from '../src/log';
import { loggedError } from '../src/logged-error';

/** What a user wrote, in the text of a job. */
const MARK = 'marie.antoinette@example.com';
const OWNER = 'user-7f3a';

describe('the log of a service on a real PostgreSQL', () => {
  let server: PostgresServer;
  let admin: Client;
  let database: Database;
  const lines: string[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    admin = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    for (const name of ['00001_jobs.sql', '00002_tries.sql']) {
      const [, up] = /-- \+goose Up([\s\S]*)-- \+goose Down/.exec(readFileSync(resolve(__dirname, '../../../03-rex/migrations', name), 'utf8')) ?? [];
      await admin.query(up);
    }
    const { username, password } = server.superuser;
    const databaseUrl = `postgresql://${username}:${encodeURIComponent(password)}@localhost:${server.port}/postgres?sslmode=verify-full&sslrootcert=${encodeURIComponent(server.caFile)}`;
    database = connectDatabase({ databaseUrl, poolSize: 2 }, 'rex-api', createLog('rex-api', 'info', { write: (line) => void lines.push(line) }));
  });

  afterAll(async () => {
    await database?.close();
    await admin?.end();
    await server?.remove();
  });

  beforeEach(async () => {
    lines.length = 0;
    await admin.query('TRUNCATE jobs CASCADE');
  });

  /** Sends a job with the mark, and answers with the status. */
  async function post(): Promise<number> {
    const app = buildApp({
      jobs: storedJobs(database),
      queue: { add: async () => undefined, close: async () => undefined },
      sessions: { verify: async () => ({ userId: OWNER }) },
      log: createLog('rex-api', 'info', { write: (line) => void lines.push(line) }),
      draining: () => false,
      keepAliveTimeout: 1_000,
      corsOrigins: [],
    });
    const base = await app.listen({ host: '127.0.0.1', port: 0, listenTextResolver: () => 'listening' });
    const headers = { 'authorization': 'Bearer token', 'idempotency-key': 'key-1', 'content-type': 'application/json' };
    const { status } = await fetch(`${base}/api/jobs`, { method: 'POST', headers, body: JSON.stringify({ text: MARK }) });
    await app.close();
    return status;
  }

  test.each([
    ['a check constraint', `ALTER TABLE jobs ADD CONSTRAINT marked CHECK (text <> '${MARK}')`, 'ALTER TABLE jobs DROP CONSTRAINT marked', '"code":"23514"', '"constraint":"marked"'],
    ['a unique constraint', `CREATE UNIQUE INDEX one_text ON jobs (text); INSERT INTO jobs (owner, idempotency_key, text) VALUES ('other', 'k', '${MARK}')`, 'DROP INDEX one_text', '"code":"23505"', '"constraint":"one_text"'],
    ['a value that is not of its type', `
      CREATE FUNCTION as_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM NEW.text::integer; RETURN NEW; END $$;
      CREATE TRIGGER as_number BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION as_number()`, 'DROP FUNCTION as_number CASCADE', '"code":"22P02"', '"routine":"pg_strtoint32_safe"'],
    ['an error that code raises', `
      CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no %', NEW.text USING DETAIL = NEW.owner; END $$;
      CREATE TRIGGER refuses BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION refuses()`, 'DROP FUNCTION refuses CASCADE', '"code":"P0001"', '"severity":"ERROR"'],
  ])('has %s without the text, the owner and the address, and where it was', async (_, arrange, undo, ...expected) => {
    await admin.query(arrange);
    expect(await post()).toBe(500);
    await admin.query(undo);
    const log = lines.join('');
    for (const text of ['A request failed', ...expected]) {
      expect(log).toContain(text);
    }
    expect(log).not.toContain(MARK);
    expect(log).not.toContain(OWNER);
    expect(log).not.toContain('127.0.0.1');
  });

  test('has the message of an error that names what was declared', async () => {
    await admin.query('ALTER TABLE jobs RENAME TO gone');
    expect(await post()).toBe(500);
    await admin.query('ALTER TABLE gone RENAME TO jobs');
    expect(lines.join('')).toContain('relation \\"jobs\\" does not exist');
  });
});

test('the rule of what is logged is that of the other service', () => {
  const other = resolve(__dirname, '../../hello-birthday/src/logged-error.ts');
  expect(readFileSync(resolve(__dirname, '../src/logged-error.ts'), 'utf8')).toBe(readFileSync(other, 'utf8'));
  expect(loggedError(new TypeError('x is not a function'))).toMatchObject({ type: 'TypeError', message: 'x is not a function' });
});
