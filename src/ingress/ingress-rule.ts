import type { IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import type { IIngressRoute } from '../binding';

/** A rule of the listener of an application load balancer. */
export interface IIngressRule extends IConstruct {
  /** The priority of the listener rule, from 1 to 50,000; the smallest that matches a request wins. */
  readonly priority: number;

  /** The ARN of the listener rule. */
  readonly listenerRuleArn: string;
}

/** A route of an application load balancer to one target. */
export interface IApplicationIngressRoute extends IIngressRoute, IIngressRule {
  /** The target group that the tasks of the target are registered with. */
  readonly targetGroup: IApplicationTargetGroup;

  /**
   * The second target group, which gets no request outside of deployments.
   *
   * @default - none: deployments of the target move no requests
   */
  readonly alternateTargetGroup?: IApplicationTargetGroup;
}
