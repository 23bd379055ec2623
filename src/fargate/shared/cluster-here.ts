import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { elsewhere } from '../../private/same-environment';

/** Refuses a cluster of another account or region, where no stack can start tasks. */
export function requireClusterHere(scope: IConstruct, cluster: ICluster): void {
  const place = elsewhere(scope, cluster);
  if (place !== undefined) {
    throw new InvalidBackendError(scope, 'Cluster.otherEnvironment', `The cluster ${place}. A stack can run tasks only in clusters of its own account and region. Use a cluster of this account and region.`);
  }
}
