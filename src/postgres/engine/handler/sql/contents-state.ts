import { literal, textArray } from './quote';
import type { Grant } from './server-state';
import { groupRoles } from '../../names';

/** Default privileges of the owner for one kind of object. */
export interface DefaultPrivileges {
  /** `n` schemas, `r` tables, `S` sequences, `f` routines, as in `pg_default_acl`. */
  readonly kind: string;
  readonly grants: Grant[];
}

/** An object, with the groups that have no rights on it yet. Its name is quoted SQL. */
export interface OwnedObject {
  readonly name: string;
  /** `r` for anything like a table, `S` sequence, `n` schema, `f` routine. */
  readonly kind: 'r' | 'S' | 'n' | 'f';
  readonly readWrite: boolean;
  readonly readOnly: boolean;
  /** Whether everybody may use it; only looked at for routines. */
  readonly open: boolean;
}

/** Everything that is read inside a database. */
export interface ContentsState {
  readonly publicSchema: { readonly owner: string; readonly mine: boolean; readonly grants: Grant[] } | null;
  readonly defaults: DefaultPrivileges[];
  readonly extensions: string[];
  /** Objects of the owner that a group has no rights on. */
  readonly unshared: OwnedObject[];
  /** Version tables of migration engines that somebody besides the owner has rights on. */
  readonly exposed: { readonly name: string; readonly kind: 'r' | 'S' }[];
}

/** Reads the state inside a database in one query, as JSON. */
export function contentsStateSql(databaseName: string, protectedTables: string[]): string {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  return `WITH roles AS (SELECT ${regrole(owner)} AS o, ${regrole(readWrite)} AS rw, ${regrole(readOnly)} AS ro),
guarded AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = ANY (${textArray(protectedTables)}) OR n.nspname || '.' || c.relname = ANY (${textArray(protectedTables)})),
hidden AS (SELECT oid FROM guarded UNION SELECT x.objid FROM pg_depend x JOIN guarded g ON g.oid = x.refobjid
  WHERE x.classid = 'pg_class'::regclass AND x.refclassid = 'pg_class'::regclass AND x.deptype IN ('a', 'i')),
owned AS (${ownedObjectsSql('(SELECT o FROM roles)')})
SELECT json_build_object(
  'publicSchema', (SELECT json_build_object('owner', pg_get_userbyid(n.nspowner), 'mine', pg_has_role(current_user, n.nspowner, 'USAGE'),
    'grants', ${grantsSql("coalesce(n.nspacl, acldefault('n', n.nspowner))")}) FROM pg_namespace n WHERE n.nspname = 'public'),
  'defaults', (SELECT coalesce(json_agg(json_build_object('kind', d.defaclobjtype, 'grants', ${grantsSql('d.defaclacl')})), '[]')
    FROM pg_default_acl d, roles WHERE d.defaclrole = roles.o AND d.defaclnamespace = 0),
  'extensions', (SELECT coalesce(json_agg(extname), '[]') FROM pg_extension),
  'unshared', (SELECT coalesce(json_agg(u ORDER BY u.name), '[]') FROM (
    SELECT w.name, w.kind, w.readable_by IS NULL OR NOT roles.rw = ANY (w.readable_by) AS "readWrite",
      w.readable_by IS NULL OR NOT roles.ro = ANY (w.readable_by) AS "readOnly", 0 = ANY (w.readable_by) AS open
    FROM owned w, roles WHERE w.oid NOT IN (SELECT oid FROM hidden)) u WHERE u."readWrite" OR u."readOnly" OR (u.kind = 'f' AND u.open)),
  'exposed', (SELECT coalesce(json_agg(json_build_object('name', w.name, 'kind', w.kind) ORDER BY w.name), '[]')
    FROM owned w JOIN hidden h ON h.oid = w.oid, roles WHERE w.readable_by && ARRAY[roles.rw, roles.ro, 0::oid]))`;
}

/**
 * Tables, sequences, schemas and routines of a role (an SQL expression for its oid), without what extensions own, which they
 * care for themselves: granting on it all at once would fail or drown in warnings. `readable_by` holds who has any right on it.
 */
export function ownedObjectsSql(role: string): string {
  const notOfExtension = (catalog: string, oid: string) =>
    `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalog}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;
  const readableBy = (acl: string) => `ARRAY(SELECT a.grantee FROM aclexplode(${acl}) a)`;
  return `SELECT c.oid, c.oid::regclass::text AS name, CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS kind, ${readableBy('c.relacl')} AS readable_by
  FROM pg_class c WHERE c.relowner = ${role} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' AND ${notOfExtension('pg_class', 'c.oid')}
UNION ALL SELECT n.oid, quote_ident(n.nspname), 'n', ${readableBy('n.nspacl')}
  FROM pg_namespace n WHERE n.nspowner = ${role} AND n.nspname <> 'public' AND n.nspname !~ '^pg_' AND ${notOfExtension('pg_namespace', 'n.oid')}
UNION ALL SELECT p.oid, p.oid::regprocedure::text, 'f', ${readableBy("coalesce(p.proacl, acldefault('f', p.proowner))")}
  FROM pg_proc p WHERE p.proowner = ${role} AND ${notOfExtension('pg_proc', 'p.oid')}`;
}

function grantsSql(acl: string): string {
  return `(SELECT coalesce(json_agg(json_build_object('grantee', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
    'grantor', pg_get_userbyid(a.grantor), 'privilege', a.privilege_type)), '[]') FROM aclexplode(${acl}) a)`;
}

function regrole(name: string): string {
  return `(SELECT oid FROM pg_roles WHERE rolname = ${literal(name)})`;
}
