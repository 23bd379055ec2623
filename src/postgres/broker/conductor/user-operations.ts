import { UserAttributes, type OwnerMark } from '../broker.contract';
import { errorMessage } from './conductor-error';
import type { Operation } from './operation';
import { parseUser, userRemoval, type UserRequest } from './properties';
import { nameOf, physicalIdOf } from './request';
import type { Outcome } from './respond';
import { endpointOf, type SqlSession } from './sql-session';
import { restoreFormerUser, settleUserSecret, type UserCredentials } from './user-secret';
import { isOfStack } from '../stack-identity';

/** Creates or updates a user: its secret first, then the role with the password that the secret holds. */
export async function convergeUser(operation: Operation): Promise<Outcome> {
  const request = parseUser(operation.event.ResourceProperties);
  const physicalId = physicalIdOf('user', request.spec.username);
  const session = operation.session({ secretArn: request.secretArn });
  const { password, versionId } = await settleSecret(operation, session, request, physicalId);
  operation.started(physicalId);
  await session.run({ operation: 'convergeUser', user: request.spec, password, adoptExisting: request.adoptExisting, settled: operation.isSettled(physicalId) });
  await dropLeftover(operation, physicalId);
  return {
    status: 'SUCCESS',
    physicalId,
    data: {
      [UserAttributes.SECRET_ARN]: request.secretArn,
      [UserAttributes.USERNAME]: request.spec.username,
      [UserAttributes.SECRET_VERSION_ID]: versionId,
    },
  };
}

/** Deletes a user as its policy says. What was never created, or belongs to another resource by now, is none of its business. */
export async function deleteUser(operation: Operation): Promise<void> {
  const username = nameOf('user', operation.physicalId ?? '');
  if (username === undefined) {
    return;
  }
  const policy = userRemoval(operation.event.ResourceProperties);
  if (policy !== 'RETAIN') {
    const session = operation.session();
    await restoreSecret(operation, username);
    await session.run({ operation: 'deleteUser', username, policy });
  }
}

async function restoreSecret({ store, event, deps }: Operation, username: string): Promise<void> {
  const { SecretArn: secretArn } = event.ResourceProperties;
  try {
    await restoreFormerUser(store, secretArn, username);
  } catch (error) {
    // Where the whole user is deleted, its secret may be out of reach already, and then is of no use to anybody.
    deps.log({ level: 'warn', message: 'secret not looked at', secretArn, error: errorMessage(error) });
  }
}

function settleSecret(operation: Operation, session: SqlSession, request: UserRequest, physicalId: string): Promise<UserCredentials> {
  const { username, databaseName } = request.spec;
  const { secretArn } = request;
  return settleUserSecret(operation.store, operation.redaction, {
    secretArn,
    physicalId,
    content: { engine: 'postgres', ...endpointOf(operation.deps.env), dbname: databaseName, username, sslmode: 'verify-full', ca: operation.ca() },
    log: operation.deps.log,
    findPredecessor: async () => {
      const { mark } = await session.run({ operation: 'inspectUser', username });
      return mark && mayTakeOver(mark, operation, request) ? mark.secretArn : undefined;
    },
  });
}

/** The same condition under which the role itself may change hands: nobody else may learn its password. */
function mayTakeOver(mark: OwnerMark, { event }: Operation, { adoptExisting }: UserRequest): boolean {
  return adoptExisting || isOfStack(mark, event.StackId);
}

/**
 * A rename that failed half-way answered with the old name, so CloudFormation knows nothing of the new role and only asks
 * to go back to the old properties. Only here can the new role be removed; the owner mark protects it if it is another's.
 */
async function dropLeftover(operation: Operation, physicalId: string): Promise<void> {
  const { event } = operation;
  if (event.RequestType !== 'Update' || operation.physicalId !== physicalId) {
    return;
  }
  const leftover = event.OldResourceProperties.Username;
  if (typeof leftover === 'string' && leftover !== '' && physicalIdOf('user', leftover) !== physicalId) {
    try {
      await operation.session().run({ operation: 'deleteUser', username: leftover, policy: 'REASSIGN' });
    } catch (error) {
      // A role without a use is better than a rollback that fails.
      operation.deps.log({ level: 'warn', message: 'leftover role not removed', username: leftover, error: errorMessage(error) });
    }
  }
}
