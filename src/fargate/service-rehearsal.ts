import { Duration } from 'aws-cdk-lib';
import type { RehearsalPlan } from './private/plans';

/** Options of a rehearsal. */
export interface ServiceRehearsalOptions {
  /**
   * Time that the containers have to become healthy once they run, from 10 seconds to 40 minutes. Ten more minutes are left for finding
   * room for the task and pulling images. With `containerHealthCheck`, ECS itself gives up after three minutes, or after `startTimeout`.
   *
   * @default Duration.minutes(3)
   */
  readonly timeout?: Duration;

  /**
   * Time for which the port must stay open, or the container must run, where no health check says more, from 1 second to `timeout`.
   *
   * @default Duration.seconds(15)
   */
  readonly stableTime?: Duration;
}

/**
 * Whether a new version of a service is tried out before ECS touches the service.
 *
 * With a rehearsal, a deployment runs one task with the containers of the new version first, with its roles, secrets, volumes and network. If
 * this task does not become healthy, the deployment fails within minutes, and its reason holds the exit code, ECS's reason and the last log
 * lines of the container that failed first. The service runs on as it is.
 *
 * ## What it makes
 * A second task definition with the same containers, `BACKEND_REHEARSAL=true` in each, and a small container that ends with 0 once the
 * service is healthy: when `containerHealthCheck` says so; else when `healthCheckPath` answers 2xx twice, where an ingress
 * routes to the service by HTTP/1.1 without TLS; else when the port has been open for `stableTime`; a worker when it has run for `stableTime`. A custom resource,
 * called by the function that also runs the migrations of the stack. It runs only when the task definition has changed, after migrations and all
 * else that the service waits for, and never in a rollback.
 *
 * ## Defaults that matter
 * On by default for a `FargateApi` where the posture says so (production). Off by default where a second task may be harmful or of no use:
 * for workers, with `QueueBinding.consume`, with `minTasks: 0`, where a deployment may run no more than 100 % of the tasks, where a container writes to files that other tasks see,
 * and in a cluster with Service Connect, whose names only tasks of services can resolve. That is decided with the service: a sidecar or a binding of such a kind
 * that comes later is an error, unless `rehearsal` is set.
 *
 * ## Security considerations
 * The task has the roles, secrets and security groups of the service, and nothing may connect to it that may not connect to the service. The
 * function may start this one family with these two roles, and read this one log.
 *
 * ## Cost
 * Less than 0.001 USD for each deployment of a task of the default size, and one to two minutes more time.
 *
 * @see https://github.com/cdk-private-backend/cdk-private-backend/blob/main/docs/fargate.md#rehearsal
 *
 * @example
 * import { Duration, type Stack } from 'aws-cdk-lib';
 * import type { ICluster } from 'aws-cdk-lib/aws-ecs';
 * import { FargateWorker, ServiceImage, ServiceRehearsal } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const cluster: ICluster;
 * new FargateWorker(stack, 'Worker', {
 *   cluster,
 *   image: ServiceImage.fromDirectory('worker'),
 *   rehearsal: ServiceRehearsal.enabled({ stableTime: Duration.seconds(30) }),
 * });
 */
export class ServiceRehearsal {
  /** Tries each new version out. */
  public static enabled(options: ServiceRehearsalOptions = {}): ServiceRehearsal {
    return new ServiceRehearsal({ timeout: options.timeout ?? Duration.minutes(3), stableTime: options.stableTime ?? Duration.seconds(15) });
  }

  /** Leaves it to the service to find out. */
  public static disabled(): ServiceRehearsal {
    return new ServiceRehearsal();
  }

  private constructor(
    /** @internal */
    public readonly _plan?: RehearsalPlan,
  ) {}
}
