import type { PostgresMajor } from '../../support/postgres-binaries';

/** A state of the server's answer, or none where it applies the statement. */
export type Answer = 'applied' | string;

/** One case of the oracle. */
export interface OracleCase {
  readonly sql: string;
  /** Rules of the lint, sorted. */
  readonly rules: string;
  /** What the server answers, or from which version on it answers something else. */
  readonly answer: Answer;
  readonly from?: { readonly major: PostgresMajor; readonly answer: Answer };
  /** Why the lint and the engines may differ. */
  readonly unlike?: string;
  /** What is otherwise for dbmate. */
  readonly dbmate?: Partial<Pick<OracleCase, 'rules' | 'answer' | 'unlike'>>;
}

/** What each database of the oracle holds. */
export const FIXTURE = `
  CREATE TABLE t (id int PRIMARY KEY, a int, b int, m text);
  INSERT INTO t VALUES (1, 1, 1, 'x');
  CREATE INDEX i ON t (a);
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TABLE moods (id int, m mood);
  CREATE TABLE child (t_id int REFERENCES t);
  CREATE VIEW v AS SELECT 1 AS x;
  CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one;
  CREATE UNIQUE INDEX mv_one ON mv (one);
  CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE PROCEDURE backfill() LANGUAGE plpgsql AS 'BEGIN UPDATE t SET b = 2 WHERE b = 1; COMMIT; END';
  CREATE SCHEMA shop;
  CREATE SEQUENCE s;
  CREATE TABLE p (a int) PARTITION BY LIST (a);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE TABLE p2 (a int);`;

type Row = readonly [sql: string, rules?: string, answer?: Answer, more?: Pick<OracleCase, 'from' | 'unlike' | 'dbmate'>];

const rows = (list: readonly Row[]): OracleCase[] => list.map(([sql, rules = '', answer = 'applied', more]) => ({ sql, rules, answer, ...more }));

const ON_DATA = { unlike: 'depends on the rows of the table' };
const NOT_SEEN = { unlike: 'depends on what the database holds' };
const PROTECTS = { unlike: 'the next run of the engine does not find its table' };
const DBMATE_PUBLIC = { dbmate: { answer: 'applied', unlike: 'the next file does not find its tables' } };
const DBMATE_FIRST = { dbmate: { rules: 'version-table', answer: '42P01' } };
const SINCE_17 = { from: { major: 17 as const, answer: 'applied' }, unlike: 'PostgreSQL 17 takes it, and the lint does not know the version' };

