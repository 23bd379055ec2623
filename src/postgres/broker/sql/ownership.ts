import type { OwnerMark } from '../broker.contract';
import { BrokerError } from './broker-error';
import { readMark, type StoredMark } from './owner-mark';
import { findRole, type RoleState, type ServerState } from './server-state';

/** Who asks, and how far it may go. */
export interface Claim {
  readonly mark: OwnerMark;
  readonly adoptExisting: boolean;
}

/** Fails when something that exists belongs to somebody else, and taking it over was not asked for. */
export function checkMayTake(object: string, found: StoredMark | undefined, claim: Claim): void {
  if (claim.adoptExisting || found?.stackId === claim.mark.stackId) {
    return;
  }
  const owner = found ? `belongs to resource ${found.logicalId} of stack ${found.stackId}` : 'was not made by this library';
  throw new BrokerError('NOT_OWNED', `${object} exists already and ${owner}. Choose another name, or set adoptExisting to take it over.`);
}

/** Fails when the admin may not alter a role, naming who can change that. */
export function checkAdministrable(state: ServerState, role: RoleState): void {
  if (role.administrable) {
    return;
  }
  const others = role.administrators.filter((name) => name !== state.admin).map((name) => `"${name}"`);
  const who = others.length > 0 ? others.join(' or ') : 'a superuser';
  throw new BrokerError('NOT_ADMINISTRABLE', `Role "${role.name}" was made by somebody else, and the admin "${state.admin}" may not administer it (42501). `
    + `Let ${who} run: GRANT "${role.name}" TO "${state.admin}" WITH ADMIN OPTION${state.version >= 160000 ? ', INHERIT FALSE, SET FALSE' : ''}. Then deploy again.`);
}

/** Fails when the admin would lose its own password login by becoming a member of the role. */
export function checkNotIam(role: RoleState): void {
  if (role.iam) {
    throw new BrokerError('IAM_ROLE', `Role "${role.name}" is in rds_iam, and the admin would lose its password login by becoming a member of it. `
      + `Run: REVOKE rds_iam FROM "${role.name}", also from the roles that it is a member of. Then deploy again.`);
  }
}

/** The mark of a role, if it exists and has one. */
export function markOfRole(state: ServerState, name: string): StoredMark | undefined {
  return readMark(findRole(state, name)?.comment);
}

/** The mark of the database. A database that is still without one got the group roles of its maker first. */
export function markOfDatabase(state: ServerState, ownerRole: string): StoredMark | undefined {
  const { database } = state;
  return readMark(database?.comment) ?? (database?.owner === ownerRole ? markOfRole(state, ownerRole) : undefined);
}
