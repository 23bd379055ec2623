import { routineNameSql } from './adoption/objects';
import { isOfExtensionSql } from './dependency';
import { literal, textArray } from './quote';
import { isLeftBehindSql } from './removal/left-behind';
import type { Grant } from './server-state';
import { groupRoles, LOCK_SCHEMA } from '../../names';

/** Objects that are read at once: what a database holds is without a bound, and this function's memory is not. */
const PAGE = 5_000;

/** Default privileges of a role that makes objects in the database. */
export interface DefaultPrivileges {
  readonly owner: string;
  /** Whether the owner group has its rights anyway. */
  readonly joined?: boolean;
  /** `n` schemas, `r` tables, `S` sequences, `f` routines, as in `pg_default_acl`. */
  readonly kinds: { readonly kind: string; readonly grants: Grant[] }[];
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
  readonly publicSchema: {
    readonly owner: string;
    readonly mine: boolean;
    /** Whether the owner group has the rights of its owner. */
    readonly ownersGroup: boolean;
    readonly grants: Grant[];
  } | null;
  readonly defaults: DefaultPrivileges[];
  readonly extensions: string[];
  /** Extensions that the nodes of a self-hosted server make in every database, because the admin may not. */
  readonly provided: string[];
  /** Objects of the owner that a group has no rights on: some of them, where there are many. */
  readonly unshared: OwnedObject[];
  /** Version tables of migration engines that somebody besides the owner has rights on. */
  readonly exposed: { readonly name: string; readonly kind: 'r' | 'S' }[];
}

/** Which rights of a database are read. */
export interface ContentsScope {
  readonly protectedTables: string[];
  /** Whether others make objects in it too: former owners, whose rights the owner group has, and the admin. */
  readonly adopted: boolean;
  /** Whether PUBLIC loses its rights. */
  readonly closed: boolean;
  /** Whether objects are left out that a removed user left to the owner. Only needed where there is something to share, and planning it takes the server a while. */
  readonly thorough: boolean;
}

/** Reads the state inside a database in one query, as JSON. */
export function contentsStateSql(databaseName: string, { protectedTables, adopted, closed, thorough }: ContentsScope): string {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  const everybody = closed ? ', 0::oid' : '';
  return `WITH roles AS (SELECT ${regrole(owner)} AS o, ${regrole(readWrite)} AS rw, ${regrole(readOnly)} AS ro),
${adopted ? FORMER_OWNERS : ''}guarded AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = ANY (${textArray(protectedTables)}) OR n.nspname || '.' || c.relname = ANY (${textArray(protectedTables)})),
hidden AS (SELECT oid FROM guarded UNION SELECT x.objid FROM pg_depend x JOIN guarded g ON g.oid = x.refobjid
  WHERE x.classid = 'pg_class'::regclass AND x.refclassid = 'pg_class'::regclass AND x.deptype IN ('a', 'i')),
owned AS (${ownedObjectsSql(adopted)})
SELECT json_build_object(
  'publicSchema', (SELECT json_build_object('owner', pg_get_userbyid(n.nspowner), 'mine', pg_has_role(current_user, n.nspowner, 'USAGE'),
    'ownersGroup', pg_has_role((SELECT o FROM roles), n.nspowner, 'USAGE'),
    'grants', ${grantsSql("coalesce(n.nspacl, acldefault('n', n.nspowner))")}) FROM pg_namespace n WHERE n.nspname = 'public'),
  'defaults', (SELECT coalesce(json_agg(json_build_object('owner', pg_get_userbyid(w.oid), 'joined', w.joined, 'kinds',
      (SELECT coalesce(json_agg(json_build_object('kind', d.defaclobjtype, 'grants', ${grantsSql('d.defaclacl')})), '[]')
        FROM pg_default_acl d WHERE d.defaclrole = w.oid AND d.defaclnamespace = 0))), '[]') FROM ${adopted ? 'owners' : '(SELECT o AS oid, false AS joined FROM roles)'} w),
  'extensions', (SELECT coalesce(json_agg(extname), '[]') FROM pg_extension),
  'provided', to_json(string_to_array(coalesce(current_setting('${LOCK_SCHEMA}.extensions', true), ''), ',')),
  'unshared', (SELECT coalesce(json_agg(u ORDER BY u.name), '[]') FROM (
    SELECT w.name, w.kind, w.readable_by IS NULL OR NOT roles.rw = ANY (w.readable_by) AS "readWrite",
      w.readable_by IS NULL OR NOT roles.ro = ANY (w.readable_by) AS "readOnly", w.kind = 'f' AND 0 = ANY (w.readable_by) AS open
    FROM owned w, roles WHERE w.oid NOT IN (SELECT oid FROM hidden)${thorough ? ` AND NOT CASE w.kind WHEN 'f' THEN false WHEN 'n' THEN ${isLeftBehindSql('pg_namespace', 'w.oid')} ELSE ${isLeftBehindSql('pg_class', 'w.oid')} END` : ''}
      AND (w.readable_by IS NULL OR NOT w.readable_by @> ARRAY[roles.rw, roles.ro] OR ${closed ? "w.kind = 'f' AND 0 = ANY (w.readable_by)" : 'false'}) LIMIT ${PAGE}) u),
  'exposed', (SELECT coalesce(json_agg(json_build_object('name', w.name, 'kind', w.kind) ORDER BY w.name), '[]')
    FROM owned w JOIN hidden h ON h.oid = w.oid, roles WHERE w.readable_by && ARRAY[roles.rw, roles.ro${everybody}]))`;
}

