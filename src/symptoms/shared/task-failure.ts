import { Stack } from 'aws-cdk-lib';
import { EventField } from 'aws-cdk-lib/aws-events';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Failure } from './failure';

/** Where a task writes: the stream is named after prefix, container and task. */
export interface TaskLog {
  readonly logGroup: ILogGroup;
  readonly streamPrefix: string;
  readonly containerName: string;
}

/** Every event of a task that ended. */
export const TASK_STOPPED = { detailType: 'ECS Task State Change', lastStatus: ['STOPPED'] };

/**
 * What is told of each task that failed: why, with which exit codes, which one, and how to read what it wrote. The events have the containers
 * in any order, so the codes of all are told; one that never ran has none. Its stream ends with the task's id, the last part of its ARN.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function taskFields(log?: TaskLog): Failure['fields'] {
  const taskArn = EventField.fromPath('$.detail.taskArn');
  return {
    'Reason': EventField.fromPath('$.detail.stoppedReason'),
    'Exit codes': EventField.fromPath('$.detail.containers[*].exitCode'),
    'Task': taskArn,
    ...(log === undefined ? {} : { Log: logCommand(log, taskArn) }),
  };
}

function logCommand({ logGroup, streamPrefix, containerName }: TaskLog, taskArn: string): string {
  return `aws logs tail ${logGroup.logGroupName} --region ${Stack.of(logGroup).region} --since 1d --log-stream-names ${streamPrefix}/${containerName}/$(basename ${taskArn})`;
}
