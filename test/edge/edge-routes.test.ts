import { App, Duration, NestedStack, Stack, Stage, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { type IEdgeRoute, type IEdgeTarget } from '../../src/binding';
import { type EdgeRouteOptions, PublicEdge } from '../../src/edge';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { Posture } from '../../src/posture';
import { ALL_FLAGS, createCluster, createVpc, developmentApp, exportsOf, IMAGE, productionApp } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';

interface World {
  readonly stack: Stack;
  readonly vpc: ec2.Vpc;
  readonly cluster: ecs.Cluster;
  readonly edge: PublicEdge;
}

function createWorld(app: App = developmentApp()): World {
  const world = createCluster(app);
  return { ...world, edge: new PublicEdge(world.stack, 'Edge', { vpc: world.vpc }) };
}

function createApi({ stack, cluster }: World, id = 'Api'): FargateApi {
  return new FargateApi(stack, id, { cluster, image: IMAGE });
}

/** A target that is nothing but a security group, for tests that need many. */
class TestTarget extends Construct implements IEdgeTarget {
  public readonly port = 8080;
  public readonly healthCheckPath = '/';
  public readonly deregistrationDelay = Duration.seconds(5);
  public readonly connections: ec2.Connections;
  public readonly routes: IEdgeRoute[] = [];

  constructor(scope: Construct, id: string, public readonly vpc: ec2.IVpc) {
    super(scope, id);
    this.connections = new ec2.Connections({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(this, 'Group', 'sg-1')] });
  }

  public attachToEdge(route: IEdgeRoute): void {
    this.routes.push(route);
  }
}

describe('a route', () => {
  test('is a target group, a rule, and one rule in each security group', () => {
    // GIVEN
    const world = createWorld();
    const target = createApi(world);

    // WHEN
    const route = world.edge.addRoute('Api', { paths: ['/orders/*'], hosts: ['api.example.com'], headers: { 'x-version': ['2'] }, target });

    // THEN
    const template = Template.fromStack(world.stack);
    template.hasResourceProperties(TARGET_GROUP, {
      TargetType: 'ip',
      Protocol: 'HTTP',
      Name: Match.absent(),
      HealthCheckPath: '/healthz',
      HealthCheckIntervalSeconds: 10,
      Matcher: { HttpCode: '200-299' },
      TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }]),
    });
    template.hasResourceProperties(RULE, {
      ListenerArn: { Ref: 'EdgeHttpD59309F8' },
      Priority: route.priority,
      Actions: [{ Type: 'forward', TargetGroupArn: { Ref: Match.stringLikeRegexp('^ApiRoutes') } }],
      Conditions: [
        { Field: 'host-header', HostHeaderConfig: { Values: ['api.example.com'] } },
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-version', Values: ['2'] } },
        { Field: 'path-pattern', PathPatternConfig: { Values: ['/orders/*'] } },
      ],
    });
    const [edge, service] = [{ 'Fn::GetAtt': ['EdgeSecurityGroupAF800DBF', 'GroupId'] }, { 'Fn::GetAtt': ['ApiSecurityGroup2D7B9747', 'GroupId'] }];
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: service, SourceSecurityGroupId: edge, FromPort: 8080, ToPort: 8080, IpProtocol: 'tcp' });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { GroupId: edge, DestinationSecurityGroupId: service, FromPort: 8080, ToPort: 8080, IpProtocol: 'tcp' });
  });

  test('is what the service registers with and waits for', () => {
    // GIVEN
    const world = createWorld();

    // WHEN
    world.edge.addRoute('Api', { target: createApi(world) });

    // THEN
    const template = Template.fromStack(world.stack);
    const [rule] = Object.keys(template.findResources(RULE));
    template.hasResource('AWS::ECS::Service', {
      Properties: { LoadBalancers: [{ ContainerName: 'Service', ContainerPort: 8080, TargetGroupArn: { Ref: Match.anyValue() } }], HealthCheckGracePeriodSeconds: 60 },
      DependsOn: Match.arrayWith([rule]),
    });
    template.hasResource(RULE, { DependsOn: Match.arrayWith([Match.stringLikeRegexp('Egress'), Match.stringLikeRegexp('SecurityGroupfrom')]) });
  });

  test('stands below its target, whatever the edge', () => {
    const world = createWorld();
    const target = createApi(world);
    const route = world.edge.addRoute('Orders', { target });
    expect(route.node.path).toBe('Backend/Api/Routes/Backend--Edge/Orders');
  });

  test('makes the service scale on requests, where it scales', () => {
    // GIVEN
    const world = createWorld(productionApp());
    const api = new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, scaling: { requestsPerTarget: 50 } });

    // WHEN
    world.edge.addRoute('Api', { target: api });

    // THEN
    Template.fromStack(world.stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        TargetValue: 50,
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'ALBRequestCountPerTarget',
          ResourceLabel: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['EdgeC8C536A1', 'LoadBalancerFullName'] }, '/', { 'Fn::GetAtt': [Match.anyValue(), 'TargetGroupFullName'] }]] },
        },
      }),
    });
  });

  test('keeps its target group when the port of the service changes', () => {
    const targetGroups = (port: number) => {
      const world = createWorld();
      world.edge.addRoute('Api', { target: new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, port }) });
      const groups = Object.entries(Template.fromStack(world.stack).findResources(TARGET_GROUP));
      return groups.map(([id, group]) => ({ id, properties: group.Properties as unknown }));
    };
    expect(targetGroups(8080)).toEqual(targetGroups(3000));
  });

  test('has the same logical ids and priority in every stage of an app', () => {
    const templates = ['Development', 'Production'].map((id) => {
      const stage = new Stage(developmentApp(), id);
      const world = createWorld(stage as unknown as App);
      const { priority } = world.edge.addRoute('Api', { target: createApi(world) });
      return { priority, ids: Object.keys(Template.fromStack(world.stack).toJSON().Resources as object).filter((one) => one.includes('Route') && one.startsWith('Api')) };
    });
    expect(templates[0]).toEqual(templates[1]);
  });
});

