/** What the constructs that run a task inside a deployment, and the function that runs it, agree on. No behaviour lives here. */

/** CloudFormation resource type of a migration. */
export const MIGRATION_RESOURCE_TYPE = 'Custom::Migration';

/** CloudFormation resource type of a rehearsal. */
export const REHEARSAL_RESOURCE_TYPE = 'Custom::Rehearsal';

/** Name of the container of a rehearsal whose exit code decides. */
export const REHEARSAL_CONTAINER = 'Rehearsal';

/** CloudFormation waits this long for a custom resource, whatever it is told. */
export const CLOUDFORMATION_LIMIT_SECONDS = 3600;

/** What the function needs after its own deadline: to stop the task, to read its log and to answer. */
export const CLOSING_SECONDS = 300;

/** How long a container may take to end after SIGTERM before it is killed, at most. */
export const STOP_TIMEOUT_SECONDS = 60;

/** A task that can be started, where it runs, and where it logs. */
export interface TaskTarget {
  /** ARN of the cluster. */
  readonly Cluster: string;
  /** ARN of the task definition, with its revision. */
  readonly TaskDefinition: string;
  /** Family of the task definition, by which tasks of earlier requests are found. */
  readonly Family: string;
  /** Name of the container whose exit code decides. */
  readonly Container: string;
  readonly Subnets: string[];
  readonly SecurityGroups: string[];
  readonly AssignPublicIp: 'ENABLED' | 'DISABLED';
  readonly LogGroup: string;
  /** First part of the names of the log streams; without one, the name of the container. */
  readonly LogStreamPrefix?: string;
}

/** Properties of a task that a deployment runs, as CloudFormation delivers them: every scalar is a string. */
export interface TaskRunProperties extends TaskTarget {
  readonly ServiceToken: string;
  /** The task runs when this differs from that of the last deployment: a hash of engine, files, image and command, or a task definition. */
  readonly Revision: string;
  /** `host:port/name`: another database needs the migrations too. */
  readonly Database?: string;
  /** Path of the service that a rehearsal is for. */
  readonly Service?: string;
  /** Names of the containers that must not end before the one that decides, the most important first. */
  readonly Essential?: string[];
  /** Own deadline, below that of CloudFormation. */
  readonly TimeoutSeconds: string;
  /** How often a task that failed to start is started again. */
  readonly Retries: string;
}

/** What one invocation hands to the next, because a function runs 15 minutes at most. */
export interface TaskRunProgress {
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
export interface TaskRunEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: TaskRunProperties;
  readonly OldResourceProperties?: Partial<TaskRunProperties>;
  readonly Progress?: TaskRunProgress;
}
