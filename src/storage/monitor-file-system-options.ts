import type { Size } from 'aws-cdk-lib';
import type { MonitorOptions } from '../symptoms';

/** From when on a file system is in trouble. */
export interface MonitorFileSystemOptions extends MonitorOptions {
  /**
   * Operations that it is asked for on average, for 15 minutes, in percent of those that it can do: from 1 to 100.
   *
   * @default 90
   */
  readonly ioPercent?: number;

  /**
   * Burst credits that are left, in bytes that can be transferred at full speed. With bursting throughput only: elastic
   * throughput uses none, so that it is an error there.
   *
   * @default - 200 GiB with `BURSTING`, half an hour at 100 MiB a second; no alarm with `ELASTIC`, and of an imported file system, whose
   * mode is not known, only a graph
   */
  readonly minBurstCredits?: Size;
}