describe('several services and edges', () => {
  test('two APIs share one edge', () => {
    // GIVEN
    const world = createWorld();

    // WHEN
    world.edge.addRoute('Orders', { paths: ['/orders/*'], target: createApi(world, 'Orders') });
    world.edge.addRoute('Users', { paths: ['/users/*'], target: createApi(world, 'Users') });

    // THEN
    const template = Template.fromStack(world.stack);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
    template.resourceCountIs(RULE, 2);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 2);
  });

  test('one API answers on two edges, by routes of one name', () => {
    // GIVEN
    const world = createWorld();
    const target = createApi(world);
    const other = new PublicEdge(world.stack, 'Other', { vpc: world.vpc });

    // WHEN
    [world.edge, other].forEach((edge) => edge.addRoute('Api', { target }));

    // THEN
    const template = Template.fromStack(world.stack);
    template.resourceCountIs(RULE, 2);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 2);
    template.hasResourceProperties('AWS::ECS::Service', { LoadBalancers: [Match.anyValue(), Match.anyValue()] });
  });

  test('one API scales on the requests of two edges, by routes of one name', () => {
    // GIVEN
    const world = createWorld(productionApp());
    const target = new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, scaling: { requestsPerTarget: 50 } });
    const other = new PublicEdge(world.stack, 'Other', { vpc: world.vpc });

    // WHEN
    [world.edge, other].forEach((edge) => edge.addRoute('Api', { target }));

    // THEN
    const template = Template.fromStack(world.stack);
    ['Requests-Api', 'Requests-Api-Backend--Other'].forEach((PolicyName) => template.resourcePropertiesCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', { PolicyName }, 1));
  });

  test('two routes from one edge to one API open the path once', () => {
    // GIVEN
    const world = createWorld();
    const target = createApi(world);

    // WHEN
    world.edge.addRoute('Orders', { paths: ['/orders/*'], target });
    world.edge.addRoute('Carts', { paths: ['/carts/*'], target });

    // THEN
    const template = Template.fromStack(world.stack);
    template.resourceCountIs(TARGET_GROUP, 2);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
  });

  test('fails on a sixth route to one API', () => {
    const world = createWorld();
    const target = createApi(world);
    const add = (index: number) => world.edge.addRoute(`Route${index}`, { paths: [`/${index}/*`], target });
    [1, 2, 3, 4, 5].forEach(add);
    expect(() => add(6)).toThrow(/at most 5 routes, and this is number 6/);
  });
});

