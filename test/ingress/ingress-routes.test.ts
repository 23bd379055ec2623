import { App, Duration, NestedStack, Stack, Stage, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { type IIngressRoute, type IIngressTarget } from '../../src/binding';
import { BackendCluster, FargateApi, Scaling } from '../../src/fargate';
import { type IngressRouteOptions, PublicIngress } from '../../src/ingress';
import { Posture } from '../../src/posture';
import { ALL_FLAGS, createCluster, createVpc, developmentApp, exportsOf, IMAGE, productionApp } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';

interface World {
  readonly stack: Stack;
  readonly vpc: ec2.Vpc;
  readonly cluster: ecs.Cluster;
  readonly ingress: PublicIngress;
}

function createWorld(app: App = developmentApp()): World {
  const world = createCluster(app);
  return { ...world, ingress: new PublicIngress(world.stack, 'Ingress', { vpc: world.vpc }) };
}

function createApi({ stack, cluster }: World, id = 'Api'): FargateApi {
  return new FargateApi(stack, id, { cluster, image: IMAGE });
}

/** A target that is nothing but a security group, for tests that need many. */
class TestTarget extends Construct implements IIngressTarget {
  public readonly port = 8080;
  public readonly healthCheckPath = '/';
  public readonly deregistrationDelay = Duration.seconds(5);
  public readonly connections: ec2.Connections;
  public readonly routes: IIngressRoute[] = [];

  constructor(scope: Construct, id: string, public readonly vpc: ec2.IVpc) {
    super(scope, id);
    this.connections = new ec2.Connections({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(this, 'Group', 'sg-1')] });
  }

  public attachToIngress(route: IIngressRoute): void {
    this.routes.push(route);
  }
}

describe('a route', () => {
  test('is a target group, a rule, and one rule in each security group', () => {
    // GIVEN
    const world = createWorld();
    const target = createApi(world);

    // WHEN
    const route = world.ingress.addRoute('Api', { paths: ['/orders/*'], hosts: ['api.example.com'], headers: { 'x-version': ['2'] }, target });

    // THEN
    const template = Template.fromStack(world.stack);
    template.hasResourceProperties(TARGET_GROUP, {
      TargetType: 'ip',
      Protocol: 'HTTP',
      Name: Match.absent(),
      HealthCheckPath: '/healthz',
      HealthCheckIntervalSeconds: 10,
      Matcher: { HttpCode: '200-299' },
      TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '60' }]),
    });
    template.hasResourceProperties(RULE, {
      ListenerArn: { Ref: 'IngressHttp4C035516' },
      Priority: route.priority,
      Actions: [{ Type: 'forward', TargetGroupArn: { Ref: Match.stringLikeRegexp('^ApiRoutes') } }],
      Conditions: [
        { Field: 'host-header', HostHeaderConfig: { Values: ['api.example.com'] } },
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-version', Values: ['2'] } },
        { Field: 'path-pattern', PathPatternConfig: { Values: ['/orders/*'] } },
      ],
    });
    const [ingress, service] = [{ 'Fn::GetAtt': ['IngressSecurityGroup2362479F', 'GroupId'] }, { 'Fn::GetAtt': ['ApiSecurityGroup2D7B9747', 'GroupId'] }];
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: service, SourceSecurityGroupId: ingress, FromPort: 8080, ToPort: 8080, IpProtocol: 'tcp' });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { GroupId: ingress, DestinationSecurityGroupId: service, FromPort: 8080, ToPort: 8080, IpProtocol: 'tcp' });
  });

  test('is what the service registers with and waits for', () => {
    // GIVEN
    const world = createWorld();

    // WHEN
    world.ingress.addRoute('Api', { target: createApi(world) });

    // THEN
    const template = Template.fromStack(world.stack);
    const [rule] = Object.keys(template.findResources(RULE));
    template.hasResource('AWS::ECS::Service', {
      Properties: { LoadBalancers: [{ ContainerName: 'Service', ContainerPort: 8080, TargetGroupArn: { Ref: Match.anyValue() } }], HealthCheckGracePeriodSeconds: 60 },
      DependsOn: Match.arrayWith([rule]),
    });
    template.hasResource(RULE, { DependsOn: Match.arrayWith([Match.stringLikeRegexp('Egress'), Match.stringLikeRegexp('SecurityGroupfrom')]) });
  });

  test('stands below its target, whatever the ingress', () => {
    const world = createWorld();
    const target = createApi(world);
    const route = world.ingress.addRoute('Orders', { target });
    expect(route.node.path).toBe('Backend/Api/Routes/Backend--Ingress/Orders');
  });

  test('makes the service scale on requests, where it scales', () => {
    // GIVEN
    const world = createWorld(productionApp());
    const api = new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, scaleOn: [Scaling.onRequestsPerMinute(50)] });

    // WHEN
    world.ingress.addRoute('Api', { target: api });

    // THEN
    Template.fromStack(world.stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        TargetValue: 50,
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'ALBRequestCountPerTarget',
          ResourceLabel: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Ingress72968116', 'LoadBalancerFullName'] }, '/', { 'Fn::GetAtt': [Match.anyValue(), 'TargetGroupFullName'] }]] },
        },
      }),
    });
  });

  test('keeps its target group when the port of the service changes', () => {
    const targetGroups = (port: number) => {
      const world = createWorld();
      world.ingress.addRoute('Api', { target: new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, port }) });
      const groups = Object.entries(Template.fromStack(world.stack).findResources(TARGET_GROUP));
      return groups.map(([id, group]) => ({ id, properties: group.Properties as unknown }));
    };
    expect(targetGroups(8080)).toEqual(targetGroups(3000));
  });

  test('has the same logical ids and priority in every stage of an app', () => {
    const templates = ['Development', 'Production'].map((id) => {
      const stage = new Stage(developmentApp(), id);
      const world = createWorld(stage as unknown as App);
      const { priority } = world.ingress.addRoute('Api', { target: createApi(world) });
      return { priority, ids: Object.keys(Template.fromStack(world.stack).toJSON().Resources as object).filter((one) => one.includes('Route') && one.startsWith('Api')) };
    });
    expect(templates[0]).toEqual(templates[1]);
  });
});

