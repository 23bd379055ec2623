import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { PRIVATE_BUCKET, UNFINISHED_UPLOADS_GO } from '../../private/private-bucket';

/**
 * A bucket that takes the access logs of a distribution.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
 */
export function createLogBucket(scope: Construct, retention: RetentionDays, removalPolicy: RemovalPolicy): s3.Bucket {
  return new s3.Bucket(scope, 'AccessLogs', {
    ...PRIVATE_BUCKET,
    // CloudFront delivers by an access control list, which it adds itself.
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
    removalPolicy,
    lifecycleRules: [{
      ...UNFINISHED_UPLOADS_GO,
      expiration: retention === RetentionDays.INFINITE ? undefined : Duration.days(retention),
    }],
  });
}