describe('priorities', () => {
  const ids = ['Api', 'Orders', 'Users', 'Carts', 'Search'];

  function prioritiesOf(order: string[]): { [id: string]: number } {
    const stack = new Stack(developmentApp(), 'Stack');
    const edge = new PublicEdge(stack, 'Edge', { vpc: createVpc(stack) });
    const target = new TestTarget(stack, 'Target', edge.vpc);
    return Object.fromEntries(order.map((id) => [id, edge.addRoute(id, { paths: [`/${id}/*`], target }).priority]));
  }

  test('do not change when routes are added, removed or reordered', () => {
    const all = prioritiesOf(ids);
    fc.assert(fc.property(fc.shuffledSubarray(ids), (some) => {
      expect(prioritiesOf(some)).toEqual(Object.fromEntries(some.map((id) => [id, all[id]])));
    }), { numRuns: 20 });
  });

  test('change with the target, so that a renamed service does not meet its old rule', () => {
    const world = createWorld();
    const other = new PublicEdge(world.stack, 'Other', { vpc: world.vpc });
    const first = world.edge.addRoute('Api', { target: new TestTarget(world.stack, 'Before', world.vpc) });
    const second = other.addRoute('Api', { target: new TestTarget(world.stack, 'After', world.vpc) });
    expect(first.priority).not.toBe(second.priority);
  });

  test('are the user\'s where one was given', () => {
    const world = createWorld();
    expect(world.edge.addRoute('Api', { priority: 7, target: createApi(world) }).priority).toBe(7);
    Template.fromStack(world.stack).hasResourceProperties(RULE, { Priority: 7 });
  });

  test.each([[0], [50_001], [1.5], [Number.NaN], [Token.asNumber({ Ref: 'Priority' })]])('fails on a priority of %d', (priority: number) => {
    const world = createWorld();
    expect(() => world.edge.addRoute('Api', { priority, target: createApi(world) })).toThrow(/Route 'Api': priority must be a whole number from 1 to 50000/);
  });

  test('fails on a path that is known only at deployment, unless a priority is given', () => {
    const world = createWorld();
    const options: EdgeRouteOptions = { paths: [Token.asString({ Ref: 'Path' })], target: createApi(world) };
    expect(() => world.edge.addRoute('Api', options)).toThrow(/Route 'Api' has a path that is known only at deployment.*Set priority/);
    expect(world.edge.addRoute('Other', { ...options, priority: 9 }).priority).toBe(9);
  });

  test('fails at synth where two routes have one priority', () => {
    const world = createWorld();
    const target = new TestTarget(world.stack, 'Target', world.vpc);
    world.edge.addRoute('A', { priority: 7, paths: ['/a'], target });
    world.edge.addRoute('B', { priority: 7, paths: ['/b'], target });
    expect(() => Template.fromStack(world.stack)).toThrow(/Routes 'A' and 'B' both have the priority 7.*'priority: 6'/);
  });

  test('fails at synth where two equally specific routes overlap', () => {
    const world = createWorld();
    const target = new TestTarget(world.stack, 'Target', world.vpc);
    world.edge.addRoute('A', { paths: ['/a/*'], target });
    world.edge.addRoute('B', { paths: ['/*/b'], target });
    expect(() => Template.fromStack(world.stack)).toThrow(/Routes 'A' and 'B' can match the same request/);
  });

  test('fails on an id that is taken', () => {
    const world = createWorld();
    world.edge.addRoute('Api', { target: createApi(world) });
    expect(() => world.edge.addRoute('Api', { target: createApi(world, 'Other') })).toThrow(/already has a route 'Api'/);
  });
});

