import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { deploymentFailed } from './deployment-failure';
import type { IMonitoredService } from '../../binding';
import { BackendAlarm } from '../../symptoms';
import { percent } from '../../symptoms/shared/limits';
import type { Monitoring } from '../../symptoms/shared/monitored';
import type { Symptom } from '../../symptoms/shared/symptom';
import type { MonitorServiceOptions } from '../monitor-service-options';

/** All that a service says of itself: its load, and deployments that ECS gave up. */
export function serviceMonitoring(service: IMonitoredService, options: MonitorServiceOptions): Monitoring {
  return { symptoms: serviceSymptoms(service, options), failures: [deploymentFailed(service.service.serviceArn)] };
}

/**
 * What a service looks like that has too much to do. Tasks that run report every minute; a service without tasks reports nothing,
 * which is no load, and its absence shows at the ingress or in the queue.
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
