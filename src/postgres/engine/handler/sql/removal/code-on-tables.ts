import { isOfExtensionSql } from '../dependency';

/**
 * SQL that finds the tables of a role on which no code hangs. Whoever owns a table lends its rights to the code on it: foreign keys act as the
 * owner, and so do `ANALYZE`, `REINDEX` and `VACUUM`. So a table with code of a removed login must not get an owner with more rights.
 */

/** Volatile functions that touch nothing but themselves. */
const CALM = [
  'nextval', 'currval', 'lastval', 'random', 'random_normal', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7',
  'uuid_generate_v1', 'uuid_generate_v1mc', 'uuid_generate_v4', 'gen_random_bytes', 'gen_salt',
];
/** Objects that a cluster begins with have lower ids. */
const FIRST_OF_USERS = 16384;

/** Owners whose code is trusted with everything already. */
const TRUSTED_OWNER = '(SELECT oid FROM pg_roles WHERE rolsuper OR rolname = current_user)';

/**
 * Functions that may run code of others. Of what comes with PostgreSQL those that run a query, or convert a text to a type by its name; of extensions
 * also those that are stable, which may run a query too (`crosstab`). Who owns an extension may add functions to it, so their owner counts.
 */
const UNSAFE_FUNCTIONS = `SELECT p.oid FROM pg_proc p WHERE NOT CASE
    WHEN p.oid < ${FIRST_OF_USERS} AND p.pronamespace = 'pg_catalog'::regnamespace THEN
      (p.provolatile <> 'v' OR p.proname IN (${CALM.map((name) => `'${name}'`).join(', ')}))
      AND p.proname !~ '_to_xml|^pg_input_' AND NOT (p.proargtypes::oid[] && ARRAY['cstring'::regtype, 'internal'::regtype]::oid[])
    ELSE (p.provolatile = 'i' OR p.proname IN (${CALM.map((name) => `'${name}'`).join(', ')}))
      AND p.proowner IN ${TRUSTED_OWNER} AND ${isOfExtensionSql('pg_proc', 'p.oid')} END`;

/** Types whose values run code where they are checked, compared or converted. */
const unsafeTypes = (heir: string) => `SELECT t.oid FROM pg_type t WHERE t.oid >= ${FIRST_OF_USERS} AND t.typowner <> ${heir}
    AND NOT (t.typowner IN ${TRUSTED_OWNER} AND ${isOfExtensionSql('pg_type', 't.oid')})
    AND (t.typtype IN ('d', 'c', 'r', 'm') OR EXISTS (SELECT FROM pg_cast k WHERE t.oid IN (k.castsource, k.casttarget) AND k.castfunc >= ${FIRST_OF_USERS}))`;

/** Every expression that is stored with a table, as the text of its tree. */
const EXPRESSIONS = `SELECT adrelid AS relation, adbin::text AS tree FROM pg_attrdef
    UNION ALL SELECT conrelid, conbin::text FROM pg_constraint WHERE conrelid <> 0 AND conbin IS NOT NULL
    UNION ALL SELECT indrelid, concat(indexprs::text, indpred::text) FROM pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
    UNION ALL SELECT stxrelid, stxexprs::text FROM pg_statistic_ext WHERE stxexprs IS NOT NULL
    UNION ALL SELECT partrelid, partexprs::text FROM pg_partitioned_table WHERE partexprs IS NOT NULL`;

/** Ids of functions, operators and types in a tree; the version of PostgreSQL decides which fields it has. */
const inTree = (fields: string) => `regexp_matches(e.tree, ':(?:${fields}) (\\d+)', 'g') AS found(ids)`;
const FUNCTION_FIELDS = 'funcid|opfuncid|hashfuncid|negfuncid|aggfnoid|winfnoid';
const TYPE_FIELDS = '\\w*type|\\w*typeid|typeId|typid';

/**
 * A query that answers one row, `oids`: the tables of the role that nothing ties to code, in the order of their ids.
 *
 * A table is tied to code on it, and to code on any other table of its tree of partitions or of its chain of foreign keys.
 *
 * @param role SQL for the oid of the role that owns them
 * @param heir SQL for the oid of the role that is to own them
 */
