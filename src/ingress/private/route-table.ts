import type { Requirement } from './ingress-path';
import { conditionsOverlap } from './patterns';
import type { RedirectDestination } from './redirect-loops';
import type { RouteConditions } from './route-conditions';
import { classOf } from './route-priority';
import type { IIngressTarget } from '../../binding';
import { problem } from '../../private/errors';

/** A route as its ingress knows it. */
export interface RouteEntry {
  readonly id: string;
  readonly conditions: RouteConditions;
  readonly priority: number;
  /** Whether the user chose the priority. */
  readonly explicit: boolean;
  /** Where the route redirects to, if it does and stays with the protocol and port of the ingress. */
  readonly redirectsTo?: RedirectDestination;
  /** What answers its requests; none where the ingress does. */
  readonly targets?: IIngressTarget[];
  /** The token that requests need, if they need one. */
  readonly requirement?: Requirement;
  /** Whether the user says that targets look at tokens themselves. */
  readonly targetVerifiesTokens?: boolean;
}

/**
 * Names every two routes of an ingress whose order nobody decided, and those that would come before maintenance.
 *
 * @param maintenanceRules how many of the smallest priorities are taken by maintenance
 */
export function findConflicts(routes: RouteEntry[], maintenanceRules = 0): string[] {
  const sorted = [...routes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const taken = new Set(routes.map((route) => route.priority));
  return [...sorted.flatMap((route) => explainMaintenance(route, maintenanceRules)), ...findPairs(sorted, taken)];
}

function explainMaintenance({ id, priority }: RouteEntry, rules: number): string[] {
  return priority > rules ? [] : [problem('IngressMaintenance.priorityTaken', `Route '${id}' has priority ${priority}, and \`maintenance\` uses ${rules === 1 ? 'priority 1' : `priorities 1 to ${rules}`} to come before every route. `
    + `Set \`priority\` to more than ${rules} and deploy, then turn maintenance on${rules === 1 ? '' : ', or list fewer or larger ranges in `allowFrom`'}.`)];
}

function findPairs(sorted: RouteEntry[], taken: Set<number>): string[] {
  return sorted.flatMap((first, index) => sorted.slice(index + 1).flatMap((second) => explainConflict(first, second, taken) ?? []));
}

/** Why two routes cannot be on one listener. */
export function explainConflict(a: RouteEntry, b: RouteEntry, taken: Set<number>): string | undefined {
  if (a.priority === b.priority) {
    const free = freeBefore(a.priority, taken) ?? freeAfter(a.priority, taken);
    return problem('IngressRoute.samePriority', `Routes '${a.id}' and '${b.id}' both have priority ${a.priority}, and a load balancer takes each priority once. Set \`priority: ${free}\`, which is free, on one of the two.`);
  }
  if (!a.explicit && !b.explicit && classOf(a.conditions) === classOf(b.conditions) && conditionsOverlap(a.conditions, b.conditions)) {
    return problem('IngressRoute.orderUndecided', `Routes '${a.id}' and '${b.id}' can match the same request and are equally specific. `
      + `Set ${adviseOrder(a, b, taken)}, or make their \`paths\`, \`hosts\` or \`headers\` different.`);
  }
  return undefined;
}

function adviseOrder(a: RouteEntry, b: RouteEntry, taken: Set<number>): string {
  const before = freeBefore(Math.min(a.priority, b.priority), taken);
  return before !== undefined
    ? `\`priority: ${before}\` on the route that should win`
    : `\`priority: ${freeAfter(Math.max(a.priority, b.priority), taken)}\` on the route that should not win`;
}

function freeBefore(priority: number, taken: Set<number>): number | undefined {
  let free = priority - 1;
  while (taken.has(free)) {
    free -= 1;
  }
  return free >= 1 ? free : undefined;
}

function freeAfter(priority: number, taken: Set<number>): number {
  let free = priority + 1;
  while (taken.has(free)) {
    free += 1;
  }
  return free;
}
