import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { MigrationSource } from './migration-source';
import type { ILogicalDatabase } from '../binding';

/** Properties of a migration task. */
export interface MigrationTaskProps {
  /** The cluster that the task runs in, on Fargate. Any cluster; it must be in a network that reaches the database. */
  readonly cluster: ecs.ICluster;

  /** The database to migrate. The task connects as its `owner`. */
  readonly database: ILogicalDatabase;

  /** The migrations, and the engine that applies them. A database has one directory for each engine. */
  readonly source: MigrationSource;

  /**
   * Subnets of the task.
   *
   * @default - private subnets with egress; else public ones, with a public address and no ingress; else isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the task. The path to the database is opened for them too.
   *
   * @default - a new one that allows HTTPS, for images, secrets and logs, and the path to the database
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Longest time from the request to the end of the task, from 1 to 55 minutes. Then the task is stopped and the deployment fails.
   * CloudFormation itself waits one hour at most.
   *
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-customresource.html
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;

  /**
   * How often a task that *failed to start* is started again, from 0 to 5. A migration that failed is never repeated.
   *
   * @default 2
   */
  readonly retries?: number;

  /**
   * CPU units of the task; 1,024 are one vCPU.
   *
   * @default 256
   */
  readonly cpu?: number;

  /**
   * Memory of the task, in MiB. Fargate offers certain pairs of `cpu` and memory only.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
   * @default 512
   */
  readonly memoryLimitMiB?: number;

  /**
   * Disk of the task for its image and what migrations write, from 21 to 200 GiB. More than 20 GiB costs extra.
   *
   * @default - 20 GiB, which Fargate gives
   */
  readonly ephemeralStorage?: Size;

  /**
   * Architecture of the image.
   *
   * @default ecs.CpuArchitecture.ARM64
   */
  readonly architecture?: ecs.CpuArchitecture;

  /**
   * User that the container runs as, numeric: `uid` or `uid:gid`.
   *
   * @default '1000:1000'
   */
  readonly user?: string;

  /**
   * More environment variables, such as those that migrations substitute. A change of them alone runs nothing. With `goose`
   * and `dbmate`, those that would lead the engine elsewhere (`PG…`, `GOOSE_…`, `DBMATE_…`, `DATABASE_URL`, `HOME`) are refused.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * More environment variables, from Secrets Manager or Systems Manager. A change of them alone runs nothing.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: ecs.Secret };

  /**
   * Role that the task itself has in AWS, for migrations that call it. It must trust `ecs-tasks.amazonaws.com`, which is checked unless it
   * is imported. What is granted to the task is added to it, for a role of another stack in the stack of the task; a role that cannot be
   * changed gives a warning for each permission that it lacks.
   *
   * @default - a new role without permissions
   */
  readonly taskRole?: iam.IRole;

  /**
   * How long log events of the task are kept.
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
