import type { Series, SimulatedAlarm, State } from './alarm-simulator';
import type { Point } from './metric-math';
import { BackendAlarm } from '../../src';

/** One datapoint of each metric of an alarm, by name; a number alone is that of any metric. */
export type Sample = Point | Readonly<Record<string, Point>>;

/** What one kind of alarm is to make of data. */
export interface Row {
  /** All is well. */
  readonly healthy: (alarm: SimulatedAlarm) => Sample;
  /** What it is there to find; none where missing data is just that. */
  readonly broken?: (alarm: SimulatedAlarm) => Sample;
  /** The state once nothing has been reported for a while. */
  readonly missing: State;
}

const NONE = undefined;
const GAUGE = { healthy: () => 20, broken: () => 95 };
const NUMBER = { healthy: () => 0, broken: () => 1 };
const ERRORS = { missing: 'OK', healthy: () => requests(1000, NONE) } as const;
const GONE = { healthy: () => 5, missing: 'ALARM' } as const;

/** What a load balancer reports of a minute. */
export function requests(all: Point, errors: Point): Sample {
  return { RequestCount: all, HTTPCode_Target_5XX_Count: errors, HTTPCode_ELB_5XX_Count: errors };
}

/** Each kind of alarm that there is; a new one belongs here, too. */
export const ROWS = new Map<BackendAlarm, Row>([
  [BackendAlarm.SERVICE_CPU, { ...GAUGE, missing: 'OK' }],
  [BackendAlarm.SERVICE_MEMORY, { ...GAUGE, missing: 'OK' }],
  [BackendAlarm.SERVICE_TASKS, { healthy: ({ Threshold }) => Threshold, broken: ({ Threshold }) => Threshold - 1, missing: 'ALARM' }],
  [BackendAlarm.JOB_NOT_STARTED, { healthy: () => 0, broken: () => 1, missing: 'OK' }],
  [BackendAlarm.INGRESS_ERRORS, { ...ERRORS, broken: () => requests(100, 50) }],
  [BackendAlarm.ROUTE_ERRORS, { ...ERRORS, broken: () => requests(1000, 50) }],
  [BackendAlarm.ROUTE_LATENCY, { healthy: () => 0.05, broken: () => 3, missing: 'OK' }],
  [BackendAlarm.ROUTE_UNHEALTHY, { healthy: () => 0, broken: () => 1, missing: 'OK' }],
  [BackendAlarm.ROUTE_EMPTY, { healthy: () => 2, broken: () => 0, missing: 'ALARM' }],
  [BackendAlarm.DATABASE_GONE, GONE],
  [BackendAlarm.DATABASE_CPU, { ...GAUGE, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_MEMORY, { healthy: ({ Threshold }) => 2 * Threshold, broken: ({ Threshold }) => Threshold / 2, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_CONNECTIONS, { healthy: ({ Threshold }) => Threshold / 2, broken: ({ Threshold }) => Threshold + 1, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_STORAGE, { healthy: ({ Threshold }) => 5 * Threshold, broken: ({ Threshold }) => Threshold / 2, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_WRITES, { healthy: () => 1, broken: () => 0, missing: 'ALARM' }],
  [BackendAlarm.DATABASE_WRITE_LATENCY, { healthy: () => 0.01, broken: () => 2, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_TIMELINE, { ...NUMBER, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_BACKUP_AGE, { healthy: () => 26 * 3600, broken: () => 31 * 3600, missing: 'ALARM' }],
  [BackendAlarm.DATABASE_RESTORE_DRILL, { healthy: () => 7 * 86_400 + 3600, broken: () => 9 * 86_400, missing: 'ALARM' }],
  [BackendAlarm.DATABASE_ARCHIVE, { ...NUMBER, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_ARCHIVE_BACKLOG, { healthy: () => 3, broken: () => 64, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_WAL_CONFLICT, { ...NUMBER, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_CERTIFICATE, { healthy: ({ Threshold }) => 2 * Threshold, broken: ({ Threshold }) => Threshold - 1, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_REDUNDANCY, { healthy: ({ Threshold }) => Threshold, broken: ({ Threshold }) => Threshold - 1, missing: 'ALARM' }],
  [BackendAlarm.DATABASE_REPLICATION_LAG, { healthy: () => 0.02, broken: () => 2, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.DATABASE_PEERS, { healthy: ({ Threshold }) => Threshold - 1, broken: ({ Threshold }) => Threshold, missing: 'ALARM' }],
  // A serverless cache is told by its missing data, because a new one reports nothing at first.
  [BackendAlarm.CACHE_GONE, GONE],
  [BackendAlarm.CACHE_CPU, { ...GAUGE, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.CACHE_MEMORY, { ...GAUGE, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.CACHE_EVICTIONS, { healthy: () => 0, broken: () => 5000, missing: 'OK' }],
  [BackendAlarm.CACHE_THROTTLED, { healthy: () => NONE, broken: () => 20, missing: 'OK' }],
  [BackendAlarm.FILE_SYSTEM_GONE, { ...GONE, missing: 'INSUFFICIENT_DATA' }],
  [BackendAlarm.FILE_SYSTEM_IO, { ...GAUGE, missing: 'OK' }],
  [BackendAlarm.FILE_SYSTEM_CREDITS, { healthy: ({ Threshold }) => 10 * Threshold, broken: ({ Threshold }) => Threshold / 2, missing: 'OK' }],
  [BackendAlarm.QUEUE_AGE, { healthy: () => 3, broken: () => 900, missing: 'OK' }],
  [BackendAlarm.QUEUE_DEAD_LETTERS, { healthy: () => 0, broken: () => 1, missing: 'OK' }],
]);

/** The kinds whose trouble is that nothing is reported: that has to be told. Of all others somebody else tells it. */
export const TELL_MISSING = [BackendAlarm.SERVICE_TASKS, BackendAlarm.ROUTE_EMPTY, BackendAlarm.DATABASE_GONE, BackendAlarm.DATABASE_WRITES, BackendAlarm.DATABASE_BACKUP_AGE,
  BackendAlarm.DATABASE_RESTORE_DRILL, BackendAlarm.DATABASE_REDUNDANCY, BackendAlarm.DATABASE_PEERS, BackendAlarm.CACHE_GONE, BackendAlarm.FILE_SYSTEM_GONE];

/** So many periods of one sample, each after the other. */
export function sequence(...parts: ReadonlyArray<readonly [number, Sample]>): Series {
  const samples = parts.flatMap(([periods, sample]) => Array.from({ length: periods }, () => sample));
  const names = [...new Set(['*', ...samples.flatMap((sample) => (typeof sample === 'object' ? Object.keys(sample) : []))])];
  return Object.fromEntries(names.map((name) => [name, samples.map((sample) => (typeof sample === 'object' ? sample[name] : sample))]));
}
