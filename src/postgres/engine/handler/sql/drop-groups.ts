import type { Before } from './adoption/adoption';
import { dropRole } from './drop-role';
import type { LockedServer } from './locked-server';
import { markOfRole } from './ownership';
import { identifier, literal } from './quote';
import { findRole, hasGrantedAdministration } from './server-state';
import { whereAllowed, type Pace } from './small-steps';
import type { OwnerMark } from '../../../../broker/broker.contract';
import { isSameResource, markComment, NOBODY, readMark } from '../../../../broker/handler/sql/owner-mark';
import type { Removal } from '../../../../broker/handler/sql/sql-engine';
import { isOfStack } from '../../../../broker/stack-identity';
import { groupRoleNames, groupRoles } from '../../names';

/**
 * Drops the group roles of a database that is gone, or that is given back, and what is left of users of the same stack that nothing keeps any more.
 *
 * @param before how the database was before it was taken over, where it is given back: an owner group that was there stays
 */
export async function dropGroups(server: LockedServer, databaseName: string, mark: OwnerMark, pace: Pace, before?: Before): Promise<Removal> {
  const removals: Removal[] = [];
  const { owner } = groupRoles(databaseName);
  // The owner goes last: its mark is that of the database.
  for (const name of groupRoleNames(databaseName).reverse()) {
    const found = markOfRole(server.state, name);
    if (found?.groupOf === databaseName && isSameResource(found, mark)) {
      removals.push(await (name === owner && before?.roleExisted ? forget(server, name, before) : dropRole(server, name, 'REASSIGN', pace)));
    }
  }
  const retired = await dropRetired(server, mark);
  return { changes: [...removals.flatMap(({ changes }) => changes), ...retired], left: removals.flatMap(({ left }) => left) };
}

/** A role that others had made is nobody's again. */
async function forget(server: LockedServer, name: string, { joined = [], adminActed }: Before): Promise<Removal> {
  const role = identifier(name);
  const byAdmin = hasGrantedAdministration(server.state) ? ' GRANTED BY CURRENT_USER' : '';
  // Memberships that the take-over made: of the role in former owners, and of the admin in the role.
  const statements = [
    ...joined.map((former) => `REVOKE ${identifier(former)} FROM ${role}`),
    ...(adminActed ? [] : [`REVOKE ${role} FROM CURRENT_USER${byAdmin}`]),
    `COMMENT ON ROLE ${role} IS ${literal(markComment(NOBODY, findRole(server.state, name)?.comment))}`,
  ];
  await server.apply(statements);
  return { changes: statements, left: [] };
}

/** Their code was in the database. */
async function dropRetired(server: LockedServer, mark: OwnerMark): Promise<string[]> {
  const [rows] = await server.read([`SELECT r.rolname AS name, shobj_description(r.oid, 'pg_authid') AS comment FROM pg_roles r
    WHERE NOT r.rolcanlogin AND r.rolname ~ '_removed_[0-9]+$' AND NOT EXISTS (SELECT FROM pg_shdepend s WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid) ORDER BY 1`]);
  const names = rows.filter(({ comment }) => {
    const found = readMark(comment as string | null);
    return found?.retired !== undefined && isOfStack(found, mark.stackId);
  }).map(({ name }) => String(name));
  const drops = names.map((name) => `DROP ROLE ${identifier(name)}`);
  await server.apply(drops.map((drop) => whereAllowed(drop).sql));
  return drops;
}
