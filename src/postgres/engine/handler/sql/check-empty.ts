import { isPartOfAnotherSql } from './dependency';
import { literal } from './quote';
import type { SqlSession } from './session';
import { BrokerError } from '../../../../broker/broker-error';
import { LOCK_SCHEMA } from '../../names';

const NAMED_OBJECTS = 3;
/** A schema of this library holds nothing of the user's. */
const NOT_COUNTED = `('pg_catalog', 'information_schema', ${literal(LOCK_SCHEMA)})`;

const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  'table': ['a table', 'tables'],
  'view': ['a view', 'views'],
  'sequence': ['a sequence', 'sequences'],
  'routine': ['a function', 'functions'],
  'type': ['a type', 'types'],
  'large object': ['a large object', 'large objects'],
};

/** Fails where a database holds anything that somebody made. What extensions made can be made again. */
export async function checkEmpty(session: SqlSession, databaseName: string): Promise<void> {
  const [rows] = await session.read([contentsSql()]);
  if (rows.length > 0) {
    const contents = rows.map(({ kind, count, names }) => describe(String(kind), Number(count), names as string[])).join(', ');
    throw new BrokerError('DATABASE_NOT_EMPTY', `Database '${databaseName}' contains ${contents}, and \`PostgresDatabaseRemoval.DROP_IF_EMPTY\` deletes only empty databases. `
      + 'Drop what the database contains, or keep the database with `PostgresDatabaseRemoval.RETAIN`; `PostgresDatabaseRemoval.DROP` deletes the data.');
  }
}

function describe(kind: string, count: number, names: string[]): string {
  const [one, many] = KINDS[kind] ?? [kind, kind];
  return `${count === 1 ? one : `${count} ${many}`} (${names.join(', ')}${count > names.length ? ', …' : ''})`;
}

/** One row for each kind of thing, the most telling first. Sequences, indexes and types that belong to a table are not counted beside it. */
function contentsSql(): string {
  const made = (catalog: string, oid: string, schema: string) => `${schema} NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ${NOT_COUNTED} OR nspname ~ '^pg_(toast|temp)')
      AND NOT ${isPartOfAnotherSql(catalog, oid)}`;
  return `SELECT o.kind, count(*) AS count, (array_agg(o.name ORDER BY o.name))[1:${NAMED_OBJECTS}] AS names FROM (
    SELECT 1 AS rank, 'table' AS kind, c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'p', 'm', 'f') AND ${made('pg_class', 'c.oid', 'c.relnamespace')}
    UNION ALL SELECT 2, 'view', c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'v' AND ${made('pg_class', 'c.oid', 'c.relnamespace')}
    UNION ALL SELECT 3, 'sequence', c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'S' AND ${made('pg_class', 'c.oid', 'c.relnamespace')}
      AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'a' AND x.refclassid = 'pg_class'::regclass)
    UNION ALL SELECT 4, 'large object', m.oid::text FROM pg_largeobject_metadata m
    UNION ALL SELECT 5, 'routine', p.oid::regprocedure::text FROM pg_proc p WHERE ${made('pg_proc', 'p.oid', 'p.pronamespace')}
    UNION ALL SELECT 6, 'type', t.oid::regtype::text FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
      WHERE (t.typrelid = 0 OR c.relkind = 'c') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid) AND ${made('pg_type', 't.oid', 't.typnamespace')}
      AND t.typtype <> 'm') o GROUP BY o.rank, o.kind ORDER BY o.rank`;
}
