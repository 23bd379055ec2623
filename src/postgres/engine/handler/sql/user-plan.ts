import { identifier, literal } from './quote';
import { findRole, hasGrantedAdministration, type Membership, type RoleState, type ServerState } from './server-state';
import { planSettings } from './settings-plan';
import { BrokerError } from '../../../../broker/broker-error';
import { checkMayTake, type Claim } from '../../../../broker/handler/sql/claim';
import { isUpToDate, markComment, markOfTaker, NOBODY, readMark } from '../../../../broker/handler/sql/owner-mark';
import type { Step } from '../../../../broker/handler/sql/step';
import { groupRoles } from '../../names';
import type { PostgresUserSpec, AccessName } from '../../postgres.contract';

/** The group role through which a user has its access. */
export function groupFor(databaseName: string, access: AccessName): string {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  return { OWNER: owner, READ_WRITE: readWrite, READ_ONLY: readOnly }[access];
}

/** Fails when the role or the database cannot become what is declared. */
export function checkUser(state: ServerState, spec: PostgresUserSpec, claim: Claim): void {
  const group = findRole(state, groupFor(spec.databaseName, spec.access));
  if (!state.database || !group || readMark(group.comment)?.groupOf !== spec.databaseName) {
    throw new BrokerError('NO_DATABASE', `Database '${spec.databaseName}' of user '${spec.username}' doesn't exist, or was not made by this library. `
      + 'Declare the database with `addDatabase()`, with `adoptExisting: true` if it exists, and deploy it before the user.');
  }
  const role = findRole(state, spec.username);
  if (!role) {
    return;
  }
  const mark = readMark(role.comment);
  if (mark?.groupOf !== undefined) {
    throw new BrokerError('NAME_TAKEN', `Role '${spec.username}' holds the grants on database '${mark.groupOf}', so it can't be a user. Choose another \`username\`.`);
  }
  checkMayTake(`Role '${spec.username}'`, mark, claim);
}

/** What the user still needs. The verifier of its password, where it has one, is only set here where the role was not this stack's before. */
export function planUser(state: ServerState, spec: PostgresUserSpec, claim: Claim, verifier?: string): Step[] {
  const name = identifier(spec.username);
  const role = findRole(state, spec.username);
  const mark = readMark(role?.comment) ?? (role && NOBODY);
  return [
    ...(role ? [] : [{ sql: `CREATE ROLE ${name} LOGIN` }]),
    ...(isUpToDate(mark, claim.mark, claim.settled)
      ? [] : [{ sql: `COMMENT ON ROLE ${name} IS ${literal(markComment(markOfTaker(mark, claim.mark, claim.settled), role?.comment))}` }]),
    ...(verifier === undefined || mark?.stackId === claim.mark.stackId ? [] : [passwordStep(spec.username, verifier)]),
    ...planAttributes(name, role, spec),
    ...planMemberships(state, spec),
    ...planRoleSettings(role, spec),
  ];
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
  const own = state.memberships.filter((membership) => membership.member === spec.username);
  const stale = own.filter((membership) => membership.role !== group && readMark(membership.roleComment)?.groupOf !== undefined);
  const granted = own.filter((membership) => membership.role === group);
  return [
    ...[...new Set(stale.map((membership) => membership.role))].map((role) => ({
      sql: `REVOKE ${identifier(role)} FROM ${name}`,
      grantors: stale.filter((membership) => membership.role === role).map((membership) => membership.grantor),
    })),
    ...(isSufficient(granted, spec.access) ? [] : [{ sql: `GRANT ${identifier(group)} TO ${name}${membershipOptions(state, spec.access)}` }]),
  ];
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

/** An owner's objects must belong to the group, whichever login made them. */
function planRoleSettings(role: RoleState | undefined, spec: PostgresUserSpec): Step[] {
  const name = identifier(spec.username);
  const stored = (database: string | null) => role?.settings.find((setting) => setting.database === database)?.values ?? [];
  const everywhere = spec.access === 'READ_ONLY' ? { ...spec.settings, default_transaction_read_only: 'on' } : spec.settings;
  const inDatabase: Record<string, string> = spec.access === 'OWNER' ? { role: groupRoles(spec.databaseName).owner } : {};
  const elsewhere = (role?.settings ?? []).filter((setting) => setting.database !== null && setting.database !== spec.databaseName);
  return [
    ...planSettings(`ALTER ROLE ${name}`, stored(null), everywhere),
    ...planSettings(`ALTER ROLE ${name} IN DATABASE ${identifier(spec.databaseName)}`, stored(spec.databaseName), inDatabase),
    ...elsewhere.flatMap(({ database, values }) => planSettings(`ALTER ROLE ${name} IN DATABASE ${identifier(database ?? '')}`, values, {})),
  ];
}
