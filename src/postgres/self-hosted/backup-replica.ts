import { PhysicalName, RemovalPolicy, Stack, Token, type Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { sourceOf } from './private/replica-source';
import { Posture } from '../../posture';
import { bucketRemovalPolicy } from '../../posture/shared/data-removal';
import { describe } from '../../posture/shared/describe';
import { referWeakly } from '../../private/cross-stack';
import { InvalidBackendError, problem } from '../../private/errors';
import { PRIVATE_BUCKET, UNFINISHED_UPLOADS_GO } from '../../private/private-bucket';

/** A copy of a cluster's backups in another region. */
export interface IBackupReplica extends IConstruct {
  /** Bucket into which S3 replicates the backups. */
  readonly bucket: s3.IBucket;
}

/** Properties of a copy of backups. */
export interface BackupReplicaProps {
  /**
   * How long S3 keeps what the cluster has deleted or overwritten.
   *
   * @default - 7 days in development, 35 days in production, from the posture
   */
  readonly backupRetention?: Duration;

  /**
   * What happens to the bucket when it leaves the stack: destroy with all that is in it, or retain.
   *
   * @default - DESTROY in development, RETAIN in production, from the posture
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A copy of the backups of one `SelfHostedPostgres` in another region, into which S3 replicates every object of the cluster's own bucket. A cluster of that region
 * recovers from it. Its stack, and that of the cluster, have `env` with account and region.
 *
 * ## What it makes
 *
 * One bucket. The cluster whose `disasterRecovery` names it makes the rule and the role of the replication.
 *
 * ## Defaults that matter
 *
 * What the cluster deletes goes here as well, and stays as an old version for `backupRetention`. Objects that existed before the replication began are not copied:
 * take a full backup after you have added it to a living cluster (docs/disaster-recovery.md).
 *
 * ## Security considerations
 *
 * Closed, encrypted, versioned, over TLS only. The nodes of the cluster may ask for one object, the marker with which another region has taken over, and read or write nothing
 * else here. Backups are encrypted with the cluster's pass before they leave it.
 *
 * ## Cost
 *
 * The backups in S3 a second time, the requests of the replication, and the traffic between the regions by the gigabyte.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import { BackupReplica, DisasterRecovery, SelfHostedPostgres } from 'cdk-private-backend';
 * declare const app: App;
 * declare const vpc: ec2.IVpc;
 * declare const stack: Stack;
 *
 * const recovery = new Stack(app, 'Recovery', { env: { account: '111122223333', region: 'eu-central-1' } });
 * const replica = new BackupReplica(recovery, 'Replica');
 * new SelfHostedPostgres(stack, 'Postgres', { vpc, disasterRecovery: DisasterRecovery.pilotLight({ replica }) });
 */
export class BackupReplica extends Construct implements IBackupReplica {
  /** Bucket into which S3 replicates the backups. */
  public readonly bucket: s3.IBucket;

  /**
   * Declares a copy.
   *
   * @throws when the account or the region of the stack is known only at deployment
   */
  constructor(scope: Construct, id: string, props: BackupReplicaProps = {}) {
    super(scope, id);
    this.requireEnvironment();
    this.bucket = this.createBucket(props);
    this.node.addValidation({ validate: () => this.validateSource() });
    describe(this, this.bucket, () => ({ kind: 'backup-replica', source: sourceOf(this)?.clusterName }));
  }

  /** Another region refers to the bucket by its name. */
  private requireEnvironment(): void {
    const { account, region } = Stack.of(this);
    if (Token.isUnresolved(account) || Token.isUnresolved(region)) {
      throw new InvalidBackendError(this, 'BackupReplica.environment', 'The account or the region of this stack isn\'t known until deployment (it\'s a token), and clusters of another region refer to the bucket by its name. '
        + 'Set `env: { account: \'111122223333\', region: \'eu-central-1\' }` with your own values on the stack, and on the stack of the cluster.');
    }
  }

  private createBucket({ backupRetention, removalPolicy }: BackupReplicaProps): s3.Bucket {
    const policy = bucketRemovalPolicy(this, removalPolicy);
    const bucket = new s3.Bucket(this, 'Bucket', {
      ...PRIVATE_BUCKET,
      bucketName: PhysicalName.GENERATE_IF_NEEDED,
      versioned: true,
      removalPolicy: policy,
      autoDeleteObjects: policy === RemovalPolicy.DESTROY,
      lifecycleRules: [{
        ...UNFINISHED_UPLOADS_GO, noncurrentVersionExpiration: backupRetention ?? Posture.of(this).backupRetention, expiredObjectDeleteMarker: true,
      }],
    });
    referWeakly(bucket);
    return bucket;
  }

  private validateSource(): string[] {
    return sourceOf(this) === undefined ? [problem('BackupReplica.unused', 'No cluster replicates its backups into this bucket, so nothing could be recovered from it. '
      + 'Pass it to a cluster in another region: `disasterRecovery: DisasterRecovery.pilotLight({ replica })`.')] : [];
  }
}
