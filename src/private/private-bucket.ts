import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * What every bucket of this library has in common: closed, encrypted, over TLS only. Keys are those of S3, because neither load balancers nor
 * CloudFront write to buckets with keys of KMS.
 */
export const PRIVATE_BUCKET = {
  encryption: s3.BucketEncryption.S3_MANAGED,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: false,
} satisfies s3.BucketProps;

/** Parts of uploads that were never finished are paid for and seen by nobody. */
export const UNFINISHED_UPLOADS_GO = { abortIncompleteMultipartUploadAfter: Duration.days(7) } satisfies s3.LifecycleRule;
