import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IDependable } from 'constructs';

/** What a cluster has to do with a cluster of another region. */
export interface RegionPart {
  /** What the nodes must know. */
  readonly environment: Readonly<Record<string, string>>;
  /** Tags of the nodes' groups. */
  readonly tags: Readonly<Record<string, string>>;
  /** What must exist before a node boots. */
  readonly dependencies: IDependable[];
  /** Lets a node do its part. */
  allow(role: IRole): void;
}
