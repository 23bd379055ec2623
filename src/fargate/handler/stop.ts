import { errorText } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import { describeTasks, findTasks, stopTask } from './tasks';
import { STOP_TIMEOUT_SECONDS, type TaskRunProperties } from '../shared/run-task.contract';

const POLL_MILLISECONDS = 3000;
/** A container has its stop timeout, and ECS some time to notice. */
const LONGEST_WAIT_MILLISECONDS = (STOP_TIMEOUT_SECONDS + 40) * 1000;

/** Waits until tasks have stopped, and so have let go of their network interfaces and written their logs. */
export async function waitUntilStopped(properties: TaskRunProperties, taskArns: string[], deps: RunTaskDependencies): Promise<boolean> {
  const end = deps.now() + LONGEST_WAIT_MILLISECONDS;
  while (deps.now() < end) {
    try {
      const tasks = await describeTasks(properties, taskArns, deps);
      if (tasks.every(({ lastStatus }) => lastStatus === 'STOPPED')) {
        return true;
      }
    } catch (error) {
      deps.log('cannot read tasks', { error: errorText(error) });
    }
    await deps.sleep(POLL_MILLISECONDS);
  }
  return false;
}

/** Stops every task of the family: whatever started it, the stack that it belongs to is going. Never fails. */
export async function stopAll(properties: TaskRunProperties, reason: string, deps: RunTaskDependencies): Promise<string> {
  try {
    const taskArns = (await findTasks(properties, deps)).filter(({ lastStatus }) => lastStatus !== 'STOPPED').map(({ taskArn }) => taskArn!);
    await Promise.all(taskArns.map((taskArn) => stopTask(properties, taskArn, reason, deps)));
    if (taskArns.length > 0) {
      await waitUntilStopped(properties, taskArns, deps);
    }
    return `Nothing to delete; ${taskArns.length} running tasks were stopped.`;
  } catch (error) {
    deps.log('cannot stop tasks', { error: errorText(error) });
    return `Nothing to delete; running tasks could not be stopped (${errorText(error)}).`;
  }
}