/** The roles that make objects in a database which was taken over: besides the owner group those whose rights it has, and the admin. */
const FORMER_OWNERS = `owners AS (SELECT o AS oid, false AS joined FROM roles
  UNION ALL SELECT DISTINCT m.roleid, true FROM pg_auth_members m, roles WHERE m.member = roles.o UNION ALL SELECT oid, false FROM pg_roles WHERE rolname = current_user),
`;

/**
 * Tables, sequences, schemas and routines of the owners, without what extensions own, which they care for themselves: granting on it
 * all at once would fail or drown in warnings. `readable_by` holds who has any right on it. In a database that was taken over, routines
 * and views that act with the rights of somebody else are left out: who may use these is not for this library to say.
 */
function ownedObjectsSql(adopted: boolean): string {
  const isOwner = (role: string) => (adopted ? `${role} IN (SELECT oid FROM owners)` : `${role} = (SELECT o FROM roles)`);
  const notOfAdmin = "c.relkind IN ('r', 'p', 'f', 'S') OR c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)";
  // The lock of the migrations is of nobody's concern: who has rights on it can stop them.
  const readableBy = (acl: string) => `ARRAY(SELECT a.grantee FROM aclexplode(${acl}) a)`;
  const notOfLibrary = (schema: string) => `${schema} IS DISTINCT FROM (SELECT oid FROM pg_namespace WHERE nspname = ${literal(LOCK_SCHEMA)})`;
  return `SELECT c.oid, c.oid::regclass::text AS name, CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS kind, ${readableBy('c.relacl')} AS readable_by
  FROM pg_class c WHERE ${isOwner('c.relowner')} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ${adopted ? `AND (${notOfAdmin})` : ''}
    AND ${notOfLibrary('c.relnamespace')} AND c.relpersistence <> 't' AND NOT ${isOfExtensionSql('pg_class', 'c.oid')}
UNION ALL SELECT n.oid, quote_ident(n.nspname), 'n', ${readableBy('n.nspacl')}
  FROM pg_namespace n WHERE ${isOwner('n.nspowner')} AND n.nspname NOT IN ('public', ${literal(LOCK_SCHEMA)}) AND n.nspname !~ '^pg_' AND NOT ${isOfExtensionSql('pg_namespace', 'n.oid')}
UNION ALL SELECT p.oid, ${routineNameSql('p')}, 'f', ${readableBy("coalesce(p.proacl, acldefault('f', p.proowner))")}
  FROM pg_proc p WHERE ${isOwner('p.proowner')} ${adopted ? 'AND NOT p.prosecdef' : ''} AND ${notOfLibrary('p.pronamespace')} AND NOT ${isOfExtensionSql('pg_proc', 'p.oid')}`;
}

function grantsSql(acl: string): string {
  return `(SELECT coalesce(json_agg(json_build_object('grantee', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
    'grantor', pg_get_userbyid(a.grantor), 'privilege', a.privilege_type)), '[]') FROM aclexplode(${acl}) a)`;
}

function regrole(name: string): string {
  return `(SELECT oid FROM pg_roles WHERE rolname = ${literal(name)})`;
}
