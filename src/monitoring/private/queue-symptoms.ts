import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { BackendAlarm } from '../../symptoms';
import { seconds } from '../../symptoms/shared/limits';
import type { Symptom } from '../../symptoms/shared/symptom';
import type { MonitorQueueOptions } from '../monitor-queue-options';

/**
 * What a queue looks like whose workers do not keep up. SQS stops reporting of a queue that nobody has used for six hours, which is
 * no backlog.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function queueSymptoms(queue: IQueue, options: MonitorQueueOptions): Symptom[] {
  const maxAge = seconds(queue, 'maxAge', options.maxAge ?? Duration.minutes(5));
  return [{
    alarm: BackendAlarm.QUEUE_AGE,
    title: 'Age of the oldest message (s)',
    description: `The oldest message has been waiting for ${maxAge} s or more, for 5 minutes`,
    metric: queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1) }),
    threshold: maxAge,
    evaluationPeriods: 5,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  }];
}
