import { Stack, Token } from 'aws-cdk-lib';
import { CfnListener, type IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Requirement } from './ingress-path';
import { patternsOverlap } from './patterns';
import { covers, coversAll } from './redirect-loops';
import type { RouteEntry } from './route-table';
import { type ListenerUse, allUses } from './shared-listeners';
import type { IIngressTarget } from '../../binding';
import { problem } from '../../private/errors';

/**
 * Names every route of an ingress by which a request for a guarded path gets to the same target without the token. Rules of a listener match the
 * path as the client wrote it; servers read `/Admin`, `//admin`, `/%61dmin` and `/public/../admin` as `/admin`, each in its own way. So beside a
 * guarded route only exact paths are open, which match one spelling of what the user named. Hosts and headers are the client's to choose.
 */
export function findBypasses(use: ListenerUse): string[] {
  return use.routes.filter((route) => !isUnreachable(route, use.routes)).flatMap((route) => {
    const found = firstBypass(route, use);
    if (found === undefined) {
      return [];
    }
    const [guarded] = withoutWildcards(found.guarded.conditions.paths);
    return [problem('IngressJwt.bypass', `Route '${route.id}' leads to '${found.target.node.path}' without the token that route '${found.guarded.id}' requires, and also takes other spellings of its paths, such as '${guarded.toUpperCase()}' or '/${guarded}'. `
      + 'Set the same `jwt` on both routes, or list exact `paths` without wildcards. If the service verifies tokens itself, set `targetVerifiesTokens: true`.')];
  });
}

interface Bypass {
  readonly guarded: RouteEntry;
  readonly target: IIngressTarget;
}

function firstBypass(route: RouteEntry, use: ListenerUse): Bypass | undefined {
  const { targets = [], targetVerifiesTokens = false } = route;
  if (targetVerifiesTokens) {
    return undefined;
  }
  const others = allUses(use).filter((other) => other === use || !verifiesClients(use.ingress.listener));
  return targets.flatMap((target) => others.flatMap(({ routes }) => routes
    .filter((guarded) => guarded !== route && guarded.targets?.includes(target) === true && isBypass(route, guarded))
    .map((guarded) => ({ guarded, target }))))[0];
}

function isBypass(route: RouteEntry, { requirement, conditions }: RouteEntry): boolean {
  if (requirement === undefined || impliedBy(requirement, route.requirement)) {
    return false;
  }
  const [own, guarded] = [route.conditions.paths, conditions.paths].map((paths) => (paths.length === 0 ? ['/*'] : paths));
  // For a part of the guarded paths the user asks for another token, not for none.
  return !(route.requirement !== undefined && coversAll(guarded, own)) && own.some((path) => opens(path, guarded));
}

/** Whether a path of an open route lets in what is meant for guarded paths. One that is known only at deployment may have wildcards. */
function opens(path: string, guarded: string[]): boolean {
  if (Token.isUnresolved(path) || hasWildcard(path)) {
    return true;
  }
  return guarded.some((pattern) => {
    const isPlain = canonical(path) === path.toLowerCase().replace(/(?!^)\/$/, '');
    const isCarvedOut = isPlain && hasWildcard(pattern) && patternsOverlap(pattern, path);
    return !Token.isUnresolved(pattern) && !isCarvedOut && patternsOverlap(canonical(pattern), canonical(path));
  });
}

/** How servers read a path of those characters that patterns may have. */
function canonical(path: string): string {
  const segments: string[] = [];
  for (const segment of path.toLowerCase().split('/')) {
    if (segment === '..') {
      segments.pop();
    } else if (segment !== '' && segment !== '.') {
      segments.push(segment);
    }
  }
  return `/${segments.join('/')}`;
}

/** Whether who has a token for the one has, by that, one for the other. */
function impliedBy(wanted: Requirement, given?: Requirement): boolean {
  const claims = given?.claims.map((claim) => JSON.stringify(claim)) ?? [];
  return given?.issuer === wanted.issuer && given.jwksEndpoint === wanted.jwksEndpoint && wanted.claims.every((claim) => claims.includes(JSON.stringify(claim)));
}

/** Whether another route takes all of its requests first. */
function isUnreachable(route: RouteEntry, routes: RouteEntry[]): boolean {
  return routes.some(({ priority, conditions }) => priority < route.priority && covers(conditions, route.conditions));
}

/** Clients who come through another ingress with a certificate of their own were let in by that. */
function verifiesClients(listener: IApplicationListener): boolean {
  const resource = listener.node.defaultChild;
  const mutual: unknown = resource instanceof CfnListener ? Stack.of(resource).resolve(resource.mutualAuthentication) : undefined;
  return (mutual as { mode?: unknown } | undefined)?.mode === 'verify';
}

function withoutWildcards(paths: string[]): string[] {
  const known = paths.filter((path) => !Token.isUnresolved(path)).map((path) => path.replace(/\/?[*?].*$/, '')).filter((path) => path.length > 1);
  return [...known, '/admin'];
}

function hasWildcard(path: string): boolean {
  return /[*?]/.test(path);
}
