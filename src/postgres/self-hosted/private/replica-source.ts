import type { IConstruct } from 'constructs';

const SOURCE = Symbol.for('cdk-private-backend.ReplicaSource');

/** The cluster whose backups are replicated: literals only, because the stack of another region must not need this one. */
export interface ReplicaSource {
  readonly cluster: IConstruct;
  readonly clusterName: string;
  readonly adminUsername: string;
  /** Name of the secret with the pass of the backups, which is the same in both regions. */
  readonly secretName: string;
  readonly region: string;
}

/** The cluster that replicates into a bucket; nothing where none does yet. */
export function sourceOf(replica: IConstruct): ReplicaSource | undefined {
  return (replica as unknown as Record<symbol, ReplicaSource | undefined>)[SOURCE];
}

/** Remembers the cluster that replicates into a bucket. */
export function setSource(replica: IConstruct, source: ReplicaSource): void {
  Object.defineProperty(replica, SOURCE, { value: source, enumerable: false });
}
