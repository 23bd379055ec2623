import { errorText } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import { logStreamOf } from './log-tail';
import { TaskFailure } from './response';
import type { StarterSettings } from './starter-settings';
import { findTasks, startTask, type StartResult } from './tasks';
import type { StarterAnswer } from '../shared/start-task.contract';

const FIRST_PAUSE_MILLISECONDS = 1500;
/** What the longest call may take: an answer must come before the time of the function is over. */
const CALL_MILLISECONDS = 12_000;

/** Everything outside of a starter. */
export interface StarterDependencies extends Pick<RunTaskDependencies, 'ecs' | 'remaining' | 'sleep' | 'log'> {
  /** The id of the invocation, which Lambda gives it. */
  readonly requestId: string;
}

/**
 * Starts the one task that a starter is for, or answers with the one that runs.
 *
 * @throws TaskFailure where ECS starts no task
 */
export async function startByHand(settings: StarterSettings, deps: StarterDependencies): Promise<StarterAnswer> {
  const running = settings.exclusive ? await runningTask(settings, deps) : undefined;
  const taskArn = running ?? await startNew(settings, deps);
  deps.log(running === undefined ? 'task started' : 'a task runs already', { taskArn });
  return {
    started: running === undefined,
    taskArn,
    logGroup: settings.LogGroup,
    logStream: logStreamOf(settings, { taskArn, container: settings.Container }),
  };
}

async function runningTask(settings: StarterSettings, deps: StarterDependencies): Promise<string | undefined> {
  try {
    const tasks = await findTasks(settings, deps);
    return tasks.find(({ lastStatus }) => lastStatus !== 'STOPPED')?.taskArn;
  } catch (error) {
    throw new TaskFailure('STARTER_TASKS', `The tasks that run can't be read (${errorText(error)}), so no task was started. Correct what the message names, then try again.`);
  }
}

async function startNew(settings: StarterSettings, deps: StarterDependencies): Promise<string> {
  const start = { ...settings, startedBy: 'by-hand', token: deps.requestId.slice(0, 50) };
  let refusals = 0;
  for (let attempt = 0; ; attempt++) {
    const result = await startTask(start, refusals, deps);
    if (result.kind === 'started') {
      return result.taskArn;
    }
    refusals += result.kind === 'refused' ? 1 : 0;
    deps.log('task not started', { reason: result.reason });
    const pause = FIRST_PAUSE_MILLISECONDS * 2 ** attempt;
    if (deps.remaining() < pause + CALL_MILLISECONDS) {
      throw notStarted(result);
    }
    await deps.sleep(pause);
  }
}

function notStarted({ kind, reason }: Exclude<StartResult, { kind: 'started' }>): TaskFailure {
  return kind === 'refused'
    ? new TaskFailure('STARTER_REFUSED', `ECS started no task, at last because of '${reason}'. Correct what the reason names, or try again later.`)
    : new TaskFailure('STARTER_UNKNOWN', `ECS didn't say whether it started the task (${reason}). Look for a task with \`startedBy\` 'by-hand' in the cluster before you try again.`);
}
