import { createHash } from 'crypto';
import type { EngineName } from '../../../src/migrations/shared/runner.contract';
import { lintMigrations } from '../../../src/postgres/engine/migrations/lint-migrations';
import { findFaults } from '../../errors/rules';

const goose = (up: string, transaction = true) => `${transaction ? '' : '-- +goose NO TRANSACTION\n'}-- +goose Up\n${up}\n`;
const dbmate = (up: string, transaction = true) => `-- migrate:up${transaction ? '' : ' transaction:false'}\n${up}\n-- migrate:down\n`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Rules that are reported, errors and warnings together, each as `file:line rule`; and each is said in three short sentences. */
function lint(engine: EngineName, files: Record<string, string>, sums?: string): string[] {
  const { errors, warnings } = lintMigrations(engine, Object.entries(files).map(([name, content]) => ({ name, content })), sums);
  const findings = [...errors, ...warnings];
  expect(findings.flatMap(({ message }) => findFaults(message).map((fault) => `${fault}: ${message}`))).toEqual([]);
  return findings.map((finding) => `${finding.file}:${finding.line} ${finding.rule}`);
}

describe('file names', () => {
  test.each<[EngineName, string[], string[]]>([
    ['goose', ['00001_a.sql', '00002_b.sql'], []],
    ['goose', ['1_a.sql', '20260102030405_b.sql'], []],
    ['goose', ['a.sql'], ['a.sql:1 file-name']],
    ['goose', ['1.sql'], ['1.sql:1 file-name']],
    ['goose', ['0_a.sql'], ['0_a.sql:1 file-name']],
    ['goose', ['9223372036854775808_a.sql'], ['9223372036854775808_a.sql:1 file-name']],
    ['goose', ['1_a.sql', '01_b.sql'], ['1_a.sql:1 duplicate-version']],
    ['dbmate', ['001_a.sql', '002.sql'], []],
    ['dbmate', ['a.sql'], ['a.sql:1 file-name']],
    ['dbmate', ['001_a.sql', '001_b.sql'], ['001_b.sql:1 duplicate-version']],
    ['dbmate', ['1_a.sql', '001_b.sql'], ['1_a.sql:1 duplicate-version']],
    ['dbmate', ['9_a.sql', '10_b.sql'], ['9_a.sql:1 unordered-versions']],
  ])('for %s, %j gives %j', (engine, names, expected) => {
    const content = engine === 'goose' ? goose('SELECT 1;') : dbmate('SELECT 1;');
    expect(lint(engine, Object.fromEntries(names.map((name) => [name, content])))).toEqual(expected);
  });

  test('for goose, names that sort differently from their numbers are a warning, since goose sorts by number', () => {
    const { errors, warnings } = lintMigrations('goose', [{ name: '9_a.sql', content: goose('SELECT 1;') }, { name: '10_b.sql', content: goose('SELECT 1;') }]);
    expect([errors, warnings]).toEqual([[], [expect.objectContaining({ file: '9_a.sql', rule: 'confusing-order', message: expect.stringContaining('before \'10_b.sql\'') })]]);
  });
});

describe('encoding', () => {
  test.each([['\uFEFF', 1, /byte order mark/], ['SELECT 1;\n-- Stra\uFFFDe\n', 3, /not UTF-8/], ['S\0E\0', 2, /not UTF-8/]])('fails on %j', (text, line, message) => {
    const content = text === '\uFEFF' ? text + goose('SELECT 1;') : goose(text);
    expect(lintMigrations('goose', [{ name: '1_a.sql', content }]).errors).toEqual([{ rule: 'encoding', file: '1_a.sql', line, message: expect.stringMatching(message) }]);
  });
});

