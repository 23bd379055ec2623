import { errorText } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import { runToEnd, type FollowResult } from './follow';
import { hasSucceeded } from './last-outcome';
import { TaskFailure, renderResponse } from './response';
import { rollbackOf } from './stack-status';
import { stopAll } from './stop';
import { workOf } from './work';
import type { TaskRunEvent } from '../shared/run-task.contract';

/**
 * Handles one delivery of one request: answers CloudFormation, or hands over to the next invocation.
 *
 * Safe under repeated and concurrent delivery: the task of a request is found again by its mark.
 *
 * @throws where the answer could not be sent or the hand-over failed, so that Lambda delivers the same event again
 */
export async function handleRunTask(event: TaskRunEvent, deps: RunTaskDependencies): Promise<void> {
  let result: FollowResult;
  try {
    result = await perform(event, deps);
  } catch (error) {
    const { code, message, logLines } = failureOf(error, deps);
    deps.log('failed', { code, text: message });
    await deps.respond(event.ResponseURL, renderResponse(event, 'FAILED', `[${code}] ${message}`, logLines));
    return;
  }
  if (result.kind === 'continue') {
    await deps.continueLater({ ...event, Progress: result.progress });
    return;
  }
  deps.log('succeeded', { text: result.text });
  await deps.respond(event.ResponseURL, renderResponse(event, 'SUCCESS', result.text));
}

async function perform(event: TaskRunEvent, deps: RunTaskDependencies): Promise<FollowResult> {
  const work = workOf(event);
  if (event.RequestType === 'Delete') {
    return done(await stopAll(event.ResourceProperties, 'The resource was deleted from its stack', deps));
  }
  if (event.RequestType === 'Update' && event.Progress === undefined) {
    const rollback = await rollbackOf(event, deps);
    // A stack that *has* rolled back sends no requests: this one is late, or the status is. Such a run is refused, never skipped with success.
    if (rollback !== undefined && !rollback.endsWith('ROLLBACK_COMPLETE')) {
      return done(`The stack is rolling back (${rollback}), so ${work.inRollback}.`);
    }
    if (!isChanged(event) && await hasSucceeded(event, deps)) {
      return done(`${work.unchanged}, so nothing was run.`);
    }
  }
  return runToEnd(event, deps);
}

/** Whatever was thrown, as the user sees it. */
function failureOf(error: unknown, { logGroup }: RunTaskDependencies): TaskFailure {
  return error instanceof TaskFailure ? error
    : new TaskFailure('UNEXPECTED', `The function with which this library runs tasks in deployments failed: ${errorText(error)}. See the log group '${logGroup}', then deploy again.`);
}

function done(text: string): FollowResult {
  return { kind: 'done', text };
}

/** A change of size, network or log group alone runs nothing, unless the last request failed. */
function isChanged({ ResourceProperties: now, OldResourceProperties: before }: TaskRunEvent): boolean {
  return before?.Revision !== now.Revision || before.Database !== now.Database;
}
