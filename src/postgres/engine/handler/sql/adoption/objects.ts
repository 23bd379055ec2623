import { LOCK_SCHEMA } from '../../../names';
import { isPartOfAnotherSql } from '../dependency';
import { literal } from '../quote';

/** What an object is, as ALTER says it. */
export type ObjectKind = 'SCHEMA' | 'TABLE' | 'FOREIGN TABLE' | 'SEQUENCE' | 'VIEW' | 'MATERIALIZED VIEW' | 'TYPE' | 'ROUTINE';

/** The catalog in which an object is found again by its oid. */
export type Catalog = 'pg_namespace' | 'pg_class' | 'pg_type' | 'pg_proc';

/** An object that has an owner. Its name is quoted SQL. */
export interface OwnedThing {
  readonly catalog: Catalog;
  readonly oid: number;
  readonly kind: ObjectKind;
  readonly name: string;
  readonly owner: string;
  /** Whether it acts with the rights of its owner on more than the tables and sequences of the database. */
  readonly bound: boolean;
}

/**
 * A query of everything in a database that has an owner of its own: without what belongs to the system, to extensions, to this
 * library, to another object (the row type of a table, the sequence of a column, the constructors of a range), or to a session.
 */
export function thingsSql(): string {
  const free = (catalog: Catalog, oid: string) => `NOT ${isPartOfAnotherSql(catalog, oid)}`;
  const ours = (namespace: string) => `${namespace}.nspname NOT IN ('pg_catalog', 'information_schema', ${literal(LOCK_SCHEMA)}) AND ${namespace}.nspname !~ '^pg_(toast|temp)'`;
  return `SELECT 'pg_namespace' AS catalog, n.oid, 'SCHEMA' AS kind, quote_ident(n.nspname) AS name, n.nspowner AS owner, false AS bound
  FROM pg_namespace n WHERE ${ours('n')} AND n.nspname <> 'public' AND ${free('pg_namespace', 'n.oid')}
UNION ALL SELECT 'pg_class', c.oid, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
    c.oid::regclass::text, c.relowner, c.relkind IN ('v', 'm') AND ${READS_CATALOG}
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours('n')} AND c.relkind IN ('r', 'p', 'f', 'S', 'v', 'm') AND c.relpersistence <> 't' AND ${free('pg_class', 'c.oid')}
    AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.refobjsubid <> 0 AND x.deptype IN ('a', 'i')))
UNION ALL SELECT 'pg_type', t.oid, 'TYPE', t.oid::regtype::text, t.typowner, false
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE ${ours('n')} AND t.typtype IN ('e', 'd', 'r', 'c') AND coalesce(c.relkind, 'c') = 'c' AND ${free('pg_type', 't.oid')}
UNION ALL SELECT 'pg_proc', p.oid, 'ROUTINE', ${routineNameSql('p')}, p.proowner, p.prosecdef
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${ours('n')} AND ${free('pg_proc', 'p.oid')}`;
}

/** Views of the system show their owner more than others. */
const READS_CATALOG = `EXISTS (SELECT FROM pg_rewrite w JOIN pg_depend x ON x.classid = 'pg_rewrite'::regclass AND x.objid = w.oid AND x.refclassid = 'pg_class'::regclass
      JOIN pg_class s ON s.oid = x.refobjid JOIN pg_namespace sn ON sn.oid = s.relnamespace WHERE w.ev_class = c.oid AND sn.nspname IN ('pg_catalog', 'information_schema'))`;

/** The name of a routine as statements take it: procedures may differ by their OUT parameters alone. */
export function routineNameSql(routine: string): string {
  return `CASE ${routine}.prokind WHEN 'p' THEN ${routine}.pronamespace::regnamespace::text || '.' || quote_ident(${routine}.proname) || '(' || pg_get_function_identity_arguments(${routine}.oid) || ')'
    ELSE ${routine}.oid::regprocedure::text END`;
}
