import { type EngineName, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { lintMigrations } from '../../../src/postgres/engine/migrations/lint-migrations';
import { type PostgresServer, startPostgres } from '../../support/postgres-server';
import { environmentFor, prepareDatabase, query, testedEngines, Workshop } from '../runner/harness';

/** What the lint says of a file, and that the engine agrees. */
const REFUSED: Array<[EngineName, string, string]> = [
  ['dbmate', 'missing-down', '-- migrate:up\nCREATE TABLE a (i int);\n'],
  ['dbmate', 'missing-up', 'CREATE TABLE a (i int);\n'],
  ['dbmate', 'missing-up', '  -- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\n'],
  ['dbmate', 'missing-up', '-- migrate:down\n-- migrate:up\nCREATE TABLE a (i int);\n'],
  ['dbmate', 'encoding', '\uFEFF-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\n'],
  ['dbmate', 'statement-before-up', 'SELECT 1;\n-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\n'],
  ['dbmate', 'statement-before-up', '/* a */\n-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\n'],
  ['dbmate', 'many-sections', '-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:up\nCREATE TABLE b (i int);\n-- migrate:down\n'],
  ['dbmate', 'many-without-transaction', '-- migrate:up transaction:false\nSELECT 1;\nVACUUM;\n-- migrate:down\n'],
  ['dbmate', 'not-in-transaction', '-- migrate:up\nVACUUM;\n-- migrate:down\n'],
  ['dbmate', 'transaction-control', '-- migrate:up\nCREATE TABLE a (i int);\nCOMMIT;\n-- migrate:down\n'],
  ['dbmate', 'unterminated', "-- migrate:up\nSELECT 'a;\n-- migrate:down\n"],
  ['dbmate', 'psql-only', "-- migrate:up\nCREATE TABLE a (i int, t text);\nCOPY a (i, t) FROM stdin;\n1\tL'Aquila; \"x\n\\.\n-- migrate:down\n"],
  ['dbmate', 'psql-only', '-- migrate:up\n\\restrict abc\nSELECT 1;\n-- migrate:down\n'],
  ['dbmate', 'wrong-engine', '-- +goose Up\nCREATE TABLE a (i int);\n-- +goose Down\n'],
  ['goose', 'statement-before-up', 'CREATE TABLE a (i int);\n'],
  ['goose', 'missing-up', '-- +goose Down\nDROP TABLE a;\n'],
  ['goose', 'missing-up', '-- nothing\n'],
  ['goose', 'missing-up', '-- +goose Up\nCREATE TABLE a (i int);\n-- +goose Up\nCREATE TABLE b (i int);\n'],
  ['goose', 'statement-marks', ' -- +goose Up\nCREATE TABLE a (i int);\n'],
  ['goose', 'encoding', '\uFEFF-- +goose Up\nCREATE TABLE a (i int);\n'],
  ['goose', 'statement-marks', '-- +goose Up\n-- see the +goose docs\nCREATE TABLE a (i int);\n'],
  ['goose', 'statement-marks', '-- +goose Up\nCREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n RETURN 1;\nEND $$ LANGUAGE plpgsql;\n'],
  ['goose', 'statement-marks', '-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n'],
  ['goose', 'statement-marks', '-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n'],
  ['goose', 'statement-marks', '-- +goose Up\nSELECT 1;\n-- +goose StatementEnd\n'],
  ['goose', 'statement-marks', '-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose StatementBegin\nSELECT 1;\n'],
  ['goose', 'missing-semicolon', '-- +goose Up\nCREATE TABLE a (i int)\n'],
  ['goose', 'missing-semicolon', '-- +goose Up\nCREATE TABLE a (i int); /* a */\n'],
  ['goose', 'empty-search-path', "-- +goose Up\nSELECT pg_catalog.set_config('search_path', '', false);\n"],
  ['goose', 'empty-search-path', "-- +goose Up\nSET search_path TO '';\n"],
  ['goose', 'empty-search-path', "-- +goose Up\nSET search_path TO public;\nSELECT set_config('search_path', '', true);\n"],
  ['goose', 'psql-only', '-- +goose Up\nCREATE TABLE a (i int, t text);\nCOPY a (i, t) FROM stdin;\n1\tL\'Aquila; "x\n\\.\n'],
  ['goose', 'psql-only', '-- +goose Up\nSELECT 1;\n\\unrestrict abc\n'],
  ['goose', 'many-without-transaction', '-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM; SELECT 1;\n'],
  ['goose', 'not-in-transaction', '-- +goose Up\nVACUUM;\n'],
  ['dbmate', 'many-sections', '-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\nSELECT 1;\n-- migrate:down\nSELECT 2;\n'],
  ['dbmate', 'many-sections', "-- migrate:up\nSELECT 'x\n-- migrate:down\n';\n-- migrate:down\n"],
  ['dbmate', 'missing-up', '-- migrate:up\u00a0\nCREATE TABLE a (i int);\n-- migrate:down\n'],
  ['goose', 'missing-semicolon', '-- +goose Up\nCREATE TABLE a (i int);\n/* that is\nall */\n'],
  ['goose', 'missing-semicolon', '-- +goose Up\nCREATE TABLE a (i int);\n   \n-- comment\n-- +goose Down\n'],
  ['goose', 'statement-marks', '-- +goose Up\n/* a;\nb;\n*/\nCREATE TABLE a (i int);\n'],
  ['goose', 'statement-marks', '-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose foo\n'],
  ['goose', 'missing-up', '-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose Down\n'],
  ['goose', 'line-too-long', `-- +goose Up\nSELECT '${'x'.repeat(4 * 1024 * 1024)}';\n`],
  ['goose', 'line-too-long', `-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT '${'x'.repeat(4 * 1024 * 1024)}';\n`],
  ['goose', 'wrong-engine', '-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\n'],
];

const TAKEN: Array<[EngineName, string]> = [
  ['dbmate', '-- a comment\n\n-- migrate:up\r\nCREATE TABLE a (i int);\r\n-- migrate:down\r\n'],
  ['dbmate', '-- migrate:up transaction:false\r\nVACUUM;\r\n-- migrate:down\r\n'],
  ['dbmate', '--migrate:up foo:bar  transaction:false\nVACUUM;\n-- migrate:down transaction:false\n'],
  ['dbmate', '-- migrate:up\nDO $$\nBEGIN\n PERFORM 1;\nEND $$;\n-- migrate:down\n'],
  ['dbmate', '-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down drop it all\r\nDROP TABLE a;\n'],
  ['dbmate', "-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\nSELECT 'a\n"],
  ['goose', '-- +goose Up\nCREATE TABLE a (i int) -- c;\n;\n'],
  ['goose', "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 'a\n"],
  ['goose', '-- +goose Up\nCREATE TABLE a (i int);\n'],
  ['goose', '-- +goose Up\r\nCREATE TABLE a (i int);\r\n-- +goose Down\r\nDROP TABLE a;\r\n'],
  ['goose', '-- +goose Up\nCREATE TABLE a (i int); CREATE TABLE b (i int); -- two\n'],
  ['goose', '-- +goose Up\nCREATE TABLE a (i int); SELECT\n1;\n'],
  ['goose', '-- +goose up\n-- +goose statementbegin\nDO $$\nBEGIN\n PERFORM 1;\nEND $$;\n-- +goose statementend\nSELECT 1;\n'],
  ['goose', '-- +goose Up\nVACUUM;\n-- +goose NO TRANSACTION\n'],
  ['goose', "-- +goose Up\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.a (i int);\nRESET search_path;\n"],
  ['goose', '-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 1\n'],
];

const workshop = new Workshop();
const engines = new Map(testedEngines().filter((engine) => engine.directory !== undefined).map((engine) => [engine.name, engine]));
const installed = ([name]: readonly [EngineName, ...string[]]) => engines.has(name);
let server: PostgresServer;
beforeAll(async () => { server = await startPostgres(); });
afterAll(async () => { await workshop.stopAll(); workshop.remove(); await server.remove(); });

async function run(name: EngineName, content: string) {
  const prepared = await prepareDatabase(server);
  const runner = workshop.start(environmentFor(server, prepared, name, workshop.directory({ '001_a.sql': content })), [engines.get(name)?.directory ?? '']);
  const { errors } = lintMigrations(name, [{ name: '001_a.sql', content }]);
  return { exitCode: await runner.exitCode(), errors: errors.map((finding) => finding.rule), prepared };
}

const shortened = (content: string) => JSON.stringify(content.length > 300 ? `${content.slice(0, 300)}…` : content);

test.each(REFUSED.filter(installed).map(([name, rule, content]) => [name, rule, shortened(content), content] as const))('fails where %s does: %s in %s', async (name, rule, _, content) => {
  const { exitCode, errors } = await run(name, content);
  expect([exitCode, errors]).toEqual([RunnerExit.ENGINE_FAILED, expect.arrayContaining([rule])]);
});

test.each(TAKEN.filter(installed))('takes what %s takes: %j', async (name, content) => {
  const { exitCode, errors } = await run(name, content);
  expect([exitCode, errors]).toEqual([RunnerExit.OK, []]);
});

test('goose drops the line after marks that enclose nothing, so that the lint has to refuse them', async () => {
  const { exitCode, errors, prepared } = await run('goose', '-- +goose Up\n-- +goose StatementBegin\n-- later\n-- +goose StatementEnd\nCREATE TABLE a (i int);\nSELECT 1;\n');
  expect([exitCode, errors]).toEqual([RunnerExit.OK, ['statement-marks']]);
  expect(await query(server, prepared.database, "SELECT to_regclass('public.a')::text AS a")).toEqual([{ a: null }]);
});

test('dbmate counts a file with two sections as applied when the second failed, so that the lint has to refuse it', async () => {
  const content = '-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\n-- migrate:up\nSELECT 1/0;\n-- migrate:down\n';
  const { exitCode, errors, prepared } = await run('dbmate', content);
  expect([exitCode, errors]).toEqual([RunnerExit.ENGINE_FAILED, ['many-sections']]);
  expect(await query(server, prepared.database, 'SELECT version FROM schema_migrations')).toEqual([{ version: '001' }]);
});
