import { BackendAlarm } from '../../symptoms';
import type { Failure } from '../../symptoms/shared/failure';
import { taskFields, TASK_STOPPED, type TaskLog } from '../../symptoms/shared/task-failure';

/**
 * Tasks of a family that ended with an error, or did not start. A container that never ran has no exit code.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function migrationFailed(family: string, log: TaskLog): Failure {
  const { detailType, lastStatus } = TASK_STOPPED;
  return {
    alarm: BackendAlarm.MIGRATION_FAILED,
    description: 'A migration has failed',
    detailType,
    detail: {
      group: [`family:${family}`],
      lastStatus,
      $or: [{ containers: { exitCode: [{ 'anything-but': 0 }] } }, { stopCode: ['TaskFailedToStart'] }],
    },
    fields: taskFields(log),
  };
}
