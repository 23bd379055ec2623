import type { MonitorOptions } from '../symptoms';

/** From when on a job is in trouble. */
export interface MonitorJobOptions extends MonitorOptions {
  /**
   * Runs that could not be started and are in the dead-letter queue: a whole number of at least 1.
   *
   * @default 1
   */
  readonly minNotStarted?: number;
}
