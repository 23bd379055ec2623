import type { Duration } from 'aws-cdk-lib';
import type { IAlternateTarget, IEcsLoadBalancerTarget } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** A route from an ingress to a target, whatever the kind of its load balancer. It is a child of the target and in its stack. */
export interface IIngressRoute extends IConstruct {
  /**
   * The address at which clients reach the route: its first host without a wildcard, else the main name of the ingress. It has no path. The
   * ingress knows its scheme, which is that of clients and not that of the target.
   */
  readonly url: string;

  /**
   * How long the ingress keeps a connection to the target on which nothing is sent. The target has to keep it longer.
   *
   * @default Duration.seconds(60)
   */
  readonly idleTimeout?: Duration;

  /**
   * Names load balancer and target group the way Application Auto Scaling wants it (`app/…/targetgroup/…`), one for each target group between
   * which deployments move requests. They are there once the target is registered.
   *
   * @default - none: no metric of Application Auto Scaling counts the requests of this load balancer
   */
  readonly resourceLabels?: string[];

  /**
   * Registers the tasks of a service with the target group of the route, and with a second one where its deployments move requests. The
   * target calls it once.
   *
   * @throws InvalidBackendError where deployments move requests and the route cannot let them
   */
  register(registration: IIngressRegistration): void;
}

/** The tasks of an ECS service, as a target hands them to a route. */
export interface IIngressRegistration {
  /**
   * The role with which ECS moves requests from one target group to the other. A route that is given one makes a second target group with the
   * settings of the first, and lets ECS have what decides between the two.
   *
   * @default - deployments move no requests
   */
  readonly trafficShiftRole?: IRole;

  /**
   * The container and port of the tasks as members of a target group, which may be of any load balancer.
   *
   * @param alternateTarget the second target group, and what ECS changes to move requests; needed where there is a `trafficShiftRole`
   */
  loadBalancerTarget(alternateTarget?: IAlternateTarget): IEcsLoadBalancerTarget;
}
