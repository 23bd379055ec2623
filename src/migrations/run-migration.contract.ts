/** What `MigrationTask` and the function that runs it agree on. No behaviour lives here. */

/** CloudFormation resource type of a migration. */
export const MIGRATION_RESOURCE_TYPE = 'Custom::Migration';

/** Name of the container whose exit code decides. */
export const MIGRATION_CONTAINER = 'migrate';

/** First part of the name of the log streams. */
export const MIGRATION_STREAM_PREFIX = 'migration';

/** CloudFormation waits this long for a custom resource, whatever it is told. */
export const CLOUDFORMATION_LIMIT_SECONDS = 3600;

/** What the function needs after its own deadline: to stop the task, to read its log and to answer. */
export const CLOSING_SECONDS = 300;

/** How long a container may take to end after SIGTERM before it is killed. */
export const STOP_TIMEOUT_SECONDS = 60;

/** Properties of a migration, as CloudFormation delivers them: every scalar is a string. */
export interface MigrationProperties {
  readonly ServiceToken: string;
  /** Hash of engine, files, image and command: a migration runs when this differs from that of the last deployment. */
  readonly Revision: string;
  /** `host:port/name`: another database needs the migrations too. */
  readonly Database: string;
  /** ARN of the cluster. */
  readonly Cluster: string;
  /** ARN of the task definition, with its revision. */
  readonly TaskDefinition: string;
  /** Family of the task definition, by which tasks of earlier requests are found. */
  readonly Family: string;
  readonly Container: string;
  readonly Subnets: string[];
  readonly SecurityGroups: string[];
  readonly AssignPublicIp: 'ENABLED' | 'DISABLED';
  readonly LogGroup: string;
  readonly LogStreamPrefix: string;
  /** Own deadline, below that of CloudFormation. */
  readonly TimeoutSeconds: string;
  /** How often a task that failed to start is started again. */
  readonly Retries: string;
}

/** What one invocation hands to the next, because a function runs 15 minutes at most. */
export interface MigrationProgress {
  /** Milliseconds since the epoch at which the task is stopped. */
  readonly deadline: number;
  /** Number of the task of this request, from 1. */
  readonly attempt: number;
  /** `RunTask` calls of this attempt that started nothing. */
  readonly refusals: number;
  /** ARN of the task that is followed. */
  readonly taskArn?: string;
}

/** A request of CloudFormation, or of the function to itself. */
export interface MigrationEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: MigrationProperties;
  readonly OldResourceProperties?: Partial<MigrationProperties>;
  readonly Progress?: MigrationProgress;
}
