import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { errorName, errorText } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import type { TaskTarget } from '../shared/run-task.contract';

/** The most that one call answers with, or a megabyte: the statement that failed may follow the error, and have thousands of lines. */
const LINES = 10_000;
/** The log driver cuts longer lines into pieces of this size. */
const PIECE_BYTES = [16_384, 262_118];
const POLLS = 8;
const POLL_MILLISECONDS = 2000;

/** A container of a task. */
export interface LoggingContainer {
  readonly taskArn: string;
  readonly container: string;
}

/** Name of the log stream that the awslogs driver makes for a task's container. */
export function logStreamOf({ LogStreamPrefix }: Pick<TaskTarget, 'LogStreamPrefix'>, { taskArn, container }: LoggingContainer): string {
  return `${LogStreamPrefix ?? container}/${container}/${taskArn.split('/').pop()}`;
}

/**
 * The last lines of a container. They arrive some seconds after the task has stopped, so it reads until two readings agree.
 * Never fails: no log must hide why a task failed.
 */
export async function readLogTail(properties: TaskTarget, source: LoggingContainer, deps: RunTaskDependencies): Promise<string[]> {
  let lines: string[] = [];
  for (let poll = 0; poll < POLLS; poll++) {
    await deps.sleep(POLL_MILLISECONDS);
    const read = await readLines(properties, source, deps);
    if (read.length > 0 && read.length === lines.length && read.at(-1) === lines.at(-1)) {
      return read;
    }
    lines = read.length > 0 ? read : lines;
  }
  return lines;
}

async function readLines(properties: TaskTarget, source: LoggingContainer, deps: RunTaskDependencies): Promise<string[]> {
  try {
    const { events } = await deps.logs.send(new GetLogEventsCommand({
      logGroupName: properties.LogGroup,
      logStreamName: logStreamOf(properties, source),
      startFromHead: false,
      limit: LINES,
    }));
    return joinPieces((events ?? []).map(({ message }) => message ?? '')).flatMap((message) => message.split('\n'));
  } catch (error) {
    if (errorName(error) !== 'ResourceNotFoundException') {
      deps.log('cannot read the log of the task', { error: errorText(error) });
    }
    return [];
  }
}

/**
 * Puts lines together again that the log driver has cut: neither piece would show where a password in it begins and ends.
 *
 * @see https://github.com/aws/shim-loggers-for-containerd/issues/239
 */
function joinPieces(messages: readonly string[]): string[] {
  const joined: string[] = [];
  let open = false;
  for (const message of messages) {
    joined.push(open ? `${joined.pop()}${message}` : message);
    open = PIECE_BYTES.includes(Buffer.byteLength(message));
  }
  return joined;
}
