import { createHash } from 'crypto';
import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The shortest limit among the resources that need it: names of ElastiCache. */
const LONGEST = 40;
const HASH_LENGTH = 10;

/**
 * A name for a construct, or a child of it, that CloudFormation cannot name: unique in an account and region, the same at
 * each synth, and of lower-case letters, digits and single hyphens. It changes when the path in the stack or the stack does.
 */
export function physicalName(scope: IConstruct, ...ids: string[]): string {
  const stack = topLevelStackOf(Stack.of(scope));
  const stackName = Token.isUnresolved(stack.stackName) ? stack.node.path : stack.stackName;
  const path = [scope.node.path.slice(stack.node.path.length + 1), ...ids].join('/');
  const hash = createHash('sha256').update(JSON.stringify([stackName, path])).digest('hex').slice(0, HASH_LENGTH);
  return [readable(`${stackName}-${path}`), hash].join('-');
}

function topLevelStackOf(stack: Stack): Stack {
  return stack.nestedStackParent === undefined ? stack : topLevelStackOf(stack.nestedStackParent);
}

/** The end says more than the beginning. */
function readable(text: string): string {
  const words = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.slice(-(LONGEST - HASH_LENGTH - 1)).replace(/^[^a-z]+|-+$/g, '') || 'resource';
}
