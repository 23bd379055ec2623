import type { SqlDependencies } from './dependencies';
import { dropRole } from './drop-role';
import { withLockedServer, type LockedServer } from './locked-server';
import { markOfRole } from './ownership';
import { identifier, literal } from './quote';
import { findRole } from './server-state';
import { isSameResource, markAfterHandOver, markComment } from '../../../../broker/handler/sql/owner-mark';
import type { PostgresRequestOf } from '../../postgres.contract';

type Request = PostgresRequestOf<'deleteUser'>;

/** Deletes the logins of a user with all they own, or does nothing with a role that is not the one that the resource made. */
export async function deleteUser(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { user: { logins } } = request;
  return withLockedServer(request, deps, { roles: [...logins], databaseName: null }, async (server) => {
    const changes: string[] = [];
    for (const login of logins) {
      changes.push(...await deleteLogin(server, login, request));
    }
    return changes;
  });
}

async function deleteLogin(server: LockedServer, login: string, { policy, mark }: Request): Promise<string[]> {
  const found = markOfRole(server.state, login);
  const handedOver = markAfterHandOver(found, mark);
  if (handedOver) {
    const comment = markComment(handedOver, findRole(server.state, login)?.comment);
    await server.apply([`COMMENT ON ROLE ${identifier(login)} IS ${literal(comment)}`]);
    return [];
  }
  if (found?.groupOf !== undefined || !isSameResource(found, mark)) {
    return [];
  }
  return dropRole(server, login, policy === 'DROP_OWNED' ? 'DROP_OWNED' : 'REASSIGN');
}
