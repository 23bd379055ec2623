import { identifier, literal, splitSetting } from './quote';
import { hasGrantedAdministration, type RoleState, type ServerState } from './server-state';
import { planSettings } from './settings-plan';
import { readMark } from '../../../../broker/handler/sql/owner-mark';
import type { Step } from '../../../../broker/handler/sql/step';

/** A membership of a role in a group of this library, whoever granted it. */
interface GroupMembership {
  readonly role: string;
  readonly admin: boolean;
  readonly inherit: boolean | null;
  readonly set: boolean | null;
}

type Attributes = Pick<RoleState, 'canLogin' | 'inherit' | 'createDb' | 'createRole' | 'replication' | 'bypassRls' | 'connectionLimit' | 'validUntil'>;

/** All of a role that a declaration changes, but for its password, which nobody can read. It comes back from a comment, so none of it is taken for SQL. */
export interface RoleRecord {
  readonly attributes: Attributes;
  readonly settings: RoleState['settings'];
  readonly groups: readonly GroupMembership[];
  /** Whether the admin was a member of it, which it has to be up to PostgreSQL 15. */
  readonly administered: boolean;
}

/** The role as it is, for whoever may get it back. */
export function recordOf(state: ServerState, role: RoleState): RoleRecord {
  const { canLogin, inherit, createDb, createRole, replication, bypassRls, connectionLimit, validUntil } = role;
  const attributes = { canLogin, inherit, createDb, createRole, replication, bypassRls, connectionLimit, validUntil };
  return { attributes, settings: role.settings, groups: groupsOf(state, role.name), administered: isAdministered(state, role) };
}

/** Whether a session that is open could go on acting as a group that the role did not have. Other rights end with the membership. */
export function losesGroup(state: ServerState, role: RoleState, { groups: former }: RoleRecord): boolean {
  return groupsOf(state, role.name).some((group) => (group.set ?? true) && !former.some((other) => other.role === group.role && (other.set ?? true)));
}

/** What it takes to make a role again what it was. Databases and groups may have gone meanwhile. */
export function planRestoration(state: ServerState, role: RoleState, record: RoleRecord): Step[] {
  const present = wordsOf(role);
  const changed = wordsOf(record.attributes).filter((word) => !present.includes(word));
  return [
    ...(changed.length === 0 ? [] : [{ sql: `ALTER ROLE ${identifier(role.name)} ${changed.join(' ')}` }]),
    ...restoreSettings(role, record),
    ...restoreGroups(state, role, record),
    ...(!hasGrantedAdministration(state) && isAdministered(state, role) && !record.administered ? [{ sql: `REVOKE ${identifier(role.name)} FROM CURRENT_USER` }] : []),
  ];
}

function wordsOf(role: Attributes): string[] {
  const word = (name: string, has: boolean) => has ? name : `NO${name}`;
  return [
    word('LOGIN', role.canLogin),
    word('INHERIT', role.inherit),
    word('CREATEDB', role.createDb),
    word('CREATEROLE', role.createRole),
    word('REPLICATION', role.replication),
    word('BYPASSRLS', role.bypassRls),
    `CONNECTION LIMIT ${Math.trunc(role.connectionLimit)}`,
    `VALID UNTIL ${literal(role.validUntil ?? 'infinity')}`,
  ];
}

function restoreSettings({ name, settings: present }: RoleState, { settings: former }: RoleRecord): Step[] {
  const databases = [...new Set([...present, ...former].map(({ database }) => database))];
  const valuesOf = (all: RoleState['settings'], database: string | null) => all.find((setting) => setting.database === database)?.values ?? [];
  return databases.flatMap((database) => {
    const where = database === null ? '' : ` IN DATABASE ${identifier(database)}`;
    const values = Object.fromEntries(valuesOf(former, database).map(splitSetting));
    return planSettings(`ALTER ROLE ${identifier(name)}${where}`, valuesOf(present, database), values).map(({ sql }) => ({ sql: database === null ? sql : ifStillThere(sql) }));
  });
}

/** Whatever group was granted meanwhile goes, also where the role had it in another form. */
function restoreGroups(state: ServerState, role: RoleState, { groups: former }: RoleRecord): Step[] {
  const present = groupsOf(state, role.name);
  const isAmong = (group: GroupMembership, groups: readonly GroupMembership[]) => groups.some((other) => JSON.stringify(other) === JSON.stringify(group));
  return [
    ...present.filter((group) => !isAmong(group, former)).map((group) => ({ sql: `REVOKE ${identifier(group.role)} FROM ${identifier(role.name)}` })),
    ...former.filter((group) => !isAmong(group, present)).map((group) => ({ sql: ifStillThere(grantOf(state, role.name, group)) })),
  ];
}

function grantOf(state: ServerState, member: string, { role, admin, inherit, set }: GroupMembership): string {
  const word = (has: boolean | null) => (has ?? true) ? 'TRUE' : 'FALSE';
  const options = hasGrantedAdministration(state) ? ` WITH ADMIN ${word(admin)}, INHERIT ${word(inherit)}, SET ${word(set)}` : admin ? ' WITH ADMIN OPTION' : '';
  return `GRANT ${identifier(role)} TO ${identifier(member)}${options}`;
}

function groupsOf(state: ServerState, member: string): GroupMembership[] {
  const own = state.memberships.filter((membership) => membership.member === member && readMark(membership.roleComment)?.groupOf !== undefined);
  return [...new Set(own.map(({ role }) => role))].sort().map((role) => {
    const grants = own.filter((membership) => membership.role === role);
    const any = (option: 'admin' | 'inherit' | 'set') => grants.some((grant) => grant[option] ?? true);
    return { role, admin: any('admin'), inherit: any('inherit'), set: any('set') };
  });
}

function isAdministered({ memberships, admin }: ServerState, { name }: RoleState): boolean {
  return memberships.some(({ role, member }) => role === name && member === admin);
}

function ifStillThere(sql: string): string {
  return `DO ${literal(`BEGIN ${sql}; EXCEPTION WHEN undefined_object OR invalid_catalog_name THEN NULL; END`)}`;
}
