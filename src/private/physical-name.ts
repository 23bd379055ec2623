import { createHash } from 'crypto';
import { CfnElement, DefaultTokenResolver, Reference, Stack, StringConcat, Token, Tokenization, type IPostProcessor, type IResolvable, type IResolveContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The shortest limit among the resources that need it: names of ElastiCache. */
const LONGEST = 40;
const HASH_LENGTH = 10;

/**
 * A name for a construct, or a child of it, that CloudFormation cannot name: unique in an account and region, the same at
 * each synth, and of lower-case letters, digits and single hyphens. It changes when the path in the stack or the stack does.
 */
export function physicalName(scope: IConstruct, ...ids: string[]): string {
  return nameOf(scope, ids);
}

/**
 * The same for a resource with other properties that can never change. CloudFormation makes a new resource for another value of them
 * before it deletes the old one, whose name would be taken: so the name has to change with them.
 *
 * A token counts as what it refers to. What changes behind a parameter nobody can see.
 */
export function physicalNameFor(scope: IConstruct, createOnly: object): string {
  return nameOf(scope, [], Tokenization.resolve(createOnly, { scope, resolver: new Origins(), preparing: false }));
}

function nameOf(scope: IConstruct, ids: string[], ...identity: unknown[]): string {
  const stack = topLevelStackOf(Stack.of(scope));
  const stackName = nameOfStack(stack);
  const path = [scope.node.path.slice(stack.node.path.length + 1), ...ids].join('/');
  const hash = createHash('sha256').update(JSON.stringify([stackName, path, ...identity])).digest('hex').slice(0, HASH_LENGTH);
  return [readable(`${stackName}-${path}`), hash].join('-');
}

/** References as the names of what they refer to, which are the same at each synth. */
class Origins extends DefaultTokenResolver {
  constructor() {
    super(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    return Reference.isReference(token) ? origin(token) : super.resolveToken(token, context, postProcessor);
  }
}

function origin({ target, displayName }: Reference): string {
  const [stack, top] = [Stack.of(target), topLevelStackOf(Stack.of(target))];
  const id = CfnElement.isCfnElement(target) ? stack.getLogicalId(target) : target.node.path.slice(stack.node.path.length + 1);
  return [nameOfStack(top), stack.node.path.slice(top.node.path.length), id, displayName].join('/');
}

function nameOfStack(stack: Stack): string {
  return Token.isUnresolved(stack.stackName) ? stack.node.path : stack.stackName;
}

function topLevelStackOf(stack: Stack): Stack {
  return stack.nestedStackParent === undefined ? stack : topLevelStackOf(stack.nestedStackParent);
}

/** The end says more than the beginning. */
function readable(text: string): string {
  const words = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.slice(-(LONGEST - HASH_LENGTH - 1)).replace(/^[^a-z]+|-+$/g, '') || 'resource';
}
