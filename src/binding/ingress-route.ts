import type { Duration } from 'aws-cdk-lib';
import type { IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';

/** A rule of an ingress's listener. */
export interface IIngressRule extends IConstruct {
  /** The priority of the listener rule, from 1 to 50,000; the smallest that matches a request wins. */
  readonly priority: number;

  /** The ARN of the listener rule. */
  readonly listenerRuleArn: string;
}

/** A route from an ingress to a target. It is a child of the target and in its stack. */
export interface IIngressRoute extends IIngressRule {
  /** The target group that the target registers its tasks with. */
  readonly targetGroup: IApplicationTargetGroup;

  /** The address at which clients reach the route: its first host without a wildcard, else the main name of the ingress. It has no path. */
  readonly url: string;

  /** Names load balancer and target group the way Application Auto Scaling wants it (`app/…/targetgroup/…`). */
  readonly resourceLabel: string;

  /**
   * How long the ingress keeps a connection to the target on which nothing is sent. The target has to keep it longer.
   *
   * @default Duration.seconds(60)
   */
  readonly idleTimeout?: Duration;

  /**
   * Makes a second target group with the settings of the first, for a target that shifts requests from one to the other
   * when it is deployed. It gets no request until then. Calling it again answers with the same one.
   */
  addAlternateTargetGroup(): IngressTargetGroup;
}

/** A target group of a route. */
export interface IngressTargetGroup {
  /** The target group. */
  readonly targetGroup: IApplicationTargetGroup;

  /** Names load balancer and target group the way Application Auto Scaling wants it (`app/…/targetgroup/…`). */
  readonly resourceLabel: string;
}
