import { CfnResource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

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
  const [waiting, migrating] = [Stack.of(waiter), Stack.of(migration)];
  const producer = producers.find((construct) => Stack.of(construct) === waiting && hasResources(construct));
  if (waiting !== migrating && (producer !== undefined || migrating.dependencies.includes(waiting))) {
    const uses = producer === undefined ? 'depends on it' : `uses '${producer.node.path}' of it`;
    throw new InvalidBackendError(
      migration.node.scope,
      `'${waiter.node.path}' cannot wait for this migration: it is in stack '${waiting.node.path}', and the migration, in stack '${migrating.node.path}', ${uses}. `
      + 'Put the migration into the stack of the service, or into one between those of database and service.',
    );
  }
  waiter.addResourceDependency(migration);
}

function isMainResource(resource: CfnResource, construct: IConstruct): boolean {
  const child = construct.node.defaultChild;
  return child !== undefined && (child === resource || isMainResource(resource, child));
}

/** Imported constructs belong to no stack's template, whatever scope they were imported in. */
function hasResources(construct: IConstruct): boolean {
  return construct.node.findAll().some((child) => CfnResource.isCfnResource(child));
}
