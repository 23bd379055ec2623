import { patternsOverlap } from './patterns';
import type { RouteConditions } from './route-conditions';
import type { RouteEntry } from './route-table';
import { problem } from '../../private/errors';

/** Where a redirect of an ingress leads, as far as that can lead back to it. */
export interface RedirectDestination {
  /** Undefined for the host of the request. */
  readonly host?: string;
  /** Undefined for the path of the request. */
  readonly path?: string;
}

/** Names every redirect that takes its own destination again. Two that send a client to each other are not looked for. */
export function findRedirectLoops(routes: RouteEntry[], domainNames: string[]): string[] {
  return routes.flatMap((route) => {
    const destination = route.redirectsTo === undefined ? undefined : conditionsOf(route.redirectsTo, route.conditions, domainNames);
    if (destination === undefined || !overlap(route.conditions, destination)) {
      return [];
    }
    if (routes.some(({ priority, conditions }) => priority < route.priority && covers(conditions, destination))) {
      return [];
    }
    return [problem('IngressRoute.redirectLoop', `Route '${route.id}' redirects requests to ${describe(destination)}, which the route itself matches, so clients would go in circles. `
      + 'Redirect to a `host` or `path` that `hosts` and `paths` of the route do not match, or add a route with a smaller `priority` that matches the destination.')];
  });
}

/** What requests to the destination look like; undefined where they reach something else than this ingress. */
function conditionsOf({ host, path }: RedirectDestination, from: RouteConditions, domainNames: string[]): RouteConditions | undefined {
  const hostPattern = host === undefined ? undefined : patternOf(host).toLowerCase();
  const isElsewhere = hostPattern !== undefined && !hostPattern.includes('*') && from.hosts.length === 0 && !domainNames.includes(hostPattern);
  return isElsewhere ? undefined : {
    hosts: hostPattern === undefined ? from.hosts : [hostPattern],
    paths: path === undefined ? from.paths : [patternOf(path)],
    headers: {},
  };
}

/** Whatever stood in the request may stand in place of a keyword. */
function patternOf(template: string): string {
  return template.replace(/#\{[a-z]+\}/g, '*');
}

/** Clients send their headers again, so conditions on these make no difference. */
function overlap(a: RouteConditions, b: RouteConditions): boolean {
  return meet(a.hosts, b.hosts) && meet(a.paths, b.paths);
}

function meet(a: string[], b: string[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((one) => b.some((other) => patternsOverlap(one, other)));
}

/** Whether a route takes every request that another would take. */
export function covers(wide: RouteConditions, narrow: RouteConditions): boolean {
  return Object.keys(wide.headers).length === 0 && coversAll(wide.hosts, narrow.hosts) && coversAll(wide.paths, narrow.paths);
}

/** Whether patterns certainly match whatever others match. */
export function coversAll(wide: string[], narrow: string[]): boolean {
  const patterns = narrow.length === 0 ? ['*'] : narrow;
  return wide.length === 0 || patterns.every((pattern) => wide.some((one) => isWider(one, pattern)));
}

/** Whether a pattern certainly matches whatever the other matches. */
function isWider(wide: string, narrow: string): boolean {
  if (wide === narrow || /^\/?\*$/.test(wide) || !/[*?]/.test(narrow)) {
    return patternsOverlap(wide, narrow);
  }
  const prefix = wide.replace(/\*$/, '');
  return prefix !== wide && !/[*?]/.test(prefix) && narrow.startsWith(prefix);
}

function describe({ hosts, paths }: RouteConditions): string {
  const [host, path] = [hosts, paths].map((patterns) => patterns.map((pattern) => `'${pattern}'`).join(', '));
  return `${host === '' ? 'any host' : host} with ${path === '' ? 'any path' : path}`;
}
