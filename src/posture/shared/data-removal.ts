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
    throw new InvalidBackendError(scope, 'removalPolicy must be DESTROY or RETAIN, got snapshot: logs and buckets have no snapshots.');
  }
  return explicit ?? Posture.of(scope).removalPolicy;
}
