import type { MonitorOptions } from '../symptoms';

/** From when on a service is in trouble. */
export interface MonitorServiceOptions extends MonitorOptions {
  /**
   * CPU that the tasks use on average, for 15 minutes, in percent of what they have: from 1 to 100.
   *
   * @default 90
   */
  readonly cpuPercent?: number;

  /**
   * Memory that the tasks use on average, for 15 minutes, in percent of what they have: from 1 to 100.
   *
   * @default 90
   */
  readonly memoryPercent?: number;

  /**
   * Tasks of which fewer must not run for ten minutes: a whole number of at least 1.
   *
   * @default - the least number that `minTasks` and schedules of the service allow; no alarm where that is 0, and a warning where the library does
   * not know it
   */
  readonly minTasks?: number;
}
