import { conditionsOverlap } from './patterns';
import type { RouteConditions } from './route-conditions';
import { MAX_PRIORITY, classOf } from './route-priority';

/** A route as its edge knows it. */
export interface RouteEntry {
  readonly id: string;
  readonly conditions: RouteConditions;
  readonly priority: number;
  /** Whether the user chose the priority. */
  readonly explicit: boolean;
}

/** Names every two routes of an edge whose order nobody decided. */
export function findConflicts(routes: RouteEntry[]): string[] {
  const sorted = [...routes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const taken = new Set(routes.map((route) => route.priority));
  return sorted.flatMap((first, index) => sorted.slice(index + 1).flatMap((second) => explainConflict(first, second, taken) ?? []));
}

function explainConflict(a: RouteEntry, b: RouteEntry, taken: Set<number>): string | undefined {
  if (a.priority === b.priority) {
    const free = freePriority(a.priority, taken);
    return `Routes '${a.id}' and '${b.id}' both have the priority ${a.priority}, which a load balancer takes once. Give one of them 'priority: ${free}', which is free.`;
  }
  if (!a.explicit && !b.explicit && classOf(a.conditions) === classOf(b.conditions) && conditionsOverlap(a.conditions, b.conditions)) {
    const free = freePriority(Math.min(a.priority, b.priority), taken);
    return `Routes '${a.id}' and '${b.id}' can match the same request and are equally specific, so which of them wins is not decided. `
      + `Give the one that shall win 'priority: ${free}', which is free and comes before both, or make their paths, hosts or headers exclude each other.`;
  }
  return undefined;
}

/** The nearest number before a priority that no route has, else the nearest after it. */
function freePriority(near: number, taken: Set<number>): number {
  const before = Array.from({ length: near - 1 }, (_, index) => near - 1 - index);
  const after = Array.from({ length: MAX_PRIORITY - near }, (_, index) => near + 1 + index);
  return [...before, ...after].find((priority) => !taken.has(priority)) ?? near;
}