describe('several services and ingresses', () => {
  test('two APIs share one ingress', () => {
    // GIVEN
    const world = createWorld();

    // WHEN
    world.ingress.addRoute('Orders', { paths: ['/orders/*'], target: createApi(world, 'Orders') });
    world.ingress.addRoute('Users', { paths: ['/users/*'], target: createApi(world, 'Users') });

    // THEN
    const template = Template.fromStack(world.stack);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
    template.resourceCountIs(RULE, 2);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 2);
  });

  test('one API answers on two ingresses, by routes of one name', () => {
    // GIVEN
    const world = createWorld();
    const target = createApi(world);
    const other = new PublicIngress(world.stack, 'Other', { vpc: world.vpc });

    // WHEN
    [world.ingress, other].forEach((ingress) => ingress.addRoute('Api', { target }));

    // THEN
    const template = Template.fromStack(world.stack);
    template.resourceCountIs(RULE, 2);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 2);
    template.hasResourceProperties('AWS::ECS::Service', { LoadBalancers: [Match.anyValue(), Match.anyValue()] });
  });

  test('one API scales on the requests of two ingresses, by routes of one name', () => {
    // GIVEN
    const world = createWorld(productionApp());
    const target = new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, scaleOn: [Scaling.onRequestsPerMinute(50)] });
    const other = new PublicIngress(world.stack, 'Other', { vpc: world.vpc });

    // WHEN
    [world.ingress, other].forEach((ingress) => ingress.addRoute('Api', { target }));

    // THEN
    const template = Template.fromStack(world.stack);
    ['Requests-Api', 'Requests-Api-Backend--Other'].forEach((PolicyName) => template.resourcePropertiesCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', { PolicyName }, 1));
  });

  test('two routes from one ingress to one API open the path once', () => {
    // GIVEN
    const world = createWorld();
    const target = createApi(world);

    // WHEN
    world.ingress.addRoute('Orders', { paths: ['/orders/*'], target });
    world.ingress.addRoute('Carts', { paths: ['/carts/*'], target });

    // THEN
    const template = Template.fromStack(world.stack);
    template.resourceCountIs(TARGET_GROUP, 2);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
  });

  test('fails on a sixth route to one API', () => {
    const world = createWorld();
    const target = createApi(world);
    const add = (index: number) => world.ingress.addRoute(`Route${index}`, { paths: [`/${index}/*`], target });
    [1, 2, 3, 4, 5].forEach(add);
    expect(() => add(6)).toThrow(/at most 5 routes, and this is route number 6/);
  });
});

