import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import type { BackendAlarm } from '../backend-alarm';
import type { MonitorOptions } from '../monitor-options';

/** Something that is measured, and from when on it is worth waking somebody. */
export interface Symptom {
  readonly alarm: BackendAlarm;
  /** Tells symptoms of one kind apart, on one construct: the name of a route, the number of a node. */
  readonly part?: string;
  /** Title of the graph. */
  readonly title: string;
  /** One sentence without a full stop, with the numbers. */
  readonly description: string;
  readonly metric: cloudwatch.IMetric;
  /** From this value on; nothing where it is not known, so that there is only a graph. */
  readonly threshold?: number;
  readonly below?: boolean;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number;
  readonly treatMissingData: cloudwatch.TreatMissingData;
  /** Whether it is told when all data is missing, where that is treated as missing. Unlike breaching, it keeps quiet until there was data once. */
  readonly tellMissing?: boolean;
  /** What must be there before the alarm can say anything. */
  readonly after?: IConstruct[];
  /** Percentiles of few samples say nothing. */
  readonly ignoreFewSamples?: boolean;
}

/** The construct id of a symptom, below the construct that stands for what is monitored. */
export function idOf({ alarm, part }: Pick<Symptom, 'alarm' | 'part'>): string {
  const words = alarm.section.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  return part === undefined ? words : `${words}-${part}`;
}

/** Whether somebody does not want an alarm. By section: another copy of this library has other objects for the same alarm. */
export function isExcluded(alarm: BackendAlarm, { exclude = [] }: MonitorOptions): boolean {
  return exclude.some(({ section }) => section === alarm.section);
}
