import type { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { CommonTaskProps } from './common-task-props';
import type { Scaling } from './scaling';
import type { ServiceDeployment } from './service-deployment';
import type { ServiceRehearsal } from './service-rehearsal';

/** Properties that every service on Fargate has. */
export interface CommonServiceProps extends CommonTaskProps {
  /**
   * A command that ECS runs inside the container. It needs a shell in the image, which distroless images do not have.
   *
   * @default - none: the load balancer's check decides, and without a load balancer that the process runs
   */
  readonly containerHealthCheck?: ecs.HealthCheck;

  /**
   * Time after which sidecars that start after the service (`startsAfter`) give up on it, and the task ends, from 2 to 120 seconds.
   *
   * @default - as ECS does: three minutes
   */
  readonly startTimeout?: Duration;

  /**
   * Minimum number of tasks. Instead of a `desiredCount`, set `minTasks` and `maxTasks` to the same number.
   *
   * @default - as the posture says: 1 in development, 2 in production
   */
  readonly minTasks?: number;

  /**
   * Maximum number of tasks. Equal to `minTasks` means a fixed number.
   *
   * @default - as the posture says: 1 in development, 10 in production
   */
  readonly maxTasks?: number;

  /**
   * What makes the service scale between `minTasks` and `maxTasks`.
   *
   * @default - 60 % CPU, and for an API 1,000 requests a minute for each task while an ingress routes to it
   */
  readonly scaleOn?: Scaling[];

  /**
   * How the service goes from one version to the next.
   *
   * @default ServiceDeployment.rolling()
   */
  readonly deployment?: ServiceDeployment;

  /**
   * Whether one task of a new version must become healthy before ECS touches the service.
   *
   * @default - `ServiceRehearsal.enabled()` for a `FargateApi` where the posture has `rehearsal`, but for the cases that `ServiceRehearsal` names
   */
  readonly rehearsal?: ServiceRehearsal;

  /**
   * Number of tasks that may fail to start or to become healthy before a deployment is rolled back.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
   * @default 3
   */
  readonly deploymentFailureThreshold?: number;

  /**
   * Whether people with the right can run commands inside running containers (ECS Exec). Commands run as root.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
   * @default false
   */
  readonly enableExecuteCommand?: boolean;
}
