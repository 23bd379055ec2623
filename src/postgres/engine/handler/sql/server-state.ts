import { literal, textArray } from './quote';
import { groupRoles } from '../../names';

/** A role as the server has it. */
export interface RoleState {
  readonly name: string;
  readonly canLogin: boolean;
  readonly inherit: boolean;
  readonly createDb: boolean;
  readonly createRole: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
  readonly connectionLimit: number;
  /** Whether its password ends some day. */
  readonly expires: boolean;
  /** When its password ends; `null` and `infinity` are never. */
  readonly validUntil: string | null;
  readonly comment: string | null;
  /** Whether the admin may alter, grant and drop it, as far as memberships show. */
  readonly administrable: boolean;
  /** Roles that may let the admin do so. */
  readonly administrators: string[];
  /** Whether it logs in by IAM, itself or through another role: whoever becomes its member loses password login on RDS. */
  readonly iam: boolean;
  readonly settings: { readonly database: string | null; readonly values: string[] }[];
}

/** A role that is a member of another; on 16 and later once for each grantor. */
export interface Membership {
  readonly role: string;
  readonly roleComment: string | null;
  readonly member: string;
  readonly grantor: string;
  readonly admin: boolean;
  /** `null` up to PostgreSQL 15, where the member decides. */
  readonly inherit: boolean | null;
  readonly set: boolean | null;
}

/** One entry of an access control list; the grantee is `null` for PUBLIC. */
export interface Grant {
  readonly grantee: string | null;
  readonly grantor: string;
  readonly privilege: string;
}

/** A database as the server has it. */
export interface DatabaseState {
  readonly name: string;
  readonly owner: string;
  /** Whether the admin may act as its owner. */
  readonly mine: boolean;
  /** The comment on its owner, which tells the roles of this library. */
  readonly ownerComment: string | null;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly grants: Grant[];
  readonly settings: string[];
}

/** Everything that can be read in database `postgres` and that a request may depend on. */
export interface ServerState {
  /** Like 180004. */
  readonly version: number;
  readonly admin: string;
  /** Up to PostgreSQL 15: whether the admin is a master user of RDS, which administers all roles there after an upgrade, too, without a membership. */
  readonly isMaster: boolean;
  readonly inRecovery: boolean;
  /** Where it was asked for. */
  readonly restart?: RestartState;
  readonly roles: RoleState[];
  /** Memberships of the roles asked for, and of the admin in them. */
  readonly memberships: Membership[];
  /** Roles whose objects in the database stayed with them when it was taken over. */
  readonly formerOwners: readonly string[];
  readonly database: DatabaseState | null;
  readonly maintenanceDatabase: Pick<DatabaseState, 'mine' | 'grants'>;
}

/** Which objects a request is about. */
export interface Subject {
  readonly roles: string[];
  readonly databaseName: string | null;
  /** Whether to look for what waits for a restart: to read all settings takes longer than many a request. */
  readonly restart?: boolean;
}

/** What is on the server and what waits there for a restart, which nobody but an operator makes. */
export interface RestartState {
  /** Connections that it accepts now. */
  readonly maxConnections: number;
  /** Parameters of which it knows another value, which holds from its next start on. */
  readonly pendingRestart: readonly string[];
  /** Whether RDS runs it. */
  readonly onRds: boolean;
}

/** From PostgreSQL 16 on a role is administered by whom it was granted to, not by everybody with CREATEROLE. */
export function hasGrantedAdministration(state: Pick<ServerState, 'version'>): boolean {
  return state.version >= 160000;
}

/** Whether a role is a member of the admin, which therefore cannot become one of it. */
export function isMemberOfAdmin({ memberships, admin }: ServerState, name: string): boolean {
  return memberships.some(({ member, role }) => member === name && role === admin);
}

/** Reads the state in one query, as JSON. */
export function serverStateSql(subject: Subject): string {
  const database = subject.databaseName === null ? 'NULL' : literal(subject.databaseName);
  return `SELECT json_build_object(
  'version', current_setting('server_version_num')::int,
  'admin', current_user,
  'isMaster', CASE WHEN current_setting('server_version_num')::int < 160000 THEN coalesce(pg_has_role(current_user, to_regrole('rds_superuser')::oid, 'MEMBER')
    AND pg_has_role(to_regrole('rds_superuser')::oid, to_regrole('rds_replication')::oid, 'MEMBER'), false) ELSE false END,
  'inRecovery', pg_is_in_recovery(),
  'restart', ${subject.restart ? RESTART : 'NULL'},
  'roles', (SELECT coalesce(json_agg(${ROLE}), '[]') FROM pg_roles r WHERE r.rolname = ANY (${textArray(subject.roles)})),
  'memberships', (SELECT coalesce(json_agg(${MEMBERSHIP}), '[]')
    FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
    WHERE u.rolname = ANY (${textArray(subject.roles)})
      OR (u.rolname = current_user AND r.rolname = ANY (${textArray(subject.roles)}))),
  'formerOwners', ${formerOwnersSql(subject.databaseName)},
  'database', (SELECT ${DATABASE} FROM pg_database d WHERE d.datname = ${database}),
  'maintenanceDatabase', (SELECT ${DATABASE} FROM pg_database d WHERE d.datname = 'postgres'))`;
}

