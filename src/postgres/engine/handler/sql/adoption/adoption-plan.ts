import type { Adoption } from './adoption';
import type { OwnedThing } from './objects';
import type { Step } from '../../../../../broker/handler/sql/step';
import { groupRoles } from '../../../names';
import { identifier } from '../quote';
import { hasGrantedAdministration, type ServerState } from '../server-state';

/** The owner group gets the rights of the roles whose objects stay with them. */
export function planJoin(state: ServerState, databaseName: string, adoption: Adoption | undefined): Step[] {
  const { owner } = groupRoles(databaseName);
  const holds = (role: string) => state.memberships.some((membership) => membership.role === role && membership.member === owner && membership.inherit !== false);
  const options = hasGrantedAdministration(state) ? ' WITH INHERIT TRUE, SET FALSE' : '';
  return (adoption?.joined ?? []).filter(({ name }) => !holds(name)).map(({ name }) => ({ sql: `GRANT ${identifier(name)} TO ${identifier(owner)}${options}` }));
}

/** Objects of the admin, and of the owner of the database that this one is a copy of, go to the owner group. */
export function planMoves(databaseName: string, adoption: Adoption | undefined): Step[] {
  const { owner } = groupRoles(databaseName);
  return (adoption?.moved ?? []).map((thing) => ({ sql: ownerStatement(thing, owner) }));
}

/** The statement that changes the owner of an object. */
export function ownerStatement({ kind, name }: Pick<OwnedThing, 'kind' | 'name'>, owner: string): string {
  return `ALTER ${kind} ${name} OWNER TO ${identifier(owner)}`;
}
