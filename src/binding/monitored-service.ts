import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';

/** A service that can be monitored, such as a `FargateApi` or a `FargateWorker`. */
export interface IMonitoredService extends IConstruct {
  /** The ECS service. */
  readonly service: ecs.IFargateService;

  /** CPU that the tasks use, in percent of what they have; average over five minutes unless told otherwise. */
  metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Memory that the tasks use, in percent of what they have; average over five minutes unless told otherwise. */
  metricMemoryUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}
