/** What `drill.sh` says of a restore drill. */
export interface DrillResult {
  readonly succeeded: boolean;
  readonly at: string;
  readonly recoveryPointAge: number | null;
  readonly recoveryTime: number | null;
  readonly problem: string | null;
}
