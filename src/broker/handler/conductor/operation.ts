import { certificateAuthorities } from './certificate-authorities';
import type { ConductorEngine } from './conductor-engine';
import { UnreachableError } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import type { Redaction } from './redaction';
import { neverCreatedId, type ConductorEvent } from './request';
import { SecretStore } from './secret-store';
import { SqlSession } from './sql-session';
import type { OwnerMark } from '../../broker.contract';

/** One request at work. */
export class Operation {
  public readonly store: SecretStore;
  private touched?: string;

  public constructor(
    public readonly event: ConductorEvent,
    public readonly deps: ConductorDependencies,
    public readonly redaction: Redaction,
    public readonly engine: ConductorEngine,
  ) {
    this.store = new SecretStore(deps.secrets, deps.clock);
  }

  /** The id that CloudFormation has for the resource; nothing before it was created. */
  public get physicalId(): string | undefined {
    return this.event.RequestType === 'Create' ? undefined : this.event.PhysicalResourceId;
  }

  /** Remembers that from here on there may be something to clean up. */
  public started(physicalId: string): void {
    this.touched = physicalId;
  }

  /**
   * What to answer when the request failed. A failed Create names what it may have made half, so that the rollback deletes
   * it, and nothing where the server was not reached, so that the rollback need not reach it either; a failed Update keeps
   * the old id, which still works.
   */
  public physicalIdAfter(error: unknown): string {
    const halfMade = error instanceof UnreachableError ? undefined : this.touched;
    return this.physicalId ?? halfMade ?? neverCreatedId(this.event);
  }

  /**
   * Whether an earlier deployment already had exactly this object: then whoever had it before cannot get it back by a
   * rollback any more. A rename is no update of that kind, because the other name may have been taken in this deployment.
   */
  public isSettled(physicalId: string): boolean {
    return this.physicalId === physicalId;
  }

  /** Whether what is deleted may have been somebody else's: then a rollback gives it back, also where it stays on the server. */
  public mayHaveTaken(): boolean {
    return this.event.ResourceProperties.AdoptExisting === 'true';
  }

  /** Certificates to verify the server with. */
  public ca(): string {
    return certificateAuthorities(this.event.ResourceProperties, this.deps.region);
  }

  /** A line to the server, in the name of this resource. */
  public session(mark: Pick<OwnerMark, 'secretArn'> = {}): SqlSession {
    const { StackId: stackId, LogicalResourceId: logicalId } = this.event;
    return new SqlSession(this.deps, this.store, this.redaction, { stackId, logicalId, ...mark }, this.ca());
  }
}
