import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { percent } from './limits';
import type { Symptom } from './symptom';
import { BackendAlarm } from '../backend-alarm';
import type { IMonitoredService } from '../monitored-service';
import type { WatchServiceOptions } from '../watch-options';

/**
 * What a service looks like that has too much to do. Tasks that run report every minute; a service without tasks reports nothing,
 * which is no load, and its absence shows at the edge or in the queue.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
 */
export function serviceSymptoms(scope: IConstruct, service: IMonitoredService, options: WatchServiceOptions): Symptom[] {
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
