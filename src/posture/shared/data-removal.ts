import { RemovalPolicy } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Posture } from '..';
import { InvalidBackendError } from '../../private/errors';

/**
 * What happens to logs, keys and files that leave the stack: what was asked for, else what the posture says.
 *
 * CDK takes a snapshot for everything, CloudFormation for what has snapshots, and then only at deployment.
 */
export function dataRemovalPolicy(scope: IConstruct, explicit?: RemovalPolicy): RemovalPolicy {
  if (explicit === RemovalPolicy.SNAPSHOT) {
    throw new InvalidBackendError(scope, 'Props.removalPolicy', '`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT, because logs, buckets and keys have no snapshots. '
      + 'Use `removalPolicy: RemovalPolicy.RETAIN`.');
  }
  return explicit ?? Posture.of(scope).removalPolicy;
}

/**
 * The same for a bucket, and for the key of its files. AWS and pipelines write into buckets while the stack is created, and CloudFormation deletes
 * none with files in it: where a creation fails, the rollback would fail as well. An empty bucket that is left costs nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
 */
export function bucketRemovalPolicy(scope: IConstruct, explicit?: RemovalPolicy): RemovalPolicy {
  const policy = dataRemovalPolicy(scope, explicit);
  return policy === RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE ? RemovalPolicy.RETAIN : policy;
}

/** The same for what a server or a cache needs to live: it is kept with one that is kept. A snapshot needs nothing. */
export function companionRemovalPolicy(removalPolicy: RemovalPolicy): RemovalPolicy {
  return removalPolicy === RemovalPolicy.SNAPSHOT ? RemovalPolicy.DESTROY : removalPolicy;
}