export function tablesWithoutCodeSql(role: string, heir: string): string {
  return `WITH RECURSIVE mine AS MATERIALIZED (SELECT c.oid, c.relkind, c.relnamespace FROM pg_class c
    WHERE c.relowner = ${role} AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'),
inherits AS MATERIALIZED (SELECT inhrelid AS a, inhparent AS b FROM pg_inherits UNION ALL SELECT inhparent, inhrelid FROM pg_inherits),
reached AS (SELECT oid FROM mine UNION SELECT i.b FROM reached r JOIN inherits i ON i.a = r.oid),
near AS MATERIALIZED (SELECT oid FROM reached),
keys AS MATERIALIZED (SELECT conrelid AS a, confrelid AS b FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM mine) AND confrelid IN (SELECT oid FROM mine)),
links AS MATERIALIZED (SELECT a, b FROM inherits UNION SELECT a, b FROM keys UNION SELECT b, a FROM keys),
unsafe_functions AS MATERIALIZED (${UNSAFE_FUNCTIONS}),
unsafe_named AS MATERIALIZED (${unsafeTypes(heir)}),
unsafe_types AS MATERIALIZED (SELECT oid FROM unsafe_named UNION SELECT t.oid FROM pg_type t JOIN unsafe_named n ON n.oid = t.typelem),
unsafe_operators AS MATERIALIZED (SELECT o.oid FROM pg_operator o WHERE o.oprcode IN (SELECT oid FROM unsafe_functions)),
expressions AS MATERIALIZED (SELECT e.relation, e.tree FROM (${EXPRESSIONS}) e WHERE e.relation IN (SELECT oid FROM near)),
coded AS (SELECT c.oid FROM pg_class c JOIN near ON near.oid = c.oid WHERE c.relkind = 'f'
  UNION SELECT tgrelid FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM near)
  UNION SELECT ev_class FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM near)
  UNION SELECT polrelid FROM pg_policy WHERE polrelid IN (SELECT oid FROM near)
  UNION SELECT e.relation FROM expressions e, ${inTree(FUNCTION_FIELDS)} WHERE found.ids[1]::oid IN (SELECT oid FROM unsafe_functions)
  UNION SELECT e.relation FROM expressions e, ${inTree('opno')} WHERE found.ids[1]::oid IN (SELECT oid FROM unsafe_operators)
  UNION SELECT e.relation FROM expressions e, regexp_matches(e.tree, ':opnos \\(o ([0-9 ]+)\\)', 'g') AS found(ids), regexp_split_to_table(found.ids[1], ' ') AS id
    WHERE id::oid IN (SELECT oid FROM unsafe_operators)
  UNION SELECT e.relation FROM expressions e, ${inTree(TYPE_FIELDS)} WHERE found.ids[1]::oid IN (SELECT oid FROM unsafe_types)
  UNION SELECT k.conrelid FROM pg_constraint k WHERE k.conrelid IN (SELECT oid FROM near)
    AND EXISTS (SELECT FROM unnest(k.conexclop) o WHERE o IN (SELECT oid FROM unsafe_operators))
  UNION SELECT a.attrelid FROM pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN (SELECT oid FROM unsafe_types) AND a.attrelid IN (SELECT oid FROM near)
  UNION SELECT k.conrelid FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
    WHERE k.contype = 'f' AND a.atttypid IN (SELECT oid FROM unsafe_types) AND k.conrelid IN (SELECT oid FROM near)
  UNION SELECT k.confrelid FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
    WHERE k.contype = 'f' AND a.atttypid IN (SELECT oid FROM unsafe_types) AND k.confrelid IN (SELECT oid FROM near)),
tied AS (SELECT oid FROM coded UNION SELECT l.b FROM tied t JOIN links l ON l.a = t.oid)
SELECT coalesce(json_agg(m.oid::bigint ORDER BY m.oid), '[]') AS oids FROM mine m
WHERE m.relkind <> 'f' AND m.oid NOT IN (SELECT oid FROM tied) AND NOT ${isOfExtensionSql('pg_class', 'm.oid')} AND ${maySettleSql(role, heir, 'm.relnamespace')}`;
}

/** Like the tables: the sequences of a role that belong to no column. */
export function sequencesSql(role: string, heir: string): string {
  return `SELECT coalesce(json_agg(c.oid::bigint ORDER BY c.oid), '[]') AS oids FROM pg_class c
WHERE c.relowner = ${role} AND c.relkind = 'S' AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_depend x
  WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype IN ('a', 'i', 'e')) AND ${maySettleSql(role, heir, 'c.relnamespace')}`;
}

/** Like the tables: the schemas of a role. */
export function schemasSql(role: string): string {
  return `SELECT coalesce(json_agg(n.oid::bigint ORDER BY n.oid), '[]') AS oids FROM pg_namespace n
WHERE n.nspowner = ${role} AND n.nspname !~ '^pg_' AND NOT ${isOfExtensionSql('pg_namespace', 'n.oid')}`;
}

/** An owner needs CREATE on the schema. Nobody gets that here; a schema of the role itself moves first. */
function maySettleSql(role: string, heir: string, schema: string): string {
  return `(has_schema_privilege(${heir}, ${schema}, 'CREATE') OR EXISTS (SELECT FROM pg_namespace n WHERE n.oid = ${schema} AND n.nspowner = ${role}))`;
}
