import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { directoryOf, nextBatch } from '../../../src/migrations/handler/runner/batches';
import { refuseKept } from '../../../src/migrations/handler/runner/broken-indexes';
import type { PlannedFile } from '../../../src/migrations/handler/runner/engine';
import { readReport } from '../../../src/migrations/handler/runner/engine-report';
import { RunnerExit } from '../../../src/migrations/shared/runner.contract';
import { needsOf } from '../../../src/postgres/engine/handler/runner/indexes';
import { splitSql } from '../../../src/postgres/engine/migrations/sql-splitter';

/** A file without a transaction, with these statements. */
function file(name: string, sql: string, transactional = false): PlannedFile {
  const { statements } = splitSql(sql);
  return { name, version: name, transactional, ...needsOf({ statements, batches: [statements], transactional, findings: [] }) };
}

describe('a file waits for locks without end', () => {
  test.each([
    'CREATE INDEX CONCURRENTLY i ON t (a);', 'create unique index concurrently if not exists i on t (a);', 'DROP INDEX CONCURRENTLY IF EXISTS a, b;', 'SELECT 1;\nCREATE INDEX /* x */ CONCURRENTLY i ON t (a);',
    'REINDEX INDEX CONCURRENTLY i;', 'REINDEX TABLE CONCURRENTLY t;', 'REINDEX (VERBOSE, CONCURRENTLY) TABLE t;', 'REINDEX (VERBOSE) TABLE CONCURRENTLY t;', 'REINDEX SCHEMA CONCURRENTLY s;', 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;', 'ALTER TABLE p DETACH PARTITION p1 FINALIZE;',
  ])('with %s', (sql) => expect(file('a', sql).patient).toBe(true));

  test.each([
    'CREATE INDEX i ON t (a);', 'DROP INDEX i;', 'REINDEX TABLE t;', 'REINDEX (CONCURRENTLY false) TABLE t;', 'ALTER TABLE p DETACH PARTITION p1;', 'REFRESH MATERIALIZED VIEW CONCURRENTLY v;', "SELECT 'CREATE INDEX CONCURRENTLY i ON t (a)';", 'ALTER TABLE t ADD COLUMN concurrently_made int;',
  ])('but not with %s', (sql) => expect(file('a', sql).patient).toBe(false));

  test('nor in a transaction, where the server refuses the statement anyway', () => expect(file('a', 'CREATE INDEX CONCURRENTLY i ON t (a);', true).patient).toBe(false));
});

describe('batches', () => {
  const [a, b, c, d] = [file('a', 'SELECT 1;'), file('b', 'SELECT 1;'), file('c', 'REINDEX INDEX CONCURRENTLY i;'), file('d', 'SELECT 1;')];
  const [directory, home] = [mkdtempSync(join(tmpdir(), 'files-')), mkdtempSync(join(tmpdir(), 'home-'))];
  beforeAll(() => ['a', 'b', 'c', 'd', 'notes'].forEach((name) => writeFileSync(join(directory, name), name)));
  afterAll(() => [directory, home].forEach((each) => rmSync(each, { recursive: true })));

  test('are files in a row that need the same, so that most runs start the engine once', () => {
    expect([nextBatch([a, b, c, d]), nextBatch([c, d]), nextBatch([a, b, d]), nextBatch([])]).toEqual([
      { patient: false, files: [a, b] }, { patient: true, files: [c] }, { patient: false, files: [a, b, d] }, { patient: false, files: [] },
    ]);
  });

  test('have a directory without later files, whatever else is there', () => {
    const folder = directoryOf({ patient: false, files: [a, b] }, [a, b, c, d], directory, home);
    expect([readdirSync(folder).sort(), readFileSync(join(folder, 'b'), 'utf8')]).toEqual([['a', 'b', 'notes'], 'b']);
    expect(directoryOf({ patient: false, files: [d] }, [a, b, c, d], directory, home)).toBe(directory);
    expect(directoryOf({ patient: false, files: [] }, [a, b, c, d], directory, home)).toBe(directory);
  });
});

