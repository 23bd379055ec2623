import * as fc from 'fast-check';
import { splitSql } from '../../../src/postgres/engine/migrations/sql-splitter';

const codes = (sql: string) => splitSql(sql).statements.map((statement) => statement.code);

test.each<[string, string[]]>([
  ['', []],
  [' ; ;\n-- nothing\n/* at all */', [] as string[]],
  ['SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
  ["SELECT 'a;''b' || E'\\';' || e'x';", ["SELECT '' || E'' || e''"]],
  ["SELECT 'back\\'; SELECT 2;", ["SELECT ''", 'SELECT 2']],
  ['SELECT 1 AS "a;""b";', ['SELECT 1 AS "a;""b"']],
  ['SELECT 1 -- one; two\n, 2;', ['SELECT 1 , 2']],
  ['SELECT /* ; /* nested; */ ; */ 1;', ['SELECT 1']],
  ['DO $$ BEGIN; END $$; SELECT 1;', ["DO ''", 'SELECT 1']],
  ['DO $a$ $$;$b$; $a$; SELECT $1;', ["DO ''", 'SELECT $1']],
  ['SELECT a$b$ FROM t; SELECT 2;', ['SELECT a$b$ FROM t', 'SELECT 2']],
  ['CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3;', ['CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)', 'SELECT 3']],
  ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;', ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END', 'SELECT 3']],
  ['SELECT value\'x\';', ["SELECT value''"]],
  ['INSERT INTO été VALUES (\'é\');', ["INSERT INTO été VALUES ('')"]],
])('%j has the statements %j', (sql, expected) => {
  expect(codes(sql)).toEqual(expected);
});

test('knows the lines of a statement, also behind comments and bodies of many lines', () => {
  const { statements } = splitSql('-- a\n/*\n*/ SELECT\n 1;\nDO $$\n\n$$\n;', 10);
  expect(statements.map(({ line, lastLine, terminated }) => [line, lastLine, terminated])).toEqual([[12, 13, true], [14, 17, true]]);
});

test('keeps the text of literals', () => {
  expect(splitSql("SELECT set_config('search_path', '', $x$it's$x$);").statements[0].literals).toEqual(['search_path', '', "it's"]);
});

test.each([["SELECT\n'a", 2, 'string'], ['SELECT "a', 1, 'quoted identifier'], ['/* /* */', 1, 'comment'], ['DO $x$ $$', 1, 'body quoted with $x$']])('fails on %j, which never ends', (sql, line, what) => {
  expect(splitSql(sql).unterminated).toEqual({ line, what });
});

test('any text between quotes stays one statement', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    const quoted = `SELECT '${text.replace(/'/g, "''")}', "${text.replace(/"/g, '""')}x", $cpb$${text.replace(/\$/g, '')}$cpb$;`;
    expect(codes(`${quoted}\nSELECT 2;`)).toEqual([expect.stringMatching(/^SELECT '', "/), 'SELECT 2']);
  }));
});

test('never fails on any text, and finds every plain statement behind a finished one', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const { statements, unterminated } = splitSql(text);
    expect(unterminated !== undefined || statements.every((statement) => statement.code !== '')).toBe(true);
  }));
});
