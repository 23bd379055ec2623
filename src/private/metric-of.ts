import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';

/** What a metric is of. */
export interface MetricSource {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensionsMap: { [name: string]: string };
}

/** A metric of a construct, in its region and account, so that it is the same one seen from a stack elsewhere. */
export function metricOf(scope: IConstruct, source: MetricSource, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  const { region, account } = Stack.of(scope);
  return new cloudwatch.Metric({ ...source, region, account, ...options }).attachTo(scope);
}
