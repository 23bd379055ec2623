import type { Duration, Size } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { ServiceVolume } from './service-volume';

/** Options of a further container in the tasks of a service, as hardened as the service's own. */
export interface SidecarOptions {
  /** The image of the container. `ServiceImage.fromDirectory` builds one for the right architecture. */
  readonly image: ecs.ContainerImage;

  /**
   * Whether the task ends when this container does. A container that runs once before the service is not essential.
   *
   * @default true
   */
  readonly essential?: boolean;

  /**
   * Entry point of the container, as separate words.
   *
   * @default - that of the image
   */
  readonly entryPoint?: string[];

  /**
   * Command of the container, as separate words.
   *
   * @default - that of the image
   */
  readonly command?: string[];

  /**
   * Environment variables. Anyone who may describe the task definition can read them, so secrets belong in `secrets`.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Environment variables from Secrets Manager or Systems Manager, read when a task starts.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: ecs.Secret };

  /**
   * TCP ports that the container listens on. Containers of a task reach each other on `localhost`, so each port is there once. From
   * outside nothing may connect until `connections` of the service allow it.
   *
   * @default - none
   */
  readonly ports?: number[];

  /**
   * User that the process runs as: a user id, `uid:gid`, or a name that the image knows.
   *
   * @default '1000:1000'
   */
  readonly user?: string;

  /**
   * Absolute paths in the container that anyone in it can write to, on the task's own disk, gone with the task.
   *
   * @default - none but `/tmp`
   */
  readonly writablePaths?: string[];

  /**
   * Absolute paths that this container and the service's own both see and can write to, at the same place, gone with the task.
   *
   * @default - none
   */
  readonly sharedPaths?: string[];

  /**
   * Directories that the container mounts, of file systems or shared with the service and other sidecars.
   *
   * @default - none
   */
  readonly volumes?: ServiceVolume[];

  /**
   * Size of `/tmp`, which is part of the task's memory.
   *
   * @default Size.mebibytes(64)
   */
  readonly tmpSize?: Size;

  /**
   * A command that ECS runs inside the container. It needs a shell in the image, which distroless images do not have.
   *
   * @default - none
   */
  readonly healthCheck?: ecs.HealthCheck;

  /**
   * What the service waits for before it starts: that this container started, is healthy, or ended.
   *
   * @default - the service does not wait
   */
  readonly serviceStartsAfter?: ecs.ContainerDependencyCondition;

  /**
   * What this container waits for before it starts, by container: `Service` for the service's or the job's own, or the id of a sidecar that was
   * added before or comes with the same binding.
   *
   * @default - nothing
   */
  readonly startsAfter?: { [container: string]: ecs.ContainerDependencyCondition };

  /**
   * Time after which what waits for this container gives up, and the task ends, from 2 to 120 seconds.
   *
   * @default - as ECS does: three minutes
   */
  readonly startTimeout?: Duration;

  /**
   * Time that the process has between SIGTERM and SIGKILL, from 2 to 120 seconds.
   *
   * @default Duration.seconds(30)
   */
  readonly stopTimeout?: Duration;

  /**
   * CPU units of the task that are kept for this container.
   *
   * @default - none: it takes what the others leave
   */
  readonly cpu?: number;

  /**
   * Memory of the task that this container may use, in MiB; above it ends.
   *
   * @default - all that the task has
   */
  readonly memoryLimitMiB?: number;
}
