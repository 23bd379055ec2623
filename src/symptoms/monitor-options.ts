import type { BackendAlarm } from './backend-alarm';

/** Options of everything that is watched. */
export interface MonitorOptions {
  /**
   * Alarms that are not wanted for this construct.
   *
   * @default - none is left out
   */
  readonly exclude?: BackendAlarm[];
}
