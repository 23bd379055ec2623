import type { IngressJwt } from './ingress-jwt';
import type { IIngressTarget } from '../binding';

/**
 * Which requests a route takes: those with one of the paths, one of the hosts and, of each header, one of the values. All
 * values together are at most five, a limit of load balancers.
 */
export interface IngressRuleOptions {
  /**
   * Path patterns such as `/orders/*`; `*` stands for any characters, `?` for one. Case matters.
   *
   * @default - every path
   */
  readonly paths?: string[];

  /**
   * Host patterns such as `api.example.com` or `*.example.com`. Case does not matter.
   *
   * @default - every host
   */
  readonly hosts?: string[];

  /**
   * Values by header name, such as `{ 'x-version': ['2', '3'] }`; `*` and `?` are wildcards in values. Case does not matter.
   *
   * @default - any headers
   */
  readonly headers?: { [name: string]: string[] };

  /**
   * Priority of the route, a whole number from 1 to 50,000; the smallest that matches a request wins. Needed only where two
   * equally specific routes can match the same request, which is an error that names a free number.
   *
   * @default - follows from how specific the conditions are, then from the id of the route and the path of its target, or of the ingress where it
   * has none; with an imported ingress from stage, stack, path of the target and id
   */
  readonly priority?: number;
}

/** Options of a route to a target. */
export interface IngressRouteOptions extends IngressRuleOptions {
  /** What answers the requests. */
  readonly target: IIngressTarget;

  /**
   * The token that requests need. The load balancer answers 401 to those without a good one. Needs an ingress with HTTPS.
   *
   * @default - none
   */
  readonly jwt?: IngressJwt;

  /**
   * Whether the target verifies tokens itself, so that this route may lead around the `jwt` of another one to the same target. Without it, such a
   * route is an error where its `paths` have wildcards: these also match spellings, such as `//admin` and `/%61dmin`, that servers read as guarded paths.
   *
   * @default false
   */
  readonly targetVerifiesTokens?: boolean;
}
