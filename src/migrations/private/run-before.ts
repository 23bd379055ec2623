import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { mainResourceOf } from '../../private/main-resource';
import { stackDependency } from '../../private/stack-order';
import { pathOf } from '../../private/stage-path';

/** The one CloudFormation resource that stands for a construct. */
export function resourceOf(scope: IConstruct, construct: IConstruct): CfnResource {
  const resource = mainResourceOf(construct);
  if (resource === undefined) {
    throw new InvalidBackendError(
      scope,
      'MigrationTask.noMainResource',
      `'${construct.node.path}' can't wait for migrations, because \`runBefore\` needs a construct with one main CloudFormation resource, such as an ECS service. Use \`migrations.runBefore(service)\` with the service itself.`,
    );
  }
  return resource;
}

/**
 * Makes one resource wait for another, and nothing else: waiting constructs would take security groups and roles with them and
 * end in a cycle.
 *
 * @param producers the migration, and what it uses and so waits for
 */
export function waitFor(scope: IConstruct, waiter: CfnResource, migration: CfnResource, producers: IConstruct[]): void {
  const own = producers.find((construct) => isMainResource(waiter, construct));
  if (own !== undefined) {
    throw new InvalidBackendError(scope, 'MigrationTask.waitsForItself', `'${pathOf(waiter)}' can't wait for the migrations, because the migrations themselves need '${own.node.path}'. Pass a service that uses the database.`);
  }
  const reverse = stackDependency(migration, waiter);
  if (reverse !== undefined) {
    const { reason } = reverse;
    const uses = migration.node.scopes.some((each) => pathOf(each) === reason?.user) ? `uses '${reason?.used}' of` : 'depends on';
    throw new InvalidBackendError(
      scope,
      'MigrationTask.stackOrder',
      `'${pathOf(waiter)}' can't wait for the migrations, because their stack '${reverse.dependent.node.path}' ${uses} stack '${reverse.on.node.path}', so the two stacks would depend on each other. `
      + 'Define the migrations in the stack of the service, or in a stack between the database and the service.',
    );
  }
  waiter.addResourceDependency(migration);
}

function isMainResource(resource: CfnResource, construct: IConstruct): boolean {
  const child = construct.node.defaultChild;
  return child !== undefined && (child === resource || isMainResource(resource, child));
}