describe('an index that was left INVALID', () => {
  const left = { id: '1', name: 'public.i', table: 'public.t', busy: false, drop: 'DROP', bareSchema: 'public', bareName: 'i', bareTable: 't', visible: true };
  const refused = (...files: string[]) => {
    try {
      refuseKept(files.map((sql, index) => file(`${index}`, sql)), [left]);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ exitCode: RunnerExit.INVALID_INDEX });
      return true;
    }
  };

  test.each([
    [['CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
    [['CREATE INDEX IF NOT EXISTS i ON ONLY public.t USING btree (a);']],
    [['ALTER TABLE other ADD COLUMN a int;', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS I ON t (a);']],
    [['DROP INDEX CONCURRENTLY IF EXISTS j;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
    [['DROP INDEX shop.i;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
  ])('is not taken for made by %j', (files) => expect(refused(...files)).toBe(true));

  test.each([
    [['DROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
    [['DROP INDEX j, "public" . "i";', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
    [['REINDEX (VERBOSE) INDEX CONCURRENTLY i;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
    [['DROP TABLE t;\nCREATE TABLE t (a int);\nCREATE INDEX IF NOT EXISTS i ON t (a);']],
    [["DO $$ BEGIN EXECUTE 'DROP INDEX i'; END $$;", 'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
    [['ALTER INDEX i RENAME TO k;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);']],
    [['CREATE INDEX CONCURRENTLY i ON t (a);']],
    [['CREATE INDEX CONCURRENTLY IF NOT EXISTS "I" ON t (a);']],
    [['CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON shop.t (a);']],
  ])('is left to the engine by %j, which drops it, may do so, or means another', (files) => expect(refused(...files)).toBe(false));
});

describe('what an engine reports', () => {
  const GOOSE = '2026/11/30 16:28:28 goose run: ';

  test.each([
    ['a statement that looks like an error', [`${GOOSE}ERROR 2_f.sql: failed to run SQL migration: failed to execute SQL query "SELECT 'ERROR: no (SQLSTATE 55P03)', \\"x\\": 1;": ERROR: division by zero (SQLSTATE 22012)`],
      { file: '2_f.sql', code: '22012', begun: true, cause: 'ERROR: division by zero (SQLSTATE 22012)' }],
    ['a transaction that did not begin', [`${GOOSE}ERROR 2_f.sql: failed to run SQL migration: failed to begin transaction: FATAL: no (SQLSTATE 53300)`], { file: '2_f.sql', code: '53300', begun: false, cause: 'FATAL: no (SQLSTATE 53300)' }],
    ['missing files', [`${GOOSE}error: found 1 missing migrations before current version 3:`, '\tversion 2: 2_b.sql'], { file: undefined, code: undefined, begun: false, cause: 'error: found 1 missing migrations before current version 3: version 2: 2_b.sql' }],
    ['nothing', [], { cause: '', code: undefined }],
  ])('goose: %s', (_what, output, expected) => expect(readReport('goose', output)).toEqual(expected));

  test.each([
    ['a statement', ['Applying: 2_f.sql', 'Applied: 2_f.sql in 1ms', 'Error: pq: no', 'more (22012)'], { file: '2_f.sql', code: '22012', begun: true, cause: 'pq: no more (22012)' }],
    ['a connection', ['Error: pq: too many connections for role "x" (53300)'], { file: undefined, code: '53300', begun: false, cause: 'pq: too many connections for role "x" (53300)' }],
    ['a file', ['Applying: 2_f.sql', 'Error: dbmate requires each migration to define an up block'], { file: '2_f.sql', code: undefined, begun: false, cause: 'dbmate requires each migration to define an up block' }],
    ['a connection that broke', ['Applying: 2_f.sql', 'Error: driver: bad connection'], { file: '2_f.sql', code: undefined, begun: undefined, cause: 'driver: bad connection' }],
    ['an error of more lines than are kept', ['line', 'last (P0001)'], { cause: 'line last (P0001)', code: 'P0001' }],
  ])('dbmate: %s', (_what, output, expected) => expect(readReport('dbmate', output)).toEqual(expected));
});
