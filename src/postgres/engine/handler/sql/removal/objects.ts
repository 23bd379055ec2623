import type { Row } from '../session';

/** An object of a database, as `pg_identify_object` names it; routines with the modes of their parameters, which tell procedures apart. */
export interface NamedObject {
  readonly type: string;
  /** Quoted SQL. */
  readonly identity: string;
  /** The same where GRANT and REVOKE want it otherwise. */
  readonly granted: string;
  /** Its schema, where the heir lacks CREATE on it; quoted SQL. */
  readonly closedSchema: string | null;
}

/** Words after ALTER and DROP, where they are not the type in capitals. */
const KEYWORDS: Readonly<Record<string, string>> = {
  'composite type': 'TYPE',
  'statistics object': 'STATISTICS',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
};
const WITH_OWNER = [
  'table', 'view', 'materialized view', 'foreign table', 'sequence', 'function', 'procedure', 'aggregate', 'schema', 'type', 'domain', 'composite type', 'operator',
  'operator class', 'operator family', 'conversion', 'collation', 'text search dictionary', 'text search configuration', 'statistics object', 'event trigger',
  'foreign-data wrapper', 'server', 'large object', 'publication', 'subscription', 'language',
];
/** Words after GRANT … ON. */
const GRANTED: Readonly<Record<string, string>> = {
  'table': 'TABLE',
  'view': 'TABLE',
  'materialized view': 'TABLE',
  'foreign table': 'TABLE',
  'sequence': 'SEQUENCE',
  'function': 'FUNCTION',
  'aggregate': 'FUNCTION',
  'procedure': 'PROCEDURE',
  'schema': 'SCHEMA',
  'type': 'TYPE',
  'domain': 'TYPE',
  'composite type': 'TYPE',
  'language': 'LANGUAGE',
  'large object': 'LARGE OBJECT',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
  'server': 'FOREIGN SERVER',
  'database': 'DATABASE',
  'tablespace': 'TABLESPACE',
  'parameter ACL': 'PARAMETER',
};

/**
 * Columns of a query that name the object (`s.classid`, `s.objid`). The search path must be `pg_catalog`, so that all names have their schema.
 *
 * @param heir SQL for the oid of the role that would own it
 */
export function namedObjectSql(heir: string): string {
  const routine = (modes: string) => `(SELECT format('%I.%I(%s)', n.nspname, p.proname, ${modes}) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = s.objid)`;
  const ifRoutine = (modes: string) => `CASE WHEN s.classid = 'pg_proc'::regclass THEN ${routine(modes)} ELSE i.identity END`;
  return `i.type, ${ifRoutine("CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '*' ELSE pg_get_function_identity_arguments(p.oid) END")} AS identity,
    ${ifRoutine("CASE WHEN p.prokind = 'a' THEN oidvectortypes(p.proargtypes) ELSE pg_get_function_identity_arguments(p.oid) END")} AS granted,
    CASE WHEN NOT has_schema_privilege(${heir}, to_regnamespace(quote_ident(i.schema)), 'CREATE') THEN quote_ident(i.schema) END AS "closedSchema"`;
}

/** The object that a row names. */
export function namedObject({ type, identity, granted, closedSchema }: Row): NamedObject {
  return { type: String(type), identity: String(identity), granted: String(granted), closedSchema: typeof closedSchema === 'string' ? closedSchema : null };
}

/** What ALTER and DROP call the object; nothing where it has no owner of its own to change. */
export function ownedAs({ type, identity }: NamedObject): string | undefined {
  return WITH_OWNER.includes(type) ? `${KEYWORDS[type] ?? type.toUpperCase()} ${identity}` : undefined;
}

/** What GRANT and REVOKE call the object; nothing where they do not know it. */
export function grantedAs({ type, granted }: NamedObject): string | undefined {
  return GRANTED[type] === undefined ? undefined : `${GRANTED[type]} ${granted}`;
}

/** DROP with all that depends on it. */
export function dropOf(object: NamedObject): string | undefined {
  const { type, identity } = object;
  if (type === 'large object') {
    return `PERFORM lo_unlink(${identity})`;
  }
  const owned = ownedAs(object);
  return owned === undefined ? undefined : `DROP ${owned.slice(0, owned.length - identity.length)}IF EXISTS ${identity} CASCADE`;
}
