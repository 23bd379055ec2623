import { forgetActivity } from './blockers';
import type { BrokenIndex, FileNeeds, IndexUse, Query } from '../../../../migrations/handler/runner/runner-dialect';
import type { ParsedMigration } from '../../../../migrations/shared/lint/lint-types';

const WORD = '(?:"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+)';
const NAME = `${WORD}(?: ?\\. ?${WORD})*`;
const CREATE = new RegExp(`^CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?(IF NOT EXISTS )?(?:(${WORD}) )?ON (?:ONLY )?(${NAME})`, 'i');
const DROP = /^DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?(.*)$/i;
const REINDEX = new RegExp(`^REINDEX (?:\\(.*?\\) ?)?INDEX (?:CONCURRENTLY )?(${NAME})`, 'i');

/**
 * Statements that wait until every older transaction has ended, of readers too. They hold nobody up meanwhile: their lock lets others read and write.
 *
 * @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
const PATIENT = [
  /^(?:CREATE (?:UNIQUE )?INDEX|DROP INDEX) CONCURRENTLY\b/i,
  /^REINDEX (?:\([^)]*\bCONCURRENTLY\b(?! (?:false|off|0)\b)|(?:\(.*?\) ?)?(?:INDEX|TABLE|SCHEMA|DATABASE|SYSTEM) CONCURRENTLY\b)/i,
  /^ALTER TABLE .*\bDETACH PARTITION .*\b(?:CONCURRENTLY|FINALIZE)$/i,
];

/** Statements that may do anything to an index, and those that may if they name it or its table. */
const OPAQUE = /^(?:DO|CALL|SELECT|WITH|EXECUTE|DROP (?:SCHEMA|OWNED))\b/i;
const CHANGING = /^(?:DROP|ALTER|REINDEX)\b/i;

/** What REINDEX leaves behind: the index of the plain name is usable. */
const LEFTOVER = /_cc(?:new|old)\d*$/;

/** Names as they are in the catalogue. */
interface Broken extends BrokenIndex {
  readonly bareSchema: string;
  readonly bareName: string;
  readonly bareTable: string;
  /** Whether its bare name finds it. */
  readonly visible: boolean;
}

type Match = (index: Broken) => boolean;

/** What a file does with indexes. */
export function needsOf({ statements, transactional }: ParsedMigration): FileNeeds {
  const setsPath = statements.some(({ code, literals }) => /\bsearch_path\b/i.test(code) || literals.includes('search_path'));
  return {
    patient: !transactional && statements.some(({ code }) => PATIENT.some((pattern) => pattern.test(code))),
    indexes: statements.flatMap(({ code }) => usesOf(code, setsPath)),
  };
}

function usesOf(code: string, setsPath: boolean): IndexUse[] {
  const use = (action: IndexUse['action'], match: Match): IndexUse => ({ action, matches: (index) => match(index as Broken) });
  const [, keep, name, table] = CREATE.exec(code) ?? [];
  if (table !== undefined) return [use(keep === undefined ? 'make' : 'keep', name === undefined ? unnamed(table, setsPath) : named([...namesIn(table).slice(0, -1), ...namesIn(name)], setsPath))];
  const dropped = DROP.exec(code)?.[1] ?? REINDEX.exec(code)?.[1];
  if (dropped !== undefined) return (dropped.match(new RegExp(NAME, 'g')) ?? []).map((each) => use('renew', named(namesIn(each), setsPath)));
  if (OPAQUE.test(code)) return [use('unknown', () => true)];
  if (!CHANGING.test(code)) return [];
  const names = new Set(namesIn(code));
  return [use('unknown', ({ bareName, bareTable }) => names.has(bareName) || names.has(bareTable))];
}

function named(path: readonly string[], setsPath: boolean): Match {
  const [name, schema] = [...path].reverse();
  return (index) => index.bareName === name && (schema === undefined ? index.visible || setsPath : index.bareSchema === schema);
}

/** An index without a name gets one of its table, its columns and a number. */
function unnamed(text: string, setsPath: boolean): Match {
  const [table, schema] = namesIn(text).reverse();
  return (index) => index.bareTable === table && /_idx\d*$/.test(index.bareName) && (schema === undefined ? index.visible || setsPath : index.bareSchema === schema);
}

/** The parts of a name as the server reads them: unless quoted in small letters, and at most 63 bytes long. */
function namesIn(text: string): string[] {
  return (text.match(new RegExp(WORD, 'g')) ?? []).map((word) => {
    const name = word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    let end = name.length;
    while (Buffer.byteLength(name.slice(0, end)) > 63) end--;
    return name.slice(0, end);
  });
}

/**
 * Indexes that the server does not use. That of a partitioned table is so on purpose until each partition has one, and is left out.
 * A session at work on one holds a lock that everybody can see; which index it builds, only its own role can.
 */
export async function findBrokenIndexes(query: Query): Promise<BrokenIndex[]> {
  await forgetActivity(query);
  const rows = await query(`SELECT c.oid::text AS id, n.nspname AS "bareSchema", c.relname AS "bareName", t.relname AS "bareTable", pg_table_is_visible(c.oid)::text AS visible,
      format('%I.%I', n.nspname, c.relname) AS name, format('%I.%I', n.nspname, t.relname) AS "table",
      EXISTS (SELECT FROM pg_locks l WHERE l.granted AND l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.relation = c.oid OR (l.relation = t.oid AND l.pid IN (SELECT pid FROM pg_stat_progress_create_index))))::text AS busy
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND c.relkind = 'i' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 6`);
  return rows.map((row): Broken => {
    const [name, bareName] = [String(row.name), String(row.bareName)];
    return {
      id: String(row.id),
      name,
      table: String(row.table),
      busy: row.busy === 'true',
      drop: `DROP INDEX CONCURRENTLY IF EXISTS ${name}`,
      rebuild: LEFTOVER.test(bareName) ? undefined : `REINDEX INDEX CONCURRENTLY ${name}`,
      bareSchema: String(row.bareSchema),
      bareName,
      bareTable: String(row.bareTable),
      visible: row.visible === 'true',
    };
  });
}
