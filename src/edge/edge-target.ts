import type { Duration } from 'aws-cdk-lib';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { IEdgeRoute } from './edge-route';

/** Something that an edge can route requests to, such as a `FargateApi`. */
export interface IEdgeTarget extends IConstruct, IConnectable {
  /** The network that the target is in. */
  readonly vpc: IVpc;

  /** The TCP port that the target listens on. */
  readonly port: number;

  /** The path that tells whether the target can take requests. */
  readonly healthCheckPath: string;

  /** The time that running requests have to finish when a task stops. */
  readonly deregistrationDelay: Duration;

  /**
   * Called by an edge for each route: registers with the route's target group, and waits for the route.
   *
   * @param route the new route
   */
  attachToEdge(route: IEdgeRoute): void;
}
