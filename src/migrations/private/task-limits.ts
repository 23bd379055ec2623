import { Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CLOSING_SECONDS, CLOUDFORMATION_LIMIT_SECONDS } from '../../fargate/shared/run-task.contract';
import { InvalidBackendError } from '../../private/errors';

const MOST_RETRIES = 5;
const LONGEST = Duration.seconds(CLOUDFORMATION_LIMIT_SECONDS - CLOSING_SECONDS);

/** How long a migration may take, and how often its task is started. */
export interface TaskLimits {
  readonly timeout: Duration;
  readonly retries: number;
}

/** Refuses what CloudFormation would cut short. Unresolved values pass. */
export function validateLimits(scope: IConstruct, { timeout, retries }: TaskLimits): void {
  if (!timeout.isUnresolved() && !isBetween(timeout.toSeconds({ integral: false }), 60, LONGEST.toSeconds())) {
    throw new InvalidBackendError(
      scope,
      'MigrationTask.timeout',
      `\`timeout\` must be from 1 to ${LONGEST.toMinutes()} minutes, in whole seconds, got ${timeout.toHumanString()}. `
      + `CloudFormation waits ${CLOUDFORMATION_LIMIT_SECONDS / 60} minutes, of which ${CLOSING_SECONDS / 60} are kept for stopping the task. Split the migration, or do long work (such as a backfill) in a task after the deployment.`,
    );
  }
  if (!Token.isUnresolved(retries) && !isBetween(retries, 0, MOST_RETRIES)) {
    throw new InvalidBackendError(scope, 'MigrationTask.retries', `\`retries\` must be a whole number from 0 to ${MOST_RETRIES}, got ${retries}. Only tasks that failed to start are started again, never a migration that failed.`);
  }
}

/** Names of users are those of an image; only numbers are the same in all, and only by number can be told who is not root. */
export function validateUser(scope: IConstruct, user?: string): void {
  if (user !== undefined && !Token.isUnresolved(user) && !/^\d+(:\d+)?$/.test(user)) {
    throw new InvalidBackendError(scope, 'MigrationTask.user', `\`user\` must be a numeric 'uid' or 'uid:gid', such as '1000:1000', got '${user}'.`);
  }
}

function isBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