/** What decides whether a user may be made or taken over, of the state that making it depends on. */
export interface AdmissionState {
  readonly roles: readonly Pick<RoleState, 'name' | 'comment' | 'administrable' | 'connectionLimit'>[];
  readonly database: object | null;
  /** Roles whose objects in the database stayed with them when it was taken over. */
  readonly formerOwners: readonly string[];
}

/** Reads what decides whether a user may be made: planning a query for all of its state takes longer than everything else about it. */
export function admissionStateSql({ roles, databaseName }: Subject): string {
  return `SELECT json_build_object(
  'roles', (SELECT coalesce(json_agg(json_build_object('name', r.rolname, 'comment', shobj_description(r.oid, 'pg_authid'), 'connectionLimit', r.rolconnlimit,
    'administrable', ${ADMINISTRABLE})), '[]') FROM pg_roles r WHERE r.rolname = ANY (${textArray(roles)})),
  'formerOwners', ${formerOwnersSql(databaseName)},
  'database', (SELECT json_build_object('name', d.datname) FROM pg_database d WHERE d.datname = ${databaseName === null ? 'NULL' : literal(databaseName)}))`;
}

/** Roles whose objects in a database stayed with them when it was taken over: its owner group is a member of them. */
function formerOwnersSql(databaseName: string | null): string {
  return databaseName === null ? "'[]'::json" : `(SELECT coalesce(json_agg(DISTINCT pg_get_userbyid(f.roleid)), '[]')
    FROM pg_auth_members f JOIN pg_roles g ON g.oid = f.member WHERE g.rolname = ${literal(groupRoles(databaseName).owner)})`;
}

const ADMINISTRABLE = `NOT r.rolsuper AND (current_setting('server_version_num')::int < 160000
      OR pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION'))`;

const ROLE = `json_build_object(
    'name', r.rolname, 'canLogin', r.rolcanlogin, 'inherit', r.rolinherit, 'createDb', r.rolcreatedb, 'createRole', r.rolcreaterole,
    'replication', r.rolreplication, 'bypassRls', r.rolbypassrls, 'connectionLimit', r.rolconnlimit,
    'expires', coalesce(isfinite(r.rolvaliduntil), false), 'validUntil', r.rolvaliduntil, 'comment', shobj_description(r.oid, 'pg_authid'),
    'administrable', ${ADMINISTRABLE},
    'administrators', (SELECT coalesce(json_agg(DISTINCT pg_get_userbyid(a.member)), '[]') FROM pg_auth_members a WHERE a.roleid = r.oid AND a.admin_option),
    'iam', coalesce(pg_has_role(r.oid, to_regrole('rds_iam')::oid, 'MEMBER') AND NOT r.rolsuper, false),
    'settings', (SELECT coalesce(json_agg(json_build_object('database', sd.datname, 'values', s.setconfig)), '[]')
      FROM pg_db_role_setting s LEFT JOIN pg_database sd ON sd.oid = s.setdatabase WHERE s.setrole = r.oid))`;

const RESTART = `json_build_object('maxConnections', current_setting('max_connections')::int, 'onRds', to_regrole('rds_superuser') IS NOT NULL,
    'pendingRestart', (SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM pg_settings WHERE pending_restart))`;

// Versions before 16 have no columns inherit_option and set_option; as JSON a missing one is null.
const MEMBERSHIP = `json_build_object(
    'role', r.rolname, 'roleComment', shobj_description(r.oid, 'pg_authid'), 'member', u.rolname, 'grantor', pg_get_userbyid(m.grantor),
    'admin', m.admin_option, 'inherit', (to_jsonb(m) ->> 'inherit_option')::boolean, 'set', (to_jsonb(m) ->> 'set_option')::boolean)`;

const DATABASE = `json_build_object(
    'name', d.datname, 'owner', pg_get_userbyid(d.datdba), 'mine', pg_has_role(current_user, d.datdba, 'USAGE'), 'ownerComment', shobj_description(d.datdba, 'pg_authid'),
    'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
    'grants', (SELECT coalesce(json_agg(json_build_object('grantee', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
      'grantor', pg_get_userbyid(a.grantor), 'privilege', a.privilege_type)), '[]') FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a),
    'settings', coalesce((SELECT array_to_json(s.setconfig) FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND s.setrole = 0), '[]'))`;

/** The role of a name, if there is one. */
export function findRole<R extends Pick<RoleState, 'name'>>(state: { readonly roles: readonly R[] }, name: string): R | undefined {
  return state.roles.find((role) => role.name === name);
}
