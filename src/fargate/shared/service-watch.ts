import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { deploymentFailed } from './deployment-failure';
import type { IMonitoredService } from '../../binding';
import { BackendAlarm } from '../../symptoms';
import { percent } from '../../symptoms/shared/limits';
import type { Symptom } from '../../symptoms/shared/symptom';
import type { Watch } from '../../symptoms/shared/watched';
import type { WatchServiceOptions } from '../watch-service-options';

/** All that a service says of itself: its load, and deployments that ECS gave up. */
export function serviceWatch(scope: IConstruct, service: IMonitoredService, options: WatchServiceOptions): Watch {
  return { symptoms: serviceSymptoms(scope, service, options), failures: [deploymentFailed(service.service.serviceArn)] };
}

/**
 * What a service looks like that has too much to do. Tasks that run report every minute; a service without tasks reports nothing,
 * which is no load, and its absence shows at the edge or in the queue.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
 */
function serviceSymptoms(scope: IConstruct, service: IMonitoredService, options: WatchServiceOptions): Symptom[] {
  const cpu = percent(scope, 'cpuPercent', options.cpuPercent, 90);
  const memory = percent(scope, 'memoryPercent', options.memoryPercent, 90);
  return [
    {
      alarm: BackendAlarm.SERVICE_CPU,
      title: 'CPU (%)',
      description: `The tasks have used ${cpu} % of their CPU for 15 minutes`,
      metric: service.metricCpuUtilization(),
      threshold: cpu,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
    {
      alarm: BackendAlarm.SERVICE_MEMORY,
      title: 'Memory (%)',
      description: `The tasks have used ${memory} % of their memory for 15 minutes`,
      metric: service.metricMemoryUtilization(),
      threshold: memory,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
  ];
}