describe('dumps', () => {
  test('fails on what only psql understands, once for each, and not on the data', () => {
    const dump = "\\restrict abc\nCOPY t (a) FROM stdin;\n1\tL'Aquila; \"x\n\\.\nSELECT 1;\n\\unrestrict abc";
    expect(lint('dbmate', { '1_a.sql': dbmate(dump) })).toEqual(['1_a.sql:2 psql-only', '1_a.sql:3 psql-only', '1_a.sql:7 psql-only']);
  });

  test.each(["SET search_path = '';", "SET LOCAL search_path TO '';", "SELECT pg_catalog.set_config('search_path', '', false);"])('fails on %j, unless the search path is set again', (statement) => {
    expect(lint('dbmate', { '1_a.sql': dbmate(statement) })).toEqual(['1_a.sql:2 empty-search-path']);
    for (const again of ['SET search_path TO "$user", public;', 'RESET search_path;', 'RESET ALL;', "SELECT set_config('search_path', 'public', false);"]) {
      expect(lint('dbmate', { '1_a.sql': dbmate(`${statement}\n${again}`) })).toEqual([]);
    }
  });

  test("takes '\\' inside of a statement, and COPY from a file", () => {
    expect(lint('dbmate', { '1_a.sql': dbmate("INSERT INTO t VALUES ('\\restrict');\nCOPY t FROM PROGRAM 'x';\nCOPY t TO STDOUT;") })).toEqual([]);
  });
});

describe('annotations of the other engine', () => {
  test('fails on a dbmate file given to goose', () => {
    expect(lint('goose', { '1_a.sql': dbmate('SELECT 1;') })).toEqual(['1_a.sql:1 wrong-engine']);
  });
  test('fails on a goose file given to dbmate', () => {
    expect(lint('dbmate', { '1_a.sql': `-- a comment\n${goose('SELECT 1;')}` })).toEqual(['1_a.sql:2 wrong-engine']);
  });
});

describe('statements in and outside of transactions', () => {
  test.each([
    'CREATE INDEX CONCURRENTLY i ON t (a);',
    'create unique index\n  concurrently i on t (a);',
    'CREATE /* ; */ INDEX -- x\nCONCURRENTLY i ON t (a);',
    'DROP INDEX CONCURRENTLY i;',
    'REINDEX INDEX CONCURRENTLY i;',
    'REINDEX (VERBOSE, CONCURRENTLY) TABLE t;',
    'REINDEX DATABASE d;',
    'VACUUM;',
    'VACUUM (ANALYZE) t;',
    'CREATE DATABASE d;',
    'DROP DATABASE d;',
    'CREATE TABLESPACE s LOCATION \'/x\';',
    'ALTER SYSTEM SET work_mem = \'1GB\';',
    'ALTER TABLE p DETACH PARTITION q CONCURRENTLY;',
    'CREATE SUBSCRIPTION s CONNECTION \'x\' PUBLICATION p;',
  ])('fails on %j inside a transaction, and takes it alone outside of one', (statement) => {
    expect(lint('goose', { '1_a.sql': goose(statement) })).toContain('1_a.sql:2 not-in-transaction');
    expect(lint('dbmate', { '1_a.sql': dbmate(statement) })).toContain('1_a.sql:2 not-in-transaction');
    expect(lint('goose', { '1_a.sql': goose(statement, false) }).filter((finding) => !/drops-/.test(finding))).toEqual([]);
    expect(lint('dbmate', { '1_a.sql': dbmate(statement, false) }).filter((finding) => !/drops-/.test(finding))).toEqual([]);
  });

  test.each(['INSERT INTO t VALUES (\'CREATE INDEX CONCURRENTLY\');', 'COMMENT ON TABLE t IS $$VACUUM; $$;', 'CREATE TABLE "VACUUM" (a int);'])('%j has such words only in a literal or a name', (statement) => {
    expect(lint('dbmate', { '1_a.sql': dbmate(statement) })).toEqual([]);
  });

  test.each(['BEGIN;', 'COMMIT;', 'START TRANSACTION;', 'ROLLBACK;', 'END;'])('fails on %j where the engine holds a transaction', (statement) => {
    expect(lint('goose', { '1_a.sql': goose(`SELECT 1;\n${statement}`) })).toEqual(['1_a.sql:3 transaction-control']);
    expect(lint('dbmate', { '1_a.sql': dbmate(`SELECT 1;\n${statement}`, false) })).toEqual([]);
  });

  test('fails on several statements without transaction where a failure leaves some applied', () => {
    expect(lint('goose', { '1_a.sql': goose('ALTER TABLE t ADD a int;\nCREATE INDEX CONCURRENTLY i ON t (a);', false) })).toEqual(['1_a.sql:3 many-without-transaction']);
  });

  test('takes several statements without transaction where each can run again', () => {
    expect(lint('goose', { '1_a.sql': goose('SET lock_timeout = 0;\nDROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY i ON t (a);', false) })).toEqual([]);
  });

  test('fails on what PostgreSQL would run as one transaction because the engine sends it as one query', () => {
    expect(lint('dbmate', { '1_a.sql': dbmate('SET lock_timeout = 0;\nVACUUM;', false) })).toEqual(['1_a.sql:3 many-without-transaction']);
    expect(lint('goose', { '1_a.sql': goose('SET lock_timeout = 0; VACUUM;', false) })).toEqual(['1_a.sql:3 many-without-transaction']);
    expect(lint('goose', { '1_a.sql': goose('-- +goose StatementBegin\nSET lock_timeout = 0;\nVACUUM;\n-- +goose StatementEnd', false) })).toEqual(['1_a.sql:5 many-without-transaction']);
  });
});

