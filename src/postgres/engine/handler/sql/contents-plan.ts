import type { ContentsState, DefaultPrivileges, OwnedObject } from './contents-state';
import { identifier, identifiers } from './quote';
import type { Step } from '../../../../broker/handler/sql/step';
import { groupRoles, type GroupRoles } from '../../names';

const DATABASE_OWNER = 'pg_database_owner';
/** Objects that one statement names at most. */
const OBJECTS_PER_STATEMENT = 200;

interface DefaultGrant {
  readonly kind: string;
  readonly objects: string;
  readonly privileges: string[];
  readonly groups: string[];
}

/** What a database still needs inside. */
export function planContents(state: ContentsState, databaseName: string, extensions: string[], closed: boolean): Step[] {
  const groups = groupRoles(databaseName);
  return [
    ...(closed ? planPublicSchema(state, groups) : planOpenSchema(state, groups)),
    ...planDefaults(state, groups, closed),
    ...state.defaults.filter(({ owner }) => owner !== groups.owner).flatMap((defaults) => planDefaultsOfOthers(defaults, groups)),
    ...planExtensions(state, extensions),
    ...planShared(state.unshared, groups, closed),
    ...planExposed(state, groups, closed),
  ];
}

/**
 * From PostgreSQL 15 on `public` belongs to whoever owns the database. In databases that come from 14 it belongs to the bootstrap
 * superuser, and statements about it do nothing.
 */
function planPublicSchema({ publicSchema }: ContentsState, groups: GroupRoles): Step[] {
  if (!publicSchema) {
    return [];
  }
  const { owner, mine, grants } = publicSchema;
  const isForeign = owner !== DATABASE_OWNER && owner !== groups.owner;
  const lacking = [groups.readWrite, groups.readOnly].filter((group) => !grants.some((grant) => grant.grantee === group && grant.privilege === 'USAGE'));
  const open = grants.filter((grant) => grant.grantee === null);
  return [
    ...(isForeign && mine ? [{ sql: `ALTER SCHEMA public OWNER TO ${DATABASE_OWNER}` }] : []),
    ...(open.length > 0 ? [{ sql: 'REVOKE ALL ON SCHEMA public FROM PUBLIC', grantors: open.map((grant) => grant.grantor) }] : []),
    ...(lacking.length > 0 ? [{ sql: `GRANT USAGE ON SCHEMA public TO ${identifiers(lacking)}`, grantors: [owner] }] : []),
  ];
}

/** In a database of others, PUBLIC keeps what it has, and what PUBLIC has nobody needs besides. */
function planOpenSchema({ publicSchema }: ContentsState, groups: GroupRoles): Step[] {
  if (!publicSchema) {
    return [];
  }
  const { owner, grants } = publicSchema;
  const lacks = (group: string, privilege: string) => !grants.some((grant) => (grant.grantee === group || grant.grantee === null) && grant.privilege === privilege);
  const lacking = [groups.readWrite, groups.readOnly].filter((group) => lacks(group, 'USAGE'));
  const isForeign = owner !== DATABASE_OWNER && owner !== groups.owner;
  return [
    ...(lacking.length > 0 ? [{ sql: `GRANT USAGE ON SCHEMA public TO ${identifiers(lacking)}`, grantors: [owner] }] : []),
    ...(isForeign && lacks(groups.owner, 'CREATE') && !publicSchema.ownersGroup
      ? [{ sql: `GRANT USAGE, CREATE ON SCHEMA public TO ${identifier(groups.owner)}`, grantors: [owner] }] : []),
  ];
}

/** Without IN SCHEMA: rights for one schema miss those made later, and cannot take EXECUTE away from PUBLIC. */
function planDefaults({ defaults }: ContentsState, groups: GroupRoles, closed: boolean): Step[] {
  const own = defaults.find(({ owner }) => owner === groups.owner) ?? { owner: groups.owner, kinds: [] };
  const routines = own.kinds.find(({ kind }) => kind === 'f');
  const isOpen = !routines || routines.grants.some((grant) => grant.grantee === null);
  return [
    ...(closed && isOpen ? [{ sql: `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(groups.owner)} REVOKE EXECUTE ON ROUTINES FROM PUBLIC` }] : []),
    ...planDefaultGrants(own, [...dataGrants(groups), { kind: 'f', objects: 'ROUTINES', privileges: ['EXECUTE'], groups: [groups.readWrite, groups.readOnly] }]),
  ];
}

