import { Names, Stack, Stage } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { pathInStage } from './stage-path';

/**
 * The path of a construct below its stage, for ids. A stack whose name is not the one that CDK makes of its ids stands there by that name:
 * its resources stay when the construct of the stack gets another id or moves into a stage, and so do the ids of what refers to them.
 */
export function stablePath(construct: IConstruct): string {
  const stack = topLevelStackOf(construct);
  return hasOwnName(stack) ? [stack.stackName, ...pathInStack(construct)].join('/') : pathInStage(construct);
}

/** What CDK calls a unique id of a construct, as if its stack stood below the app under its own name, where it has one. */
export function stableUniqueId(construct: IConstruct): string {
  const stack = topLevelStackOf(construct);
  if (!hasOwnName(stack)) {
    return Names.nodeUniqueId(construct.node);
  }
  const root = new Construct(undefined as unknown as Construct, '');
  return Names.nodeUniqueId([stack.stackName, ...pathInStack(construct)].reduce((scope, id) => new Construct(scope, id), root).node);
}

/** Ids of a construct and its parents below the stack that is deployed. */
export function pathInStack(construct: IConstruct): string[] {
  const stack = topLevelStackOf(construct);
  return construct === stack ? [] : construct.node.path.slice(stack.node.path === '' ? 0 : stack.node.path.length + 1).split('/');
}

/** The stack that is deployed: nested ones come and go with their parents. */
export function topLevelStackOf(construct: IConstruct): Stack {
  const stack = Stack.of(construct);
  return stack.nestedStackParent === undefined ? stack : topLevelStackOf(stack.nestedStackParent);
}

/** CDK makes a name of the name of the stage and the ids below it, with a hash at its end where there are several. */
function hasOwnName(stack: Stack): boolean {
  const stage = Stage.of(stack)?.stageName;
  const ids = pathInStage(stack).split('/');
  const made = `${stage === undefined || stage === '' ? '' : `${stage}-`}${ids.join('')}`;
  return ids.length === 1 ? stack.stackName !== made : !/[0-9A-F]{8}$/.test(stack.stackName);
}