describe('advice', () => {
  test.each<[string, string]>([
    ['DROP TABLE t;', 'drops-table'],
    ['DROP SCHEMA s CASCADE;', 'drops-table'],
    ['TRUNCATE t;', 'truncates'],
    ['DELETE FROM t;', 'deletes-everything'],
    ['ALTER TABLE t DROP COLUMN a;', 'drops-column'],
    ['ALTER TABLE t DROP a, ADD b int;', 'drops-column'],
    ['ALTER TABLE IF EXISTS ONLY public."T" DROP COLUMN IF EXISTS a;', 'drops-column'],
    ['ALTER TABLE t RENAME COLUMN a TO b;', 'renames'],
    ['ALTER TABLE t RENAME TO u;', 'renames'],
    ['CREATE INDEX i ON t (a);', 'index-blocks-writes'],
    ['CREATE UNIQUE INDEX IF NOT EXISTS i ON ONLY s.t USING btree (a);', 'index-blocks-writes'],
    ['ALTER TABLE t ALTER COLUMN a TYPE text;', 'rewrites-table'],
    ['ALTER TABLE t ALTER a SET DATA TYPE text USING a::text;', 'rewrites-table'],
    ['ALTER TABLE t ADD b int, ALTER COLUMN a SET NOT NULL;', 'scans-table'],
    ['ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a, b) REFERENCES u (a, b);', 'scans-table'],
    ['ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);', 'scans-table'],
    ['ALTER TABLE t ADD CHECK (a > 0);', 'scans-table'],
    ['ALTER TABLE t ADD CONSTRAINT c UNIQUE (a);', 'scans-table'],
    ['ALTER TABLE t ADD PRIMARY KEY (a);', 'scans-table'],
    ['ALTER TYPE e ADD VALUE \'new\';\nINSERT INTO t VALUES (\'new\');', 'enum-value-in-transaction'],
  ])('%j is a warning: %s', (statement, rule) => {
    const { errors, warnings } = lintMigrations('goose', [{ name: '1_a.sql', content: goose(statement) }]);
    expect([errors, warnings.map((finding) => [finding.rule, finding.line])]).toEqual([[], [[rule, 2]]]);
  });

  test.each([
    'DELETE FROM t WHERE a = 1;',
    'ALTER TABLE t DROP CONSTRAINT c, ALTER a DROP DEFAULT, ALTER b DROP NOT NULL;',
    'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;',
    'ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i;',
    'ALTER TABLE t ADD COLUMN c text CHECK (c <> \'\');',
    'ALTER TABLE t VALIDATE CONSTRAINT c;',
    'ALTER TABLE t RENAME CONSTRAINT a TO b;',
    'CREATE TABLE t (a int PRIMARY KEY);\nCREATE INDEX i ON public.t (a);\nALTER TABLE "t" ALTER a SET NOT NULL, DROP COLUMN a;',
    'ALTER TYPE e ADD VALUE \'new\';',
    'GRANT SELECT ON t TO api;',
    'DROP INDEX IF EXISTS i;',
  ])('%j needs none', (statement) => {
    expect(lint('goose', { '1_a.sql': goose(statement) })).toEqual([]);
  });

  test('says nothing about Down, which is never applied', () => {
    expect(lint('goose', { '1_a.sql': `${goose('SELECT 1;')}-- +goose Down\nDROP TABLE t;\n` })).toEqual([]);
    expect(lint('dbmate', { '1_a.sql': `${dbmate('SELECT 1;')}DROP TABLE t;\n` })).toEqual([]);
  });

  test('warns of environment variables in SQL', () => {
    expect(lint('goose', { '1_a.sql': goose('-- +goose ENVSUB ON\nSELECT \'${X}\';') })).toEqual(['1_a.sql:2 environment-substitution']);
  });
});