/** Files that the engine wraps in a transaction. */
export const WITH_TRANSACTION = rows([
  // Locks, rewrites and lost data work, at a price.
  ['ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid();', 'rewrites-table'],
  ['ALTER TABLE t ADD COLUMN n bigserial;', 'rewrites-table'],
  ['ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS IDENTITY;', 'rewrites-table'],
  ['ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (a * 2) STORED;', 'rewrites-table'],
  ['ALTER TABLE t ADD COLUMN n int NOT NULL;', 'fails-on-rows', '23502', ON_DATA],
  ['ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 0;'],
  ['ALTER TABLE t ADD COLUMN n int;'],
  ["ALTER TABLE t ADD COLUMN n timestamptz DEFAULT now(), ADD o varchar(9) DEFAULT 'x'::varchar(9);"],
  ['ALTER TABLE t ADD COLUMN n int UNIQUE;', 'scans-table'],
  ['ALTER TABLE t ADD COLUMN n int PRIMARY KEY;', 'fails-on-rows scans-table', '42P16', ON_DATA],
  ['ALTER TABLE t ADD CONSTRAINT c UNIQUE (a);', 'scans-table'],
  ['ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);', 'scans-table'],
  ['ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;'],
  ['ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;', 'scans-table'],
  ['ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES t;', 'scans-table'],
  ['ALTER TABLE t ALTER COLUMN a SET NOT NULL;', 'scans-table'],
  ['ALTER TABLE t ALTER COLUMN a TYPE bigint;', 'rewrites-table'],
  ['ALTER TABLE t DROP COLUMN a;', 'drops-column'],
  ['ALTER TABLE t RENAME COLUMN a TO c;', 'renames'],
  ['ALTER TABLE t RENAME TO u;', 'renames'],
  ['ALTER TABLE t SET SCHEMA shop;', 'renames'],
  ['ALTER TABLE t SET UNLOGGED;', 'rewrites-table', '42P16', NOT_SEEN],
  ['ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2);', 'scans-table'],
  ['ALTER TABLE p DETACH PARTITION p1;', 'locks-table'],
  ['CREATE INDEX j ON t (b);', 'index-blocks-writes'],
  ['CREATE TABLE n (a int);\nCREATE INDEX j ON n (a);\nALTER TABLE n ADD CONSTRAINT c UNIQUE (a);'],
  ['UPDATE t SET a = 2;', 'updates-everything'],
  ['UPDATE t SET a = 2 WHERE id = 1;'],
  ['DELETE FROM child;', 'deletes-everything'],
  ['DELETE FROM t WHERE id = 2;'],
  ['TRUNCATE child;', 'truncates'],
  ['TRUNCATE t;', 'truncates', '0A000', NOT_SEEN],
  ['DROP INDEX i;', 'locks-table'],
  ['LOCK TABLE t IN ACCESS EXCLUSIVE MODE;', 'locks-table'],
  ['LOCK TABLE t IN ROW EXCLUSIVE MODE;'],
  ['CLUSTER t USING i;', 'locks-table'],
  ['REINDEX TABLE t;', 'locks-table'],
  ['REINDEX (VERBOSE) INDEX i;', 'locks-table'],
  ['REFRESH MATERIALIZED VIEW mv;', 'locks-table'],
  ['REFRESH MATERIALIZED VIEW CONCURRENTLY mv;'],
  ['DROP VIEW v;', 'drops-object'],
  ['DROP VIEW v;\nCREATE VIEW v AS SELECT 2 AS x;'],
  ['DROP FUNCTION f();', 'drops-object'],
  ['DROP TYPE mood;', 'drops-object', '2BP01', NOT_SEEN],
  ['DROP TYPE mood CASCADE;', 'drops-object'],
  ['DROP SEQUENCE s;', 'drops-object'],
  ['DROP MATERIALIZED VIEW mv;', 'drops-table'],
  ['DROP TABLE child;', 'drops-table'],
  ['DROP SCHEMA shop;', 'drops-table'],
  ['ALTER FUNCTION f() SET SCHEMA shop;', 'renames'],
  ['ALTER VIEW v RENAME TO w;', 'renames'],
  ["ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';", 'renames'],
  // Not inside of a transaction.
  ['CREATE INDEX CONCURRENTLY j ON t (b);', 'not-in-transaction', '25001'],
  ['DROP INDEX CONCURRENTLY i;', 'not-in-transaction', '25001'],
  ['REINDEX INDEX CONCURRENTLY i;', 'not-in-transaction', '25001'],
  ['REINDEX (CONCURRENTLY) TABLE t;', 'not-in-transaction', '25001'],
  ['REINDEX SCHEMA shop;', 'locks-table not-in-transaction', '25001'],
  ['VACUUM;', 'not-in-transaction', '25001'],
  ['VACUUM FULL t;', 'locks-table not-in-transaction', '25001'],
  ['CLUSTER;', 'locks-table not-in-transaction', '25001'],
  ['CLUSTER VERBOSE;', 'locks-table not-in-transaction', '25001'],
  ['DISCARD ALL;', 'not-in-transaction', '25001'],
  ['ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;', 'not-in-transaction', '25001'],
  ['CREATE DATABASE d;', 'needs-admin not-in-transaction', '25001'],
  ["ALTER SYSTEM SET work_mem = '1MB';", 'needs-admin not-in-transaction', '25001'],
  ["CREATE TABLESPACE x LOCATION '/x';", 'needs-admin not-in-transaction', '25001'],
  ['DO $$ BEGIN UPDATE t SET b = 2 WHERE a = 1; COMMIT; END $$;', 'transaction-control', '2D000'],
  ['DO $$ BEGIN ROLLBACK; END $$;', 'transaction-control', '2D000'],
  ["CREATE PROCEDURE q() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';\nCALL q();", 'transaction-control', '2D000'],
  ["CREATE PROCEDURE q() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';"],
  ['CALL backfill();', '', '2D000', { unlike: 'the procedure is defined elsewhere' }],
  ['SAVEPOINT x;\nROLLBACK TO x;'],
  // Enum values.
  ["ALTER TYPE mood ADD VALUE 'odd';"],
  ["ALTER TYPE mood ADD VALUE 'odd';\nUPDATE moods SET m = 'odd' WHERE id = 1;", 'enum-value-in-transaction', '55P04'],
  ["ALTER TYPE mood ADD VALUE 'odd';\nALTER TABLE moods ALTER m SET DEFAULT 'odd';", 'enum-value-in-transaction', '55P04'],
  ["ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'odd' BEFORE 'ok';\nDO $$ BEGIN PERFORM 'odd'::mood; END $$;", 'enum-value-in-transaction', '55P04'],
  ["ALTER TYPE mood ADD VALUE 'odd';\nALTER TYPE mood ADD VALUE 'even' AFTER 'odd';"],
  ["ALTER TYPE mood ADD VALUE 'odd';\nCOMMENT ON TYPE mood IS 'odd';"],
  ["ALTER TYPE mood ADD VALUE 'odd';\nUPDATE t SET m = 'odd' WHERE id = 1;", 'enum-value-in-transaction', 'applied', { unlike: 'the column is text, which only the database knows' }],
  ["CREATE TYPE e AS ENUM ('a');\nALTER TYPE e ADD VALUE 'b';\nSELECT 'b'::e;", 'enum-value-of-new-type', '55P04', SINCE_17],
  // The engine has to find its version table.
  ['SET search_path TO shop;', 'version-table', '42P01'],
  ['SET LOCAL search_path TO shop;', 'version-table', '42P01'],
  ['SET search_path TO "$user";', 'version-table', '42P01', { dbmate: { rules: '', answer: 'applied' } }],
  ["SET SCHEMA 'shop';", 'version-table', '42P01'],
  ["SET search_path = '';", 'empty-search-path', '42P01', DBMATE_PUBLIC],
  ["SELECT pg_catalog.set_config('search_path', '', false);", 'empty-search-path', '42P01', DBMATE_PUBLIC],
  ["SELECT set_config('search_path', 'shop', true);", 'version-table', '42P01'],
  ["DO $$ BEGIN PERFORM set_config('search_path', 'shop', false); END $$;", 'version-table', '42P01'],
  ['DO $$ BEGIN SET search_path TO shop; END $$;', 'version-table', '42P01'],
  ['SET search_path TO shop, public;', '', 'applied', DBMATE_FIRST],
  ["SET search_path TO 'shop', 'public';", '', 'applied', DBMATE_FIRST],
  ['SET search_path TO "$user", public, shop;'],
  ['SET search_path TO shop;\nRESET search_path;'],
  ['SET search_path TO shop;\nSET search_path TO DEFAULT;'],
  ['DROP SCHEMA public CASCADE;', 'drops-table version-table', '42P01'],
  ['DROP SCHEMA public;', 'drops-table version-table', '2BP01'],
  ['ALTER SCHEMA public RENAME TO old;', 'renames version-table', '42P01'],
  ['DROP OWNED BY CURRENT_USER;', 'drops-table version-table', '42P01'],
  ['SET TRANSACTION READ ONLY;', 'version-table', '25006'],
  ['ALTER DATABASE DBNAME SET search_path TO shop;', 'version-table', 'applied', PROTECTS],
  ['ALTER DATABASE DBNAME SET search_path TO shop, public;', '', 'applied', { dbmate: { rules: 'version-table', ...PROTECTS } }],
  // Roles.
  ['CREATE ROLE r;', 'needs-admin', '42501'],
  ["CREATE USER r PASSWORD 'x';", 'needs-admin', '42501'],
  ['CREATE GROUP r;', 'needs-admin', '42501'],
  ['ALTER ROLE api CREATEDB;', 'needs-admin', '42501'],
  ['ALTER ROLE api SET search_path = shop;', 'needs-admin', '42501'],
  ['ALTER ROLE CURRENT_USER SET work_mem = 1000;'],
  ["ALTER ROLE ALL IN DATABASE DBNAME SET work_mem = '1MB';"],
  ['DROP ROLE IF EXISTS nobody_here;', 'needs-admin', '42501'],
  ['GRANT OWNER TO api;', 'needs-admin', '42501'],
  ['REVOKE OWNER FROM api;', 'needs-admin', '42501'],
  ['GRANT SELECT ON t TO api;'],
  ['GRANT SELECT ON t TO nobody_here;', '', '42704', { unlike: 'the task waits for declared users' }],
  ['GRANT SET ON PARAMETER log_statement TO api;', 'needs-admin', '42501'],
  ['DO $$ BEGIN CREATE ROLE r; EXCEPTION WHEN duplicate_object THEN NULL; END $$;', 'may-need-admin', '42501', NOT_SEEN],
  ["DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'api') THEN CREATE ROLE api; END IF; END $$;", 'may-need-admin'],
  ["COMMENT ON ROLE api IS 'x';", 'needs-admin', '42501'],
  ['REASSIGN OWNED BY api TO CURRENT_USER;', 'needs-admin', '42501'],
  ['ALTER TABLE t OWNER TO postgres;', 'needs-admin', '42501'],
  ['ALTER TABLE t OWNER TO api;', 'needs-admin', '42501'],
  ['ALTER TABLE t OWNER TO SESSION_USER;', 'needs-admin', '42501'],
  ['ALTER TABLE t OWNER TO CURRENT_USER;'],
  ['ALTER TABLE t OWNER TO OWNER;', 'may-need-admin'],
  ['ALTER TABLE t OWNER TO other_owner;', 'may-need-admin', '42704', NOT_SEEN],
  ['ALTER FUNCTION f() OWNER TO postgres;', 'needs-admin', '42501'],
  ['ALTER TYPE mood OWNER TO postgres;', 'needs-admin', '42501'],
  ['CREATE SCHEMA x AUTHORIZATION postgres;', 'needs-admin', '42501'],
  ['CREATE SCHEMA AUTHORIZATION api;', 'needs-admin', '42501'],
  ['CREATE SCHEMA x AUTHORIZATION CURRENT_ROLE;'],
  ['ALTER DEFAULT PRIVILEGES FOR ROLE api GRANT SELECT ON TABLES TO OWNER;', 'needs-admin', '42501'],
  ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO api;'],
  ['SET ROLE none;\nCREATE TABLE shop.n (a int);', 'changes-role'],
  ['SET ROLE postgres;', 'changes-role', '42501', NOT_SEEN],
  ['RESET ROLE;'],
  ['SET SESSION AUTHORIZATION postgres;', 'needs-admin', '42501'],
  ['SET SESSION AUTHORIZATION DEFAULT;'],
  // Extensions.
  ['CREATE EXTENSION pgcrypto;'],
  ['CREATE EXTENSION IF NOT EXISTS "uuid-ossp";'],
  ["CREATE EXTENSION hstore;\nCOMMENT ON EXTENSION hstore IS 'x';"],
  ['CREATE EXTENSION pg_stat_statements;', 'needs-admin', '42501'],
  ['CREATE EXTENSION IF NOT EXISTS pg_stat_statements;', 'may-need-admin', '42501', NOT_SEEN],
  ['CREATE EXTENSION postgres_fdw;', 'needs-admin', '42501'],
  ['CREATE EXTENSION IF NOT EXISTS plpgsql;'],
  ["COMMENT ON EXTENSION plpgsql IS 'x';", 'needs-admin', '42501'],
  ['ALTER EXTENSION plpgsql UPDATE;', 'needs-admin', '42501'],
  ['DROP EXTENSION IF EXISTS pg_stat_statements;', 'may-need-admin'],
  ['CREATE LANGUAGE plpython3u;', 'needs-admin', '42501'],
  // What only a superuser may.
  ["CREATE FUNCTION g() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\nCREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION g();", 'needs-admin', '42501'],
  ['DROP EVENT TRIGGER IF EXISTS e;', 'may-need-admin'],
  ['CREATE PUBLICATION pub FOR ALL TABLES;', 'needs-admin', '42501'],
  ['CREATE PUBLICATION pub FOR TABLES IN SCHEMA public;', 'needs-admin', '42501'],
  ['CREATE PUBLICATION pub FOR TABLE t;'],
  ["COPY t FROM '/x';", 'needs-admin', '42501'],
  ["COPY (SELECT 1) TO PROGRAM 'cat';", 'needs-admin', '42501'],
  ["SECURITY LABEL ON TABLE t IS 'x';", 'needs-admin', '22023'],
  ['SET session_replication_role = replica;', 'needs-admin', '42501'],
  ["SET log_statement TO 'none';", 'needs-admin', '42501'],
  ['SET LOCAL work_mem = 1000;'],
  ["CREATE FUNCTION g() RETURNS int LANGUAGE sql SET log_min_messages = 'error' AS 'SELECT 1';", 'needs-admin', '42501'],
  ['ALTER DATABASE DBNAME SET log_min_messages = error;', 'needs-admin', '42501'],
  ['ALTER DATABASE DBNAME RENAME TO x;', 'needs-admin', '42501'],
  ["CREATE FUNCTION g() RETURNS int LANGUAGE c AS 'x', 'y';", 'needs-admin', '42501'],
  ["CREATE FUNCTION g() RETURNS int LEAKPROOF LANGUAGE sql AS 'SELECT 1';", 'needs-admin', '42501'],
  ['ALTER FUNCTION f() NOT LEAKPROOF;'],
  ['CREATE FOREIGN DATA WRAPPER w;', 'needs-admin', '42501'],
  ['CREATE SERVER x FOREIGN DATA WRAPPER w;', 'may-need-admin', '42704', NOT_SEEN],
  ['CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler;', 'needs-admin', '42501'],
  ['CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <;', 'needs-admin', '42501'],
  ['CREATE TYPE base;', 'needs-admin', '42501'],
  ['CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize);', 'needs-admin', '42501'],
  ['CHECKPOINT;', 'needs-admin', '42501'],
  ["LOAD 'x';", 'needs-admin', '42501'],
  ["SELECT pg_read_file('/etc/passwd');", 'needs-admin', '42501'],
  ['UPDATE pg_catalog.pg_class SET relname = relname WHERE false;', 'needs-admin', '42501'],
  ['ALTER TABLE t DISABLE TRIGGER ALL;', 'may-need-admin', '42501', NOT_SEEN],
  ['ALTER TABLE t DISABLE TRIGGER USER;'],
  // Odd spellings.
  ['alter table only "t" add column if not exists "n" int not null default 0;'],
  ['ALTER /* x */ TABLE -- y\n  public . t\n  OWNER\tTO "postgres";', 'needs-admin', '42501'],
  ['DO $x$ BEGIN /* COMMIT; */ PERFORM $y$COMMIT;$y$; END $x$;'],
  ["COMMENT ON TABLE t IS 'CREATE ROLE r; SET search_path TO shop';"],
  ['CREATE TABLE "search_path" (shop int);'],
  ["INSERT INTO t VALUES (2, 2, 2, E'it\\'s; COMMIT;');"],
  ['CREATE TEMP TABLE n (a int);\nALTER TABLE n ADD b int NOT NULL;\nDROP INDEX IF EXISTS nothing;', 'locks-table'],
]);

