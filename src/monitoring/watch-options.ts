import type { Duration, Size } from 'aws-cdk-lib';
import type { BackendAlarm } from './backend-alarm';

/** Options of everything that is watched. */
export interface WatchOptions {
  /**
   * Alarms that are not wanted for this construct.
   *
   * @default - none is left out
   */
  readonly exclude?: BackendAlarm[];
}

/** From when on a service is in trouble. */
export interface WatchServiceOptions extends WatchOptions {
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
}

/** From when on an edge or one of its routes is in trouble. */
export interface WatchEdgeOptions extends WatchOptions {
  /**
   * Requests that are answered with 5xx, in three of five minutes, in percent of all: above 0 to 100. It holds for each
   * route, and for what the load balancer itself answers.
   *
   * @default 5
   */
  readonly errorPercent?: number;

  /**
   * Least number of 5xx answers within a minute for the minute to count, so that one failed request at night wakes nobody: a
   * whole number of at least 1.
   *
   * @default 5
   */
  readonly minErrors?: number;

  /**
   * Time within which 99 of 100 requests of a route are answered, in each of three periods of five minutes.
   *
   * @default Duration.seconds(1)
   */
  readonly latency?: Duration;
}

/** From when on a database server is in trouble. */
export interface WatchPostgresOptions extends WatchOptions {
  /**
   * Processor time that is used on average, for 15 minutes, in percent: from 1 to 100.
   *
   * @default 90
   */
  readonly cpuPercent?: number;

  /**
   * Memory that must be free, for 15 minutes.
   *
   * @default Size.mebibytes(128)
   */
  readonly freeMemory?: Size;

  /**
   * Connections that may be open: a whole number of at least 1.
   *
   * @default - 80 % of what the server accepts; no alarm, and a warning, where the library does not know that
   */
  readonly connections?: number;

  /**
   * Storage that must be free. Aurora grows by itself, and has no such alarm.
   *
   * @default - 10 % of what the server was made with; no alarm, and a warning, where the library does not know that
   */
  readonly freeStorage?: Size;
}

/** From when on a cache is in trouble. Each node has its own alarms. */
export interface WatchCacheOptions extends WatchOptions {
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
  readonly evictions?: number;
}

/** From when on a queue is in trouble. */
export interface WatchQueueOptions extends WatchOptions {
  /**
   * Time that the oldest message has been waiting, in each of five minutes: whole seconds, at least 1.
   *
   * @default Duration.minutes(5)
   */
  readonly age?: Duration;
}
