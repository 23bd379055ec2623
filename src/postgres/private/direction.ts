import { CfnResource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/**
 * Users and databases depend on their server, never the reverse.
 *
 * @param producers what the declaring construct depends on
 * @param inputs what the producers' stacks take from others
 */
export function assertDirection(scope: IConstruct, producers: IConstruct[], inputs: IConstruct[]): void {
  const stack = Stack.of(scope);
  for (const producer of producers) {
    const producing = Stack.of(producer);
    const needed = inputs.filter(isCreated).find(input => Stack.of(input) === stack);
    if (producing !== stack && (needed !== undefined || dependsOn(producing, stack))) {
      const reason = needed === undefined ? '' : ` (it uses '${needed.node.path}')`;
      throw new InvalidBackendError(scope,
        `'${producing.node.path || producing.stackName}', the stack of the server '${producer.node.path}', depends on '${stack.node.path || stack.stackName}'${reason}, so nothing can be declared on that server here. `
        + 'Declare it in the server\'s stack, or in a stack that depends on it.');
    }
  }
}

/** Imported constructs stand in some stack, but nothing refers to that stack. */
function isCreated(construct: IConstruct): boolean {
  const main = construct.node.defaultChild;
  return main !== undefined && CfnResource.isCfnResource(main);
}

function dependsOn(stack: Stack, other: Stack, seen: Set<Stack> = new Set()): boolean {
  if (seen.has(stack)) {
    return false;
  }
  seen.add(stack);
  return stack.dependencies.some(dependency => dependency === other || dependsOn(dependency, other, seen));
}
