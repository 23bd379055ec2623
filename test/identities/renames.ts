import { Construct } from 'constructs';

/** What a renamed construct is called. It says nothing, as a good name would. */
const RENAMED = 'Renamed';

/** One call of user code that names a construct. */
export interface Naming {
  /** As `RedisCache Cache` or `addUser Api`. */
  readonly what: string;
  /** Whether a scope is given, too, below which the construct can be moved. */
  readonly hasScope: boolean;
}

/** The call that is made otherwise: with another id, or below another scope. */
export type Change = { readonly index: number; readonly how: 'rename' | 'move' };

let namings: Naming[] = [];
let change: Change | undefined;

/** Runs what declares an app, and answers with every call in it that names a construct. With a change, one of them does it otherwise. */
export function runWith(build: () => void, changed?: Change): Naming[] {
  [namings, change] = [[], changed];
  build();
  return namings;
}

type Arguments = [scope: Construct, id: string, ...rest: unknown[]];

/**
 * The exports of the library, such that constructors, `fromXxx()` and `addXxx()` can be made to take another id than what is written, as
 * if it were written otherwise. What the library itself makes keeps its ids.
 */
export function renaming<T extends object>(library: T): T {
  Object.values(library).forEach(wrap);
  return new Proxy(library, { get: (target, name) => wrap(Reflect.get(target, name)) }) as T;
}

const WRAPPED = new Map<unknown, unknown>();

function wrap(exported: unknown): unknown {
  if (typeof exported !== 'function' || !(exported.prototype instanceof Construct)) {
    return exported;
  }
  if (!WRAPPED.has(exported)) {
    wrapMethods(exported.prototype as object);
    WRAPPED.set(exported, new Proxy(exported, {
      construct: (target, args: unknown[], newTarget: Function) => Reflect.construct(target, named(target.name, args as Arguments), newTarget) as object,
      get: (target, name, receiver) => {
        const member = Reflect.get(target, name, receiver) as unknown;
        return typeof member === 'function' && /^from[A-Z]/.test(String(name)) ? (...args: Arguments) => member.apply(target, named(String(name), args)) as unknown : member;
      },
    }));
  }
  return WRAPPED.get(exported);
}

function wrapMethods(prototype: object): void {
  for (let each = prototype; each !== Construct.prototype; each = Object.getPrototypeOf(each) as object) {
    for (const name of Object.getOwnPropertyNames(each).filter((method) => /^add[A-Z]/.test(method))) {
      const original = Reflect.get(each, name) as ((...args: unknown[]) => unknown) & { wrapped?: boolean };
      if (!original.wrapped) {
        Object.assign(each, {
          [name]: Object.assign(function (this: unknown, ...args: unknown[]) {
            return original.apply(this, typeof args[0] === 'string' ? namedIn(name, args) : args);
          }, { wrapped: true }),
        });
      }
    }
  }
}

function named(what: string, [scope, id, ...rest]: Arguments): unknown[] {
  const { isChanged, how } = note(`${what} ${id}`, true);
  return [isChanged && how === 'move' ? new Construct(scope, 'Moved') : scope, isChanged && how === 'rename' ? RENAMED : id, ...rest];
}

function namedIn(what: string, [id, ...rest]: unknown[]): unknown[] {
  const { isChanged } = note(`${what} ${String(id)}`, false);
  return [isChanged ? RENAMED : id, ...rest];
}

function note(what: string, hasScope: boolean): { isChanged: boolean; how?: Change['how'] } {
  namings.push({ what, hasScope });
  return { isChanged: change?.index === namings.length - 1, how: change?.how };
}
