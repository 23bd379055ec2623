import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { errorText, isTransient, isUnsettled } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import { TaskFailure } from './response';

const TRIES = 8;

/**
 * The status of a stack that is rolling back, or undefined where it is not.
 *
 * @throws TaskFailure where that cannot be read: not knowing is no reason to run, in a rollback it would be the wrong task
 */
export async function rollbackOf(stackId: string, deps: RunTaskDependencies): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { Stacks } = await deps.cloudFormation.send(new DescribeStacksCommand({ StackName: stackId }));
      const status = Stacks?.[0]?.StackStatus;
      return status?.includes('ROLLBACK') ? status : undefined;
    } catch (error) {
      if (attempt >= TRIES || !(isTransient(error) || isUnsettled(error))) {
        throw new TaskFailure('STACK_STATUS', `The status of the stack can't be read (${errorText(error)}), so no task was started. In a rollback, that would be the wrong one. Check the permission \`cloudformation:DescribeStacks\` of the function, then deploy again.`);
      }
      await deps.sleep(500 * 2 ** attempt);
    }
  }
}
