import { DescribeStackEventsCommand } from '@aws-sdk/client-cloudformation';
import { errorText } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import type { TaskRunEvent } from '../shared/run-task.contract';

/** About as many deployments of a stack of 500 resources. */
const MOST_PAGES = 40;
const PAUSE_MILLISECONDS = 300;

/**
 * Whether the last request for this resource is known to have succeeded. After one that failed in a stack that does not roll back, the old
 * properties may be those of the failed request, and equal to the new ones: then nothing but the stack's events says that the migrations are missing.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
 */
export async function hasSucceeded({ StackId, LogicalResourceId }: TaskRunEvent, deps: RunTaskDependencies): Promise<boolean> {
  let next: string | undefined;
  try {
    for (let page = 0; page < MOST_PAGES; page++) {
      const { StackEvents, NextToken } = await deps.cloudFormation.send(new DescribeStackEventsCommand({ StackName: StackId, NextToken: next }));
      const ended = StackEvents?.find((each) => each.LogicalResourceId === LogicalResourceId && /_(COMPLETE|FAILED)$/.test(each.ResourceStatus ?? ''));
      if (ended !== undefined) {
        return ended.ResourceStatus!.endsWith('_COMPLETE');
      }
      if (NextToken === undefined) {
        return false;
      }
      next = NextToken;
      await deps.sleep(PAUSE_MILLISECONDS);
    }
  } catch (error) {
    deps.log('cannot read the events of the stack', { error: errorText(error) });
  }
  return false;
}
