import type { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Posture } from '..';
import { problem } from '../../private/errors';
import { topLevelStackOf } from '../../private/stable-path';

/** Stacks that are judged already. */
const JUDGED = new WeakSet<Stack>();

/**
 * Demands that CloudFormation refuses to delete the stack of a construct, where the posture wants it. The construct's own protection comes too late:
 * what depends on it is deleted before it. The stack may get the property at any time before synthesis, and has one error, whatever it contains.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
 */
export function requireTerminationProtection(construct: IConstruct): void {
  const posture = Posture.of(construct);
  // AWS protects nested stacks with the stack that contains them, and refuses the property on them.
  const stack = topLevelStackOf(construct);
  if (!posture.terminationProtection || JUDGED.has(stack)) {
    return;
  }
  JUDGED.add(stack);
  const message = problem('Posture.terminationProtection', `The ${posture.name} posture requires termination protection of stack '${stack.node.path}', because the stack contains '${construct.node.path}'. `
    + `Set \`new Stack(app, '${stack.node.id}', { terminationProtection: true })\`, or use \`Posture.${posture.name}({ terminationProtection: false })\` for a stack that may be deleted at any time.`);
  stack.node.addValidation({ validate: () => (stack.terminationProtection ? [] : [message]) });
}
