import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { type IIngressTarget } from '../../src/binding';
import { BackendCluster, ServiceDeployment, FargateApi, type FargateApiProps, Scaling } from '../../src/fargate';
import { type IngressWeightedRouteOptions, PublicIngress } from '../../src/ingress';
import { BackendMonitoring } from '../../src/monitoring';
import { createVpc, developmentApp, exportsOf, IMAGE, productionApp } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';

interface World {
  readonly home: Stack;
  readonly ingress: PublicIngress;
  readonly targets: FargateApi[];
}

/** An ingress in one stack, and two APIs of one name in stacks of their own. */
function createWorld(props: Partial<FargateApiProps> = {}, app = developmentApp()): World {
  const [network, home, ...services] = ['Network', 'Ingress', 'Stable', 'Canary'].map((id) => new Stack(app, id));
  const vpc = createVpc(network);
  const targets = services.map((stack) => new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, ...props }));
  return { home, ingress: new PublicIngress(home, 'Ingress', { vpc }), targets };
}

function weigh({ targets }: World, ...weights: number[]): IngressWeightedRouteOptions {
  return { paths: ['/orders/*'], targets: weights.map((weight, index) => ({ target: targets[index], weight })) };
}

describe('a weighted route', () => {
  test('is one rule with the shares of all targets, in the stack of the ingress', () => {
    // GIVEN
    const world = createWorld();

    // WHEN
    const route = world.ingress.addWeightedRoute('Orders', { ...weigh(world, 90, 10), stickiness: Duration.hours(1) });

    // THEN
    const template = Template.fromStack(world.home);
    const [stable, canary] = Object.keys(template.findResources(TARGET_GROUP));
    template.resourceCountIs(TARGET_GROUP, 2);
    template.hasResourceProperties(RULE, {
      ListenerArn: { Ref: 'IngressHttp4C035516' },
      Priority: route.priority,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/orders/*'] } }],
      Actions: [{
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [{ TargetGroupArn: { Ref: stable }, Weight: 90 }, { TargetGroupArn: { Ref: canary }, Weight: 10 }],
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 3600 },
        },
      }],
    });
    template.hasResourceProperties(TARGET_GROUP, { HealthCheckPath: '/healthz', TargetType: 'ip' });
    expect(route.node.path).toBe('Ingress/Ingress/Rules/Orders');
    expect(world.home.resolve(route.listenerRuleArn)).toEqual({ Ref: Object.keys(template.findResources(RULE))[0] });
  });

  test('is watched beside a route that is named like its share, whichever comes first', () => {
    const world = createWorld();
    world.ingress.addRoute('Orders-Api', { paths: ['/plain'], target: world.targets[0] });
    world.ingress.addWeightedRoute('Orders', weigh(world, 100));
    const seen: (string | undefined)[] = [];
    world.ingress._monitor({}).eachPart?.((_, [{ part }]) => seen.push(part));
    expect(seen).toEqual(['Orders-Api', 'Orders-Api']);
  });

  test('opens the path to each target, which registers itself and depends on no other', () => {
    // GIVEN
    const world = createWorld();

    // WHEN
    const { routes } = world.ingress.addWeightedRoute('Orders', weigh(world, 1, 0));

    // THEN
    expect(routes.map(({ node }) => node.path)).toEqual(['Stable/Api/Routes/Ingress--Ingress/Orders', 'Canary/Api/Routes/Ingress--Ingress/Orders']);
    for (const target of world.targets) {
      const stack = Stack.of(target);
      const template = Template.fromStack(stack);
      const rules = ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'].map((type) => Object.keys(template.findResources(type)));
      expect(rules.map((ids) => ids.length)).toEqual([1, 1]);
      template.hasResource('AWS::ECS::Service', {
        DependsOn: Match.arrayWith(rules.flat().sort()),
        Properties: { LoadBalancers: [{ ContainerPort: 8080, TargetGroupArn: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Ingress' }) } }] },
      });
      template.resourceCountIs(RULE, 0);
      expect(stack.dependencies.map(({ node }) => node.id).sort()).toEqual(['Ingress', 'Network']);
    }
    expect(exportsOf(world.home)).toEqual([]);
  });

  test('in one stack, is what the services wait for', () => {
    // GIVEN
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = createVpc(stack);
    const cluster = new BackendCluster(stack, 'Cluster', { vpc });
    const targets = ['Stable', 'Canary'].map((id) => ({ target: new FargateApi(stack, id, { cluster, image: IMAGE }), weight: 1 }));

    // WHEN
    new PublicIngress(stack, 'Ingress', { vpc }).addWeightedRoute('Orders', { targets });

    // THEN
    const template = Template.fromStack(stack);
    const [rule] = Object.keys(template.findResources(RULE));
    template.allResources('AWS::ECS::Service', { DependsOn: Match.arrayWith([rule]) });
  });

  test('changes one rule and nothing else where weights change', () => {
    const templatesOf = (weights: number[]) => {
      const world = createWorld();
      world.ingress.addWeightedRoute('Orders', weigh(world, ...weights));
      return [world.home, ...world.targets.map((target) => Stack.of(target))].map((stack) => Template.fromStack(stack).toJSON());
    };
    const [before, after] = [templatesOf([100, 0]), templatesOf([50, 50])];
    expect(after.slice(1)).toEqual(before.slice(1));
    const changed = Object.keys(before[0].Resources).filter((id) => JSON.stringify(before[0].Resources[id]) !== JSON.stringify(after[0].Resources[id]));
    expect(changed.map((id) => before[0].Resources[id].Type)).toEqual([RULE]);
  });

  test('may have one target, where a migration ends', () => {
    const world = createWorld();
    expect(world.ingress.addWeightedRoute('Orders', weigh(world, 1)).routes).toHaveLength(1);
  });

  test('lets services scale on the requests of their share', () => {
    // GIVEN
    const world = createWorld({ scaleOn: [Scaling.onRequestsPerMinute(50)] }, productionApp());

    // WHEN
    world.ingress.addWeightedRoute('Orders', weigh(world, 1, 1));

    // THEN
    Template.fromStack(Stack.of(world.targets[1])).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyName: 'Requests-Orders',
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget', ResourceLabel: { 'Fn::Join': ['', Match.arrayWith(['/'])] } },
      }),
    });
  });

  test('is watched target by target', () => {
    // GIVEN
    const world = createWorld({}, productionApp());
    const monitoring = new BackendMonitoring(new Stack(world.home.node.scope!, 'Monitoring'), 'Monitoring');
    monitoring.monitorIngress(world.ingress);

    // WHEN
    world.ingress.addWeightedRoute('Orders', weigh(world, 1, 1));

    // THEN
    const alarms = Object.values(Template.fromStack(Stack.of(monitoring)).findResources('AWS::CloudWatch::Alarm')) as { Properties: { AlarmDescription: string } }[];
    const described = alarms.map(({ Properties }) => Properties.AlarmDescription).join();
    expect(described).toContain('requests of route Orders-Stable--Api with 5xx');
    expect(described).toContain('requests of route Orders-Canary--Api with 5xx');
  });

  test('stands beside a plain route to the same service', () => {
    // GIVEN
    const world = createWorld();
    const plain = world.ingress.addRoute('Before', { paths: ['/orders/*'], target: world.targets[0] });

    // WHEN
    const weighted = world.ingress.addWeightedRoute('Orders', { ...weigh(world, 1, 0), priority: plain.priority + 1 });

    // THEN
    expect(weighted.priority).toBe(plain.priority + 1);
    Template.fromStack(Stack.of(world.targets[0])).hasResourceProperties('AWS::ECS::Service', { LoadBalancers: [Match.anyValue(), Match.anyValue()] });
    Template.fromStack(Stack.of(world.targets[0])).resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
  });

  test.each([[0], [-1], [1000], [0.5], [Number.NaN]])('fails on the weights %d and 0', (weight: number) => {
    const world = createWorld();
    const message = weight === 0 ? /every `weight` is 0/ : /Route 'Orders': `weight` of 'Stable\/Api' must be a whole number from 0 to 999, got/;
    expect(() => world.ingress.addWeightedRoute('Orders', weigh(world, weight, 0))).toThrow(message);
  });

  test.each([[Duration.millis(500)], [Duration.seconds(0)], [Duration.days(8)]])('fails on a stickiness of %s', (stickiness: Duration) => {
    const world = createWorld();
    expect(() => world.ingress.addWeightedRoute('Orders', { ...weigh(world, 1, 1), stickiness })).toThrow(/`stickiness` must be from 1 second to 7 days in whole seconds/);
  });

  test('fails on no target, on six, and on one that is there twice', () => {
    const world = createWorld();
    const [target] = world.targets;
    const add = (count: number) => () => world.ingress.addWeightedRoute('Orders', { targets: Array.from({ length: count }, () => ({ target, weight: 1 })) });
    expect(add(0)).toThrow(/`targets` must have 1 to 5 targets, got 0/);
    expect(add(6)).toThrow(/`targets` must have 1 to 5 targets, got 6/);
    expect(add(2)).toThrow(/'Stable\/Api' is in `targets` twice/);
  });

  test('fails on a target that moves requests when it is deployed', () => {
    const world = createWorld({ deployment: ServiceDeployment.blueGreen() });
    expect(() => world.ingress.addWeightedRoute('Orders', weigh(world, 1, 1))).toThrow(/Route 'Orders' has weights, but its target uses blue\/green, linear or canary deployment.*ServiceDeployment.rolling\(\).*at 'Stable\/Api'/);
  });

  test('fails where some targets speak gRPC and others do not', () => {
    const world = createWorld();
    const grpc = Object.assign(Object.create(world.targets[1]) as IIngressTarget, { appProtocol: AppProtocol.grpc });
    expect(() => world.ingress.addWeightedRoute('Orders', { targets: [{ target: world.targets[0], weight: 1 }, { target: grpc, weight: 1 }] })).toThrow(/`appProtocol` of 'Canary\/Api' is 'grpc', and other targets use HTTP/);
  });

  test('fails on what the stack of the ingress cannot know', () => {
    const path = createWorld({ healthCheckPath: Token.asString({ Ref: 'Path' }) });
    expect(() => path.ingress.addWeightedRoute('Orders', weigh(path, 1, 1))).toThrow(/`healthCheckPath` of 'Stable\/Api' isn't known until deployment/);
    const delay = createWorld({ deregistrationDelay: Duration.seconds(Token.asNumber({ Ref: 'Delay' })) });
    expect(() => delay.ingress.addWeightedRoute('Orders', weigh(delay, 1, 1))).toThrow(/`deregistrationDelay` of 'Stable\/Api' isn't known until deployment/);
  });

  test('fails on a target in another VPC, and in a stack that the ingress depends on', () => {
    const world = createWorld();
    const stack = new Stack(world.home.node.scope!, 'Other');
    const vpc = createVpc(stack);
    const target = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE });
    expect(() => world.ingress.addWeightedRoute('Orders', { targets: [{ target, weight: 1 }] })).toThrow(/is in a different VPC/);
    world.home.addStackDependency(Stack.of(world.targets[1]));
    expect(() => world.ingress.addWeightedRoute('Orders', weigh(world, 1, 1))).toThrow(/Services depend on their ingress, never the reverse/);
  });

  test('fails at synth where it overlaps with a route as specific', () => {
    const world = createWorld();
    world.ingress.addRoute('Plain', { paths: ['/*/list'], target: world.targets[0] });
    world.ingress.addWeightedRoute('Orders', weigh(world, 1, 1));
    expect(() => Template.fromStack(world.home)).toThrow(/Routes 'Orders' and 'Plain' can match the same request/);
  });

  test('takes a VPC that is imported in the stack of a target', () => {
    // GIVEN
    const app = developmentApp();
    const [home, services] = ['Ingress', 'Services'].map((id) => new Stack(app, id));
    const lookUp = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1', availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-1', 'subnet-2'], publicSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
    });
    const target = new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc: lookUp(services) }), image: IMAGE });

    // WHEN
    new PublicIngress(home, 'Ingress', { vpc: lookUp(home) }).addWeightedRoute('Orders', { targets: [{ target, weight: 1 }] });

    // THEN
    Template.fromStack(home).hasResourceProperties(TARGET_GROUP, { VpcId: 'vpc-1' });
  });
});
