import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Capacity } from './capacity';
import type { Deployment } from './deployment';
import type { Scaling } from './scaling';
import type { IServiceBinding } from './service-binding';
import type { IServicePrerequisite } from './service-prerequisite';

/** Properties that every service on Fargate has. */
export interface FargateServiceProps {
  /** The cluster that the tasks run in. */
  readonly cluster: ecs.ICluster;

  /** The image of the service. `ServiceImage.fromDirectory` builds one for the right architecture. */
  readonly image: ecs.ContainerImage;

  /**
   * What the service uses: database users, caches, queues, other services. Each gives environment variables and secrets
   * and opens exactly its own network path.
   *
   * @default - nothing
   */
  readonly connectTo?: IServiceBinding[];

  /**
   * What must have succeeded before new tasks start, such as a `MigrationTask`.
   *
   * @default - nothing
   */
  readonly migrations?: IServicePrerequisite[];

  /**
   * CPU units of a task; 1,024 are one vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
   * @default 256
   */
  readonly cpu?: number;

  /**
   * Memory of a task in MiB; Fargate offers only certain values with each number of CPU units.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
   * @default 512
   */
  readonly memoryLimitMiB?: number;

  /**
   * Environment variables. Anyone who may describe the task definition can read them, so secrets belong in `secrets`.
   *
   * @default - only what `connectTo` gives, `PORT` of an API, and `STOP_TIMEOUT_SECONDS` of a worker
   */
  readonly environment?: { [name: string]: string };

  /**
   * Environment variables from Secrets Manager or Systems Manager, read when a task starts.
   *
   * @default - only what `connectTo` gives
   */
  readonly secrets?: { [name: string]: ecs.Secret };

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
   * A command that ECS runs inside the container. It needs a shell in the image, which distroless images do not have.
   *
   * @default - none: the load balancer's check decides, and without a load balancer that the process runs
   */
  readonly containerHealthCheck?: ecs.HealthCheck;

  /**
   * Processor architecture of the tasks.
   *
   * @default - ARM64, about 20 % cheaper than x86
   */
  readonly architecture?: ecs.CpuArchitecture;

  /**
   * User that the process runs as: a user id, `uid:gid`, or a name that the image knows.
   *
   * @default '1000:1000'
   */
  readonly user?: string;

  /**
   * Absolute paths in the container that anyone in it can write to, on the task's own disk, gone with the task. The rest of
   * the root file system is read-only, but for `/tmp`.
   *
   * @default - none but `/tmp`
   */
  readonly writablePaths?: string[];

  /**
   * Size of `/tmp`, which is part of the task's memory.
   *
   * @default Size.mebibytes(64)
   */
  readonly tmpSize?: Size;

  /**
   * Disk of a task for its images and writable paths, from 21 to 200 GiB. More than 20 GiB costs extra.
   *
   * @default - 20 GiB, which Fargate gives
   */
  readonly ephemeralStorage?: Size;

  /**
   * Least number of tasks.
   *
   * @default - as the posture says: 1 in development, 2 in production
   */
  readonly minTasks?: number;

  /**
   * Greatest number of tasks. Equal to `minTasks` means a fixed number.
   *
   * @default - as the posture says: 1 in development, 10 in production
   */
  readonly maxTasks?: number;

  /**
   * What makes the service scale between `minTasks` and `maxTasks`.
   *
   * @default - 60 % CPU, and for an API 1,000 requests a minute for each task while an edge routes to it
   */
  readonly scaleOn?: Scaling[];

  /**
   * What the tasks run on.
   *
   * @default Capacity.onDemand()
   */
  readonly capacity?: Capacity;

  /**
   * How the service goes from one version to the next.
   *
   * @default Deployment.rolling()
   */
  readonly deployment?: Deployment;

  /**
   * Subnets that tasks run in.
   *
   * @default - private subnets with egress, else public subnets with a public IP and no ingress, else isolated subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the tasks. They get the rules that bindings and routes need. Import existing ones in the stack of
   * the service: their rules stand where they are imported.
   *
   * @default - one that allows TCP 443 out, for AWS and other HTTPS services, and nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Role that the service itself has in AWS.
   *
   * @default - a role without permissions
   */
  readonly taskRole?: iam.IRole;

  /**
   * Time that the process has between SIGTERM and SIGKILL, from 2 to 120 seconds.
   *
   * @default - 60 seconds for an API, 120 seconds for a worker
   */
  readonly stopTimeout?: Duration;

  /**
   * Number of tasks that may fail to start or to become healthy before a deployment is rolled back.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
   * @default 3
   */
  readonly failureThreshold?: number;

  /**
   * Whether people with the right can run commands inside running containers (ECS Exec). Commands run as root.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
   * @default false
   */
  readonly enableExecuteCommand?: boolean;

  /**
   * How long log events are kept.
   *
   * @default - as the posture says: one week in development, three months in production
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log group when it leaves the stack: destroy or retain.
   *
   * @default - as the posture says: destroy in development, retain in production
   */
  readonly removalPolicy?: RemovalPolicy;
}
