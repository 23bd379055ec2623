import * as fc from 'fast-check';
import type { Client } from 'pg';
import { isSameResource, markComment, readMark } from '../../../../src/broker/handler/sql/owner-mark';
import { isOfStackSql } from '../../../../src/postgres/engine/handler/sql/converge-user';
import { assignment, holdsSetting, identifier, literal, textArray } from '../../../../src/postgres/engine/handler/sql/quote';
import { groupRoleNames } from '../../../../src/postgres/engine/names';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

const NASTY = ['"', "'", '\\', '$$', '$1', ';', '--', '/*', '\n', ' ', 'é', '🔑', '%', 'U&'];
const text = fc.array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', minLength: 1, maxLength: 2 })), { maxLength: 8 })
  .map((parts) => parts.join('').replaceAll('\0', ''));
const name = text.filter((value) => value !== '' && Buffer.byteLength(value) <= 63);

describe('quoting', () => {
  let server: PostgresServer;
  let client: Client;
  beforeAll(async () => {
    server = await startPostgres();
    client = await server.connect({ user: server.admin.username, password: server.admin.password, database: 'postgres' });
    await client.query('CREATE ROLE probe');
  });
  afterAll(async () => {
    await client.end();
    await server.remove();
  });

  test('makes any name an identifier, and any text a literal', async () => {
    await fc.assert(fc.asyncProperty(name, text, async (column, value) => {
      const { rows } = await client.query(`SELECT ${literal(value)} AS ${identifier(column)}`);
      expect(Object.entries(rows[0])).toEqual([[column, value]]);
    }), { numRuns: 300 });
  });

  test('makes any list of texts an array', async () => {
    await fc.assert(fc.asyncProperty(fc.array(text, { maxLength: 4 }), async (values) => {
      const { rows } = await client.query(`SELECT ${textArray(values)} AS list`);
      expect(rows[0].list).toEqual(values);
    }));
  });

  test('stores a setting so that it is recognised as what was declared', async () => {
    const paths = fc.array(name.filter((value) => value.trim() === value && !value.includes('"')), { minLength: 1, maxLength: 3 })
      .map((names) => ['search_path', names.map((each) => `"${each}"`).join(', ')]);
    const settings = fc.oneof(text.map((value) => ['application_name', value]), paths);

    await fc.assert(fc.asyncProperty(settings, async ([setting, value]) => {
      await client.query(`ALTER ROLE probe SET ${assignment(setting, value)}`);
      const { rows: [{ setconfig }] } = await client.query("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'probe'::regrole");
      expect(holdsSetting(setconfig, setting, value)).toBe(true);
      expect(holdsSetting(setconfig, setting, `${value}x`)).toBe(false);
      await client.query('ALTER ROLE probe RESET ALL');
    }), { numRuns: 150 });
  });

  test('finds the stack of an owner mark in SQL and in code alike', async () => {
    await fc.assert(fc.asyncProperty(text, text, text, async (stackId, otherStackId, note) => {
      const mark = { stackId, logicalId: 'Resource', secretArn: 'arn' };
      const comment = markComment(mark, note);
      const { rows: [row] } = await client.query(`SELECT ${isOfStackSql(literal(comment), mark)} AS mine, ${isOfStackSql(literal(comment), { ...mark, stackId: otherStackId })} AS other`);
      expect(row).toEqual({ mine: true, other: stackId === otherStackId });
      expect(isSameResource(readMark(comment), mark)).toBe(true);
      expect(markComment(mark, comment)).toBe(comment);
    }));
  });

  test('fails for names that PostgreSQL would cut or cannot store', () => {
    for (const bad of ['', 'x'.repeat(64), '\0', '\ud800']) {
      expect(() => identifier(bad)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }));
    }
    expect(() => literal('a\0b')).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
  });
});

describe('names of group roles', () => {
  test('fit, differ within a database and between databases', () => {
    const databaseName = fc.oneof(name, fc.tuple(fc.constantFrom('x', 'é', '🔑'), fc.integer({ min: 1, max: 63 }))
      .map(([unit, bytes]) => unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit)) - 1) + 'x'.repeat(1 + (bytes - 1) % Buffer.byteLength(unit))));

    fc.assert(fc.property(databaseName, databaseName, (first, second) => {
      const names = [...new Set([first, second])].flatMap(groupRoleNames);
      expect(names.every((each) => Buffer.byteLength(each) <= 63)).toBe(true);
      expect(new Set(names).size).toBe(names.length);
    }), { numRuns: 1_000 });
  });

  test('are plain while they fit, and end in a hash of the whole name when they do not', () => {
    expect(groupRoleNames('app')).toEqual(['app_owner', 'app_rw', 'app_ro']);
    expect(groupRoleNames('x'.repeat(60))).toEqual([
      expect.stringMatching(/^x{44}_[0-9a-f]{12}_owner$/), `${'x'.repeat(60)}_rw`, `${'x'.repeat(60)}_ro`,
    ]);
  });
});
