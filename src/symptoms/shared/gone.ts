import { type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Symptom } from './symptom';

/**
 * Something that has stopped to report what it reports as long as it is there.
 *
 * @param metric one that is always reported, with any statistic
 */
export function gone(metric: Metric): Pick<Symptom, 'metric' | 'threshold' | 'below' | 'evaluationPeriods' | 'treatMissingData'> {
  return {
    metric: metric.with({ statistic: Stats.SAMPLE_COUNT }),
    threshold: 1,
    below: true,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.BREACHING,
  };
}
