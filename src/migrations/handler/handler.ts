import { errorText } from './aws-errors';
import type { RunMigrationDependencies } from './dependencies';
import { runToEnd, type FollowResult } from './follow';
import { hasSucceeded } from './last-outcome';
import { MigrationFailure, renderResponse } from './response';
import { rollbackOf } from './stack-status';
import { stopAll } from './stop';
import { MIGRATION_RESOURCE_TYPE, type MigrationEvent } from '../run-migration.contract';

/**
 * Handles one delivery of one request: answers CloudFormation, or hands over to the next invocation.
 *
 * Safe under repeated and concurrent delivery: the task of a request is found again by its mark.
 *
 * @throws where the answer could not be sent or the hand-over failed, so that Lambda delivers the same event again
 */
export async function handleRunMigration(event: MigrationEvent, deps: RunMigrationDependencies): Promise<void> {
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

async function perform(event: MigrationEvent, deps: RunMigrationDependencies): Promise<FollowResult> {
  if (event.ResourceType !== MIGRATION_RESOURCE_TYPE) {
    throw new MigrationFailure('UNKNOWN_TYPE', `This function runs migrations for resources of the type '${MIGRATION_RESOURCE_TYPE}', not '${event.ResourceType}'. Declare migrations with \`MigrationTask\`.`);
  }
  if (event.RequestType === 'Delete') {
    return done(await stopAll(event.ResourceProperties, 'The migration was deleted from its stack', deps));
  }
  if (event.RequestType === 'Update' && event.Progress === undefined) {
    const rollback = await rollbackOf(event.StackId, deps);
    // A stack that *has* rolled back sends no requests: this one is late, or the status is. Such a run is refused, never skipped with success.
    if (rollback !== undefined && !rollback.endsWith('ROLLBACK_COMPLETE')) {
      // The old migrations would meet the new schema. Going back is a decision of people, never of a rollback.
      return done(`The stack is rolling back (${rollback}), so nothing was run and the schema was left as it is.`);
    }
    if (!isChanged(event) && await hasSucceeded(event, deps)) {
      return done('Neither the migrations nor the database changed, so nothing was run.');
    }
  }
  return runToEnd(event, deps);
}

/** Whatever was thrown, as the user sees it. */
function failureOf(error: unknown, { logGroup }: RunMigrationDependencies): MigrationFailure {
  return error instanceof MigrationFailure ? error
    : new MigrationFailure('UNEXPECTED', `The function with which this library runs the migrations failed: ${errorText(error)}. See the log group '${logGroup}', then deploy again.`);
}

function done(text: string): FollowResult {
  return { kind: 'done', text };
}

/** A change of size, network or log group alone runs nothing, unless the last request failed. */
function isChanged({ ResourceProperties: now, OldResourceProperties: before }: MigrationEvent): boolean {
  return before?.Revision !== now.Revision || before.Database !== now.Database;
}
