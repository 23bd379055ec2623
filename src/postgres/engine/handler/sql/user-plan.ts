import { identifier, literal, splitSetting } from './quote';
import { recordOf } from './role-record';
import { findRole, hasGrantedAdministration, isMemberOfAdmin, type AdmissionState, type Membership, type RoleState, type ServerState } from './server-state';
import { planSettings } from './settings-plan';
import { BrokerError } from '../../../../broker/broker-error';
import { checkMayTake, type Claim } from '../../../../broker/handler/sql/claim';
import { isUpToDate, markComment, markOfTaker, NOBODY, readMark, type StoredMark } from '../../../../broker/handler/sql/owner-mark';
import type { Step } from '../../../../broker/handler/sql/step';
import { groupRoles } from '../../names';
import type { PostgresUserSpec, AccessName } from '../../postgres.contract';

/** Settings by which a role has its access. */
const DECIDED_SETTINGS = ['role', 'default_transaction_read_only'];

/** The group role through which a user has its access. */
export function groupFor(databaseName: string, access: AccessName): string {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  return { OWNER: owner, READ_WRITE: readWrite, READ_ONLY: readOnly }[access];
}

/** Fails when the role or the database cannot become what is declared. */
export function checkUser(state: AdmissionState, spec: PostgresUserSpec, claim: Claim): void {
  const group = findRole(state, groupFor(spec.databaseName, spec.access));
  if (!state.database || !group || readMark(group.comment)?.groupOf !== spec.databaseName) {
    throw new BrokerError('NO_DATABASE', `Database '${spec.databaseName}' of user '${spec.username}' doesn't exist, or was not made by this library. `
      + 'Declare the database with `addDatabase()`, with `AdoptExisting.takeOver()` if it exists, and deploy it before the user.');
  }
  const role = findRole(state, spec.username);
  if (!role) {
    return;
  }
  const mark = readMark(role.comment);
  if (mark?.groupOf !== undefined) {
    throw new BrokerError('NAME_TAKEN', `Role '${spec.username}' holds the grants on database '${mark.groupOf}', so it can't be a user. Choose another \`username\`.`);
  }
  if (mark?.retired !== undefined) {
    throw new BrokerError('NAME_TAKEN', `Role '${spec.username}' keeps what the removed user '${mark.retired}' left, so it can't be a user. Choose another \`username\`.`);
  }
  checkMayTake(`Role '${spec.username}'`, mark, claim);
  if (state.formerOwners.includes(spec.username)) {
    throw new BrokerError('FORMER_OWNER', `Role '${spec.username}' owned what is in database '${spec.databaseName}' before this library took it over, and keeps all its rights there, so no \`access\` can limit the role. `
      + 'Choose another `username`, and move the application to the new user.');
  }
}

/** What the user still needs. The verifier of its password, where it has one, is only set here where the role was not this stack's before. */
export function planUser(state: ServerState, spec: PostgresUserSpec, claim: Claim, verifier?: string): Step[] {
  const name = identifier(spec.username);
  const role = findRole(state, spec.username);
  const mark = readMark(role?.comment) ?? (role && NOBODY);
  return [
    ...(role ? [] : [{ sql: `CREATE ROLE ${name} LOGIN` }]),
    ...planMark(state, spec, claim),
    ...(verifier === undefined || mark?.stackId === claim.mark.stackId ? [] : [passwordStep(spec.username, verifier)]),
    ...planAttributes(name, role, spec),
    ...planMemberships(state, spec),
    ...planAdministration(state, spec),
    ...planRoleSettings(role, spec, markAfter(state, spec, claim)?.adopted === true),
  ];
}

/**
 * Whether a session that is open keeps rights which the role loses now: it may act as a group, or send what is replicated. Other rights are looked
 * up each time that they are used.
 */
export function losesRights(state: ServerState, spec: PostgresUserSpec): boolean {
  return staleMemberships(state, spec).length > 0 || findRole(state, spec.username)?.replication === true;
}

/** The mark that the role gets; nothing where it is new. */
function markAfter(state: ServerState, spec: PostgresUserSpec, claim: Claim): StoredMark | undefined {
  const role = findRole(state, spec.username);
  return role && markOfTaker(readMark(role.comment) ?? NOBODY, claim.mark, claim.settled, recordOf(state, role));
}

/** That sessions are to be ended is written together with what they lose, so that it is never forgotten. */
function planMark(state: ServerState, spec: PostgresUserSpec, claim: Claim): Step[] {
  const role = findRole(state, spec.username);
  const found = readMark(role?.comment);
  const ends = losesRights(state, spec);
  if ((!ends || found?.endSessions) && isUpToDate(found, claim.mark, claim.settled)) {
    return [];
  }
  const mark = { ...markAfter(state, spec, claim) ?? claim.mark, ...(ends ? { endSessions: true as const } : {}) };
  return [{ sql: `COMMENT ON ROLE ${identifier(spec.username)} IS ${literal(markComment(mark, role?.comment))}` }];
}

/** Sets the password, of which the server only ever sees the verifier. */
export function passwordStep(username: string, verifier: string): Step {
  return { sql: `ALTER ROLE ${identifier(username)} PASSWORD ${literal(verifier)}`, shown: `ALTER ROLE ${identifier(username)} PASSWORD '…'` };
}

