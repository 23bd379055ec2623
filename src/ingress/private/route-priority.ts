import { createHash } from 'crypto';
import { Token } from 'aws-cdk-lib';
import type { RouteConditions } from './route-conditions';

/** Greatest priority of a listener rule; the smallest is 1, and the smallest number that matches wins. */
export const MAX_PRIORITY = 50_000;

/** Rules that maintenance takes at most, with the smallest priorities; a load balancer has a hundred unless its quota is raised. */
export const MAX_MAINTENANCE_RULES = 40;

/** Classes of specificity: with a host or without one, times four kinds of path (docs/adr/0006). */
export const PRIORITY_CLASSES = 8;

/** Numbers in each class. */
export const CLASS_SIZE = MAX_PRIORITY / PRIORITY_CLASSES;

/** How specific a path is: any path, below one segment, below several, or exactly one path. */
const ANY_PATH = 0;
const BELOW_ONE = 1;
const BELOW_SEVERAL = 2;
const EXACT_PATH = 3;

/** The class of a route: 0 is the most specific, 7 is for every request. A route is as specific as its least specific path. */
export function classOf(conditions: RouteConditions): number {
  const byPath = conditions.paths.length === 0 ? ANY_PATH : Math.min(...conditions.paths.map(specificityOf));
  const specificity = Object.keys(conditions.headers).length > 0 ? Math.min(byPath + 1, EXACT_PATH) : byPath;
  return (conditions.hosts.length > 0 ? 0 : 4) + EXACT_PATH - specificity;
}

/** The priority of a route: its class, and in it a number that follows from its id and from nothing else. */
export function priorityOf(id: string, conditions: RouteConditions): number {
  const hash = createHash('sha256').update(id).digest().readUInt32BE(0);
  return classOf(conditions) * CLASS_SIZE + 1 + (hash % CLASS_SIZE);
}

/** Whether the class of a route cannot be told because a path is known only at deployment. */
export function isUnclassifiable(conditions: RouteConditions): boolean {
  return conditions.paths.some((path) => Token.isUnresolved(path));
}

function specificityOf(path: string): number {
  const wildcard = path.search(/[*?]/);
  if (wildcard === -1) {
    return EXACT_PATH;
  }
  if (/^\/?\*+$/.test(path)) {
    return ANY_PATH;
  }
  const wholeSegments = path.slice(0, wildcard).split('/').length - 2;
  return wholeSegments >= 2 ? BELOW_SEVERAL : BELOW_ONE;
}
