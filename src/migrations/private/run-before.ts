import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { stackDependency } from '../../private/stack-order';

/** The one CloudFormation resource that stands for a construct: its default child, or that one's. */
export function resourceOf(scope: IConstruct, construct: IConstruct): CfnResource {
  if (CfnResource.isCfnResource(construct)) {
    return construct;
  }
  const child = construct.node.defaultChild;
  if (child === undefined) {
    throw new InvalidBackendError(
      scope,
      `runBefore() needs a construct with one main CloudFormation resource, such as an ECS service; '${construct.node.path}' has none. Pass the service itself.`,
    );
  }
  return resourceOf(scope, child);
}

/**
 * Makes one resource wait for another, and nothing else: waiting constructs would take security groups and roles with them and
 * end in a cycle.
 *
 * @param producers the migration, and what it uses and so waits for
 */
export function waitFor(waiter: CfnResource, migration: CfnResource, producers: IConstruct[]): void {
  const own = producers.find((construct) => isMainResource(waiter, construct));
  if (own !== undefined) {
    throw new InvalidBackendError(migration.node.scope, `'${waiter.node.path}' cannot wait for this migration, which itself needs '${own.node.path}'. Pass a service that uses the database.`);
  }
  const reverse = stackDependency(migration, waiter);
  if (reverse !== undefined) {
    const { reason } = reverse;
    const uses = migration.node.scopes.some(({ node }) => node.path === reason?.user) ? `uses '${reason?.used}' of it` : 'depends on it';
    throw new InvalidBackendError(
      migration.node.scope,
      `'${waiter.node.path}' cannot wait for this migration: it is in stack '${reverse.on.node.path}', and the migration, in stack '${reverse.dependent.node.path}', ${uses}. `
      + 'Put the migration into the stack of the service, or into one between those of database and service.',
    );
  }
  waiter.addResourceDependency(migration);
}

function isMainResource(resource: CfnResource, construct: IConstruct): boolean {
  const child = construct.node.defaultChild;
  return child !== undefined && (child === resource || isMainResource(resource, child));
}
