import { Duration } from 'aws-cdk-lib';
import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IBaseService } from 'aws-cdk-lib/aws-ecs';
import { deploymentFailed } from './deployment-failure';
import { taskFailed } from './task-failure';
import type { IMonitoredService } from '../../binding';
import { warn } from '../../private/errors';
import { BackendAlarm } from '../../symptoms';
import { count, percent, shown } from '../../symptoms/shared/limits';
import type { Monitoring } from '../../symptoms/shared/monitored';
import { shortage } from '../../symptoms/shared/shortage';
import { isExcluded, type Symptom } from '../../symptoms/shared/symptom';
import type { TaskLog } from '../../symptoms/shared/task-failure';
import type { MonitorServiceOptions } from '../monitor-service-options';

const MINUTE = Duration.minutes(1);

/** What is known of services of this library. */
export interface ServiceFacts {
  /** Least tasks that run outside of deployments. */
  readonly leastTasks?: number;
  readonly log?: TaskLog;
}

/** All that a service says of itself: its load, tasks that are missing or failed, and deployments that ECS gave up. */
export function serviceMonitoring(service: IMonitoredService, options: MonitorServiceOptions, { leastTasks, log }: ServiceFacts = {}): Monitoring {
  const { serviceArn, serviceName, cluster } = service.service as IMonitoredService['service'] & Partial<IBaseService>;
  return {
    symptoms: [...serviceSymptoms(service, options), tasksSymptom(service, options, leastTasks)],
    failures: [taskFailed({ serviceName, cluster, log }), deploymentFailed(serviceArn)],
  };
}

/**
 * What a service looks like that has too much to do. Tasks that run report every minute; a service without tasks reports nothing,
 * which is no load, and is told by the number of tasks.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
 */
function serviceSymptoms(service: IMonitoredService, options: MonitorServiceOptions): Symptom[] {
  const cpu = percent(service, 'cpuPercent', options.cpuPercent, 90);
  const memory = percent(service, 'memoryPercent', options.memoryPercent, 90);
  return [
    {
      alarm: BackendAlarm.SERVICE_CPU,
      title: 'CPU (%)',
      description: `The tasks have used ${shown(cpu)} % of their CPU for 15 minutes`,
      metric: service.metricCpuUtilization(),
      threshold: cpu,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
    {
      alarm: BackendAlarm.SERVICE_MEMORY,
      title: 'Memory (%)',
      description: `The tasks have used ${shown(memory)} % of their memory for 15 minutes`,
      metric: service.metricMemoryUtilization(),
      threshold: memory,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
  ];
}

/**
 * Each task reports its CPU once a minute, so the reports of a minute count the tasks, without Container Insights. Some minutes have one more or
 * less, and a deployment that stops tasks first has fewer for a while. All of the minutes, because then one report of a new service is enough:
 * what was missing before it was there counts as well.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html#cw_running_task_count
 */
function tasksSymptom(service: IMonitoredService, options: MonitorServiceOptions, leastTasks: number | undefined): Symptom {
  const least = options.minTasks === undefined ? leastTasks : count(service, 'minTasks', options.minTasks);
  if (least === undefined && !isExcluded(BackendAlarm.SERVICE_TASKS, options)) {
    warn(service, 'BackendMonitoring.tasks', `The minimum number of tasks of '${service.node.path}' isn't known, so no alarm watches it. Set \`minTasks\` in the options of \`monitorService\`, or \`exclude: [BackendAlarm.SERVICE_TASKS]\`.`);
  }
  return {
    alarm: BackendAlarm.SERVICE_TASKS,
    title: 'Running tasks',
    description: least === undefined ? '' : `Fewer than ${shown(least)} tasks of the service have run, for 10 minutes`,
    ...shortage(service.metricCpuUtilization({ statistic: Stats.SAMPLE_COUNT, period: MINUTE }), least, MINUTE),
    evaluationPeriods: 10,
  };
}
