import type { MonitorOptions } from '../symptoms';

/** From when on a cache is in trouble. Each node has its own alarms. */
export interface MonitorCacheOptions extends MonitorOptions {
  /**
   * Time of the engine's one thread that is used on average, for 15 minutes, in percent: from 1 to 100. Nodes only.
   *
   * @default 90
   */
  readonly cpuPercent?: number;

  /**
   * Memory for data that is used, for 15 minutes, in percent: from 1 to 100. Nodes only.
   *
   * @default 90
   */
  readonly memoryPercent?: number;

  /**
   * Keys that are dropped within five minutes because memory is full, three times in a row: a whole number of at least 1.
   *
   * @default 100
   */
  readonly maxEvictions?: number;
}
