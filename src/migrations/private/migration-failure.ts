import { BackendAlarm } from '../../symptoms';
import type { Failure } from '../../symptoms/shared/failure';

/**
 * Tasks of a family that ended with an error, or did not start. A container that never ran has no exit code.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function migrationFailed(family: string): Failure {
  return {
    alarm: BackendAlarm.MIGRATION_FAILED,
    description: 'A migration has failed',
    detailType: 'ECS Task State Change',
    detail: {
      group: [`family:${family}`],
      lastStatus: ['STOPPED'],
      $or: [{ containers: { exitCode: [{ 'anything-but': 0 }] } }, { stopCode: ['TaskFailedToStart'] }],
    },
    fields: { Reason: '$.detail.stoppedReason', Task: '$.detail.taskArn' },
  };
}
