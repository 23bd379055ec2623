import { Stack, type CfnResource } from 'aws-cdk-lib';
import { CfnListener, type IApplicationListener, type IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import { isNotLookedUp } from './ingress-identity';
import { type RouteEntry, explainConflict } from './route-table';
import { warn } from '../../private/errors';
import { identityInApp } from '../../private/identity';

/** An ingress, and what it puts on a listener that others may use too: other stacks, stages and imports of the same one. */
export interface ListenerUse {
  readonly ingress: IConstruct & { readonly listener: IApplicationListener; readonly loadBalancer: IApplicationLoadBalancer };
  readonly isImported: boolean;
  readonly routes: RouteEntry[];
  readonly maintenanceRules: () => number;
  readonly targetGroups: () => number;
}

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const RULES = 100;
const TARGET_GROUPS = 100;
const CERTIFICATES = 25;

const USES = new WeakMap<IConstruct, ListenerUse[]>();

/** Remembers an ingress for the whole app. */
export function useListener(use: ListenerUse): ListenerUse {
  const { root } = use.ingress.node;
  USES.set(root, [...USES.get(root) ?? [], use]);
  return use;
}

/** The import in the same stack that has a route of this id on the same listener: what belongs to the two would have one id. */
export function importWithRoute(use: ListenerUse, id: string): IConstruct | undefined {
  return !use.isImported ? undefined : othersOn('listener', use)
    .find((other) => other.isImported && Stack.of(other.ingress) === Stack.of(use.ingress) && other.routes.some((route) => route.id === id))?.ingress;
}

/** Names every two routes of different ingresses on one listener that cannot be there together. Each pair is named once, at the later ingress. */
export function findForeignConflicts(use: ListenerUse): string[] {
  const uses = allUses(use);
  const earlier = othersOn('listener', use).filter((other) => uses.indexOf(other) < uses.indexOf(use));
  const taken = new Set([use, ...othersOn('listener', use)].flatMap(({ routes }) => routes.map(({ priority }) => priority)));
  return earlier.flatMap((other) => other.routes.flatMap((first) => use.routes.flatMap((second) => (
    explainConflict(named(first, other), named(second, use), taken) ?? []
  ))));
}

/** How many of the smallest priorities of the listener maintenance takes, whichever ingress has it. */
export function maintenanceRulesOn(use: ListenerUse): number {
  return Math.max(...[use, ...othersOn('listener', use)].map(({ maintenanceRules }) => maintenanceRules()));
}

/** Warns where a load balancer gets more than quotas allow by default. Called when all is declared, by the last ingress of the balancer. */
export function warnOfQuotas(use: ListenerUse): void {
  const all = allUses(use).filter((other) => other === use || isSame('loadBalancer', use, other));
  if (all[all.length - 1] !== use) {
    return;
  }
  const rules = sum(all.map(({ routes, maintenanceRules }) => routes.length + maintenanceRules()));
  if (rules > RULES) {
    warn(use.ingress, 'PublicIngress.rules', `The load balancer of this ingress has ${rules} listener rules, and the default quota is ${RULES}. `
      + 'Raise the quota \'Rules per Application Load Balancer\' before you deploy, use routes with several `paths`, or add a second ingress.');
  }
  const groups = sum(all.map(({ targetGroups }) => targetGroups()));
  if (groups > TARGET_GROUPS) {
    warn(use.ingress, 'PublicIngress.targetGroups', `The load balancer of this ingress has ${groups} target groups, and ${TARGET_GROUPS} is the quota, which can't be raised. `
      + 'Use one route with several `paths` for each service, or add a second ingress.');
  }
  const certificates = certificatesOf(use.ingress.listener);
  if (certificates - 1 > CERTIFICATES) {
    warn(use.ingress, 'PublicIngress.certificates', `The load balancer of this ingress has ${certificates - 1} certificates in addition to its default certificate, and the default quota is ${CERTIFICATES}. `
      + 'Raise the quota \'Certificates per Application Load Balancer\' before you deploy, or use certificates for several names.');
  }
}

function certificatesOf(listener: IApplicationListener): number {
  const resources = listener.node.findAll().filter((child): child is CfnResource => 'cfnResourceType' in child);
  return sum(resources.map((resource) => {
    const { certificates } = resource as { certificates?: unknown };
    const known: unknown = resource instanceof CfnListener || resource.cfnResourceType === 'AWS::ElasticLoadBalancingV2::ListenerCertificate' ? Stack.of(resource).resolve(certificates) : [];
    return Array.isArray(known) ? known.length : 0;
  }));
}

/** All ingresses of the app. */
export function allUses({ ingress }: ListenerUse): ListenerUse[] {
  return USES.get(ingress.node.root) ?? [];
}

function othersOn(what: 'listener' | 'loadBalancer', use: ListenerUse): ListenerUse[] {
  return allUses(use).filter((other) => other !== use && isSame(what, use, other));
}

function isSame(what: 'listener' | 'loadBalancer', ...uses: [ListenerUse, ListenerUse]): boolean {
  const [first, second] = uses.map(({ ingress }) => ({ ingress, arn: what === 'listener' ? ingress.listener.listenerArn : ingress.loadBalancer.loadBalancerArn }));
  return !isNotLookedUp(first.arn) && identityInApp(first.ingress, first.arn) === identityInApp(second.ingress, second.arn);
}

function named(route: RouteEntry, { ingress }: ListenerUse): RouteEntry {
  return { ...route, id: `${route.id} of ${ingress.node.path}` };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
