import type { Before } from './adoption/adoption';
import { checkNotIam } from './ownership';
import { identifier, literal } from './quote';
import { findRole, hasGrantedAdministration, type RoleState, type ServerState } from './server-state';
import { BrokerError } from '../../../../broker/broker-error';
import { checkMayTake, type Claim } from '../../../../broker/handler/sql/claim';
import { markComment, markOfTaker, NOBODY, readMark, type StoredMark } from '../../../../broker/handler/sql/owner-mark';
import type { Step } from '../../../../broker/handler/sql/step';
import { groupRoleNames, groupRoles } from '../../names';

/** How the database came to this library, and what a rollback would have to bring back. */
export interface TakeOver {
  readonly adopted: boolean;
  readonly before?: Before;
}

/** What the three group roles of a database still need. The owner's mark is that of the database. */
export function planGroups(state: ServerState, databaseName: string, claim: Claim, takeOver: TakeOver): Step[] {
  const { owner } = groupRoles(databaseName);
  return [
    ...groupRoleNames(databaseName).flatMap((name) => planGroup(state, name, databaseName, claim, name === owner ? takeOver : undefined)),
    ...planAdminMembership(state, databaseName),
  ];
}

function planGroup(state: ServerState, name: string, databaseName: string, claim: Claim, takeOver?: TakeOver): Step[] {
  const role = findRole(state, name);
  const mark = readMark(role?.comment);
  if (role) {
    checkGroup(role, mark, databaseName, claim);
  }
  const create = role ? [] : [{ sql: `CREATE ROLE ${identifier(name)} NOLOGIN` }];
  // A database that exists before its owner group is somebody's, or nobody's.
  const found = mark ?? (role || (takeOver && state.database) ? NOBODY : undefined);
  const wanted = markOf(found, databaseName, claim, takeOver);
  return sameMark(mark, wanted) ? create : [...create, { sql: `COMMENT ON ROLE ${identifier(name)} IS ${literal(markComment(wanted, role?.comment))}` }];
}

function checkGroup(role: RoleState, mark: StoredMark | undefined, databaseName: string, claim: Claim): void {
  checkMayTake(`Role '${role.name}' for grants on database '${databaseName}'`, mark?.groupOf === databaseName ? mark : undefined, claim);
  checkNotIam(role);
  if (role.canLogin) {
    throw new BrokerError('NAME_TAKEN', `Role '${role.name}' is a login, and database '${databaseName}' needs that name for a role that only holds grants. Rename the role or the database.`);
  }
}

function markOf(found: StoredMark | undefined, databaseName: string, claim: Claim, takeOver: TakeOver | undefined): StoredMark {
  const { stackId, logicalId } = claim.mark;
  const mark = markOfTaker(found, { stackId, logicalId }, claim.settled, takeOver?.before);
  return { ...mark, groupOf: databaseName, adopted: takeOver?.adopted || undefined };
}

function sameMark(one: StoredMark | undefined, other: StoredMark): boolean {
  return one !== undefined && markComment(one) === markComment(other);
}

/**
 * The admin acts as the owner. Up to PostgreSQL 15 it also takes the others WITH ADMIN OPTION, which is what version 16 goes by
 * after an upgrade.
 */
function planAdminMembership(state: ServerState, databaseName: string): Step[] {
  const own = state.memberships.filter((membership) => membership.member === state.admin);
  if (hasGrantedAdministration(state)) {
    const { owner } = groupRoles(databaseName);
    const ofOwner = own.filter((membership) => membership.role === owner);
    const acts = ofOwner.some((membership) => membership.inherit) && ofOwner.some((membership) => membership.set);
    return acts ? [] : [{ sql: `GRANT ${identifier(owner)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE` }];
  }
  return groupRoleNames(databaseName)
    .filter((name) => !own.some((membership) => membership.role === name && membership.admin))
    .map((name) => ({ sql: `GRANT ${identifier(name)} TO CURRENT_USER WITH ADMIN OPTION` }));
}
