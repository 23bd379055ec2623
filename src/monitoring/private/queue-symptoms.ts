import { Duration } from 'aws-cdk-lib';
import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { BackendAlarm } from '../../symptoms';
import { count, seconds, shown } from '../../symptoms/shared/limits';
import type { Symptom } from '../../symptoms/shared/symptom';
import type { MonitorQueueOptions } from '../monitor-queue-options';

/**
 * What a queue looks like whose workers do not keep up. SQS stops reporting of a queue that nobody has used for six hours, which is
 * no backlog.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function queueSymptoms(queue: IQueue, deadLetterQueue: IQueue | undefined, options: MonitorQueueOptions): Symptom[] {
  const maxAge = seconds(queue, 'maxAge', options.maxAge ?? Duration.minutes(5));
  const minDeadLetters = count(queue, 'minDeadLetters', options.minDeadLetters ?? 1);
  const age: Symptom = {
    alarm: BackendAlarm.QUEUE_AGE,
    title: 'Age of the oldest message (s)',
    description: `The oldest message has been waiting for ${maxAge} s or more, for 5 minutes`,
    metric: queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1) }),
    threshold: maxAge,
    evaluationPeriods: 5,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
  return deadLetterQueue === undefined ? [age] : [age, deadLetters(deadLetterQueue, minDeadLetters)];
}

function deadLetters(queue: IQueue, threshold: number): Symptom {
  return {
    alarm: BackendAlarm.QUEUE_DEAD_LETTERS,
    title: 'Messages in the dead-letter queue',
    description: `The dead-letter queue holds ${shown(threshold)} or more messages that nobody could process`,
    metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
    threshold,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
}

/** The dead-letter queue of a queue that this app makes; of others only somebody can say. */
export function deadLetterQueueOf(queue: IQueue, { deadLetterQueue }: MonitorQueueOptions): IQueue | undefined {
  return deadLetterQueue ?? (queue as Partial<Queue>).deadLetterQueue?.queue;
}
