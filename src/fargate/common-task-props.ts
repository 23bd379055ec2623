import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { ServiceCapacity } from './service-capacity';
import type { IServiceBinding, IServicePrerequisite, ServiceVolume } from '../binding';

/** Properties of everything that runs in tasks on Fargate. */
export interface CommonTaskProps {
  /** The cluster that the tasks run in. */
  readonly cluster: ecs.ICluster;

  /** The image of the container. `ServiceImage.fromDirectory` builds one for the right architecture. */
  readonly image: ecs.ContainerImage;

  /**
   * What the tasks use: database users, caches, queues, other services. Each gives environment variables and secrets
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
   * @default - only what `connectTo` gives, `PORT` and perhaps `KEEP_ALIVE_TIMEOUT_SECONDS` of an API, and `STOP_TIMEOUT_SECONDS` of a worker or a job
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
   * Directories that the container mounts, of file systems or shared with sidecars.
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
   * Disk of a task for its images and writable paths, from 21 to 200 GiB. More than 20 GiB costs extra.
   *
   * @default - 20 GiB, which Fargate gives
   */
  readonly ephemeralStorage?: Size;

  /**
   * What the tasks run on.
   *
   * @default ServiceCapacity.onDemand()
   */
  readonly capacity?: ServiceCapacity;

  /**
   * Subnets that tasks run in.
   *
   * @default - private subnets with egress, else public subnets with a public IP and no ingress, else isolated subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the tasks. They get the rules that bindings and routes need. Import existing ones in the stack of
   * the tasks: their rules stand where they are imported.
   *
   * @default - one that allows TCP 443 out, for AWS and other HTTPS services, and nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Role that the tasks themselves have in AWS. It must trust `ecs-tasks.amazonaws.com`, which is checked unless it is imported. What
   * bindings, volumes and ECS Exec need is added to it, for a role of another stack in the stack of the tasks; a role that cannot be
   * changed gives a warning for each permission that it lacks.
   *
   * @default - a new role without permissions
   */
  readonly taskRole?: iam.IRole;

  /**
   * Time that the process has between SIGTERM and SIGKILL, from 2 to 120 seconds.
   *
   * @default - 60 seconds for an API, 120 seconds for a worker or a job
   */
  readonly stopTimeout?: Duration;

  /**
   * How long log events are kept.
   *
   * @default - as the posture says: one week in development, three months in production
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log group when it leaves the stack: destroy, retain, or retain on update or delete, which deletes it
   * where its first deployment fails.
   *
   * @default - as the posture says: destroy in development, retain on update or delete in production
   */
  readonly removalPolicy?: RemovalPolicy;
}
