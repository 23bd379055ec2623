import { CfnResource, Stack } from 'aws-cdk-lib';
import { Dependable, type IConstruct, type IDependable } from 'constructs';
import { problem } from '../../private/errors';
import { resourcesBelow } from '../../private/main-resource';
import { pathOf } from '../../private/stage-path';

/** A service or a job, whose resource waits for what its bindings name; or a nested stack with one. */
export interface Waiter {
  /** The construct as its user knows it. */
  readonly scope: IConstruct;
  readonly resource: CfnResource;
  /** What is known before CDK writes it into the template. */
  readonly waitsFor?: IDependable;
}

const WAITERS = new WeakMap<Stack, Waiter[]>();
const JUDGED = new WeakSet<Stack>();

/** Notes who waits. */
export function noteWaiter(waiter: Waiter): void {
  const stack = Stack.of(waiter.resource);
  const others = (WAITERS.get(stack) ?? []).filter(({ resource }) => resource !== waiter.resource);
  WAITERS.set(stack, [...others, waiter]);
  if (stack.nestedStackResource !== undefined) {
    noteWaiter({ scope: stack, resource: stack.nestedStackResource as CfnResource });
  }
}

/**
 * Finds CloudFormation's "circular dependency" at synth, with paths instead of logical ids. Once for each stack, and only where something was
 * connected later: all resources on the way are rendered for it, and what was there before a service can hardly wait for it. Stacks that wait for each
 * other are found by CDK and by `dependOnStackOf`.
 */
export function refuseCircularWaits(stack: Stack): void {
  if (!JUDGED.has(stack)) {
    JUDGED.add(stack);
    stack.node.addValidation({ validate: () => findCircularWaits(stack, WAITERS.get(stack) ?? []) });
  }
  if (stack.nestedStackParent !== undefined) {
    refuseCircularWaits(stack.nestedStackParent);
  }
}

function findCircularWaits(stack: Stack, waiters: Waiter[]): string[] {
  const graph = new WaitGraph(stack, waiters);
  const found: CfnResource[][] = [];
  for (const { resource } of waiters) {
    const cycle = found.some((earlier) => earlier.includes(resource)) ? undefined : graph.cycleOf(resource);
    found.push(...cycle === undefined ? [] : [cycle]);
  }
  return found.map((cycle) => explain(cycle, waiters));
}

function explain(cycle: CfnResource[], waiters: Waiter[]): string {
  const paths = [...cycle, cycle[0]].map((resource) => pathOf(waiters.find((waiter) => waiter.resource === resource)?.scope ?? resource));
  // Parts of a construct say no more than the construct.
  const shown = paths.filter((path, index) => index === 0 || (path !== paths[index - 1] && !paths.slice(0, index).some((earlier) => path.startsWith(`${earlier}/`))));
  return problem('Service.circularWait', `'${shown[0]}' waits for '${shown.slice(1).join('\', which waits for \'')}', and CloudFormation can't create either of them first. `
    + 'Remove a connection, or use `ServiceBinding.withoutWaiting(other)` for a service that starts without the service that is called.');
}

/** Which resources of a stack wait for which: by `DependsOn`, and by references. */
class WaitGraph {
  private readonly edges = new Map<CfnResource, CfnResource[]>();
  private readonly byLogicalId: Map<string, CfnResource>;
  private readonly waiters: Map<CfnResource, IDependable | undefined>;

  constructor(private readonly stack: Stack, waiters: Waiter[]) {
    const resources = resourcesBelow(stack).filter((resource) => Stack.of(resource) === stack);
    this.byLogicalId = new Map(resources.map((resource) => [String(stack.resolve(resource.logicalId)), resource]));
    this.waiters = new Map(waiters.map(({ resource, waitsFor }) => [resource, waitsFor]));
  }

  /** The shortest way from a resource back to itself. */
  public cycleOf(resource: CfnResource): CfnResource[] | undefined {
    const from = new Map<CfnResource, CfnResource>();
    const queue = [resource];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const each of this.edgesOf(next)) {
        if (each === resource) {
          return wayTo(next, resource, from);
        }
        if (!from.has(each)) {
          from.set(each, next);
          queue.push(each);
        }
      }
    }
    return undefined;
  }

  private edgesOf(resource: CfnResource): CfnResource[] {
    const known = this.edges.get(resource);
    if (known !== undefined) {
      return known;
    }
    const waitsFor = this.waiters.get(resource);
    const declared = waitsFor === undefined ? [] : Dependable.of(waitsFor).dependencyRoots.flatMap(resourcesBelow);
    const dependencies = resource.obtainDependencies().filter((dependency): dependency is CfnResource => CfnResource.isCfnResource(dependency));
    const edges = [...new Set([...declared, ...dependencies, ...this.referencesOf(resource)])].filter((other) => other !== resource && Stack.of(other) === this.stack);
    this.edges.set(resource, edges);
    return edges;
  }

  private referencesOf(resource: CfnResource): CfnResource[] {
    const template: unknown = this.stack.resolve(resource._toCloudFormation());
    return namesIn(template).flatMap((name) => this.byLogicalId.get(name) ?? []);
  }
}

function wayTo(last: CfnResource, first: CfnResource, from: Map<CfnResource, CfnResource>): CfnResource[] {
  const way = [last];
  while (way[0] !== first) {
    way.unshift(from.get(way[0]) as CfnResource);
  }
  return way;
}

/** Logical ids that a template refers to. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    switch (key) {
      case 'Ref': return [String(inner)];
      case 'Fn::GetAtt': return [Array.isArray(inner) ? String(inner[0]) : String(inner).split('.')[0]];
      case 'Fn::Sub': return [...[...JSON.stringify(inner).matchAll(/\$\{([A-Za-z0-9]+)/g)].map(([, name]) => name), ...namesIn(inner)];
      default: return namesIn(inner);
    }
  });
}
