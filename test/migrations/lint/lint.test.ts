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

  test("takes '\\' inside of a statement, and COPY to the client", () => {
    expect(lint('dbmate', { '1_a.sql': dbmate("INSERT INTO t VALUES ('\\restrict');\nCOPY t TO STDOUT;") })).toEqual([]);
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
    'DROP DATABASE IF EXISTS d;',
    'DISCARD ALL;',
    'CLUSTER;',
    'ALTER TABLE p DETACH PARTITION q CONCURRENTLY;',
  ])('fails on %j inside a transaction, and takes it alone outside of one', (statement) => {
    expect(lint('goose', { '1_a.sql': goose(statement) })).toContain('1_a.sql:2 not-in-transaction');
    expect(lint('dbmate', { '1_a.sql': dbmate(statement) })).toContain('1_a.sql:2 not-in-transaction');
    expect(lint('goose', { '1_a.sql': goose(statement, false) }).filter((finding) => !/drops-|locks-/.test(finding))).toEqual([]);
    expect(lint('dbmate', { '1_a.sql': dbmate(statement, false) }).filter((finding) => !/drops-|locks-/.test(finding))).toEqual([]);
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

  test.each([
    'DROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY i ON t (a);\nANALYZE t;',
    'DROP TRIGGER IF EXISTS a ON t;\nCREATE TRIGGER a BEFORE INSERT ON t EXECUTE FUNCTION f();\nSELECT 1;',
    'INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING;\nSELECT 1;',
    'ALTER TABLE t ALTER a SET DEFAULT 1, ALTER COLUMN b SET STATISTICS 100, SET (fillfactor = 90);\nSELECT 1;',
    'ALTER TABLE t DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\nSELECT 1;',
    'UPDATE t SET a = 1 WHERE b = 2;\nSELECT 1;',
    'CALL backfill();\nSELECT 1;',
    'DO $$ BEGIN PERFORM 1; END $$;\nSELECT 1;',
    'ALTER TYPE e ADD VALUE IF NOT EXISTS \'x\';\nSELECT 1;',
    'ALTER TABLE t ENABLE ROW LEVEL SECURITY;\nALTER SEQUENCE s RESTART;\nSELECT 1;',
  ])('takes what bears a second run: %j', (sql) => {
    expect(lintMigrations('goose', [{ name: '1_a.sql', content: goose(sql, false) }]).errors).toEqual([]);
  });

  test.each([
    'INSERT INTO t VALUES (1);\nSELECT 1;',
    'CREATE INDEX CONCURRENTLY i ON t (a);\nANALYZE t;',
    'DROP INDEX CONCURRENTLY IF EXISTS j;\nCREATE INDEX CONCURRENTLY i ON t (a);\nANALYZE t;',
    'ALTER TABLE IF EXISTS t ADD COLUMN a int;\nSELECT 1;',
    'ALTER TABLE t ALTER a SET DEFAULT 1, ADD COLUMN b int;\nSELECT 1;',
    'UPDATE t SET a = a + 1;\nSELECT 1;',
    'ALTER TYPE e ADD VALUE \'x\';\nSELECT 1;',
    'ALTER SEQUENCE s RENAME TO r;\nSELECT 1;',
  ])('fails on what bears none: %j', (sql) => {
    expect(lint('goose', { '1_a.sql': goose(sql, false) })).toContainEqual(expect.stringContaining(' many-without-transaction'));
  });

  test('warns where IF NOT EXISTS would take an invalid index for finished', () => {
    expect(lint('goose', { '1_a.sql': goose('CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);', false) })).toEqual(['1_a.sql:3 invalid-index']);
    expect(lint('goose', { '1_a.sql': goose('DROP INDEX CONCURRENTLY IF EXISTS public.i;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS "i" ON t (a);', false) })).toEqual([]);
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
    ['DROP INDEX IF EXISTS i;', 'locks-table'],
    ['LOCK TABLE t;', 'locks-table'],
    ['LOCK t IN SHARE ROW EXCLUSIVE MODE;', 'locks-table'],
    ['CLUSTER t USING i;', 'locks-table'],
    ['REINDEX TABLE t;', 'locks-table'],
    ['REFRESH MATERIALIZED VIEW mv;', 'locks-table'],
    ['ALTER TABLE p DETACH PARTITION q;', 'locks-table'],
    ['UPDATE t SET a = 1;', 'updates-everything'],
    ['UPDATE t SET a = (SELECT b FROM u WHERE u.id = 1);', 'updates-everything'],
    ['WITH x AS (SELECT 1 WHERE true) UPDATE t SET a = 1;', 'updates-everything'],
    ['UPDATE "where" SET "WHERE" = 1;', 'updates-everything'],
    ['ALTER TABLE t ADD CONSTRAINT "c d" CHECK (a > 0) NOT VALID;\nALTER TABLE public.t VALIDATE CONSTRAINT "c d";', 'scans-table'],
    ['DROP VIEW v;', 'drops-object'],
    ['DROP FUNCTION IF EXISTS f(int, text) CASCADE;', 'drops-object'],
    ['DROP TYPE a, b;', 'drops-object'],
    ['ALTER TABLE t SET SCHEMA s;', 'renames'],
    ['ALTER FUNCTION f(int) SET SCHEMA s;', 'renames'],
    ['ALTER TYPE e RENAME VALUE \'a\' TO \'b\';', 'renames'],
    ['ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid();', 'rewrites-table'],
    ['ALTER TABLE t ADD u float8 DEFAULT (random() * 10) NOT NULL;', 'rewrites-table'],
    ['ALTER TABLE t ADD COLUMN u text DEFAULT my_own_function(1);', 'rewrites-table'],
    ['alter table only s."T" add column if not exists n bigserial;', 'rewrites-table'],
    ['ALTER TABLE t ADD COLUMN n int GENERATED BY DEFAULT AS IDENTITY;', 'rewrites-table'],
    ['ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (a * 2) STORED;', 'rewrites-table'],
    ['ALTER TABLE t SET UNLOGGED;', 'rewrites-table'],
    ['ALTER TABLE t ADD COLUMN n int UNIQUE;', 'scans-table'],
    ['ALTER TABLE t ADD CONSTRAINT c NOT NULL a;', 'scans-table'],
    ['ALTER TABLE p ATTACH PARTITION q FOR VALUES IN (1);', 'scans-table'],
    ['ALTER TABLE t ADD COLUMN n int NOT NULL;', 'fails-on-rows'],
    ['ALTER TABLE t ADD COLUMN n int DEFAULT NULL NOT NULL;', 'fails-on-rows'],
    ['SET ROLE none;', 'changes-role'],
    ['SET LOCAL ROLE api;', 'changes-role'],
    ['CREATE EXTENSION IF NOT EXISTS postgis;', 'may-need-admin'],
    ['CREATE EXTENSION IF NOT EXISTS pg_stat_statements;', 'may-need-admin'],
    ['COMMENT ON EXTENSION hstore IS \'x\';', 'may-need-admin'],
    ['ALTER TABLE t OWNER TO shop_owner;', 'may-need-admin'],
  ])('%j is a warning: %s', (statement, rule) => {
    const { errors, warnings } = lintMigrations('goose', [{ name: '1_a.sql', content: goose(statement) }]);
    expect([errors, warnings.map((finding) => finding.rule)]).toEqual([[], [rule]]);
    expect(warnings[0].line).toBe(statement.includes('VALIDATE') ? 3 : 2);
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
    'UPDATE t SET a = 1 WHERE id = 3;',
    'ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 0, ADD at timestamptz NOT NULL DEFAULT now(), ADD v varchar(10) DEFAULT \'x\'::varchar(10);',
    'ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (a * 2) VIRTUAL;',
    'CREATE TABLE n (u uuid DEFAULT gen_random_uuid(), k bigserial);',
    'DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT 1;',
    'CREATE TYPE e_new AS ENUM (\'a\');\nALTER TYPE e_new ADD VALUE \'b\';',
    'LOCK TABLE t IN ROW EXCLUSIVE MODE;',
    'REFRESH MATERIALIZED VIEW CONCURRENTLY mv;',
    'CREATE EXTENSION pgcrypto;\nCOMMENT ON EXTENSION pgcrypto IS \'x\';',
    'ALTER TABLE t OWNER TO CURRENT_ROLE;',
    'CREATE SCHEMA s AUTHORIZATION CURRENT_USER;',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO api;',
    'CREATE USER MAPPING FOR CURRENT_USER SERVER s;',
    'RESET ROLE;',
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

describe('what fails in the engine', () => {
  test.each<[string, string]>([
    ["ALTER TYPE e ADD VALUE 'new';\nINSERT INTO t VALUES ('new');", 'enum-value-in-transaction'],
    ["ALTER TYPE s.e ADD VALUE IF NOT EXISTS 'new' AFTER 'old';\nDO $$ BEGIN UPDATE t SET a = 'new' WHERE b = 1; END $$;", 'enum-value-in-transaction'],
    ['DO $x$ BEGIN UPDATE t SET b = 1 WHERE a = 1; COMMIT; END $x$;', 'transaction-control'],
    ['CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\nCALL "p"();', 'transaction-control'],
    ['SET search_path TO shop;', 'version-table'],
    ['SET search_path = "$user";', 'version-table'],
    ["SET SCHEMA 'shop';", 'version-table'],
    ["SELECT pg_catalog.set_config('search_path', 'shop', true);", 'version-table'],
    ["DO $$ BEGIN PERFORM set_config('search_path', 'shop', false); END $$;", 'version-table'],
    ['ALTER DATABASE d SET search_path TO shop;', 'version-table'],
    ['DROP TABLE goose_db_version;', 'version-table'],
    ['DROP SCHEMA IF EXISTS public CASCADE;', 'version-table'],
    ['SET TRANSACTION READ ONLY;', 'version-table'],
    ["CREATE ROLE r LOGIN PASSWORD 'x';", 'needs-admin'],
    ['create user r;', 'needs-admin'],
    ['GRANT r TO s;', 'needs-admin'],
    ['ALTER TABLE ONLY public."T" OWNER TO "postgres";', 'needs-admin'],
    ['CREATE SCHEMA s AUTHORIZATION api;', 'needs-admin'],
    ['CREATE EXTENSION pg_stat_statements;', 'needs-admin'],
    ["COMMENT ON EXTENSION plpgsql IS 'x';", 'needs-admin'],
    ['CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();', 'needs-admin'],
    ['CREATE PUBLICATION p FOR ALL TABLES;', 'needs-admin'],
    ["COPY t FROM '/tmp/x';", 'needs-admin'],
    ["COPY t FROM PROGRAM 'x';", 'needs-admin'],
    ['SET session_replication_role = replica;', 'needs-admin'],
    ['SET SESSION AUTHORIZATION postgres;', 'needs-admin'],
  ])('%j is an error: %s', (sql, rule) => {
    const { errors } = lintMigrations('goose', [{ name: '1_a.sql', content: `-- +goose Up\n-- +goose StatementBegin\n${sql}\n-- +goose StatementEnd\n` }]);
    expect(errors.map((finding) => finding.rule)).toEqual([rule]);
  });

  test.each([
    "ALTER TYPE e ADD VALUE 'new';\nCOMMENT ON TYPE e IS 'new';",
    "INSERT INTO t VALUES ('new');\nALTER TYPE e ADD VALUE 'new';",
    'SET search_path TO shop, public;',
    'SET search_path TO shop;\nRESET search_path;',
    "SET search_path TO shop;\nSELECT set_config('search_path', 'shop,public', false);",
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = shop AS $$ SELECT 1 $$;',
    'CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;',
    'DO $$ BEGIN PERFORM commit_all(); END $$;',
    'ALTER ROLE CURRENT_USER SET work_mem = 1000;',
  ])('%j is none', (sql) => {
    const { errors } = lintMigrations('goose', [{ name: '1_a.sql', content: `-- +goose Up\n-- +goose StatementBegin\n${sql}\n-- +goose StatementEnd\n` }]);
    expect(errors).toEqual([]);
  });

  test('an admin is named, with the prop that helps', () => {
    const [finding] = lintMigrations('goose', [{ name: '1_a.sql', content: goose('CREATE ROLE r;') }]).errors;
    expect(finding.message).toBe('`CREATE ROLE` needs an admin, and migrations run as the owner of the database. PostgreSQL refuses the statement (42501). Declare users with `addUser()`, and grant privileges on tables to them.');
  });

  test('a block that may run what only an admin may is a warning', () => {
    expect(lint('dbmate', { '1_a.sql': dbmate("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'r') THEN CREATE ROLE r; END IF; END $$;") })).toEqual(['1_a.sql:2 may-need-admin']);
  });

  test('an enum of the same file is a warning, since PostgreSQL 17 takes it', () => {
    expect(lint('dbmate', { '1_a.sql': dbmate("CREATE TYPE e AS ENUM ('a');\nALTER TYPE e ADD VALUE 'b';\nSELECT 'b'::e;") })).toEqual(['1_a.sql:3 enum-value-of-new-type']);
  });

  test('a released file may have needed an admin', () => {
    const content = goose('CREATE ROLE r;');
    expect(lint('goose', { '1_a.sql': content }, `${sha256(content)}  1_a.sql\n`)).toEqual([]);
  });

  test('a line that goose cannot read is an error, also in Down', () => {
    const long = (bytes: number) => `SELECT '${'x'.repeat(bytes - 10)}';`;
    expect(lint('goose', { '1_a.sql': goose(long(4 * 1024 * 1024 - 1)) })).toEqual([]);
    expect(lint('goose', { '1_a.sql': goose(long(4 * 1024 * 1024)) })).toEqual(['1_a.sql:2 line-too-long']);
    expect(lint('goose', { '1_a.sql': `${goose('SELECT 1;')}-- +goose Down\n${long(4 * 1024 * 1024)}\n` })).toEqual(['1_a.sql:4 line-too-long']);
    expect(lint('dbmate', { '1_a.sql': dbmate(long(4 * 1024 * 1024)) })).toEqual([]);
  });
});

describe('Down', () => {
  test.each<[EngineName, string]>([
    ['goose', `${goose('SELECT 1;')}-- +goose Down\nSELECT 'a;\n`],
    ['goose', `${goose('SELECT 1;')}-- +goose Down\n\n\nSELECT 1\n`],
    ['goose', `${goose('SELECT 1;')}-- +goose Down\n\nDO $$ BEGIN\nPERFORM 1;\nEND $$;\n`],
    ['dbmate', `${dbmate('SELECT 1;')}\nSELECT 'a;\n`],
  ])('that cannot be read is a warning for %s: %j', (engine, content) => {
    expect(lint(engine, { '1_a.sql': content })).toEqual([expect.stringContaining(' down-section')]);
  });

  test('has marks that goose reads on the way up', () => {
    expect(lint('goose', { '1_a.sql': `${goose('SELECT 1;')}-- +goose Down\n-- +goose StatementBegin\nSELECT 1;\n` })).toEqual(['1_a.sql:4 statement-marks']);
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
