import { Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { createVpc, developmentApp, exportsOf, IMAGE, productionApp } from './fixture';
import { BackendCluster, FargateApi, DiscoveryNamespace } from '../../src/fargate';

function insights(value: string) {
  return { ClusterSettings: [{ Name: 'containerInsights', Value: value }] };
}

test('a development cluster has no Container Insights', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Stack');

  // WHEN
  new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack) });

  // THEN
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::Cluster', insights('disabled'));
});

test('a production cluster has enhanced Container Insights', () => {
  // GIVEN
  const stack = new Stack(productionApp(), 'Stack');

  // WHEN
  new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack) });

  // THEN
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::Cluster', insights('enhanced'));
});

test('Container Insights that were asked for win over the posture', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Stack');

  // WHEN
  new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), containerInsights: true });

  // THEN
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::Cluster', insights('enhanced'));
});

test('a cluster makes a private DNS namespace only where it is asked to', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Stack');
  const vpc = createVpc(stack);

  // WHEN
  new BackendCluster(stack, 'With', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') });
  const without = new BackendCluster(stack, 'Without', { vpc });

  // THEN
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::ServiceDiscovery::PrivateDnsNamespace', 1);
  template.hasResourceProperties('AWS::ServiceDiscovery::PrivateDnsNamespace', { Name: 'backend.internal' });
  expect(without.defaultCloudMapNamespace).toBeUndefined();
});

test.each([['Backend'], ['backend.'], ['-a.internal'], ['a b'], [''], ['a..b']])('fails on the private DNS namespace \'%s\'', (privateDnsNamespace) => {
  const stack = new Stack(developmentApp(), 'Stack');
  expect(() => new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery: DiscoveryNamespace.privateDns(privateDnsNamespace) })).toThrow(/The namespace of `serviceDiscovery` must be a domain name in lower case, for example 'backend.internal', got '.*'\. \(at 'Stack\/Cluster'\)/);
});

test('the name of a private DNS namespace may be known only at deployment', () => {
  const stack = new Stack(developmentApp(), 'Stack');
  new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery: DiscoveryNamespace.privateDns(Token.asString({ Ref: 'Name' })) });
  Template.fromStack(stack).hasResourceProperties('AWS::ServiceDiscovery::PrivateDnsNamespace', { Name: { Ref: 'Name' } });
});

test('a cluster has no physical name and keeps its logical id', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Stack');

  // WHEN
  new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack) });

  // THEN
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ECS::Cluster', { ClusterName: Match.absent() });
  expect(Object.keys(template.findResources('AWS::ECS::Cluster'))).toEqual(['ClusterEB0386A7']);
});

test('a cluster is an ECS cluster to everything that takes one, also from another stack and without exports', () => {
  // GIVEN
  const app = developmentApp();
  const first = new Stack(app, 'First');
  const cluster: ecs.ICluster = new BackendCluster(first, 'Cluster', { vpc: createVpc(first) });

  // WHEN
  const second = new Stack(app, 'Second');
  new FargateApi(second, 'Api', { cluster, image: IMAGE });

  // THEN: unlike the VPC, which was made with aws-cdk-lib alone
  Template.fromStack(second).hasResourceProperties('AWS::ECS::Service', { Cluster: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'First' }) } });
  expect(exportsOf(first).filter((path) => path.includes('Cluster'))).toEqual([]);
  expect(exportsOf(first)).toContainEqual(expect.stringContaining('Vpc'));
});
