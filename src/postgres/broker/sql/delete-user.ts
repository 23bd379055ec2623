import type { SqlRequest } from '../broker.contract';
import type { SqlDependencies } from './dependencies';
import { dropRole } from './drop-role';
import { withLockedServer } from './locked-server';
import { isSameResource } from './owner-mark';
import { markOfRole } from './ownership';

type Request = Extract<SqlRequest, { operation: 'deleteUser' }>;

/** Deletes a login with all it owns, or does nothing where the role is not the one that the resource made. */
export async function deleteUser(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { username, policy, mark } = request;
  return withLockedServer(request, deps, { roles: [username], databaseName: null }, async (server) => {
    const found = markOfRole(server.state, username);
    if (found?.groupOf !== undefined || !isSameResource(found, mark)) {
      return [];
    }
    return dropRole(server, username, policy);
  });
}
