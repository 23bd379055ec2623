import type { Duration } from 'aws-cdk-lib';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import type { IIngressRoute } from './ingress-route';

/** Something that an ingress can route requests to, such as a `FargateApi`. */
export interface IIngressTarget extends IConstruct, IConnectable {
  /** The network that the target is in. */
  readonly vpc: IVpc;

  /** The TCP port that the target listens on. */
  readonly port: number;

  /**
   * The path that tells whether the target can take requests. With gRPC a method.
   *
   * @default - the ingress finds out whether the target responds at all
   */
  readonly healthCheckPath?: string;

  /**
   * What the target speaks: HTTP/1.1, HTTP/2 or gRPC.
   *
   * @default AppProtocol.http
   */
  readonly appProtocol?: AppProtocol;

  /**
   * Whether the target speaks it over TLS.
   *
   * @default false
   */
  readonly tls?: boolean;

  /**
   * Codes with which a target that speaks gRPC answers the health check, such as `0` or `0-5`.
   *
   * @default - `0` with a healthCheckPath, `12` (unimplemented) without
   */
  readonly healthyGrpcCodes?: string;

  /**
   * The time that running requests have to finish when a task stops.
   *
   * @default - as each ingress decides: the `idleTimeout` of an application load balancer, 60 seconds of a network load balancer
   */
  readonly deregistrationDelay?: Duration;

  /**
   * The least number of tasks that answer outside of deployments; 0 where there may be none for a while.
   *
   * @default 1
   */
  readonly minTargets?: number;

  /**
   * Called by an ingress for each route: registers with the route, and waits for it.
   *
   * @param route the new route
   */
  attachToIngress(route: IIngressRoute): void;
}
