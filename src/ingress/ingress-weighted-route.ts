import type { Duration } from 'aws-cdk-lib';
import type { IngressJwt } from './ingress-jwt';
import type { IngressRuleOptions } from './ingress-route';
import type { IApplicationIngressRoute, IIngressRule } from './ingress-rule';
import type { IIngressTarget } from '../binding';

/** A target and its share of the requests. */
export interface IngressWeightedTarget {
  /** What answers the requests. */
  readonly target: IIngressTarget;

  /** The share of the requests beside the weights of the other targets, a whole number from 0, for none, to 999. */
  readonly weight: number;
}

/**
 * Options of a route to several targets.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ForwardActionConfig.html
 */
export interface IngressWeightedRouteOptions extends IngressRuleOptions {
  /** One to five targets, at least one of them with a weight above 0. */
  readonly targets: IngressWeightedTarget[];

  /**
   * How long a client stays with the target that answered it first, from 1 second to 7 days. Clients need cookies for it.
   *
   * @default - each request goes where the weights say
   */
  readonly stickiness?: Duration;

  /**
   * The token that requests need. The load balancer answers 401 to those without a good one. Needs an ingress with HTTPS.
   *
   * @default - none
   */
  readonly jwt?: IngressJwt;

  /**
   * Whether the targets verify tokens themselves, so that this route may lead around the `jwt` of another one to the same target. Without it, such a
   * route is an error where its `paths` have wildcards: these also match spellings, such as `//admin` and `/%61dmin`, that servers read as guarded paths.
   *
   * @default false
   */
  readonly targetVerifiesTokens?: boolean;
}

/** A route to several targets. It is in the stack of the ingress. */
export interface IIngressWeightedRoute extends IIngressRule {
  /** The way to each target, in the order of the targets. */
  readonly routes: IApplicationIngressRoute[];
}
