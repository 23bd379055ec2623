import type { Duration } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { MonitorOptions } from '../symptoms';

/** From when on a queue is in trouble. */
export interface MonitorQueueOptions extends MonitorOptions {
  /**
   * Time that the oldest message has been waiting, in each of five minutes: whole seconds, at least 1.
   *
   * @default Duration.minutes(5)
   */
  readonly maxAge?: Duration;

  /**
   * The queue that gets messages which nobody could process.
   *
   * @default - that of the queue, where this app makes the queue and gives it one
   */
  readonly deadLetterQueue?: IQueue;

  /**
   * Messages in the dead-letter queue: a whole number of at least 1.
   *
   * @default 1
   */
  readonly minDeadLetters?: number;
}
