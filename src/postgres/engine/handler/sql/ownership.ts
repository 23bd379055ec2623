import { identifier } from './quote';
import { findRole, hasGrantedAdministration, type DatabaseState, type RoleState, type ServerState } from './server-state';
import { BrokerError } from '../../../../broker/broker-error';
import { readMark, type StoredMark } from '../../../../broker/handler/sql/owner-mark';
import { groupRoles } from '../../names';

/**
 * Says who can help when the server has refused something because of a role or database that the admin may not administer.
 *
 * Asked only afterwards: on RDS members of rds_superuser may do more than their memberships show.
 *
 * @see https://github.com/gravitational/teleport/pull/48897
 */
export function explainDenial(error: unknown, state: ServerState): unknown {
  const { code, message, detail }: { code?: unknown; message?: unknown; detail?: unknown } = Object(error);
  if (code !== '42501') {
    return error;
  }
  const text = `${String(message)} ${String(detail)}`;
  const candidates = state.roles.filter((role) => !role.administrable);
  const role = candidates.find(({ name }) => text.includes(`"${name}"`)) ?? candidates[0];
  if (role) {
    return roleDenied(state, role);
  }
  return state.database && !state.database.mine ? databaseDenied(state, state.database) : error;
}

function roleDenied(state: ServerState, role: RoleState): BrokerError {
  const others = role.administrators.filter((name) => name !== state.admin).map((name) => `'${name}'`);
  const who = others.length > 0 ? others.join(' or ') : 'a superuser';
  const options = hasGrantedAdministration(state) ? ', INHERIT FALSE, SET FALSE' : '';
  return new BrokerError('NOT_ADMINISTRABLE', `Role '${role.name}' was created by somebody else, so the admin '${state.admin}' may not administer the role (42501). `
    + `Run \`GRANT ${identifier(role.name)} TO ${identifier(state.admin)} WITH ADMIN OPTION${options}\` as ${who}, then deploy again.`);
}

function databaseDenied(state: ServerState, { name, owner }: DatabaseState): BrokerError {
  return new BrokerError('NOT_ADMINISTRABLE', `Database '${name}' belongs to '${owner}', and the admin '${state.admin}' may not act as that role (42501). `
    + `Run \`ALTER DATABASE ${identifier(name)} OWNER TO ${identifier(state.admin)}\` as '${owner}', then deploy again.`);
}

/** Fails when the admin would lose its own password login by becoming a member of the role. */
export function checkNotIam(role: RoleState): void {
  if (role.iam) {
    throw new BrokerError('IAM_ROLE', `Role '${role.name}' is a member of 'rds_iam', so the admin would lose its password login by becoming a member of the role. `
      + `Run \`REVOKE rds_iam FROM "${role.name}"\`, also for the roles that the role is a member of, then deploy again.`);
  }
}

/** The mark of a role, if it exists and has one. */
export function markOfRole(state: ServerState, name: string): StoredMark | undefined {
  return readMark(findRole(state, name)?.comment);
}

/**
 * The mark of the database: that of its owner group, which only the admin writes. A comment on the database itself could be written by
 * every login that acts as its owner.
 */
export function markOfDatabase(state: ServerState, databaseName: string): StoredMark | undefined {
  const mark = markOfRole(state, groupRoles(databaseName).owner);
  return mark?.groupOf === databaseName ? mark : undefined;
}
