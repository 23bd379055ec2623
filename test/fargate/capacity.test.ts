import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { createVpc, developmentApp, IMAGE } from './fixture';
import { BackendCluster, ServiceCapacity, FargateWorker, type SpotCapacityOptions } from '../../src/fargate';

function createBackend(fargateSpot?: boolean) {
  const app = developmentApp();
  const stack = new Stack(app, 'Backend');
  const vpc = createVpc(stack);
  return { app, stack, vpc, cluster: new BackendCluster(stack, 'Cluster', { vpc, fargateSpot }) };
}

function strategyOf(options?: SpotCapacityOptions): unknown {
  const { stack, cluster } = createBackend(true);
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, capacity: ServiceCapacity.spot(options) });
  const [service] = Object.values(Template.fromStack(stack).findResources('AWS::ECS::Service'));
  expect(service.Properties).not.toHaveProperty('LaunchType');
  return service.Properties.CapacityProviderStrategy;
}

test('on demand is what nothing says', () => {
  const { stack, cluster } = createBackend();
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, capacity: ServiceCapacity.onDemand() });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ECS::Service', { LaunchType: 'FARGATE', CapacityProviderStrategy: Match.absent() });
  template.resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
});

test('Spot keeps one task on demand unless told otherwise', () => {
  expect(strategyOf()).toEqual([{ CapacityProvider: 'FARGATE', Base: 1, Weight: 1 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 1000 }]);
  expect(strategyOf({ spotPercent: 60, onDemandBase: 2 })).toEqual([{ CapacityProvider: 'FARGATE', Base: 2, Weight: 400 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 600 }]);
  expect(strategyOf({ onDemandBase: 0 })).toEqual([{ CapacityProvider: 'FARGATE_SPOT', Weight: 1000 }]);
});

test('the service waits until its cluster has the capacity provider', () => {
  // GIVEN
  const { stack, cluster } = createBackend(true);

  // WHEN
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, capacity: ServiceCapacity.spot() });

  // THEN
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ECS::ClusterCapacityProviderAssociations', { CapacityProviders: ['FARGATE', 'FARGATE_SPOT'], DefaultCapacityProviderStrategy: [] });
  const [association] = Object.keys(template.findResources('AWS::ECS::ClusterCapacityProviderAssociations'));
  template.hasResource('AWS::ECS::Service', { DependsOn: Match.arrayWith([association]) });
});

test('fails at synth where the cluster does not have it, whoever made the cluster', () => {
  const { app, stack, vpc, cluster } = createBackend();
  new FargateWorker(stack, 'One', { cluster, image: IMAGE, capacity: ServiceCapacity.spot() });
  new FargateWorker(stack, 'Two', { cluster: new ecs.Cluster(stack, 'Plain', { vpc }), image: IMAGE, capacity: ServiceCapacity.spot() });
  expect(() => app.synth()).toThrow(/Backend\/One.*run on Spot capacity, which their cluster 'Backend\/Cluster' does not have. Set `fargateSpot: true`[\s\S]*Backend\/Two.*'Backend\/Plain'/);
});

test('an imported cluster may have it', () => {
  const stack = new Stack(developmentApp(), 'Stack');
  const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'existing', vpc: createVpc(stack) });
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, capacity: ServiceCapacity.spot() });
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::Service', { CapacityProviderStrategy: Match.arrayWith([Match.objectLike({ CapacityProvider: 'FARGATE_SPOT' })]) });
});

test.each<[SpotCapacityOptions, RegExp]>([
  [{ spotPercent: 0 }, /`spotPercent` of Spot capacity must be a whole number from 1 to 100, got 0/],
  [{ spotPercent: 50.5 }, /`spotPercent`.*got 50.5/],
  [{ spotPercent: 101 }, /`spotPercent`.*got 101/],
  [{ onDemandBase: -1 }, /`onDemandBase` of Spot capacity must be a whole number from 0 to 1000, got -1/],
])('fails for %j', (options, message) => {
  expect(() => strategyOf(options)).toThrow(message);
});
