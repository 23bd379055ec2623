import { thingsSql, type OwnedThing } from './objects';
import { literal } from '../quote';

/** A role that owns something in a database that is to be taken over. */
export interface FormerOwner {
  readonly name: string;
  /** Whether it is the admin. */
  readonly self: boolean;
  readonly superuser: boolean;
  /** Powers that a member of it could use by SET ROLE. */
  readonly attributes: string[];
  readonly comment: string | null;
  /** Whether it logs in by IAM: whoever becomes its member loses password login on RDS. */
  readonly iam: boolean;
  /** Whether the admin may grant it. */
  readonly administrable: boolean;
  /** Roles that may let the admin do so. */
  readonly administrators: string[];
  readonly memberOf: string[];
  /** Other databases in which it owns something or has rights. */
  readonly elsewhere: string[];
  /** Whether it acts as the owner of the database already. */
  readonly inGroup: boolean;
}

/** What is in a database that is to be taken over. */
export interface AdoptionState {
  readonly owners: FormerOwner[];
  /** What roles own that give things away: the admin, and the owner roles of other databases of this library. */
  readonly things: OwnedThing[];
  /** How much the others own, by role and kind. */
  readonly kept: { readonly owner: string; readonly kind: string; readonly count: number; readonly example: string }[];
  /** Schemas in which the new owner could not own anything. */
  readonly closedSchemas: { readonly name: string; readonly owner: string }[];
  /** What PUBLIC may do with schema `public`. */
  readonly publicSchema: string[];
  readonly extensions: string[];
  /** Routines that everybody may run. */
  readonly publicRoutines: number[];
}

/** Reads the state in one query, as JSON, in the database itself. `ownerGroup` may not exist yet. */
export function adoptionStateSql(ownerGroup: string): string {
  return `WITH things AS (${thingsSql()}),
owners AS (SELECT DISTINCT r.oid, r.rolname FROM pg_roles r WHERE r.rolname <> ${literal(ownerGroup)} AND r.rolname <> 'pg_database_owner'
  AND (r.oid IN (SELECT owner FROM things) OR r.oid = (SELECT datdba FROM pg_database WHERE datname = current_database()))),
giving AS (SELECT o.oid FROM owners o WHERE o.rolname = current_user OR starts_with(shobj_description(o.oid, 'pg_authid'), 'cdk-private-backend:') AND shobj_description(o.oid, 'pg_authid') LIKE '%"groupOf"%')
SELECT json_build_object(
  'owners', (SELECT coalesce(json_agg(${ownerSql(ownerGroup)} ORDER BY r.rolname), '[]') FROM owners o JOIN pg_roles r ON r.oid = o.oid),
  'things', (SELECT coalesce(json_agg(json_build_object('catalog', t.catalog, 'oid', t.oid::bigint, 'kind', t.kind, 'name', t.name, 'owner', pg_get_userbyid(t.owner), 'bound', t.bound)
    ORDER BY t.kind <> 'SCHEMA', t.kind, t.name), '[]') FROM things t JOIN giving g ON g.oid = t.owner),
  'kept', (SELECT coalesce(json_agg(k), '[]') FROM (SELECT pg_get_userbyid(t.owner) AS owner, t.kind, count(*)::int AS count, min(t.name) AS example FROM things t
    WHERE t.owner NOT IN (SELECT oid FROM giving) AND t.owner IN (SELECT oid FROM owners) GROUP BY 1, 2 ORDER BY 1, 2) k),
  'closedSchemas', (SELECT coalesce(json_agg(DISTINCT jsonb_build_object('name', n.nspname, 'owner', pg_get_userbyid(n.nspowner))), '[]') FROM pg_namespace n
    WHERE (n.nspname = 'public' OR n.oid IN (SELECT oid FROM things WHERE catalog = 'pg_namespace')) AND n.nspowner NOT IN (SELECT oid FROM owners)
      AND pg_get_userbyid(n.nspowner) NOT IN ('pg_database_owner', ${literal(ownerGroup)})
      AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')),
  'extensions', (SELECT coalesce(json_agg(extname), '[]') FROM pg_extension),
  'publicRoutines', (SELECT coalesce(json_agg(p.oid::bigint ORDER BY p.oid), '[]') FROM things t JOIN pg_proc p ON t.catalog = 'pg_proc' AND p.oid = t.oid
    WHERE EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)),
  'publicSchema', (SELECT coalesce(json_agg(a.privilege_type ORDER BY 1), '[]') FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
    WHERE n.nspname = 'public' AND a.grantee = 0))`;
}

/** One role, in the words of this library. */
function ownerSql(ownerGroup: string): string {
  return `json_build_object('name', r.rolname, 'self', r.rolname = current_user, 'superuser', r.rolsuper,
    'attributes', array_remove(ARRAY[CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
      CASE WHEN r.rolreplication THEN 'REPLICATION' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL),
    'comment', shobj_description(r.oid, 'pg_authid'),
    'iam', coalesce(pg_has_role(r.oid, to_regrole('rds_iam')::oid, 'MEMBER') AND NOT r.rolsuper, false),
    'administrable', NOT r.rolsuper AND (current_setting('server_version_num')::int < 160000 OR pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION')),
    'administrators', (SELECT coalesce(json_agg(DISTINCT pg_get_userbyid(a.member)), '[]') FROM pg_auth_members a WHERE a.roleid = r.oid AND a.admin_option),
    'memberOf', (SELECT coalesce(json_agg(DISTINCT pg_get_userbyid(m.roleid)), '[]') FROM pg_auth_members m WHERE m.member = r.oid),
    'elsewhere', (SELECT coalesce(json_agg(DISTINCT e.place), '[]') FROM (SELECT CASE WHEN s.dbid = 0 AND s.classid <> 'pg_database'::regclass THEN 'the server' ELSE quote_ident(d.datname) END AS place
      FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = CASE WHEN s.classid = 'pg_database'::regclass THEN s.objid ELSE s.dbid END
      WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND s.classid <> 'pg_auth_members'::regclass AND d.datname IS DISTINCT FROM current_database()) e),
    'inGroup', coalesce(pg_has_role(r.oid, (SELECT g.oid FROM pg_roles g WHERE g.rolname = ${literal(ownerGroup)}), 'MEMBER'), false))`;
}