/** What the former owners of a database make later is shared too: rows with everybody, all else with the owner. Their routines stay as open as they make them. */
function planDefaultsOfOthers(defaults: DefaultPrivileges, groups: GroupRoles): Step[] {
  const ofOwner = defaults.joined ? [] : [
    { kind: 'n', objects: 'SCHEMAS', privileges: ['USAGE', 'CREATE'], groups: [groups.owner] },
    { kind: 'r', objects: 'TABLES', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'], groups: [groups.owner] },
    { kind: 'S', objects: 'SEQUENCES', privileges: ['USAGE', 'SELECT', 'UPDATE'], groups: [groups.owner] },
  ];
  return planDefaultGrants(defaults, [...ofOwner, ...dataGrants(groups)]);
}

function dataGrants({ readWrite, readOnly }: GroupRoles): DefaultGrant[] {
  return [
    { kind: 'n', objects: 'SCHEMAS', privileges: ['USAGE'], groups: [readWrite, readOnly] },
    { kind: 'r', objects: 'TABLES', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], groups: [readWrite] },
    { kind: 'r', objects: 'TABLES', privileges: ['SELECT'], groups: [readOnly] },
    { kind: 'S', objects: 'SEQUENCES', privileges: ['USAGE', 'SELECT', 'UPDATE'], groups: [readWrite] },
    { kind: 'S', objects: 'SEQUENCES', privileges: ['SELECT'], groups: [readOnly] },
  ];
}

function planDefaultGrants({ owner, kinds }: DefaultPrivileges, wanted: DefaultGrant[]): Step[] {
  const holds = ({ kind, privileges }: DefaultGrant, group: string) => privileges.every((privilege) =>
    kinds.some((entry) => entry.kind === kind && entry.grants.some((grant) => grant.grantee === group && grant.privilege === privilege)));
  return wanted
    .filter((grant) => !grant.groups.every((group) => holds(grant, group)))
    .map((grant) => ({
      sql: `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(owner)} GRANT ${grant.privileges.join(', ')} ON ${grant.objects} TO ${identifiers(grant.groups)}`,
    }));
}

/** Extensions that somebody else makes. */
export function awaitedExtensions(state: ContentsState, extensions: string[]): string[] {
  return missingExtensions(state, extensions).filter((name) => state.provided.includes(name));
}

function missingExtensions(state: ContentsState, extensions: string[]): string[] {
  return [...new Set(extensions)].filter((name) => !state.extensions.includes(name));
}

/** Extensions belong to the admin, so that no user can drop or change them. One that is no longer declared stays. */
function planExtensions(state: ContentsState, extensions: string[]): Step[] {
  const missing = missingExtensions(state, extensions).filter((name) => !state.provided.includes(name));
  return missing.map((name) => {
    const create = `CREATE EXTENSION IF NOT EXISTS ${identifier(name)} CASCADE`;
    return { sql: `SET search_path TO public; ${create}; SET search_path TO pg_catalog`, shown: create };
  });
}

/** Rights of the groups on objects that exist: those of an adopted database, or that somebody took by hand. */
function planShared(objects: OwnedObject[], groups: GroupRoles, closed: boolean): Step[] {
  const named = (kind: OwnedObject['kind'], choose: (object: OwnedObject) => boolean) =>
    objects.filter((object) => object.kind === kind && choose(object)).map((object) => object.name);
  const grant = (privileges: string, what: string, names: string[], group: string) =>
    chunks(names).map((chunk) => ({ sql: `GRANT ${privileges} ON ${what} ${chunk.join(', ')} TO ${identifier(group)}` }));
  const { readWrite, readOnly } = groups;
  return [
    ...grant('USAGE', 'SCHEMA', named('n', (object) => object.readWrite), readWrite),
    ...grant('USAGE', 'SCHEMA', named('n', (object) => object.readOnly), readOnly),
    ...grant('SELECT, INSERT, UPDATE, DELETE', 'TABLE', named('r', (object) => object.readWrite), readWrite),
    ...grant('SELECT', 'TABLE', named('r', (object) => object.readOnly), readOnly),
    ...grant('USAGE, SELECT, UPDATE', 'SEQUENCE', named('S', (object) => object.readWrite), readWrite),
    ...grant('SELECT', 'SEQUENCE', named('S', (object) => object.readOnly), readOnly),
    ...grant('EXECUTE', 'ROUTINE', named('f', (object) => object.readWrite), readWrite),
    ...grant('EXECUTE', 'ROUTINE', named('f', (object) => object.readOnly), readOnly),
    ...chunks(named('f', (object) => closed && object.open)).map((chunk) => ({ sql: `REVOKE EXECUTE ON ROUTINE ${chunk.join(', ')} FROM PUBLIC` })),
  ];
}

/** Whoever can change the version table of a migration engine can make the next deployment skip a migration. */
function planExposed({ exposed }: ContentsState, groups: GroupRoles, closed: boolean): Step[] {
  return exposed.map(({ name, kind }) => ({
    sql: `REVOKE ALL ON ${kind === 'S' ? 'SEQUENCE' : 'TABLE'} ${name} FROM ${closed ? 'PUBLIC, ' : ''}${identifiers([groups.readWrite, groups.readOnly])}`,
  }));
}

function chunks(names: string[]): string[][] {
  const count = Math.ceil(names.length / OBJECTS_PER_STATEMENT);
  return Array.from({ length: count }, (_, index) => names.slice(index * OBJECTS_PER_STATEMENT, (index + 1) * OBJECTS_PER_STATEMENT));
}
