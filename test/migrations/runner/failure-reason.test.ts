import { environmentFor, prepareDatabase, query, testedEngines, Workshop } from './harness';
import { renderResponse, RESPONSE_LIMIT_BYTES } from '../../../src/fargate/handler/response';
import { RunnerEnv, RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { event } from '../../fargate/run-task/harness';
import { type PostgresServer, startPostgres } from '../../support/postgres-server';

const workshop = new Workshop();
const engines = testedEngines().filter((engine) => engine.directory !== undefined);
let server: PostgresServer;
beforeAll(async () => { server = await startPostgres(); });
afterEach(async () => workshop.stopAll());
afterAll(async () => { workshop.remove(); await server.remove(); });

/** The reason that CloudFormation gets of what a container has printed. */
function reasonOf(output: string): string {
  const answer = renderResponse(event(), 'FAILED', "[MIGRATION_FAILED] The migrations failed: container 'migrate' ended with exit code 1.", output.trim().split('\n'));
  expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(RESPONSE_LIMIT_BYTES);
  return (JSON.parse(answer) as { Reason: string }).Reason;
}

/** A function whose body has so many bytes, and whose type is not there. */
function functionOf(bytes: number): string {
  const line = "  PERFORM set_config('app.step', 'ä \"x\" \\ ', true);\n";
  return `CREATE FUNCTION f() RETURNS missing_type LANGUAGE plpgsql AS $$\nBEGIN\n${line.repeat(Math.ceil(bytes / line.length))}END;\n$$;`;
}

describe.each(engines.map((engine) => [engine.name, engine] as const))('with %s', (_name, engine) => {
  const marked = (sql: string) => engine.file(engine.name === 'goose' ? `-- +goose StatementBegin\n${sql}\n-- +goose StatementEnd` : sql);
  const run = async (files: Record<string, string>, extra: Record<string, string> = {}, before = '') => {
    const prepared = await prepareDatabase(server);
    if (before !== '') await query(server, prepared.database, before.replaceAll('LOGIN_NAME', prepared.username));
    const started = workshop.start({ ...environmentFor(server, prepared, engine.name, workshop.directory(files)), [RunnerEnv.CONNECT_SECONDS]: '3', ...extra }, [engine.directory ?? '']);
    return { code: await started.exitCode(), output: started.output };
  };

  test.each([3_500, 100_000, 1_000_000])('the error after a statement of %d bytes reaches CloudFormation, and no line of the log is long', async (bytes) => {
    const { code, output } = await run({ '001_t.sql': engine.file('CREATE TABLE t (a int);'), '002_f.sql': marked(functionOf(bytes)) });

    expect(code).toBe(RunnerExit.ENGINE_FAILED);
    expect(reasonOf(output)).toMatch(/FAILED: '002_f\.sql' isn't applied, whatever the output shows: .*type "missing_type" does not exist.*42704/);
    expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThan(17_000);
  });

  test.each([
    ['of many lines', "RAISE EXCEPTION E'first\\nsecond\\n%', repeat(E'more\\n', 300) USING ERRCODE = 'P0042'", /P0042/],
    ['that is long', "RAISE EXCEPTION 'begins% ends', repeat('x', 20000) USING ERRCODE = 'P0042'", /begins.*ends.*P0042/],
    ['with detail, hint and context', "RAISE EXCEPTION 'it is so' USING DETAIL = repeat('d', 9000), HINT = repeat('h', 9000), ERRCODE = 'P0042'", /it is so.*P0042/],
  ])('an error %s is in the last line', async (_what, raise, expected) => {
    const { output } = await run({ '001_f.sql': marked(`DO $$ BEGIN ${raise}; END $$;`) });
    expect(output.trim().split('\n').at(-1)).toMatch(expected);
    expect(reasonOf(output)).toMatch(expected);
  });

  test.each([
    ['had begun', { '001_x.sql': engine.file('CREATE TABLE t (a int);\nSELECT 1/0;') }, 'The file was rolled back.', ''],
    ['had begun without a transaction', { '001_x.sql': engine.file('SELECT 1/0;', false) }, 'so a part may be applied', ''],
    ['could not read', { '001_x.sql': 'SELECT 1;\n' }, 'The engine had not begun the file.', ''],
    // The runner's own connection is the only one.
    ['had no connection for', { '001_x.sql': engine.file('SELECT 1;') }, 'The engine had not begun the file.', 'ALTER ROLE LOGIN_NAME CONNECTION LIMIT 1'],
    ['had no connection for, without a transaction', { '001_x.sql': engine.file('CREATE INDEX CONCURRENTLY i ON t (a);', false) }, 'The engine had not begun the file.', 'ALTER ROLE LOGIN_NAME CONNECTION LIMIT 1'],
  ])('a file that the engine %s: %#', async (_what, files, said, before) => {
    const { code, output } = await run(files, {}, before);
    expect([code, output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining(said)]);
    if (!said.includes('rolled back')) expect(output).not.toContain('rolled back');
  });

  test('text in a statement that looks like a lock timeout is no reason to try again', async () => {
    const { output } = await run({ '001_x.sql': engine.file("SELECT 1/0 AS \"55P03\", 'canceling statement due to lock timeout', 'deadlock detected';") });
    expect(output).not.toContain('next try');
  });

  test.each([
    ['in quotes', "CREATE ROLE reporting LOGIN PASSWORD 'hunter2hunter2';"],
    ['in quotes on its own line', "ALTER ROLE reporting\n  PASSWORD\n  'hunter2hunter2'\n;"],
    ['after a comment', "ALTER ROLE reporting PASSWORD /* of the vault */ 'hunter2hunter2';"],
    ['with escapes', "ALTER ROLE reporting ENCRYPTED PASSWORD E'hunter2\\'hunter2';"],
    ['with doubled quotes', "ALTER ROLE reporting PASSWORD 'hunter2''hunter2' VALID UNTIL 'tomorrow';"],
    ['in dollars', 'ALTER ROLE reporting PASSWORD $pw$hunter2$hunter2$pw$;'],
    ['without quotes', 'ALTER ROLE reporting PASSWORD hunter2hunter2;'],
    ['of a user mapping', "CREATE USER MAPPING FOR reporting SERVER s OPTIONS (user 'a', password 'hunter2hunter2');"],
    ['in a connection string', "SELECT dblink('host=h user=u password=hunter2hunter2', 'SELECT 1');"],
    ['in a connection string with quotes', "SELECT dblink('host=h password=''hunter2 hunter2''', 'SELECT 1');"],
    ['in a URL', "SELECT missing('postgres://u:hunter2@hunter2@h/d');"],
    ['as an argument', "SELECT missing(password => 'hunter2hunter2');"],
    ['in JSON', 'SELECT missing(\'{"user":"a","password":"hunter2\\"hunter2"}\');'],
    ['in a setting', "SELECT set_config('app.jwt_secret', 'hunter2hunter2', false), 1/0;"],
    ['to be encrypted', "SELECT crypt('hunter2hunter2', missing('bf'));"],
  ])('a password %s is blanked in the log when its statement fails', async (_how, statement) => {
    const { code, output } = await run({ '001_x.sql': engine.file(statement) });
    expect([code, output]).toEqual([RunnerExit.ENGINE_FAILED, expect.stringContaining('isn\'t applied')]);
    expect(output).not.toMatch(/hunter2/);
  });
});
