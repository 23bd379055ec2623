import type { Duration } from 'aws-cdk-lib';
import type { MonitorOptions } from '../symptoms';

/** From when on an ingress or one of its routes is in trouble. */
export interface MonitorIngressOptions extends MonitorOptions {
  /**
   * Requests that are answered with 5xx, in three of 15 minutes, in percent of all: above 0 to 100. It holds for each
   * route, and for what the load balancer itself answers.
   *
   * @default 5
   */
  readonly errorPercent?: number;

  /**
   * Least number of 5xx answers within a minute for the minute to count, so that a single failed request at night wakes nobody: a
   * whole number of at least 1.
   *
   * @default - 5, or fewer where they are more than half of the minute's requests, so that a service with few requests does not fail unnoticed
   */
  readonly minErrors?: number;

  /**
   * Time within which 99 of 100 requests of a route are answered, in each of three periods of five minutes.
   *
   * @default Duration.seconds(1)
   */
  readonly maxLatency?: Duration;
}
