import type { Duration } from 'aws-cdk-lib';
import type { MonitorOptions } from '../symptoms';

/** From when on a queue is in trouble. */
export interface MonitorQueueOptions extends MonitorOptions {
  /**
   * Time that the oldest message has been waiting, in each of five minutes: whole seconds, at least 1.
   *
   * @default Duration.minutes(5)
   */
  readonly maxAge?: Duration;
}
