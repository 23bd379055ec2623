import type { Duration } from 'aws-cdk-lib';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationProtocolVersion } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import type { IIngressRoute } from './ingress-route';

/** Something that an ingress can route requests to, such as a `FargateApi`. */
export interface IIngressTarget extends IConstruct, IConnectable {
  /** The network that the target is in. */
  readonly vpc: IVpc;

  /** The TCP port that the target listens on. */
  readonly port: number;

  /** The path that tells whether the target can take requests. */
  readonly healthCheckPath: string;

  /**
   * What the target speaks. Anything but HTTP/1.1 needs an ingress with HTTPS.
   *
   * @default ApplicationProtocolVersion.HTTP1
   */
  readonly protocolVersion?: ApplicationProtocolVersion;

  /**
   * Codes with which a target that speaks gRPC answers the health check, such as `0` or `0-5`.
   *
   * @default '12'
   */
  readonly healthyGrpcCodes?: string;

  /**
   * The time that running requests have to finish when a task stops.
   *
   * @default - the `idleTimeout` of each ingress that routes to the target
   */
  readonly deregistrationDelay?: Duration;

  /**
   * The least number of tasks that answer outside of deployments; 0 where there may be none for a while.
   *
   * @default 1
   */
  readonly minTargets?: number;

  /**
   * Called by an ingress for each route: registers with the route's target group, and waits for the route.
   *
   * @param route the new route
   */
  attachToIngress(route: IIngressRoute): void;
}
