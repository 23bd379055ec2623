import { Duration, Stack, type RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { PRIVATE_BUCKET, UNFINISHED_UPLOADS_GO } from '../../private/private-bucket';

/** Properties of the bucket of a trail. */
export interface TrailBucketProps {
  readonly trailArn: string;
  readonly retention: Duration;
  readonly removalPolicy: RemovalPolicy;
}

/** Days for which the files are looked at often enough not to be moved. */
const WARM_DAYS = 90;

/** A bucket that takes the log files of one trail, and nothing else. */
export function createTrailBucket(scope: Construct, { trailArn, retention, removalPolicy }: TrailBucketProps): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Logs', {
    // The trail encrypts its files itself; digests are written with keys of S3 always.
    ...PRIVATE_BUCKET,
    removalPolicy,
    lifecycleRules: [{
      ...UNFINISHED_UPLOADS_GO,
      expiration: retention,
      transitions: retention.toDays() > WARM_DAYS
        ? [{ storageClass: s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(WARM_DAYS) }]
        : undefined,
    }],
  });
  allowDelivery(bucket, trailArn);
  return bucket;
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html */
function allowDelivery(bucket: s3.Bucket, trailArn: string): void {
  const principals = [new iam.ServicePrincipal('cloudtrail.amazonaws.com')];
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'CloudTrailLooks',
    principals,
    actions: ['s3:GetBucketAcl'],
    resources: [bucket.bucketArn],
    conditions: { StringEquals: { 'aws:SourceArn': trailArn } },
  }));
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'CloudTrailWrites',
    principals,
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects(`AWSLogs/${Stack.of(bucket).account}/*`)],
    conditions: { StringEquals: { 'aws:SourceArn': trailArn, 's3:x-amz-acl': 'bucket-owner-full-control' } },
  }));
}
