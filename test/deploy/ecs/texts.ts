/**
 * What ECS says of a task that did not start, as platform version 1.4 of Fargate words it.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */

/** A task or a container that cannot start, with the reason that ECS gives. */
export class CannotStart extends Error {}

export function imageNotFound(image: string): CannotStart {
  return new CannotStart(`CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`);
}

export function imageUnusable(image: string, reason: string): CannotStart {
  return new CannotStart(`CannotPullContainerError: ref pull has been retried 1 time(s): failed to unpack ${image}: ${reason}`);
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html */
function secretUnavailable(reason: string): CannotStart {
  return new CannotStart(`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): ${reason}`);
}

export function secretNotFetched(arn: string, error: Error): CannotStart {
  return secretUnavailable(`failed to fetch secret ${arn} from secrets manager: ${error.name}: ${error.message}`);
}

export function secretWithoutKey(key: string): CannotStart {
  return secretUnavailable(`retrieved secret from Secrets Manager did not contain json key ${key}`);
}

export function secretNotJson(reason: string): CannotStart {
  return secretUnavailable(reason);
}

export function noSuchProgram(program: string): CannotStart {
  const problem = program.includes('/') ? `stat ${program}: no such file or directory` : 'executable file not found in $PATH';
  return new CannotStart(`CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": ${problem}: unknown`);
}

/** Its log has the reason. */
export function notSetUp(): CannotStart {
  return new CannotStart('CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: OCI runtime create failed: unable to start container process: error during container init');
}

/** @see https://github.com/aws/amazon-ecs-agent/pull/3218 */
export function dependencyUnresolvable(dependency: string, exitCode: number | undefined, target: string): CannotStart {
  const exit = exitCode === undefined ? '' : ` - Exit: ${exitCode}`;
  return new CannotStart(`CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [${dependency} (STOPPED->RUNNING)${exit}] for target [${target} (NONE->RUNNING)] as dependency did not exit successfully.`);
}

export function dependencyTimedOut(dependency: string, target: string): CannotStart {
  return new CannotStart(`CannotStartContainerError: dependency graph: container ordering dependency [${dependency} (RUNNING->RUNNING)] for target [${target} (NONE->RUNNING)] has timed out.`);
}

export const OUT_OF_MEMORY = 'OutOfMemoryError: Container killed due to memory usage';
