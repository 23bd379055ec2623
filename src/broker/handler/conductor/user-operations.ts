import type { UserRequest } from './conductor-engine';
import { errorMessage } from './conductor-error';
import type { Operation } from './operation';
import { list, type RawProperties } from './raw-properties';
import { nameOf, physicalIdOf } from './request';
import type { Outcome } from './respond';
import { endpointsOf, type SqlSession } from './sql-session';
import { restoreFormerUser, settleUserSecret, type UserCredentials } from './user-secret';
import { UserAttributes, type CommonUserProperties, type OwnerMark, type UserIdentity } from '../../broker.contract';
import { isOfStack } from '../../stack-identity';

/** Creates or updates a user: its secret first, where it has one, then its logins with the passwords that the secret holds. */
export async function convergeUser(operation: Operation): Promise<Outcome> {
  const request = operation.engine.parseUser(operation.event.ResourceProperties, formerProperties(operation));
  const { spec: user, secretArn, adoptExisting, planOnly } = request;
  const physicalId = physicalIdOf('user', user.username);
  const session = operation.session({ secretArn });
  if (planOnly) {
    // Always fails, and before the secret or the server is touched.
    await session.run({ operation: 'convergeUser', user, passwords: {}, adoptExisting, planOnly });
  }
  const credentials = secretArn === undefined ? undefined : await settleSecret(operation, session, { ...request, secretArn }, physicalId);
  operation.started(physicalId);
  const passwords = credentials === undefined ? {} : { [credentials.login]: credentials.password };
  const endSessions = changedRights(operation) === undefined ? {} : { endSessions: true };
  await session.run({ operation: 'convergeUser', user, passwords, adoptExisting, settled: operation.isSettled(physicalId), ...endSessions });
  await dropLeftover(operation, physicalId);
  return {
    status: 'SUCCESS',
    physicalId,
    data: {
      [UserAttributes.USERNAME]: user.username,
      ...(credentials === undefined ? {} : { [UserAttributes.SECRET_ARN]: credentials.secretArn, [UserAttributes.SECRET_VERSION_ID]: credentials.versionId }),
    },
  };
}

/** Deletes a user as its policy says. What was never created, or belongs to another resource by now, is none of its business. */
export async function deleteUser(operation: Operation): Promise<void> {
  const { engine, event: { ResourceProperties: properties } } = operation;
  const username = nameOf('user', operation.physicalId ?? '');
  if (username === undefined) {
    return;
  }
  const policy = engine.userRemoval(properties);
  const user = engine.identify(username, properties);
  if (policy !== undefined) {
    const session = operation.session();
    await restoreSecret(operation, user);
    await session.run({ operation: 'deleteUser', user, policy });
  } else if (operation.mayHaveTaken()) {
    await operation.session().run({ operation: 'deleteUser', user, policy: engine.leftoverRemoval, keep: true });
  }
}

async function restoreSecret({ store, event, deps }: Operation, { logins }: UserIdentity): Promise<void> {
  const { SecretArn: secretArn }: Partial<CommonUserProperties> = event.ResourceProperties;
  if (secretArn === undefined) {
    return;
  }
  try {
    await store.checkStack(secretArn, event.StackId);
    await restoreFormerUser(store, secretArn, logins);
  } catch (error) {
    // Where the whole user is deleted, its secret may be out of reach already, and then is of no use to anybody.
    deps.log({ level: 'warn', message: 'secret not looked at', secretArn, error: errorMessage(error) });
  }
}

/** Properties that the same user had until now. With another name it is another user, which an earlier deployment has not touched. */
function formerProperties({ event }: Operation): RawProperties | undefined {
  const isSame = event.RequestType === 'Update' && event.OldResourceProperties.Username === event.ResourceProperties.Username;
  return isSame ? event.OldResourceProperties : undefined;
}

/** Which rights of a user this request changes: those that its credentials name, or only others. Nothing where it changes none. */
function changedRights(operation: Operation): 'named' | 'unnamed' | undefined {
  const former = formerProperties(operation);
  if (former === undefined) {
    return undefined;
  }
  const [before, now] = [former, operation.event.ResourceProperties].map((properties) => operation.engine.rightsOf(properties));
  return before.databaseName !== now.databaseName ? 'named' : before.access !== now.access ? 'unnamed' : undefined;
}

async function settleSecret(
  operation: Operation, session: SqlSession, request: UserRequest & { readonly secretArn: string }, physicalId: string,
): Promise<UserCredentials> {
  const { engine, deps } = operation;
  const { spec: user, secretArn } = request;
  const server = { ...endpointsOf(deps.env), nodes: list(operation.event.ResourceProperties, 'Hosts'), ca: operation.ca() };
  await operation.store.checkStack(secretArn, operation.event.StackId);
  return settleUserSecret(operation.store, operation.redaction, {
    secretArn,
    physicalId,
    logins: user.logins,
    contentOf: (login) => engine.loginContent(user, login, server),
    valueOf: (content, password) => engine.loginValue(content, password),
    log: deps.log,
    inspect: async () => {
      const { mark } = await session.run({ operation: 'inspectUser', user, adoptExisting: request.adoptExisting });
      return mark && mayTakeOver(mark, operation, request) ? mark.secretArn : undefined;
    },
    // Tasks are replaced where the version changes, and only new ones should begin with the new rights.
    renewal: changedRights(operation) === 'unnamed' ? operation.event.RequestId : undefined,
  });
}

/** The same condition under which the user itself may change hands: nobody else may learn its password. */
function mayTakeOver(mark: OwnerMark, { event }: Operation, { adoptExisting }: UserRequest): boolean {
  return adoptExisting || isOfStack(mark, event.StackId);
}

/**
 * A rename that failed half-way answered with the old name, so CloudFormation knows nothing of the new user and only asks
 * to go back to the old properties. Only here can the new user be removed; the owner mark protects it if it is another's.
 */
async function dropLeftover(operation: Operation, physicalId: string): Promise<void> {
  const { event, engine } = operation;
  if (event.RequestType !== 'Update' || operation.physicalId !== physicalId) {
    return;
  }
  const { Username: leftover }: Partial<CommonUserProperties> = event.OldResourceProperties;
  if (typeof leftover === 'string' && leftover !== '' && physicalIdOf('user', leftover) !== physicalId) {
    try {
      const user = engine.identify(leftover, event.OldResourceProperties);
      await operation.session().run({ operation: 'deleteUser', user, policy: engine.leftoverRemoval });
    } catch (error) {
      // A user without a use is better than a rollback that fails.
      operation.deps.log({ level: 'warn', message: 'leftover user not removed', username: leftover, error: errorMessage(error) });
    }
  }
}
