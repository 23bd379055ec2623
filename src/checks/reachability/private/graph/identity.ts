import { Reference, rendered, Unknown, type ModelResource, type ModelValue } from '../../../private/model';

/** Which thing a value of a template names. */
export interface Identity {
  readonly key: string;
  /** Where a template of this app makes it. */
  readonly resource?: ModelResource;
  /** As people name it. */
  readonly name: string;
  /** Why nothing more is known of it; undefined where a template of this app makes it. */
  readonly foreign?: string;
  /** Whether another key means another thing. Not so for a parameter, which may be any of them. */
  readonly definite: boolean;
}

/** A group, table or network that a resource of this app makes. */
export function made(resource: ModelResource, part?: string): Identity {
  const { key } = resource;
  return { key: part === undefined ? key : `${key}.${part}`, resource, name: nameOf(resource), definite: true };
}

/** What a value names, where it may be made by resources of one of these types. */
export function identify(value: ModelValue, types: readonly string[]): Identity {
  if (value instanceof Reference) {
    return types.includes(value.resource.type)
      ? made(value.resource)
      : { ...made(value.resource, value.attribute), resource: undefined, foreign: `it comes from ${nameOf(value.resource)}`, definite: false };
  }
  if (value instanceof Unknown) {
    return { key: `?${value.name}`, name: value.name, foreign: value.reason, definite: false };
  }
  const text = rendered(value);
  return typeof value === 'string'
    ? { key: text, name: `'${text}'`, foreign: 'it is not made in this app', definite: true }
    : { key: `?${text}`, name: text, foreign: 'it is known at deployment', definite: false };
}

/** The same, for what is not among the resources that are judged although a template of the app makes it. */
export function elsewhere(identity: Identity): Identity {
  return identity.resource === undefined || identity.foreign !== undefined ? identity : { ...identity, foreign: 'it is in a stack of another account or region' };
}

/** Whether two identities are the same thing; undefined where only the deployment decides. */
export function same(one: Identity, other: Identity): boolean | undefined {
  return one.key === other.key ? true : one.definite && other.definite ? false : undefined;
}

/** The path of a resource's construct without the parts that CDK adds below the construct that people wrote. */
export function nameOf({ constructPath, template: { stackPath } }: ModelResource): string {
  const name = constructPath.replace(/(\/(Resource|Default))+$/, '').replace(/\/Resource(?=\/)/g, '');
  const outer = name.replace(/\/(Subnet|Service|RouteTable)$/, '');
  return outer === stackPath || !outer.startsWith(`${stackPath}/`) ? name : outer;
}

/** `a`, `a and b`, `a, b and c`, `a, b and 7 more`. */
export function enumerate(names: readonly string[], most = 4): string {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown[shown.length - 1]}`;
}
