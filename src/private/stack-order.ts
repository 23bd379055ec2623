import { Resource, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from './errors';
import { topLevelStackOf } from './stable-path';
import { pathOf } from './stage-path';

/** Paths of the construct that made a stack depend on another, and of what it uses there. */
interface Reason {
  readonly user: string;
  readonly used: string;
  readonly isKey: boolean;
}

/** That a stack depends on another. */
export interface StackDependency {
  readonly dependent: Stack;
  readonly on: Stack;
  /** Nothing where the app itself declared the dependency, or where it is one through further stacks. */
  readonly reason?: Reason;
}

const REASONS = new WeakMap<Stack, Map<Stack, Reason>>();

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
  const reverse = stackDependency(used, user);
  if (reverse !== undefined) {
    const reason = reverse.reason === undefined ? '' : ` (${sentence(reverse.reason)})`;
    throw new InvalidBackendError(user, 'Stack.circularDependency',
      `'${pathOf(used)}' can't be used here: its stack '${producer.node.path}' depends on this stack '${consumer.node.path}'${reason}, so the two stacks would depend on each other. `
      + `${rule} Move '${pathOf(user)}' to stack '${producer.node.path}', or ${wayOut(used, reverse)}.`);
  }
  const reason = { user: pathOf(user), used: pathOf(used), isKey: used instanceof kms.Key };
  consumer.addStackDependency(producer, `${sentence(reason)}. ${rule}`);
  REASONS.set(consumer, new Map([[producer, reason], ...REASONS.get(consumer) ?? []]));
}

/** Whether and why the stack of a construct depends on the stack of another, directly or through further stacks. */
export function stackDependency(dependent: IConstruct, on: IConstruct): StackDependency | undefined {
  const [from, to] = [topLevelStackOf(dependent), topLevelStackOf(on)];
  return from !== to && dependenciesOf(from).has(to) ? { dependent: from, on: to, reason: REASONS.get(from)?.get(to) } : undefined;
}

/** An ARN that is written out ties no stacks together. */
function wayOut(used: IConstruct, { dependent, on, reason }: StackDependency): string {
  return used instanceof kms.Key || reason?.isKey === true
    ? 'import the key by its ARN with `kms.Key.fromKeyArn()`'
    : `remove the dependency of '${dependent.node.path}' on '${on.node.path}'`;
}

function sentence({ user, used }: Reason): string {
  return `'${user}' uses '${used}'`;
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