describe('stacks', () => {
  function createStacks() {
    const app = developmentApp();
    const [network, edges, services] = ['Network', 'Edges', 'Services'].map((id) => new Stack(app, id));
    const vpc = createVpc(network);
    const cluster = new BackendCluster(network, 'Cluster', { vpc });
    return { app, network, edges, services, vpc, cluster, edge: new PublicEdge(edges, 'Edge', { vpc }) };
  }

  test('everything of a route stands in the stack of the service, and nothing is exported', () => {
    // GIVEN
    const { edges, services, cluster, edge } = createStacks();

    // WHEN
    edge.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) });

    // THEN
    const [edgeTemplate, serviceTemplate] = [edges, services].map((stack) => Template.fromStack(stack));
    for (const type of [RULE, TARGET_GROUP, 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress']) {
      edgeTemplate.resourceCountIs(type, 0);
      serviceTemplate.resourceCountIs(type, 1);
    }
    serviceTemplate.hasResourceProperties(RULE, { ListenerArn: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Edges' }) } });
    expect(exportsOf(edges)).toEqual([]);
    expect(exportsOf(services)).toEqual([]);
    expect(services.dependencies).toContain(edges);
    expect(edges.dependencies).not.toContain(services);
  });

  test('one edge serves several stacks', () => {
    // GIVEN
    const { app, services, cluster, edge } = createStacks();
    const more = new Stack(app, 'More');

    // WHEN
    edge.addRoute('Api', { paths: ['/a/*'], target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) });
    edge.addRoute('Other', { paths: ['/b/*'], target: new FargateApi(more, 'Api', { cluster, image: IMAGE }) });

    // THEN
    [services, more].forEach((stack) => Template.fromStack(stack).resourceCountIs(RULE, 1));
  });

  test('removing the service leaves the resources of the edge as they were', () => {
    const resourcesOf = (routed: boolean) => {
      const { edges, services, cluster, edge } = createStacks();
      const target = new FargateApi(services, 'Api', { cluster, image: IMAGE });
      if (routed) {
        edge.addRoute('Api', { target });
      }
      return Template.fromStack(edges).toJSON().Resources as object;
    };
    expect(resourcesOf(true)).toEqual(resourcesOf(false));
  });

  test('fails where the stack of the edge already depends on that of the service', () => {
    const { edges, services, cluster, edge } = createStacks();
    edges.addStackDependency(services);
    expect(() => edge.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) }))
      .toThrow(/Services depend on their edge, never the reverse\. But 'Edges\/Edge' is in a stack, 'Edges', that depends on this one, 'Services'\. Put 'Services\/Api' into 'Edges'/);
  });

  test('fails where it does so by way of another stack', () => {
    const { app, edges, services, cluster, edge } = createStacks();
    const between = new Stack(app, 'Between');
    edges.addStackDependency(between);
    between.addStackDependency(services);
    expect(() => edge.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) })).toThrow(/never the reverse/);
  });

  test('fails where it comes to depend on it later, with the reason', () => {
    const { edges, services, cluster, edge } = createStacks();
    edge.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) });
    expect(() => edges.addStackDependency(services)).toThrow(/'Services\/Api' uses 'Edges\/Edge'\. Services depend on their edge, never the reverse/);
  });

  test('fails where the edge uses a network of the service\'s stack, with the reason', () => {
    const app = developmentApp();
    const [services, edges] = [new Stack(app, 'Services'), new Stack(app, 'Edges')];
    const vpc = createVpc(services);
    const edge = new PublicEdge(edges, 'Edge', { vpc });
    const target = new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: IMAGE });
    expect(() => edge.addRoute('Api', { target })).toThrow(/that depends on this one, 'Services' \('Edges\/Edge' uses 'Services\/Vpc'\)/);
  });

  test('a service in a nested stack uses the edge of its parent', () => {
    // GIVEN
    const world = createWorld();
    const nested = new NestedStack(world.stack, 'Nested');

    // WHEN
    world.edge.addRoute('Api', { target: new FargateApi(nested, 'Api', { cluster: world.cluster, image: IMAGE }) });

    // THEN
    Template.fromStack(nested).resourceCountIs(RULE, 1);
  });
});

test('feature flags, unset or all recommended, change nothing that an edge and its routes make', () => {
  const resourcesOf = (context?: { [flag: string]: unknown }) => {
    const app = new App({ context });
    Posture.production({ requireHttps: false }).applyTo(app);
    const world = createWorld(app);
    world.edge.addRoute('Api', { target: createApi(world) });
    const resources = Object.entries(Template.fromStack(world.stack).toJSON().Resources as object);
    return Object.fromEntries(resources.filter(([id]) => id.startsWith('Edge') || id.startsWith('ApiRoutes')));
  };
  expect(resourcesOf(ALL_FLAGS)).toEqual(resourcesOf());
});
