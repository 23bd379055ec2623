import type { SqlRequest } from '../broker.contract';
import type { SqlDependencies } from './dependencies';
import { dropRole } from './drop-role';
import { withLockedServer } from './locked-server';
import { isSameResource, markAfterHandOver, markComment } from './owner-mark';
import { markOfRole } from './ownership';
import { identifier, literal } from './quote';
import { findRole } from './server-state';

type Request = Extract<SqlRequest, { operation: 'deleteUser' }>;

/** Deletes a login with all it owns, or does nothing where the role is not the one that the resource made. */
export async function deleteUser(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { username, policy, mark } = request;
  return withLockedServer(request, deps, { roles: [username], databaseName: null }, async (server) => {
    const found = markOfRole(server.state, username);
    const handedOver = markAfterHandOver(found, mark);
    if (handedOver) {
      const comment = markComment(handedOver, findRole(server.state, username)?.comment);
      await server.session.apply([`COMMENT ON ROLE ${identifier(username)} IS ${literal(comment)}`]);
      return [];
    }
    if (found?.groupOf !== undefined || !isSameResource(found, mark)) {
      return [];
    }
    return dropRole(server, username, policy);
  });
}
