import { conditionsOverlap } from './patterns';
import type { RedirectDestination } from './redirect-loops';
import type { RouteConditions } from './route-conditions';
import { classOf } from './route-priority';

/** A route as its edge knows it. */
export interface RouteEntry {
  readonly id: string;
  readonly conditions: RouteConditions;
  readonly priority: number;
  /** Whether the user chose the priority. */
  readonly explicit: boolean;
  /** Where the route redirects to, if it does and stays with the protocol and port of the edge. */
  readonly redirectsTo?: RedirectDestination;
}

/**
 * Names every two routes of an edge whose order nobody decided, and those that would come before maintenance.
 *
 * @param maintenanceRules how many of the smallest priorities are taken by maintenance
 */
export function findConflicts(routes: RouteEntry[], maintenanceRules = 0): string[] {
  const sorted = [...routes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const taken = new Set(routes.map((route) => route.priority));
  return [...sorted.flatMap((route) => explainMaintenance(route, maintenanceRules)), ...findPairs(sorted, taken)];
}

function explainMaintenance({ id, priority }: RouteEntry, rules: number): string[] {
  return priority > rules ? [] : [`Route '${id}' has the priority ${priority}, and maintenance takes the priorities 1 to ${rules} to come before every route. `
    + 'Give the route a greater priority and deploy it, then turn maintenance on, or allow fewer addresses with allowFrom.'];
}

function findPairs(sorted: RouteEntry[], taken: Set<number>): string[] {
  return sorted.flatMap((first, index) => sorted.slice(index + 1).flatMap((second) => explainConflict(first, second, taken) ?? []));
}

function explainConflict(a: RouteEntry, b: RouteEntry, taken: Set<number>): string | undefined {
  if (a.priority === b.priority) {
    const free = freeBefore(a.priority, taken) ?? freeAfter(a.priority, taken);
    return `Routes '${a.id}' and '${b.id}' both have the priority ${a.priority}, which a load balancer takes once. Give one of them 'priority: ${free}', which is free.`;
  }
  if (!a.explicit && !b.explicit && classOf(a.conditions) === classOf(b.conditions) && conditionsOverlap(a.conditions, b.conditions)) {
    return `Routes '${a.id}' and '${b.id}' can match the same request and are equally specific, so which of them wins is not decided. `
      + `${adviseOrder(a, b, taken)}, or make their paths, hosts or headers exclude each other.`;
  }
  return undefined;
}

function adviseOrder(a: RouteEntry, b: RouteEntry, taken: Set<number>): string {
  const before = freeBefore(Math.min(a.priority, b.priority), taken);
  return before !== undefined
    ? `Give the one that shall win 'priority: ${before}', which is free and comes before both`
    : `Give the one that shall not win 'priority: ${freeAfter(Math.max(a.priority, b.priority), taken)}', which is free and comes after both`;
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
