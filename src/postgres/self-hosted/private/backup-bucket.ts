import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { bucketRemovalPolicy } from '../../../posture/shared/data-removal';
import { referWeakly } from '../../../private/cross-stack';
import { PRIVATE_BUCKET, UNFINISHED_UPLOADS_GO } from '../../../private/private-bucket';

/** How backups are kept. */
export interface BackupBucketProps {
  readonly backupRetention: Duration;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The bucket of one cluster's backups and archive. What a node deletes or overwrites stays for as long again as backups are kept. A bucket that is to go with
 * its stack is emptied first, since nodes have written into it from their first minute.
 */
export function createBackupBucket(scope: Construct, id: string, { backupRetention, removalPolicy }: BackupBucketProps): s3.Bucket {
  const policy = bucketRemovalPolicy(scope, removalPolicy);
  const bucket = new s3.Bucket(scope, id, {
    ...PRIVATE_BUCKET,
    versioned: true,
    removalPolicy: policy,
    autoDeleteObjects: policy === RemovalPolicy.DESTROY,
    lifecycleRules: [{ ...UNFINISHED_UPLOADS_GO, noncurrentVersionExpiration: backupRetention, expiredObjectDeleteMarker: true }],
  });
  referWeakly(bucket);
  return bucket;
}

/** Lets a role read and write backups. It can't delete versions, so whoever takes a node over destroys no backup for good. */
export function allowBackups(bucket: s3.IBucket, role: iam.IRole): void {
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:ListBucket', 's3:ListBucketVersions'], resources: [bucket.bucketArn] }));
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
    resources: [bucket.arnForObjects('*')],
  }));
}

/** Lets a role read backups, and say below `drill/` how a restore of them went. */
export function allowDrill(bucket: s3.IBucket, role: iam.IRole, clusterName: string): void {
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(`${clusterName}/*`)] }));
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects(`drill/${clusterName}/*`)] }));
}
