import type { EngineName } from '../../../src/migrations/shared/runner.contract';
import { lintMigrations } from '../../../src/postgres/engine/migrations/lint-migrations';

const repeat = (text: string, size: number) => text.repeat(Math.max(1, Math.floor(size / text.length)));
const dbmate = (up: string, down = '') => `-- migrate:up\n${up}\n-- migrate:down\n${down}\n`;
const goose = (up: string, down = '') => `-- +goose Up\n${up}\n-- +goose Down\n${down}\n`;
const marked = (up: string) => `-- +goose StatementBegin\n${up}\n-- +goose StatementEnd`;

/** Texts of about a size, of the kinds that a file may be full of. */
const SHAPES: Record<string, (size: number) => string> = {
  'one INSERT of many rows': (size) => `INSERT INTO t VALUES\n${repeat("(1, 'it''s a row', 2.5, NULL),\n", size)}(1);`,
  'one INSERT on one line': (size) => `INSERT INTO t VALUES ${repeat("(1,2,'x'),", size)}(1);`,
  'one UPDATE with a CASE of many branches': (size) => `UPDATE t SET a = CASE ${repeat("WHEN id = 1 THEN 'x' ", size)}END;`,
  'many INSERTs': (size) => repeat("INSERT INTO t (a, b) VALUES (1, 'x; y');\n", size),
  'many UPDATEs': (size) => repeat('UPDATE t SET a = (SELECT 1) WHERE b = 2;\n', size),
  'many ALTER TABLEs': (size) => repeat('ALTER TABLE t ADD COLUMN c text NOT NULL;\n', size),
  'one ALTER TABLE of many actions': (size) => `ALTER TABLE t ${repeat('ADD COLUMN c numeric(10, 2) DEFAULT f(1) CHECK (c > 0), ', size)}ADD d int;`,
  'many line comments': (size) => `${repeat('-- a comment; with semicolon\n', size)}SELECT 1;`,
  'many block comments': (size) => `SELECT ${repeat('/* a */ 1, ', size)}1;`,
  'nested comments': (size) => `${repeat('/* ', size / 2)}${repeat(' */', size / 2)} SELECT 1;`,
  'many blocks': (size) => repeat("DO $a$ BEGIN IF true THEN PERFORM set_config('a.b', 'c', true); END IF; END $a$;\n", size),
  'one block of many statements': (size) => `DO $a$ BEGIN\n${repeat('  PERFORM f(1);\n', size)}END $a$;`,
  'dollar signs that quote nothing': (size) => `SELECT ${repeat('$1 + a$b + ', size)}1;`,
  'many dollar quotes': (size) => `SELECT ${repeat('$a$ $b$ $a$, ', size)}1;`,
  'a long quoted name': (size) => `SELECT 1 AS "${repeat('a""', size)}";`,
  'many quoted names': (size) => `CREATE TABLE t (${repeat('"a" int, ', size)}"b" int);`,
  'nested CASEs in a body': (size) => `CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT ${repeat('CASE WHEN true THEN ', size)}1 ${repeat('END ', size / 5)}; END;`,
  'data of COPY': (size) => `COPY t FROM stdin;\n${repeat('1\tx\n', size)}\\.\n`,
  'lines in a string that end with semicolons': (size) => `INSERT INTO t VALUES ('${repeat('line;\n', size)}');`,
  'escapes': (size) => `SELECT E'${repeat("\\'", size)}';`,
  'many enum values': (size) => `${repeat("ALTER TYPE e ADD VALUE 'v';\n", size / 2)}${repeat("INSERT INTO t VALUES ('w');\n", size / 2)}`,
  'parentheses': (size) => `SELECT ${repeat('(', size / 2)}1${repeat(')', size / 2)};`,
  'blank lines': (size) => `${repeat('\n', size)}SELECT 1;`,
  'blanks': (size) => `SELECT${repeat(' ', size)}1;`,
  'dashes and slashes': (size) => `SELECT ${repeat('1 - 2 / 3 ', size)};`,
  'dropped objects': (size) => `DROP VIEW IF EXISTS ${repeat('v, ', size)}w;`,
  'a search path of many schemas': (size) => `SET search_path TO ${repeat("'s', ", size)}'public';`,
  'calls of set_config': (size) => `SELECT ${repeat("set_config('a.b', 'c', true), ", size)}1;`,
  'roles and grants': (size) => repeat('GRANT SELECT ON t TO a;\nALTER TABLE t OWNER TO b;\n', size),
  'psql commands': (size) => repeat('\\restrict x\n', size),
  'files that go wrong': (size) => repeat('-- +goose StatementBegin\n', size),
};

/** Processor time, since other work on the machine takes turns. */
function timeOf(engine: EngineName, content: string): number {
  const best = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    lintMigrations(engine, [{ name: '001_a.sql', content }]);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...best);
}

const FILES: Array<[EngineName, (up: string) => string]> = [['dbmate', dbmate], ['goose', goose]];

describe.each(FILES)('for %s', (engine, file) => {
  test.each(Object.keys(SHAPES))('time grows with the size: %s', (shape) => {
    const [small, large] = [100_000, 400_000].map((size) => timeOf(engine, file(SHAPES[shape](size))));
    // Four times the text; in the square it would be sixteen times the time. What takes a few milliseconds says nothing.
    expect(large).toBeLessThan(Math.max(small * 9, 150));
  });
});

test('time grows with the size of Down too, and of text between marks', () => {
  const rows = (size: number) => SHAPES['one INSERT of many rows'](size);
  for (const file of [(size: number) => goose('SELECT 1;', rows(size)), (size: number) => goose(marked(rows(size)))]) {
    const [small, large] = [100_000, 400_000].map((size) => timeOf('goose', file(size)));
    expect(large).toBeLessThan(Math.max(small * 9, 150));
  }
});

test.each(['one INSERT of many rows', 'many INSERTs', 'one UPDATE with a CASE of many branches'])('5 MB are read in less than 5 s of a machine that others use: %s', (shape) => {
  const begun = Date.now();
  lintMigrations('dbmate', [{ name: '001_a.sql', content: dbmate(SHAPES[shape](5_000_000)) }]);
  expect(Date.now() - begun).toBeLessThan(5_000);
});
