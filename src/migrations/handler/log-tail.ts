import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { errorName, errorText } from './aws-errors';
import type { RunMigrationDependencies } from './dependencies';
import type { MigrationProperties } from '../run-migration.contract';

const LINES = 60;
const POLLS = 8;
const POLL_MILLISECONDS = 2000;

/** Name of the log stream that the awslogs driver makes for a task's container. */
export function logStreamOf(properties: MigrationProperties, taskArn: string): string {
  return `${properties.LogStreamPrefix}/${properties.Container}/${taskArn.split('/').pop()}`;
}

/**
 * The last lines of a task. They arrive some seconds after the task has stopped, so it reads until two readings agree.
 * Never fails: no log must hide why a migration failed.
 */
export async function readLogTail(properties: MigrationProperties, taskArn: string, deps: RunMigrationDependencies): Promise<string[]> {
  let lines: string[] = [];
  for (let poll = 0; poll < POLLS; poll++) {
    await deps.sleep(POLL_MILLISECONDS);
    const read = await readLines(properties, taskArn, deps);
    if (read.length > 0 && read.length === lines.length && read.at(-1) === lines.at(-1)) {
      return read;
    }
    lines = read.length > 0 ? read : lines;
  }
  return lines;
}

async function readLines(properties: MigrationProperties, taskArn: string, deps: RunMigrationDependencies): Promise<string[]> {
  try {
    const { events } = await deps.logs.send(new GetLogEventsCommand({
      logGroupName: properties.LogGroup,
      logStreamName: logStreamOf(properties, taskArn),
      startFromHead: false,
      limit: LINES,
    }));
    return (events ?? []).flatMap(({ message }) => (message ?? '').split('\n'));
  } catch (error) {
    if (errorName(error) !== 'ResourceNotFoundException') {
      deps.log('cannot read the log of the task', { error: errorText(error) });
    }
    return [];
  }
}
