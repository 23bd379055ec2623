/** What the constructs that people may run, and the function that starts their tasks, agree on. No behaviour lives here. */

/** Environment variables of a starter: all that it needs to know, since it reads nothing of its invocations. Lists are separated by commas. */
export const StarterVariable = {
  /** ARN of the cluster. */
  CLUSTER: 'TASK_CLUSTER',
  /** ARN of the task definition, with its revision. */
  TASK_DEFINITION: 'TASK_DEFINITION',
  /** Name of the container whose log people read. */
  CONTAINER: 'TASK_CONTAINER',
  SUBNETS: 'TASK_SUBNETS',
  SECURITY_GROUPS: 'TASK_SECURITY_GROUPS',
  /** `ENABLED` or `DISABLED`. */
  ASSIGN_PUBLIC_IP: 'TASK_ASSIGN_PUBLIC_IP',
  /** JSON of a capacity provider strategy, as ECS takes it; absent for on-demand capacity. */
  CAPACITY_PROVIDERS: 'TASK_CAPACITY_PROVIDERS',
  LOG_GROUP: 'TASK_LOG_GROUP',
  /** First part of the names of the log streams. */
  LOG_STREAM_PREFIX: 'TASK_LOG_STREAM_PREFIX',
  /** `true` where no second task may run beside one of the family. */
  EXCLUSIVE: 'TASK_EXCLUSIVE',
} as const;

/** What a starter answers with. */
export interface StarterAnswer {
  /** Whether this invocation started the task. If not, it ran already. */
  readonly started: boolean;
  readonly taskArn: string;
  readonly logGroup: string;
  readonly logStream: string;
}
