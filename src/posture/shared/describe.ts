import { type CfnResource, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { Posture } from '..';
import { mainResourceOf } from '../../private/main-resource';
import { sortedByName } from '../../private/sorted';
import { pathInStack, topLevelStackOf } from '../../private/stable-path';

/** Key of `Metadata` under which a resource says what it is. Other tools read it in deployed stacks, so it never changes. */
export const METADATA_KEY = 'cdk-private-backend';

/** Grows when a field gets another meaning or goes. New kinds and fields leave it. */
export const METADATA_VERSION = 1;

/** What stands for a value that is known only at deployment. CloudFormation refuses templates with `null`. */
const UNKNOWN = { unknown: true };

/** A value that a description may hold. A construct stands for its resource; what nobody knows at synth becomes `UNKNOWN`, and what is not there is left out. */
export type Described = string | number | boolean | object | undefined;

/** What a construct says of itself, besides what all say. */
export interface Description {
  /** What people call such a construct, in kebab case. docs/metadata.md has a row for each. */
  readonly kind: string;
  readonly [field: string]: Described;
}

const MAIN_RESOURCES = new WeakMap<object, CfnResource>();

/**
 * Writes what a construct is into the `Metadata` attribute of its main resource, for tools that read a deployed stack. Only literals: a `Ref`
 * there would be a dependency (docs/adr/0039).
 *
 * @param main the resource, or a construct whose main child it is
 * @param description read at synth, when everything is declared; must not create anything
 */
export function describe(construct: IConstruct, main: IConstruct | undefined, description: () => Description): void {
  const resource = main && mainResourceOf(main);
  if (resource === undefined) {
    return;
  }
  standFor(construct, resource);
  resource.addMetadata(METADATA_KEY, Lazy.uncachedAny({ produce: () => render(construct, Stack.of(resource), description()) }));
}

/** What refers to the construct in a description refers to this resource. */
export function standFor(construct: IConstruct, resource: CfnResource): void {
  MAIN_RESOURCES.set(construct, resource);
}

function render(construct: IConstruct, stack: Stack, { kind, ...fields }: Description): object {
  const posture = Posture.appliedTo(construct);
  return {
    version: METADATA_VERSION,
    kind,
    name: pathInStack(construct).join('/'),
    posture: posture?.name ?? 'production',
    postureApplied: posture !== undefined,
    ...sortedByName(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined).map(([name, value]) => [name, literalOf(stack, value)]))),
  };
}

/** The value as the template may hold it. */
function literalOf(stack: Stack, value: unknown): unknown {
  if (Construct.isConstruct(value)) {
    return referenceTo(stack, value);
  }
  if (Array.isArray(value)) {
    return Token.isUnresolved(value) ? UNKNOWN : value.filter((each) => each !== undefined).map((each) => literalOf(stack, each));
  }
  const resolved: unknown = Token.isUnresolved(value) ? stack.resolve(value) : value;
  const isLiteral = typeof resolved === 'number' || typeof resolved === 'boolean' || (typeof resolved === 'string' && !isDynamic(resolved));
  return isLiteral ? resolved : UNKNOWN;
}

/** CloudFormation reads a secret or a parameter in place of such a text, wherever it stands. */
function isDynamic(text: string): boolean {
  return Token.isUnresolved(text) || text.includes('{{resolve:');
}

/** The logical id of a resource of the same stack; with the stack, where it is another. Unknown where this app makes no resource for it. */
function referenceTo(stack: Stack, construct: IConstruct): unknown {
  const resource = MAIN_RESOURCES.get(construct) ?? mainResourceOf(construct);
  if (resource === undefined) {
    return UNKNOWN;
  }
  const other = Stack.of(resource);
  const logicalId: unknown = other.resolve(resource.logicalId);
  return other === stack ? logicalId : { stack: topLevelStackOf(other).stackName, nestedStacks: nestedStacksOf(other), logicalId };
}

/** Logical ids of nested stacks, each in the one before, down to this one. */
function nestedStacksOf({ nestedStackParent: parent, nestedStackResource: resource }: Stack): unknown[] {
  return parent === undefined || resource === undefined ? [] : [...nestedStacksOf(parent), parent.resolve(resource.logicalId)];
}
