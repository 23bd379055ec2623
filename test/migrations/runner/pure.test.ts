import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import * as fc from 'fast-check';
import { engineArguments, engineEnvironment, readPlan, readState } from '../../../src/migrations/handler/runner/engine';
import { Redactor } from '../../../src/migrations/handler/runner/redact';
import { type Query } from '../../../src/migrations/handler/runner/runner-dialect';
import { messageOf, RunnerFailure } from '../../../src/migrations/handler/runner/runner-failure';
import { readSettings, type RunnerSettings } from '../../../src/migrations/handler/runner/settings';
import { RunnerDefaults, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { POSTGRES_RUNNER } from '../../../src/postgres/engine/handler/runner/postgres-runner';

const CA = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
const ENVIRONMENT = { MIGRATION_ENGINE: 'goose', MIGRATION_DIRECTORY: '/m', PGHOST: 'h', PGPORT: '6543', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'my db/ü', DATABASE_CA: CA };

describe('settings', () => {
  test('have defaults for what need not be given', () => {
    expect(readSettings(POSTGRES_RUNNER, { ...ENVIRONMENT, PGPORT: undefined })).toEqual({
      engine: 'goose',
      directory: '/m',
      host: 'h',
      port: 5432,
      user: 'u',
      password: 'p',
      database: 'my db/ü',
      ca: CA,
      expectedRole: undefined,
      connectSeconds: RunnerDefaults.CONNECT_SECONDS,
      lockSeconds: RunnerDefaults.LOCK_SECONDS,
      lockTimeout: '5s',
      stopSeconds: RunnerDefaults.STOP_SECONDS,
    });
  });

  test.each(['MIGRATION_ENGINE', 'MIGRATION_DIRECTORY', 'PGHOST', 'PGUSER', 'PGPASSWORD', 'PGDATABASE', 'DATABASE_CA'])('fails without %s', (name) => {
    expect(() => readSettings(POSTGRES_RUNNER, { ...ENVIRONMENT, [name]: '' })).toThrow(new RegExp(`^The environment of the container is wrong: .*${name}`));
  });

  test.each([['PGPORT', '-1'], ['MIGRATION_LOCK_SECONDS', '1.5'], ['MIGRATION_LOCK_TIMEOUT', '5s -c log_statement=all'], ['MIGRATION_CA_FILE', '/nowhere']])('fails on %s = %j', (name, value) => {
    expect(() => readSettings(POSTGRES_RUNNER, { ...ENVIRONMENT, ...name === 'MIGRATION_CA_FILE' ? { DATABASE_CA: '' } : {}, [name]: value })).toThrow(RunnerFailure);
  });
});

describe('the engine', () => {
  const settings = (engine: string): RunnerSettings => readSettings(POSTGRES_RUNNER, { ...ENVIRONMENT, MIGRATION_ENGINE: engine });

  test.each([
    ['goose', ['-no-color', '-env=none', '-dir', '/m', 'up']],
    ['dbmate', ['--no-dump-schema', '--migrations-dir', '/m', 'migrate']],
  ])('pitfall 8: %s gets no secret as an argument', (engine, expected) => {
    expect(engineArguments(settings(engine).engine, '/m')).toEqual(expected);
  });

  test('gets the connection without a password in the connection string', () => {
    expect(engineEnvironment(POSTGRES_RUNNER, settings('goose'), { inherited: { PATH: '/bin', PGPASSFILE: 'x', GOOSE_DBSTRING: 'x' }, caFile: '/ca.pem', home: '/home', patient: false })).toMatchObject({
      PATH: '/bin', HOME: '/home', PGPASSWORD: 'p', PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/ca.pem', GOOSE_DRIVER: 'postgres', GOOSE_DBSTRING: 'sslmode=verify-full',
    });
    expect(engineEnvironment(POSTGRES_RUNNER, settings('goose'), { inherited: { PGPASSFILE: 'x' }, caFile: '/ca.pem', home: '/home', patient: false })).not.toHaveProperty('PGPASSFILE');
    expect(engineEnvironment(POSTGRES_RUNNER, settings('dbmate'), { inherited: {}, caFile: '/ca.pem', home: '/home', patient: false }).DATABASE_URL).toBe('postgres:///my%20db%2F%C3%BC');
  });
});

describe('the plan', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plan-'));
  beforeAll(() => {
    for (const name of ['9_a.sql', '10_b.sql', 'README.md', 'x.sql']) writeFileSync(join(directory, name), '-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down\n');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('is in the order of the engine: numbers for goose, text for dbmate', () => {
    expect(readPlan(POSTGRES_RUNNER, 'goose', directory).map((file) => file.version)).toEqual(['9', '10']);
    expect(readPlan(POSTGRES_RUNNER, 'dbmate', directory).map((file) => [file.version, file.transactional])).toEqual([['10', false], ['9', false]]);
  });

  test('without a version table, everything is pending', async () => {
    const plan = readPlan(POSTGRES_RUNNER, 'goose', directory);
    expect(await readState(POSTGRES_RUNNER, 'goose', plan, async () => [{ name: null }])).toEqual({ pending: plan, applied: new Set(), version: undefined, behind: undefined });
  });

  test('a gap is pending, and a newer version in the database means that the directory is behind', async () => {
    const query: Query = async (sql) => sql.includes('to_regclass') ? [{ name: 'goose_db_version' }] : [{ version: '10' }, { version: '9' }, { version: '11' }];
    expect(await readState(POSTGRES_RUNNER, 'goose', readPlan(POSTGRES_RUNNER, 'goose', directory), query)).toMatchObject({ pending: [], version: '11', behind: '10' });
    const gap: Query = async (sql) => sql.includes('to_regclass') ? [{ name: 'goose_db_version' }] : [{ version: '10' }];
    expect((await readState(POSTGRES_RUNNER, 'goose', readPlan(POSTGRES_RUNNER, 'goose', directory), gap)).pending.map((file) => file.version)).toEqual(['9']);
  });

  test('takes versions that no file name could have', async () => {
    const query: Query = async (sql) => sql.includes('to_regclass') ? [{ name: 't' }] : [{ version: '-1' }, { version: '9' }, { version: 'z' }];
    expect((await readState(POSTGRES_RUNNER, 'goose', readPlan(POSTGRES_RUNNER, 'goose', directory), query)).version).toBe('z');
  });

  test('fails when the directory cannot be read', () => {
    expect(() => readPlan(POSTGRES_RUNNER, 'goose', join(directory, 'nowhere'))).toThrow(expect.objectContaining({ exitCode: RunnerExit.MISCONFIGURED }));
  });
});

describe('pitfall 8: what is printed', () => {
  test.each([
    ['connect postgres://u:s3cret@h/d', 'connect postgres://***@h/d'],
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['host=x password=abc user=y', 'host=x password=*** user=y'],
    ['PGPASSWORD: \'it\\\'s\' next', 'PGPASSWORD: *** next'],
    ['the password authentication failed', 'the password authentication failed'],
  ])('%j becomes %j', (line, expected) => {
    expect(new Redactor(['']).redact(line)).toBe(expected);
  });

  test('never holds a secret in any of the ways in which programs print one', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 4 }), fc.constantFrom<(text: string) => string>(
      (text) => text, encodeURIComponent, JSON.stringify, (text) => `'${text.replace(/'/g, "''")}'`,
    ), (secret, print) => {
      const shown = new Redactor([secret]).redact(`before ${print(secret)} after`);
      expect(shown.replace('***', '')).not.toContain(secret);
      expect(shown).toMatch(/^before .*\*\*\*.* after$/);
    }));
  });
});

describe('waiting may help', () => {
  test.each(['57P01', '57P02', '57P03', '53300', '25006', '08006', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE'])('with %s', (code) => {
    expect(POSTGRES_RUNNER.isPassing(Object.assign(new Error('x'), { code }))).toBe(true);
  });
  test.each(['28P01', '28000', '3D000', '42501', 'CERT_HAS_EXPIRED', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID', '57014'])('but not with %s', (code) => {
    expect(POSTGRES_RUNNER.isPassing(Object.assign(new Error('x'), { code }))).toBe(false);
  });
  test('when a connection ends or hangs, which has no code', () => {
    expect(['Connection terminated unexpectedly', 'timeout expired', 'Query read timeout', 'something else'].map((message) => POSTGRES_RUNNER.isPassing(new Error(message)))).toEqual([true, true, true, false]);
  });
  test('when one of several addresses refuses, and says which', () => {
    const error = new AggregateError([Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' }), new Error('other')]);
    expect([POSTGRES_RUNNER.isPassing(error), messageOf(error)]).toEqual([true, 'connect ECONNREFUSED ::1:1; other']);
  });
});