describe('priorities', () => {
  const ids = ['Api', 'Orders', 'Users', 'Carts', 'Search'];

  function prioritiesOf(order: string[]): { [id: string]: number } {
    const stack = new Stack(developmentApp(), 'Stack');
    const ingress = new PublicIngress(stack, 'Ingress', { vpc: createVpc(stack) });
    const target = new TestTarget(stack, 'Target', ingress.vpc);
    return Object.fromEntries(order.map((id) => [id, ingress.addRoute(id, { paths: [`/${id}/*`], target }).priority]));
  }

  test('do not change when routes are added, removed or reordered', () => {
    const all = prioritiesOf(ids);
    fc.assert(fc.property(fc.shuffledSubarray(ids), (some) => {
      expect(prioritiesOf(some)).toEqual(Object.fromEntries(some.map((id) => [id, all[id]])));
    }), { numRuns: 20 });
  });

  test('change with the target, so that a renamed service does not meet its old rule', () => {
    const world = createWorld();
    const other = new PublicIngress(world.stack, 'Other', { vpc: world.vpc });
    const first = world.ingress.addRoute('Api', { target: new TestTarget(world.stack, 'Before', world.vpc) });
    const second = other.addRoute('Api', { target: new TestTarget(world.stack, 'After', world.vpc) });
    expect(first.priority).not.toBe(second.priority);
  });

  test('are the user\'s where one was given', () => {
    const world = createWorld();
    expect(world.ingress.addRoute('Api', { priority: 7, target: createApi(world) }).priority).toBe(7);
    Template.fromStack(world.stack).hasResourceProperties(RULE, { Priority: 7 });
  });

  test.each([[0], [50_001], [1.5], [Number.NaN], [Token.asNumber({ Ref: 'Priority' })]])('fails on a priority of %d', (priority: number) => {
    const world = createWorld();
    expect(() => world.ingress.addRoute('Api', { priority, target: createApi(world) })).toThrow(/Route 'Api': `priority` must be a whole number from 1 to 50000, got/);
  });

  test('fails on a path that is known only at deployment, unless a priority is given', () => {
    const world = createWorld();
    const options: IngressRouteOptions = { paths: [Token.asString({ Ref: 'Path' })], target: createApi(world) };
    expect(() => world.ingress.addRoute('Api', options)).toThrow(/Route 'Api' has a path that isn't known until deployment.*Set `priority`/);
    expect(world.ingress.addRoute('Other', { ...options, priority: 9 }).priority).toBe(9);
  });

  test('fails at synth where two routes have one priority', () => {
    const world = createWorld();
    const target = new TestTarget(world.stack, 'Target', world.vpc);
    world.ingress.addRoute('A', { priority: 7, paths: ['/a'], target });
    world.ingress.addRoute('B', { priority: 7, paths: ['/b'], target });
    expect(() => Template.fromStack(world.stack)).toThrow(/Routes 'A' and 'B' both have priority 7.*`priority: 6`/);
  });

  test('fails at synth where two equally specific routes overlap', () => {
    const world = createWorld();
    const target = new TestTarget(world.stack, 'Target', world.vpc);
    world.ingress.addRoute('A', { paths: ['/a/*'], target });
    world.ingress.addRoute('B', { paths: ['/*/b'], target });
    expect(() => Template.fromStack(world.stack)).toThrow(/Routes 'A' and 'B' can match the same request/);
  });

  test('fails on an id that is taken', () => {
    const world = createWorld();
    world.ingress.addRoute('Api', { target: createApi(world) });
    expect(() => world.ingress.addRoute('Api', { target: createApi(world, 'Other') })).toThrow(/already has a route 'Api'/);
  });
});

describe('stacks', () => {
  function createStacks() {
    const app = developmentApp();
    const [network, ingresses, services] = ['Network', 'Ingresses', 'Services'].map((id) => new Stack(app, id));
    const vpc = createVpc(network);
    const cluster = new BackendCluster(network, 'Cluster', { vpc });
    return { app, network, ingresses, services, vpc, cluster, ingress: new PublicIngress(ingresses, 'Ingress', { vpc }) };
  }

  test('everything of a route stands in the stack of the service, and nothing is exported', () => {
    // GIVEN
    const { ingresses, services, cluster, ingress } = createStacks();

    // WHEN
    ingress.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) });

    // THEN
    const [ingressTemplate, serviceTemplate] = [ingresses, services].map((stack) => Template.fromStack(stack));
    for (const type of [RULE, TARGET_GROUP, 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress']) {
      ingressTemplate.resourceCountIs(type, 0);
      serviceTemplate.resourceCountIs(type, 1);
    }
    serviceTemplate.hasResourceProperties(RULE, { ListenerArn: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Ingresses' }) } });
    expect(exportsOf(ingresses)).toEqual([]);
    expect(exportsOf(services)).toEqual([]);
    expect(services.dependencies).toContain(ingresses);
    expect(ingresses.dependencies).not.toContain(services);
  });

  test('one ingress serves several stacks', () => {
    // GIVEN
    const { app, services, cluster, ingress } = createStacks();
    const more = new Stack(app, 'More');

    // WHEN
    ingress.addRoute('Api', { paths: ['/a/*'], target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) });
    ingress.addRoute('Other', { paths: ['/b/*'], target: new FargateApi(more, 'Api', { cluster, image: IMAGE }) });

    // THEN
    [services, more].forEach((stack) => Template.fromStack(stack).resourceCountIs(RULE, 1));
  });

  test('removing the service leaves the resources of the ingress as they were', () => {
    const resourcesOf = (routed: boolean) => {
      const { ingresses, services, cluster, ingress } = createStacks();
      const target = new FargateApi(services, 'Api', { cluster, image: IMAGE });
      if (routed) {
        ingress.addRoute('Api', { target });
      }
      return Template.fromStack(ingresses).toJSON().Resources as object;
    };
    expect(resourcesOf(true)).toEqual(resourcesOf(false));
  });

  test('fails where the stack of the ingress already depends on that of the service', () => {
    const { ingresses, services, cluster, ingress } = createStacks();
    ingresses.addStackDependency(services);
    expect(() => ingress.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) }))
      .toThrow(/'Ingresses\/Ingress' can't be used here: its stack 'Ingresses' depends on this stack 'Services'.*Services depend on their ingress, never the reverse\. Move 'Services\/Api' to stack 'Ingresses'/);
  });

  test('fails where it does so by way of another stack', () => {
    const { app, ingresses, services, cluster, ingress } = createStacks();
    const between = new Stack(app, 'Between');
    ingresses.addStackDependency(between);
    between.addStackDependency(services);
    expect(() => ingress.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) })).toThrow(/never the reverse/);
  });

  test('fails where it comes to depend on it later, with the reason', () => {
    const { ingresses, services, cluster, ingress } = createStacks();
    ingress.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE }) });
    expect(() => ingresses.addStackDependency(services)).toThrow(/'Services\/Api' uses 'Ingresses\/Ingress'\. Services depend on their ingress, never the reverse/);
  });

  test('fails where the ingress uses a network of the service\'s stack, with the reason', () => {
    const app = developmentApp();
    const [services, ingresses] = [new Stack(app, 'Services'), new Stack(app, 'Ingresses')];
    const vpc = createVpc(services);
    const ingress = new PublicIngress(ingresses, 'Ingress', { vpc });
    const target = new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: IMAGE });
    expect(() => ingress.addRoute('Api', { target })).toThrow(/depends on this stack 'Services' \('Ingresses\/Ingress' uses 'Services\/Vpc'\)/);
  });

  test('a service in a nested stack uses the ingress of its parent', () => {
    // GIVEN
    const world = createWorld();
    const nested = new NestedStack(world.stack, 'Nested');

    // WHEN
    world.ingress.addRoute('Api', { target: new FargateApi(nested, 'Api', { cluster: world.cluster, image: IMAGE }) });

    // THEN
    Template.fromStack(nested).resourceCountIs(RULE, 1);
  });
});

test('feature flags, unset or all recommended, change nothing that an ingress and its routes make', () => {
  const resourcesOf = (context?: { [flag: string]: unknown }) => {
    const app = new App({ context });
    Posture.production({ requireHttps: false, terminationProtection: false }).applyTo(app);
    const world = createWorld(app);
    world.ingress.addRoute('Api', { target: createApi(world) });
    const resources = Object.entries(Template.fromStack(world.stack).toJSON().Resources as object);
    return Object.fromEntries(resources.filter(([id]) => id.startsWith('Ingress') || id.startsWith('ApiRoutes')));
  };
  expect(resourcesOf(ALL_FLAGS)).toEqual(resourcesOf());
});
