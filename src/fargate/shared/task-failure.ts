import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { BackendAlarm } from '../../symptoms';
import type { Failure } from '../../symptoms/shared/failure';
import { taskFields, TASK_STOPPED, type TaskLog } from '../../symptoms/shared/task-failure';

/** What tells the tasks of one service from others. */
export interface ServiceTasks {
  readonly serviceName: string;
  /** Names of services are unique in a cluster only. Not known of services that others imported. */
  readonly cluster?: ICluster;
  /** Where the tasks write, where that is known. */
  readonly log?: TaskLog;
}

/**
 * Tasks of a service that ended by themselves, could not start, or were ended by ECS because they failed a health check. Tasks that ECS ends for
 * a deployment or for scaling, that people stop, or that Spot takes back are none.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
export function taskFailed({ serviceName, cluster, log }: ServiceTasks): Failure {
  const { detailType, lastStatus } = TASK_STOPPED;
  return {
    alarm: BackendAlarm.SERVICE_TASK_FAILED,
    description: 'A task of the service has failed, and ECS starts another one',
    detailType,
    detail: {
      ...(cluster === undefined ? {} : { clusterArn: [cluster.clusterArn] }),
      group: [`service:${serviceName}`],
      lastStatus,
      $or: [
        { stopCode: ['EssentialContainerExited', 'TaskFailedToStart'] },
        // 'Task failed ELB health checks in …' and 'Task failed container health checks'.
        { stopCode: ['ServiceSchedulerInitiated'], stoppedReason: [{ prefix: 'Task failed ' }] },
      ],
    },
    fields: taskFields(log),
  };
}