describe('acknowledgement', () => {
  test('a comment in the file ends a finding of that rule in that file only', () => {
    const files = { '1_a.sql': `-- cdk-private-backend:allow drops-table nobody uses it since release 7\n${goose('DROP TABLE t;')}`, '2_b.sql': goose('DROP TABLE u;') };
    expect(lint('goose', files)).toEqual(['2_b.sql:2 drops-table']);
  });

  test('one comment can name several rules', () => {
    expect(lint('dbmate', { '1_a.sql': `-- cdk-private-backend:allow drops-table, truncates: agreed\n${dbmate('TRUNCATE u;\nDROP TABLE t;')}` })).toEqual([]);
  });

  test.each(['', 'drops-tables', 'drops-table, everything'])('fails on a comment that names no rule: %j', (rules) => {
    expect(lint('dbmate', { '1_a.sql': `-- cdk-private-backend:allow ${rules}\n${dbmate('SELECT 1;')}` })).toEqual(['1_a.sql:1 unknown-rule']);
  });
});

describe('released files', () => {
  const first = goose('DROP TABLE t;');
  const sums = `${sha256(first)}  00002_a.sql\n`;

  test('get no advice, and stay as they are', () => {
    expect(lint('goose', { '00002_a.sql': first }, sums)).toEqual([]);
  });
  test('may have other line endings, as Git makes them', () => {
    expect(lint('goose', { '00002_a.sql': first.replace(/\n/g, '\r\n') }, sums)).toEqual([]);
  });
  test('accept the marks of sha256sum for binary mode and for a path', () => {
    expect(lint('goose', { '00002_a.sql': first }, `# released\n\n${sha256(first)} *./00002_a.sql\r\n`)).toEqual([]);
  });
  test('fails on an edit', () => {
    expect(lint('goose', { '00002_a.sql': `${first} ` }, sums)).toEqual(['00002_a.sql:1 released-file-changed']);
  });
  test('fails on a file that is gone', () => {
    expect(lint('goose', { '00003_b.sql': goose('SELECT 1;') }, sums)).toEqual(['00002_a.sql:1 released-file-missing']);
  });
  test('fails on a new file below a released one', () => {
    expect(lint('goose', { '00001_b.sql': goose('SELECT 1;'), '00002_a.sql': first }, sums)).toEqual(['00001_b.sql:1 older-than-released']);
  });
  test('fails on a line that is no checksum', () => {
    expect(lint('goose', { '00002_a.sql': first }, `${sums}hello\n`)).toEqual(['migrations.sum:2 released-file-changed']);
  });
});
