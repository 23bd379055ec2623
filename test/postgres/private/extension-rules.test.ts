import { Lazy } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { PrivatePostgres, type PrivatePostgresProps } from '../../../src';
import { EXTENSIONS, ONE_DATABASE_EXTENSIONS, PRELOADED_EXTENSIONS } from '../../../src/postgres/private/extension-names';
import { newServer } from '../postgres-fixtures';

type Backend = ReturnType<typeof newServer>;

/** Warnings of the database `orders`, and of the first one. */
function warnings(props: Partial<PrivatePostgresProps>, declare: (backend: Backend) => unknown = () => undefined): string[] {
  const backend = newServer(props);
  declare(backend);
  return Annotations.fromStack(backend.stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id} ${String(entry.data)}`);
}

const token = (value: string) => Lazy.string({ produce: () => value });

describe('an extension that a server has in one database', () => {
  const loaded = { shared_preload_libraries: 'pg_stat_statements,pg_cron' };
  const home = (database: string) => ({ parameters: { ...loaded, 'cron.database_name': database } });

  test.each<[string, Partial<PrivatePostgresProps>]>([
    ['the first', { databaseName: 'shop', extensions: ['pg_cron'], ...home('shop') }],
    ['the first, whose name is a token', { databaseName: token('shop'), extensions: ['pg_cron'], ...home('shop') }],
    ['the first, by a parameter that is a token', { databaseName: 'shop', extensions: ['pg_cron'], ...home(token('shop')) }],
  ])('may be created in %s, which the parameter names', (_name, props) => {
    expect(warnings(props)).toEqual([]);
  });

  test('may be created in another database that the parameter names', () => {
    expect(warnings(home('jobs'), ({ postgres }) => postgres.addDatabase('jobs', { extensions: ['pg_cron'] }))).toEqual([]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['without the parameter', () => newServer({ databaseName: 'shop', extensions: ['pg_cron'], parameters: loaded }), /in one database only, 'postgres', so database 'shop' can't have it\. Set `parameters: { 'cron\.database_name': 'shop' }` of the server/],
    ['without the parameter, also in a database that is added', () => newServer({ parameters: loaded }).postgres.addDatabase('jobs', { extensions: ['pg_cron'] }), /'cron\.database_name': 'jobs'/],
    ['without the parameter, whatever a token becomes', () => newServer({ databaseName: token('shop'), extensions: ['pg_cron'], parameters: loaded }), /so this database can't have it/],
    ['where the parameter names another database', () => newServer({ databaseName: 'shop', extensions: ['pg_cron'], ...home('jobs') }), /in one database only, 'jobs', so database 'shop' can't have it\. Remove 'pg_cron' here/],
    ['in a second database', () => newServer({ databaseName: 'shop', extensions: ['pg_cron'], ...home('shop') }).postgres.addDatabase('jobs', { extensions: ['pg_cron'] }), /'shop', so database 'jobs' can't have it/],
  ])('fails %s', (_name, declare, message) => {
    expect(declare).toThrow(message);
  });
});

describe('an extension whose library is loaded at the start of the server', () => {
  const preload = expect.stringContaining('PrivatePostgres.preload');

  test.each<[string, Partial<PrivatePostgresProps>, string[], string]>([
    ['in the first database', { extensions: ['pgaudit', 'pgcrypto'] }, [], "'pg_stat_statements,pgaudit'"],
    ['in a database that is added', {}, ['pglogical'], "'pg_stat_statements,pglogical'"],
    ['beside one that is loaded', { parameters: { shared_preload_libraries: 'pg_stat_statements, pgaudit' }, extensions: ['pgaudit'] }, ['pg_tle'], "'pg_stat_statements,pgaudit,pg_tle'"],
    ['which the user has taken out', { parameters: { shared_preload_libraries: 'pgaudit' } }, ['pg_stat_statements'], "'pgaudit,pg_stat_statements'"],
    ['where nothing is loaded', { parameters: { shared_preload_libraries: '' } }, ['pgaudit'], "'pgaudit'"],
  ])('is warned about %s', (_name, props, extensions, libraries) => {
    const found = warnings(props, ({ postgres }) => postgres.addDatabase('orders', { extensions }));
    expect(found).toEqual([expect.stringContaining(`shared_preload_libraries: ${libraries}`)]);
    expect(`${found}`).toContain('PrivatePostgres.preload');
  });

  test.each<[string, Partial<PrivatePostgresProps>]>([
    ['that is loaded', { extensions: ['pgaudit', 'pg_stat_statements'], parameters: { shared_preload_libraries: 'pg_stat_statements, pgaudit' } }],
    ['of a list that is a token', { extensions: ['pgaudit'], parameters: { shared_preload_libraries: token('pgaudit') } }],
    ['that needs none', { extensions: ['pgcrypto', 'vector', 'uuid-ossp'] }],
  ])('is not warned about %s', (_name, props) => {
    expect(warnings(props)).not.toContainEqual(preload);
  });
});

describe('an extension that is not in the list', () => {
  test.each([['pg_tgrm', "Use 'pg_trgm'"], ['pgvector', "Use 'vector'"], ['uuid_ossp', "Use 'uuid-ossp'"], ['timescaledb', 'Correct the name']])('such as %s is warned about, with %s', (extension, advice) => {
    expect(warnings({ extensions: [extension] })).toEqual([expect.stringContaining(`'${extension}' is not in this library's list of extensions that RDS and Aurora offer. ${advice}`)]);
  });

  test('is not warned about where it is a token, or where the server is that of others', () => {
    expect(warnings({ extensions: [token('any')] })).toEqual([]);
    expect(warnings({}, ({ stack, vpc, postgres }) => {
      const { adminSecret, connections: { securityGroups } } = postgres;
      const legacy = PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Legacy', { endpoint: 'db.example.com', vpc, adminSecret, securityGroups });
      legacy.addDatabase('legacy', { extensions: ['timescaledb', 'pg_cron', 'pgaudit'] });
    })).toEqual([]);
  });
});

test('what is special about an extension is said of extensions that are in the list', () => {
  const special = [...PRELOADED_EXTENSIONS, ...ONE_DATABASE_EXTENSIONS.keys()];
  expect(special.filter((extension) => !EXTENSIONS.has(extension))).toEqual([]);
  expect([...EXTENSIONS].filter((extension) => !/^[a-z][a-z0-9_-]+$/.test(extension))).toEqual([]);
});
