import type { ICluster, IFargateService } from 'aws-cdk-lib/aws-ecs';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** A service whose tasks can be replaced by new ones, which read their secrets again: a `FargateApi` or a `FargateWorker`. */
export interface IRestartableService extends IConstruct {
  /** The cluster of the ECS service. */
  readonly cluster: ICluster;

  /** The ECS service. */
  readonly service: IFargateService;

  /**
   * Lets a principal restart this service, and change as little else of it as IAM can express.
   *
   * @param grantee role of a function that restarts the service, for example
   */
  grantRestart(grantee: IGrantable): Grant;
}

/**
 * Whatever replaces values of secrets that tasks read when they start, such as a rotation. A binding names it, and each service that the binding is
 * connected to calls it back. Tasks of a job start anew each time, so a job calls nothing.
 */
export interface IRotationSource {
  /**
   * Makes what restarts a service after each rotation. The constructs belong below the service, in its stack, so that the stack of the secret
   * knows nothing of those who read it. Called once for each binding that names this source; the ECS service is there already.
   *
   * @param service the service whose tasks read the secret
   */
  restartAfterRotation(service: IRestartableService): void;
}
