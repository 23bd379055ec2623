import type { INetworkTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IIngressRoute, IIngressTarget } from '../binding';

/** A route of a network load balancer: a port that leads to one target. */
export interface INetworkIngressRoute extends IIngressRoute {
  /** The port that clients connect to. */
  readonly port: number;

  /** The ARN of the listener, which the route has for itself. */
  readonly listenerArn: string;

  /** The target group that the tasks of the target are registered with. */
  readonly targetGroup: INetworkTargetGroup;

  /**
   * The second target group, which gets no connection outside of deployments.
   *
   * @default - none: deployments of the target move no requests
   */
  readonly alternateTargetGroup?: INetworkTargetGroup;
}

/** Options of a route. A network load balancer knows ports only: paths, hosts, headers and weights need a `PublicIngress`. */
export interface NetworkIngressRouteOptions {
  /** The target, such as a `FargateApi`. */
  readonly target: IIngressTarget;

  /**
   * The port that clients connect to, from 1 to 65,535. Each route of an ingress has another one.
   *
   * @default - 443 with TLS, 80 without
   */
  readonly port?: number;
}
