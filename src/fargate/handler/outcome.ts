import type { Container, Task } from '@aws-sdk/client-ecs';

/** How a task ended. */
export interface Outcome {
  readonly kind: 'succeeded' | 'failed' | 'not-started';
  /** One paragraph for people: exit code, stop code and the reasons that ECS gives. */
  readonly text: string;
  /** Whether the container that the text is about ran, and so may have written log lines. */
  readonly ran: boolean;
  /** The container that failed first. */
  readonly container: string;
}

/** Exit codes of containers that ECS has stopped: SIGKILL and SIGTERM. */
const STOPPED_CODES = [137, 143];

/** Reasons that ECS gives for containers that ended without a signal of its own, and for those that never ran. */
const OWN_REASON = /OutOfMemory|Cannot|Error/;

/**
 * Judges a stopped task. Only an exit code 0 of the decisive container, in a task that ended by itself, is success; the exit
 * code is absent where the container never ran.
 *
 * @param decisive the container whose exit code decides
 * @param essential the containers that must not end before it
 */
export function judge(task: Task, decisive: string, essential: readonly string[] = []): Outcome {
  const own = task.containers?.find(({ name }) => name === decisive);
  if (task.stopCode === 'EssentialContainerExited' && own?.exitCode === 0) {
    return { kind: 'succeeded', text: `container '${decisive}' ended with exit code 0`, ran: true, container: decisive };
  }
  const unhealthy = waitedInVain(task, own);
  const failed = unhealthy ?? firstFailed(task, decisive, essential) ?? own;
  const name = failed?.name ?? decisive;
  const ran = hasRun(failed);
  const reasons = [...new Set([task.stopCode, task.stoppedReason, failed?.reason])].filter((reason) => reason !== undefined && reason !== '').join('; ');
  const because = reasons === '' ? '' : ` (${reasons})`;
  if (unhealthy !== undefined) {
    return { kind: 'failed', text: `the health check of container '${name}' did not succeed${because}`, ran, container: name };
  }
  if (failed?.exitCode !== undefined) {
    return { kind: 'failed', text: `container '${name}' ended with exit code ${failed.exitCode}${because}`, ran, container: name };
  }
  if (task.stopCode === 'TaskFailedToStart' && !hasRun(own)) {
    return { kind: 'not-started', text: `the task failed to start${because}`, ran, container: name };
  }
  return { kind: 'failed', text: `the task stopped and container '${name}' has no exit code${because}`, ran, container: name };
}

/** A container that the decisive one waited for until ECS gave up. */
function waitedInVain({ containers = [] }: Task, own?: Container): Container | undefined {
  const hasEnded = own?.exitCode !== undefined && !STOPPED_CODES.includes(own.exitCode);
  return hasEnded || containers.some(hasCrashed) ? undefined : containers.find(({ name, healthStatus }) => name !== own?.name && healthStatus === 'UNHEALTHY');
}

/** Whether it ended with an error of its own. */
function hasCrashed({ exitCode }: Container): boolean {
  return exitCode !== undefined && exitCode !== 0 && !STOPPED_CODES.includes(exitCode);
}

function hasRun(container?: Container): boolean {
  return container?.exitCode !== undefined || container?.runtimeId !== undefined;
}

/** ECS does not say which container ended the task. Those that it stopped afterwards have the codes of its signals, or none of their own. */
function firstFailed({ containers = [] }: Task, decisive: string, essential: readonly string[]): Container | undefined {
  const order = [decisive, ...essential];
  const place = ({ name = '' }: Container) => (order.includes(name) ? order.indexOf(name) : order.length);
  const sorted = [...containers].sort((a, b) => place(a) - place(b));
  const signs: ((container: Container) => boolean)[] = [
    ({ reason = '' }) => OWN_REASON.test(reason),
    hasCrashed,
    // A program that is done at once is no service.
    ({ name = '', exitCode }) => exitCode === 0 && essential.includes(name),
    ({ name, exitCode }) => name === decisive && exitCode !== undefined,
  ];
  return signs.map((sign) => sorted.find(sign)).find((container) => container !== undefined);
}