/** Files without a transaction: one statement a line, as goose sends them one by one. */
export const WITHOUT_TRANSACTION = rows([
  ['CREATE INDEX CONCURRENTLY j ON t (b);'],
  ['CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON t (b);', 'invalid-index'],
  ['DROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY i ON t (a);\nANALYZE t;'],
  ['DROP INDEX CONCURRENTLY i;'],
  ['REINDEX TABLE CONCURRENTLY t;'],
  ['REINDEX SCHEMA public;', 'locks-table'],
  ['VACUUM t;'],
  ['VACUUM FULL t;', 'locks-table'],
  ['CLUSTER;', 'locks-table'],
  ['ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;'],
  ['CALL backfill();'],
  ['CALL backfill();\nANALYZE t;'],
  ['DO $$ BEGIN UPDATE t SET b = 3 WHERE b = 1; COMMIT; END $$;'],
  ["ALTER TYPE mood ADD VALUE IF NOT EXISTS 'odd';\nUPDATE moods SET m = 'odd' WHERE id = 1;"],
  ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING;\nSELECT 1;'],
  ['ALTER TABLE t ALTER a SET DEFAULT 1;\nSELECT 1;'],
  ['SET search_path TO shop;', 'version-table', '42P01'],
  ['SET search_path TO shop;\nRESET search_path;'],
  ["ALTER SYSTEM SET work_mem = '1MB';", 'needs-admin', '42501'],
  ['CREATE DATABASE d;', 'needs-admin', '42501'],
  ["CREATE TABLESPACE x LOCATION '/x';", 'needs-admin', '42501'],
  ["CREATE SUBSCRIPTION x CONNECTION 'x' PUBLICATION y WITH (connect = false, create_slot = false, enabled = false);", 'needs-admin', '42501'],
  ['DROP DATABASE IF EXISTS nothing;', 'drops-table'],
  ['INSERT INTO t VALUES (2);\nSELECT 1;', 'many-without-transaction', 'applied', { unlike: 'a failure further down would leave it applied' }],
  ['CREATE INDEX CONCURRENTLY j ON t (b);\nANALYZE t;', 'many-without-transaction', 'applied', { unlike: 'a failure further down would leave it applied' }],
]);
