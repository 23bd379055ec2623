import type { Duration, Size } from 'aws-cdk-lib';
import type { MonitorOptions } from '../symptoms';

/** From when on a database server is in trouble. */
export interface MonitorPostgresOptions extends MonitorOptions {
  /**
   * Processor time that is used on average, for 15 minutes, in percent: from 1 to 100.
   *
   * @default 90
   */
  readonly cpuPercent?: number;

  /**
   * Memory that must be free, for 15 minutes.
   *
   * @default - 128 MiB, or 5 % of the memory where that is less
   */
  readonly minFreeMemory?: Size;

  /**
   * Connections that may be open: a whole number of at least 1.
   *
   * @default - 80 % of what the server accepts; no alarm, and a warning, where the library does not know that
   */
  readonly maxConnections?: number;

  /**
   * Storage that must be free. Aurora grows by itself, and has no such alarm.
   *
   * @default - 10 % of what the server was made with, or 5 % where RDS adds storage at 10 % itself (`maxAllocatedStorage`); no alarm, and a warning, where the library does not know that
   */
  readonly minFreeStorage?: Size;

  /**
   * Age of the newest good backup. A self-hosted cluster takes one a day, and another one after 26 hours. RDS has no such alarm.
   *
   * @default Duration.hours(30)
   */
  readonly maxBackupAge?: Duration;

  /**
   * Time since a restore drill of a self-hosted cluster succeeded, or since the cluster was made. Others have no such alarm.
   *
   * @default Duration.days(8)
   */
  readonly maxRestoreDrillAge?: Duration;

  /**
   * How much later than on the primary WAL may be safe on the slowest standby of a self-hosted cluster. RDS has no such alarm.
   *
   * @default Duration.seconds(1)
   */
  readonly maxReplicationLag?: Duration;

  /**
   * How long a write may take that a self-hosted cluster makes each minute. RDS has no such alarm.
   *
   * @default Duration.seconds(1)
   */
  readonly maxWriteLatency?: Duration;
}
