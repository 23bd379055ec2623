import type { Aws } from './aws/aws';

/** A number that a node published. */
export interface Sample {
  readonly name: string;
  readonly value: number;
  readonly node?: number;
}

/** What nodes published since a time, in its order. */
export function samplesOf(aws: Aws, since: number): Sample[] {
  return aws.callsOf('cloudwatch:PutMetricData', since).flatMap(({ input, node }) => Object.entries(input)
    .filter(([key]) => /^MetricData\.member\.\d+\.MetricName$/.test(key))
    .map(([key, name]) => ({ name: String(name), value: Number(input[key.replace(/MetricName$/, 'Value')]), node })));
}
