import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { errorText, isTransient, isUnsettled } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import { TaskFailure } from './response';
import type { TaskRunEvent } from '../shared/run-task.contract';

const TRIES = 8;

/**
 * How a stack is rolling back, or undefined where it is not: its status, or what the request itself says where that cannot be read.
 *
 * @throws TaskFailure where neither is known: not knowing is no reason to run, in a rollback it would be the wrong task
 */
export async function rollbackOf(event: TaskRunEvent, deps: RunTaskDependencies): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { Stacks } = await deps.cloudFormation.send(new DescribeStacksCommand({ StackName: event.StackId }));
      const status = Stacks?.[0]?.StackStatus;
      return status?.includes('ROLLBACK') ? status : undefined;
    } catch (error) {
      if (attempt >= TRIES || !(isTransient(error) || isUnsettled(error))) {
        return withoutStatus(event, error, deps);
      }
      await deps.sleep(500 * 2 ** attempt);
    }
  }
}

/** A rollback that fails for want of a permission would need people, and another deployment could not begin before. */
function withoutStatus(event: TaskRunEvent, error: unknown, { log }: RunTaskDependencies): string {
  log('cannot read the status of the stack', { error: errorText(error) });
  if (goesBack(event)) {
    return 'its status can\'t be read, and the request goes back to an earlier task definition';
  }
  throw new TaskFailure('STACK_STATUS', `The status of the stack can't be read (${errorText(error)}), so no task was started. In a rollback, that would be the wrong one. Check the permission \`cloudformation:DescribeStacks\` of the function, then deploy again.`);
}

/**
 * Whether a request asks for a task definition older than the one before. Only a rollback does: a deployment that brings old content back registers
 * it anew, and ECS never uses a number twice.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#family
 */
function goesBack({ ResourceProperties: now, OldResourceProperties: before }: TaskRunEvent): boolean {
  const [to, from] = [now, before].map((properties) => /^(.+):(\d+)$/.exec(properties?.TaskDefinition ?? ''));
  return to !== null && from !== null && to[1] === from[1] && Number(to[2]) < Number(from[2]);
}
