import type { Task } from '@aws-sdk/client-ecs';

/** How a task ended. */
export interface Outcome {
  readonly kind: 'succeeded' | 'failed' | 'not-started';
  /** One paragraph for people: exit code, stop code and the reasons that ECS gives. */
  readonly text: string;
  /** Whether the container ran, and so may have written log lines. */
  readonly ran: boolean;
}

/**
 * Judges a stopped task. Only an exit code 0 of the named container, in a task that ended by itself, is success; the exit
 * code is absent where the container never ran.
 */
export function judge(task: Task, containerName: string): Outcome {
  const container = task.containers?.find(({ name }) => name === containerName);
  const exitCode = container?.exitCode;
  const ran = exitCode !== undefined || container?.runtimeId !== undefined;
  const reasons = [task.stopCode, task.stoppedReason, container?.reason].filter((reason) => reason !== undefined && reason !== '').join('; ');
  const because = reasons === '' ? '' : ` (${reasons})`;
  if (task.stopCode === 'EssentialContainerExited' && exitCode === 0) {
    return { kind: 'succeeded', text: `container '${containerName}' ended with exit code 0`, ran };
  }
  if (exitCode !== undefined) {
    return { kind: 'failed', text: `container '${containerName}' ended with exit code ${exitCode}${because}`, ran };
  }
  if (task.stopCode === 'TaskFailedToStart' && !ran) {
    return { kind: 'not-started', text: `the task failed to start${because}`, ran };
  }
  return { kind: 'failed', text: `the task stopped and container '${containerName}' has no exit code${because}`, ran };
}
