import { Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct, IDependable } from 'constructs';
import type { SpotPlan } from './plans';
import { InvalidBackendError, problem } from '../../private/errors';
import { lazyDependable } from '../../private/lazy-dependable';
import { shown } from '../../private/shown';
import type { ServiceCapacity } from '../service-capacity';

const SPOT = 'FARGATE_SPOT';

/** Weights go up to 1000. */
const WEIGHT_OF_ONE_PERCENT = 10;

/** The capacity providers that tasks run on; none where they run on demand. Refuses what the cluster does not have. */
export function renderCapacity(scope: IConstruct, cluster: ecs.ICluster, capacity?: ServiceCapacity): ecs.CapacityProviderStrategy[] | undefined {
  const spot = capacity?._spot;
  if (spot === undefined) {
    return undefined;
  }
  whole(scope, 'spotPercent', spot.spotPercent, 1, 100);
  whole(scope, 'onDemandBase', spot.onDemandBase, 0, 1000);
  requireSpot(scope, cluster);
  return [
    ...(spot.spotPercent === 100 && spot.onDemandBase === 0 ? [] : [{ capacityProvider: 'FARGATE', base: spot.onDemandBase, weight: onDemandWeight(spot) }]),
    { capacityProvider: SPOT, weight: spot.spotPercent * WEIGHT_OF_ONE_PERCENT },
  ];
}

/**
 * A provider of weight 0 places no tasks, which may mean not even its base: so it has the least weight that counts.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
 */
function onDemandWeight({ spotPercent }: SpotPlan): number {
  return Math.max(1, (100 - spotPercent) * WEIGHT_OF_ONE_PERCENT);
}

/** What lets a cluster use its capacity providers, once it is there: a service that is made before would be refused. */
export function capacityReadiness(cluster: ecs.ICluster): IDependable {
  return lazyDependable(() => cluster.node.findAll().filter((child) => child instanceof ecs.CfnClusterCapacityProviderAssociations));
}

function requireSpot(scope: IConstruct, cluster: ecs.ICluster): void {
  if (cluster instanceof ecs.Cluster) {
    const message = problem('ServiceCapacity.noSpot', `The tasks run on Spot capacity, which their cluster '${cluster.node.path}' does not have. `
      + 'Set `fargateSpot: true` on a `BackendCluster`, or `enableFargateCapacityProviders: true` on an `ecs.Cluster`.');
    scope.node.addValidation({ validate: () => (cluster.capacityProviderNames.includes(SPOT) ? [] : [message]) });
  }
}

function whole(scope: IConstruct, name: string, value: number, min: number, max: number): void {
  if (Token.isUnresolved(value) || !Number.isInteger(value) || value < min || value > max) {
    throw new InvalidBackendError(scope, 'ServiceCapacity.spot', `\`${name}\` of Spot capacity must be a whole number from ${min} to ${max}, got ${shown(value)}.`);
  }
}
