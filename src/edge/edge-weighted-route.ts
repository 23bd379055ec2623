import type { Duration } from 'aws-cdk-lib';
import type { EdgeJwt } from './edge-jwt';
import type { EdgeRuleOptions } from './edge-route';
import type { IEdgeRoute, IEdgeRule, IEdgeTarget } from '../binding';

/** A target and its share of the requests. */
export interface EdgeWeightedTarget {
  /** What answers the requests. */
  readonly target: IEdgeTarget;

  /** The share of the requests beside the weights of the other targets, a whole number from 0, for none, to 999. */
  readonly weight: number;
}

/**
 * Options of a route to several targets.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ForwardActionConfig.html
 */
export interface EdgeWeightedRouteOptions extends EdgeRuleOptions {
  /** One to five targets, at least one of them with a weight above 0. */
  readonly targets: EdgeWeightedTarget[];

  /**
   * How long a client stays with the target that answered it first, from 1 second to 7 days. Clients need cookies for it.
   *
   * @default - each request goes where the weights say
   */
  readonly stickiness?: Duration;

  /**
   * The token that requests need. The load balancer answers 401 to those without a good one. Needs an edge with HTTPS.
   *
   * @default - none
   */
  readonly jwt?: EdgeJwt;
}

/** A route to several targets. It is a child of the edge and in its stack. */
export interface IEdgeWeightedRoute extends IEdgeRule {
  /** The way to each target, in the order of the targets. */
  readonly routes: IEdgeRoute[];
}
