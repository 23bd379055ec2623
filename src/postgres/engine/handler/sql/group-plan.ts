import { checkNotIam } from './ownership';
import { identifier, literal } from './quote';
import { findRole, hasGrantedAdministration, type RoleState, type ServerState } from './server-state';
import { BrokerError } from '../../../../broker/broker-error';
import { checkMayTake, type Claim } from '../../../../broker/handler/sql/claim';
import { isUpToDate, markComment, markOfTaker, NOBODY, readMark } from '../../../../broker/handler/sql/owner-mark';
import type { Step } from '../../../../broker/handler/sql/step';
import { groupRoleNames, groupRoles } from '../../names';

/** What the three group roles of a database still need. */
export function planGroups(state: ServerState, databaseName: string, claim: Claim): Step[] {
  return [
    ...groupRoleNames(databaseName).flatMap((name) => planGroup(state, name, databaseName, claim)),
    ...planAdminMembership(state, databaseName),
  ];
}

function planGroup(state: ServerState, name: string, databaseName: string, claim: Claim): Step[] {
  const role = findRole(state, name);
  if (!role) {
    return [{ sql: `CREATE ROLE ${identifier(name)} NOLOGIN` }, markStep(name, databaseName, claim, null)];
  }
  const mark = readMark(role.comment);
  checkMayTake(`Role '${name}' for grants on database '${databaseName}'`, mark?.groupOf === databaseName ? mark : undefined, claim);
  checkNotIam(role);
  if (role.canLogin) {
    throw new BrokerError('NAME_TAKEN', `Role '${name}' is a login, and database '${databaseName}' needs that name for a role that only holds grants. Rename the role or the database.`);
  }
  const { stackId, logicalId } = claim.mark;
  return isUpToDate(mark, { stackId, logicalId }, claim.settled) && mark?.groupOf === databaseName ? [] : [markStep(name, databaseName, claim, role)];
}

function markStep(name: string, databaseName: string, claim: Claim, role: RoleState | null): Step {
  const { stackId, logicalId } = claim.mark;
  const found = readMark(role?.comment) ?? (role ? NOBODY : undefined);
  const comment = markComment({ ...markOfTaker(found, { stackId, logicalId }, claim.settled), groupOf: databaseName }, role?.comment);
  return { sql: `COMMENT ON ROLE ${identifier(name)} IS ${literal(comment)}` };
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
