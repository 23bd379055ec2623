import type { IBackupReplica } from './backup-replica';

/** Options of a recovery in another region where nothing runs before. */
export interface PilotLightOptions {
  /** Copy of the backups in the other region. Its stack is deployed before that of the cluster. */
  readonly replica: IBackupReplica;
}

/**
 * What a cluster prepares for the loss of its region.
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html
 */
export class DisasterRecovery {
  /**
   * Backups and the pass that encrypts them are replicated to another region, and nothing runs there. A cluster of that region with `recoverFrom` restores them when you
   * activate it, and from then on keeps this one from writing: its nodes do not start PostgreSQL before the other region has said that it has not taken over.
   */
  public static pilotLight(options: PilotLightOptions): DisasterRecovery {
    return new DisasterRecovery(options.replica);
  }

  /** @internal */
  public readonly _replica: IBackupReplica;

  private constructor(replica: IBackupReplica) {
    this._replica = replica;
  }
}
