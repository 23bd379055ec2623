import { TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { BackendAlarm } from '../../symptoms';
import type { Failure } from '../../symptoms/shared/failure';
import { count, shown } from '../../symptoms/shared/limits';
import type { Monitoring } from '../../symptoms/shared/monitored';
import { taskFields, TASK_STOPPED } from '../../symptoms/shared/task-failure';
import type { MonitorJobOptions } from '../monitor-job-options';

/** Name of the job's own container, and first part of its log streams. */
export const JOB_CONTAINER = 'Job';

/** What a job is, for those who look at its runs. */
export interface JobRuns {
  readonly cluster: ecs.ICluster;
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly logGroup: ILogGroup;
}

/** All that a job says of itself: runs that could not be started, and runs that failed. */
export function jobMonitoring(scope: IConstruct, runs: JobRuns, notStarted: IMetric, options: MonitorJobOptions): Monitoring {
  const threshold = count(scope, 'minNotStarted', options.minNotStarted ?? 1);
  const symptom = {
    alarm: BackendAlarm.JOB_NOT_STARTED,
    title: 'Runs that could not be started',
    description: `The dead-letter queue holds ${shown(threshold)} or more runs that could not be started`,
    metric: notStarted,
    threshold,
    evaluationPeriods: 1,
    // SQS stops reporting of a queue that nobody has used for six hours.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
  return { symptoms: [symptom], failures: [jobFailed(runs)] };
}

/**
 * The event of a run that failed: its container ended with another code than zero, or never started.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function failedRun({ cluster, taskDefinition }: JobRuns): Pick<Failure, 'detailType' | 'detail'> {
  const { detailType, lastStatus } = TASK_STOPPED;
  return {
    detailType,
    detail: {
      clusterArn: [cluster.clusterArn],
      group: [`family:${taskDefinition.family}`],
      lastStatus,
      $or: [{ containers: { name: [JOB_CONTAINER], exitCode: [{ 'anything-but': 0 }] } }, { stopCode: ['TaskFailedToStart'] }],
    },
  };
}

function jobFailed(runs: JobRuns): Failure {
  return {
    alarm: BackendAlarm.JOB_FAILED,
    description: 'A run of a job has failed',
    ...failedRun(runs),
    fields: taskFields({ logGroup: runs.logGroup, streamPrefix: JOB_CONTAINER, containerName: JOB_CONTAINER }),
  };
}
