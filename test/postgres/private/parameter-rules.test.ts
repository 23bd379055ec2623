import { Lazy } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as fc from 'fast-check';
import type { PrivatePostgresProps } from '../../../src';
import { PARAMETER_PREFIXES, RDS_PARAMETERS, SERVER_PARAMETERS, SESSION_PARAMETERS } from '../../../src/postgres/private/parameter-names';
import { closest } from '../../../src/private/closest';
import { POSTGRES_MAJORS, startPostgres } from '../../support/postgres-server';
import { newServer } from '../postgres-fixtures';

/** Contexts of parameters for which neither a role nor a database can have a value of its own. */
const OF_SERVER = ['internal', 'postmaster', 'sighup'];

test('the lists are those of real servers', async () => {
  // GIVEN
  const contexts = new Map<string, Set<string>>();
  for (const major of POSTGRES_MAJORS) {
    const server = await startPostgres({ major });
    const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    const { rows } = await client.query<{ name: string; context: string }>('SELECT lower(name) AS name, context FROM pg_settings');
    rows.forEach(({ name, context }) => contexts.set(name, (contexts.get(name) ?? new Set()).add(context)));
    await client.end();
    await server.remove();
  }

  // THEN
  const [ofServer, ofSession] = [true, false].map((wanted) => [...contexts].filter(([, found]) => [...found].every((context) => OF_SERVER.includes(context)) === wanted).map(([name]) => name).sort());
  expect([...SERVER_PARAMETERS].sort()).toEqual(ofServer);
  expect([...SESSION_PARAMETERS].sort()).toEqual(ofSession);
});

test('the names of RDS have its prefix, and no prefix has a dot', () => {
  expect([...RDS_PARAMETERS].filter((name) => !/^rds\.[a-z0-9_]+$/.test(name))).toEqual([]);
  expect([...PARAMETER_PREFIXES].filter((name) => !/^[a-z0-9_]+$/.test(name))).toEqual([]);
});

const warningsOf = ({ stack }: ReturnType<typeof newServer>) => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
const withParameters = (parameters: PrivatePostgresProps['parameters']) => warningsOf(newServer({ parameters }));

describe('a parameter of a server', () => {
  test.each([
    ['log_connection', "Use 'log_connections'"], ['max_conections', "Use 'max_connections'"], ['rds.forse_ssl', "Use 'rds.force_ssl'"], ['corn.database_name', "Use 'cron.database_name'"],
    ['pg_audit.log', "Use 'pgaudit.log'"], ['something_else', 'Correct the name'],
  ])('%s is warned about, with %s', (name, advice) => {
    expect(withParameters({ [name]: '1' })).toEqual([expect.stringContaining(`\`parameters\` contains '${name}', which is not in this library's list of parameters of PostgreSQL 15 to 18 and RDS. ${advice}`)]);
  });

  test('that is known, a token or one of Aurora is not warned about', () => {
    const parameters = { 'work_mem': '65536', 'TimeZone': 'UTC', 'autovacuum_max_workers': '3', 'rds.logical_replication': '1', 'auto_explain.log_min_duration': '100', 'apg_ccache_mode': '1' };
    expect(withParameters(parameters)).toEqual([]);
    expect(withParameters({ [Lazy.string({ produce: () => 'any' })]: '1' })).toEqual([]);
  });
});

describe.each<[string, (settings: Record<string, string>) => ReturnType<typeof newServer>]>([
  ['a user', (settings) => {
    const backend = newServer();
    backend.postgres.addUser('Api', { settings });
    return backend;
  }],
  ['a database', (settings) => {
    const backend = newServer();
    backend.postgres.addDatabase('orders', { settings });
    return backend;
  }],
])('a setting of %s', (_name, declare) => {
  test.each([['work_men', "Use 'work_mem'"], ['statement_timeouts', "Use 'statement_timeout'"], ['no_such_setting', 'Correct the name']])('%s is warned about, with %s', (name, advice) => {
    expect(warningsOf(declare({ [name]: '1' }))).toEqual([expect.stringContaining(`\`settings\` contains '${name}', which is not in this library's list of settings of PostgreSQL 15 to 18. ${advice}`)]);
  });

  test.each(['max_connections', 'Shared_Buffers', 'autovacuum', 'log_line_prefix', 'server_version'])('fails for %s, which holds for the whole server', (name) => {
    expect(() => declare({ [name]: '1' })).toThrow(`\`settings\` contains '${name}', which PostgreSQL has for the whole server only. Set \`parameters: { ${name.toLowerCase()}: '…' }\` of the server.`);
  });

  test('that is known, or has a prefix of its own, is not warned about', () => {
    expect(warningsOf(declare({ 'work_mem': '8MB', 'DateStyle': 'ISO', 'idle_session_timeout': '5min', 'app.tenant': '7', 'auto_explain.log_min_duration': '1s' }))).toEqual([]);
  });
});

describe('the closest name', () => {
  test('is that of which a letter was dropped, doubled or mistyped', () => {
    fc.assert(fc.property(fc.constantFrom(...[...SESSION_PARAMETERS].filter((name) => name.length > 5)), fc.nat(), fc.constantFrom('', 'q', 'qq'), (name, position, letters) => {
      const at = position % name.length;
      const mistyped = name.slice(0, at) + letters + name.slice(at + 1);
      fc.pre(!SESSION_PARAMETERS.has(mistyped));
      const found = closest(mistyped, SESSION_PARAMETERS);
      expect(found).toBeDefined();
    }));
  });

  test('is none where nothing is near', () => {
    expect(closest('timescaledb', ['vector', 'postgis', 'pg_trgm'])).toBeUndefined();
    expect(closest('lo', ['isn', 'hll'])).toBeUndefined();
  });
});
