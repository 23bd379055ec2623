import { Resource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from './errors';

/** Which construct made a stack depend on another, and on which construct there. */
const REASONS = new WeakMap<Stack, Map<Stack, string>>();

/**
 * Makes the stack of a construct depend on the stack of what it uses, at once. CDK finds out from references when the app
 * is synthesised, where all that is left to say of two stacks that use each other is "cyclic reference".
 *
 * @param rule which of the two depends on the other, as a sentence
 */
export function dependOnStackOf(user: IConstruct, used: IConstruct, rule: string): void {
  const [consumer, producer] = [topLevelStackOf(user), topLevelStackOf(used)];
  if (consumer === producer || isImported(used)) {
    return;
  }
  if (dependenciesOf(producer).has(consumer)) {
    const reason = REASONS.get(producer)?.get(consumer);
    throw new InvalidBackendError(
      user,
      `${rule} But '${used.node.path}' is in a stack, '${producer.node.path}', that depends on this one, '${consumer.node.path}'${reason === undefined ? '' : ` (${reason})`}. `
      + `Put '${user.node.path}' into '${producer.node.path}' or into a stack that depends on it, or remove that dependency.`,
    );
  }
  const reason = `'${user.node.path}' uses '${used.node.path}'`;
  consumer.addStackDependency(producer, `${reason}. ${rule}`);
  REASONS.set(consumer, new Map([[producer, reason], ...REASONS.get(consumer) ?? []]));
}

/** Nested stacks are deployed with their parents. */
function topLevelStackOf(construct: IConstruct): Stack {
  const stack = Stack.of(construct);
  return stack.nestedStackParent === undefined ? stack : topLevelStackOf(stack.nestedStackParent);
}

/** Imported constructs stand in some stack, but nothing refers to that stack. */
function isImported(construct: IConstruct): boolean {
  return Resource.isResource(construct) && !Resource.isOwnedResource(construct);
}

function dependenciesOf(stack: Stack, found = new Set<Stack>()): Set<Stack> {
  for (const dependency of stack.dependencies) {
    if (!found.has(dependency)) {
      found.add(dependency);
      dependenciesOf(dependency, found);
    }
  }
  return found;
}