function planAttributes(name: string, role: RoleState | undefined, spec: PostgresUserSpec): Step[] {
  const attributes = [
    ...(role?.canLogin === false ? ['LOGIN'] : []),
    ...(role?.inherit === false ? ['INHERIT'] : []),
    ...(role?.createDb ? ['NOCREATEDB'] : []),
    ...(role?.createRole ? ['NOCREATEROLE'] : []),
    ...(role?.replication ? ['NOREPLICATION'] : []),
    ...(role?.bypassRls ? ['NOBYPASSRLS'] : []),
    ...(role?.expires ? ["VALID UNTIL 'infinity'"] : []),
    ...((role?.connectionLimit ?? -1) === spec.connectionLimit ? [] : [`CONNECTION LIMIT ${Math.trunc(spec.connectionLimit)}`]),
  ];
  return attributes.length === 0 ? [] : [{ sql: `ALTER ROLE ${name} ${attributes.join(' ')}` }];
}

/** Exactly one group of this library; whatever else somebody granted to the role is theirs. */
function planMemberships(state: ServerState, spec: PostgresUserSpec): Step[] {
  const name = identifier(spec.username);
  const group = groupFor(spec.databaseName, spec.access);
  const stale = staleMemberships(state, spec);
  const granted = state.memberships.filter((membership) => membership.member === spec.username && membership.role === group);
  return [
    ...[...new Set(stale.map((membership) => membership.role))].map((role) => ({
      sql: `REVOKE ${identifier(role)} FROM ${name}`,
      grantors: stale.filter((membership) => membership.role === role).map((membership) => membership.grantor),
      instead: 'set another `username`, which creates a new role',
    })),
    ...(isSufficient(granted, spec.access) ? [] : [{ sql: `GRANT ${identifier(group)} TO ${name}${membershipOptions(state, spec.access)}` }]),
  ];
}

function staleMemberships(state: ServerState, spec: PostgresUserSpec): Membership[] {
  const group = groupFor(spec.databaseName, spec.access);
  return state.memberships.filter(({ member, role, roleComment }) => member === spec.username && role !== group && readMark(roleComment)?.groupOf !== undefined);
}

/**
 * Up to PostgreSQL 15 the admin takes each login WITH ADMIN OPTION, which is what version 16 goes by after an upgrade. There that is a full
 * membership, so it is given up where the login has come into rds_iam. The master user of RDS needs none.
 */
function planAdministration(state: ServerState, spec: PostgresUserSpec): Step[] {
  if (hasGrantedAdministration(state)) {
    return [];
  }
  const name = identifier(spec.username);
  const held = state.memberships.filter(({ member, role }) => member === state.admin && role === spec.username);
  if (findRole(state, spec.username)?.iam) {
    return held.length === 0 ? [] : [{ sql: `REVOKE ${name} FROM CURRENT_USER` }];
  }
  return state.isMaster || isMemberOfAdmin(state, spec.username) || held.some(({ admin }) => admin) ? [] : [{ sql: `GRANT ${name} TO CURRENT_USER WITH ADMIN OPTION` }];
}

function isSufficient(granted: Membership[], access: AccessName): boolean {
  const inherits = granted.some((membership) => membership.inherit ?? true);
  const sets = granted.some((membership) => membership.set ?? true);
  return inherits && (access !== 'OWNER' || sets);
}

/** Only an owner acts as the group itself; others just have its rights. Up to PostgreSQL 15 there is no difference to make. */
function membershipOptions(state: ServerState, access: AccessName): string {
  return hasGrantedAdministration(state) ? ` WITH INHERIT TRUE, SET ${access === 'OWNER' ? 'TRUE' : 'FALSE'}` : '';
}

/**
 * An owner's objects must belong to the group, whichever login made them. Of a role that was there before this library came, settings stay that nobody
 * has declared, unless they would defeat what is declared.
 */
function planRoleSettings(role: RoleState | undefined, spec: PostgresUserSpec, adopted: boolean): Step[] {
  const name = identifier(spec.username);
  const declared = [...DECIDED_SETTINGS, ...Object.keys(spec.settings), ...spec.formerSettings ?? []].map((each) => each.toLowerCase());
  const ours = (values: string[]) => adopted ? values.filter((entry) => declared.includes(splitSetting(entry)[0].toLowerCase())) : values;
  const stored = (database: string | null) => ours(role?.settings.find((setting) => setting.database === database)?.values ?? []);
  const everywhere = spec.access === 'READ_ONLY' ? { ...spec.settings, default_transaction_read_only: 'on' } : spec.settings;
  const inDatabase: Record<string, string> = spec.access === 'OWNER' ? { role: groupRoles(spec.databaseName).owner } : {};
  const elsewhere = (role?.settings ?? []).filter((setting) => setting.database !== null && setting.database !== spec.databaseName);
  return [
    ...planSettings(`ALTER ROLE ${name}`, stored(null), everywhere),
    ...planSettings(`ALTER ROLE ${name} IN DATABASE ${identifier(spec.databaseName)}`, stored(spec.databaseName), inDatabase),
    ...elsewhere.flatMap(({ database, values }) => planSettings(`ALTER ROLE ${name} IN DATABASE ${identifier(database ?? '')}`, ours(values), {})),
  ];
}
