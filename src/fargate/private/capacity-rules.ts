import { Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Dependable, type IConstruct, type IDependable } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import type { Capacity } from '../capacity';

const SPOT = 'FARGATE_SPOT';

/** The capacity providers that tasks run on; none where they run on demand. Refuses what the cluster does not have. */
export function renderCapacity(scope: IConstruct, cluster: ecs.ICluster, capacity?: Capacity): ecs.CapacityProviderStrategy[] | undefined {
  const spot = capacity?._spot;
  if (spot === undefined) {
    return undefined;
  }
  whole(scope, 'share', spot.share, 1, 100);
  whole(scope, 'onDemandBase', spot.onDemandBase, 0, 1000);
  requireSpot(scope, cluster);
  const onDemand = { capacityProvider: 'FARGATE', base: spot.onDemandBase, weight: 100 - spot.share };
  const isOnDemandUsed = spot.share !== 100 || spot.onDemandBase !== 0;
  return [...(isOnDemandUsed ? [onDemand] : []), { capacityProvider: SPOT, weight: spot.share }];
}

/** What lets a cluster use its capacity providers, once it is there: a service that is made before would be refused. */
export function capacityReadiness(cluster: ecs.ICluster): IDependable {
  const dependable = {};
  Dependable.implement(dependable, {
    get dependencyRoots() {
      return cluster.node.findAll().filter((child) => child instanceof ecs.CfnClusterCapacityProviderAssociations);
    },
  });
  return dependable;
}

function requireSpot(scope: IConstruct, cluster: ecs.ICluster): void {
  if (cluster instanceof ecs.Cluster) {
    const message = `'${scope.node.path}' runs on Spot capacity, which its cluster '${cluster.node.path}' does not have. Set fargateSpot of the BackendCluster, or enableFargateCapacityProviders of an ecs.Cluster.`;
    scope.node.addValidation({ validate: () => (cluster.capacityProviderNames.includes(SPOT) ? [] : [message]) });
  }
}

function whole(scope: IConstruct, name: string, value: number, min: number, max: number): void {
  if (Token.isUnresolved(value) || !Number.isInteger(value) || value < min || value > max) {
    throw new InvalidBackendError(scope, `${name} of Spot capacity must be a whole number from ${min} to ${max}, known at synth, got ${value}.`);
  }
}
