import { Dependable, type IConstruct, type IDependable } from 'constructs';

/** Dependencies that are looked up when the app is synthesised, because they may be declared at any time before. */
export function lazyDependable(roots: () => IConstruct[]): IDependable {
  const dependable = {};
  Dependable.implement(dependable, {
    get dependencyRoots() {
      return roots();
    },
  });
  return dependable;
}
