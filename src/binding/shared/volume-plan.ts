import type { IVolumeSource } from '../volume-source';

/** What one `ServiceVolume` says. */
export interface VolumePlan {
  readonly id: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  /** None for a volume on the disk of the task. */
  readonly source?: IVolumeSource;
}
