import { RemovalPolicy } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Posture } from '..';
import { InvalidBackendError } from '../../private/errors';

/**
 * What happens to logs and buckets that leave the stack: what was asked for, else what the posture says.
 *
 * CDK takes a snapshot for everything, CloudFormation for what has snapshots, and then only at deployment.
 */
export function dataRemovalPolicy(scope: IConstruct, explicit?: RemovalPolicy): RemovalPolicy {
  if (explicit === RemovalPolicy.SNAPSHOT) {
    throw new InvalidBackendError(scope, 'Props.removalPolicy', '`removalPolicy` must be DESTROY or RETAIN, got SNAPSHOT, because logs, buckets and keys have no snapshots. Use `removalPolicy: RemovalPolicy.RETAIN`.');
  }
  return explicit ?? Posture.of(scope).removalPolicy;
}
