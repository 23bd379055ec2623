import {
  DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand,
  type CapacityProviderStrategyItem, type ConflictException, type DesiredStatus, type ECSClient, type RunTaskCommandOutput, type Task,
} from '@aws-sdk/client-ecs';
import { errorName, errorText, isTransient, isUnsettled } from './aws-errors';
import { TaskFailure } from './response';
import type { TaskTarget } from '../shared/run-task.contract';

/** ECS describes at most 100 tasks in one call. */
const DESCRIBE_LIMIT = 100;

/** Where tasks are looked for, and with which client. */
type Family = Pick<TaskTarget, 'Cluster' | 'Family'>;
type Cluster = Pick<TaskTarget, 'Cluster'>;

interface Client {
  readonly ecs: ECSClient;
}

/** A task that is to be started: for whom, and with which capacity. */
export interface TaskStart extends TaskTarget {
  /** In place of on-demand capacity. */
  readonly CapacityProviders?: CapacityProviderStrategyItem[];
  readonly startedBy: string;
  /** The same for the same start, at most 60 characters. */
  readonly token: string;
}

/** What a `RunTask` call led to. */
export type StartResult =
  | { readonly kind: 'started'; readonly taskArn: string }
  /** Nothing was started; the same may work later. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Unknown whether a task was started: the same call must be made again. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Marks every task of a request, so that a repeated request finds it. At most 128 letters, digits, `-`, `/`, `_`. */
export function startedBy(requestId: string, attempt: number): string {
  return `${requestId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 100)}/${attempt}`;
}

/** Number of the attempt that a task was started for; undefined where another request, or a person, started it. */
export function attemptOf(task: Task, requestId: string): number | undefined {
  const prefix = startedBy(requestId, 0).slice(0, -1);
  return task.startedBy?.startsWith(prefix) ? Number(task.startedBy.slice(prefix.length)) : undefined;
}

/** All tasks of the family that ECS still knows: running ones, and those that stopped within about an hour. */
export async function findTasks(properties: Family, deps: Client): Promise<Task[]> {
  const running = await listTasks(properties, 'RUNNING', deps);
  const stopped = await listTasks(properties, 'STOPPED', deps);
  const arns = [...new Set([...running, ...stopped])].slice(0, DESCRIBE_LIMIT);
  return arns.length === 0 ? [] : describeTasks(properties, arns, deps);
}

/** ARNs of the family's tasks. Filtering by `startedBy` as well is not possible: it must be the only filter. */
async function listTasks(properties: Family, desiredStatus: DesiredStatus, deps: Client): Promise<string[]> {
  const { taskArns } = await deps.ecs.send(new ListTasksCommand({ cluster: properties.Cluster, family: properties.Family, desiredStatus }));
  return taskArns ?? [];
}

export async function describeTasks(properties: Cluster, tasks: string[], deps: Client): Promise<Task[]> {
  const output = await deps.ecs.send(new DescribeTasksCommand({ cluster: properties.Cluster, tasks }));
  return output.tasks ?? [];
}

export async function stopTask(properties: Cluster, task: string, reason: string, deps: Client): Promise<void> {
  await deps.ecs.send(new StopTaskCommand({ cluster: properties.Cluster, task, reason }));
}

/**
 * Starts one task. After a refusal each zone is tried alone, because ECS picks one and gives up.
 *
 * @param refusals calls for this start that started nothing
 * @throws TaskFailure for errors that will not pass by themselves
 */
export async function startTask(start: TaskStart, refusals: number, { ecs }: Client): Promise<StartResult> {
  try {
    const output = await ecs.send(new RunTaskCommand({
      cluster: start.Cluster,
      taskDefinition: start.TaskDefinition,
      count: 1,
      ...(start.CapacityProviders === undefined ? { launchType: 'FARGATE' } : { capacityProviderStrategy: start.CapacityProviders }),
      networkConfiguration: {
        awsvpcConfiguration: { subnets: subnetsFor(start.Subnets, refusals), securityGroups: start.SecurityGroups, assignPublicIp: start.AssignPublicIp },
      },
      // By its tag IAM knows whose task it is.
      propagateTags: 'TASK_DEFINITION',
      startedBy: start.startedBy,
      // The same token for the same call, another after a refusal: ECS would repeat its answer to the old one.
      clientToken: `${start.token}-${refusals}`,
    }));
    return startResult(output);
  } catch (error) {
    return startFailure(error);
  }
}

function subnetsFor(subnets: string[], refusals: number): string[] {
  const turn = refusals % (subnets.length + 1);
  return turn === 0 ? subnets : [subnets[turn - 1]];
}

function startResult(output: RunTaskCommandOutput): StartResult {
  const taskArn = output.tasks?.[0]?.taskArn;
  if (taskArn !== undefined) {
    return { kind: 'started', taskArn };
  }
  const reasons = (output.failures ?? []).map(({ reason, detail }) => [reason, detail].filter((part) => part !== undefined).join(': '));
  return { kind: 'refused', reason: reasons.join('; ') || 'ECS started no task and named no reason' };
}

function startFailure(error: unknown): StartResult {
  if (errorName(error) === 'ConflictException') {
    const [taskArn] = (error as ConflictException).resourceIds ?? [];
    if (taskArn !== undefined) {
      return { kind: 'started', taskArn };
    }
  }
  if (/throttl|TooManyRequests|LimitExceeded/i.test(errorName(error)) || isUnsettled(error)) {
    return { kind: 'refused', reason: errorText(error) };
  }
  if (isTransient(error)) {
    return { kind: 'unknown', reason: errorText(error) };
  }
  throw new TaskFailure('RUN_TASK_FAILED', `ECS can't start the task: ${errorText(error)}. Correct what the message names, then try again.`);
}
