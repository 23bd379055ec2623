import { createHash } from 'crypto';
import { CfnElement, DefaultTokenResolver, Fn, Reference, Stack, StringConcat, Token, Tokenization, type IPostProcessor, type IResolvable, type IResolveContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { topLevelStackOf } from './stable-path';

/** The shortest limit among the resources that need it: names of ElastiCache. */
const LONGEST = 40;
const HASH_LENGTH = 10;
/** Of the id of a stack, which ends with a UUID: its first group. */
const STACK_LENGTH = 8;

/** What else makes a name. */
export interface NameOptions {
  /** Ids of a child that is no construct, below the construct. */
  readonly ids?: string[];
  /**
   * Other properties that can never change. CloudFormation makes a new resource for another value of them before it deletes the old one, whose name would be
   * taken: so the name has to change with them. A token counts as what it refers to. What changes behind a parameter nobody can see.
   */
  readonly createOnly?: object;
  /** Whether the name has a part that every stack has of its own. A stack that is deleted and made again would find the name of a retained resource taken. */
  readonly outlivesStack?: boolean;
}

/**
 * A name for a construct, or a child of it, that CloudFormation cannot name: unique in an account and region, the same at
 * each synth, and of lower-case letters, digits and single hyphens. It changes when the path in the stack or the stack does.
 */
export function physicalName(scope: IConstruct, { ids = [], createOnly, outlivesStack = false }: NameOptions = {}): string {
  const identity: unknown[] = createOnly === undefined ? [] : [Tokenization.resolve(createOnly, { scope, resolver: new Origins(), preparing: false })];
  return outlivesStack ? ofThisStack(scope, nameOf(scope, ids, LONGEST - STACK_LENGTH - 1, identity)) : nameOf(scope, ids, LONGEST, identity);
}

function ofThisStack(scope: IConstruct, name: string): string {
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return `${name}-${Fn.select(0, Fn.split('-', uuid))}`;
}

function nameOf(scope: IConstruct, ids: string[], longest: number, identity: unknown[]): string {
  const stack = topLevelStackOf(scope);
  const stackName = nameOfStack(stack);
  const path = [scope.node.path.slice(stack.node.path.length + 1), ...ids].join('/');
  const hash = createHash('sha256').update(JSON.stringify([stackName, path, ...identity])).digest('hex').slice(0, HASH_LENGTH);
  return [readable(`${stackName}-${path}`, longest - HASH_LENGTH - 1), hash].join('-');
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
  const [stack, top] = [Stack.of(target), topLevelStackOf(target)];
  const id = CfnElement.isCfnElement(target) ? stack.getLogicalId(target) : target.node.path.slice(stack.node.path.length + 1);
  return [nameOfStack(top), stack.node.path.slice(top.node.path.length), id, displayName].join('/');
}

function nameOfStack(stack: Stack): string {
  return Token.isUnresolved(stack.stackName) ? stack.node.path : stack.stackName;
}

/** The end says more than the beginning. */
function readable(text: string, length: number): string {
  const words = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.slice(-length).replace(/^[^a-z]+|-+$/g, '') || 'resource';
}
