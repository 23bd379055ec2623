import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { createVpc, developmentApp, exportsOf, IMAGE } from './fixture';
import { BackendCluster, ServiceDeployment, FargateApi, FargateWorker, DiscoveryNamespace } from '../../src/fargate';
import { PublicIngress } from '../../src/ingress';

function createBackend(serviceDiscovery?: DiscoveryNamespace, app: App = developmentApp()) {
  const stack = new Stack(app, 'Backend');
  const vpc = createVpc(stack);
  return { app, stack, vpc, cluster: new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery }), ingress: new PublicIngress(stack, 'Ingress', { vpc }) };
}

function routed(deployment?: ServiceDeployment, backend = createBackend()): Template {
  const { stack, cluster, ingress } = backend;
  ingress.addRoute('Api', { target: new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment }) });
  return Template.fromStack(stack);
}

function deploymentOf(deployment?: ServiceDeployment): { [name: string]: unknown } {
  const [service] = Object.values(routed(deployment).findResources('AWS::ECS::Service'));
  return service.Properties.DeploymentConfiguration as { [name: string]: unknown };
}

const BREAKER = { Enable: true, Rollback: true, ThresholdConfiguration: { Type: 'COUNT', Value: 3 } };

describe('kinds', () => {
  test('rolling says the same as nothing', () => {
    expect(deploymentOf(ServiceDeployment.rolling())).toEqual(deploymentOf());
    expect(deploymentOf()).toEqual({ MinimumHealthyPercent: 100, MaximumPercent: 200, DeploymentCircuitBreaker: BREAKER });
  });

  test('rolling may keep fewer tasks, and then without starting more', () => {
    const template = routed(ServiceDeployment.rolling({ minHealthyPercent: 50, maxHealthyPercent: 100 }));
    template.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: Match.objectLike({ MinimumHealthyPercent: 50, MaximumPercent: 100 }),
      AvailabilityZoneRebalancing: 'DISABLED',
    });
  });

  test('blue/green keeps the old tasks for five minutes', () => {
    expect(deploymentOf(ServiceDeployment.blueGreen())).toEqual({ Strategy: 'BLUE_GREEN', BakeTimeInMinutes: 5, MinimumHealthyPercent: 100, MaximumPercent: 200, DeploymentCircuitBreaker: BREAKER });
    expect(deploymentOf(ServiceDeployment.blueGreen({ bakeTime: Duration.hours(1) }))).toMatchObject({ BakeTimeInMinutes: 60 });
  });

  test('linear moves requests in steps', () => {
    expect(deploymentOf(ServiceDeployment.linear())).toMatchObject({ Strategy: 'LINEAR', BakeTimeInMinutes: 5, LinearConfiguration: { StepPercent: 10, StepBakeTimeInMinutes: 6 } });
    expect(deploymentOf(ServiceDeployment.linear({ stepPercent: 33.3, stepBakeTime: Duration.minutes(1), bakeTime: Duration.minutes(0) })))
      .toMatchObject({ BakeTimeInMinutes: 0, LinearConfiguration: { StepPercent: 33.3, StepBakeTimeInMinutes: 1 } });
  });

  test('canary moves a few requests first', () => {
    expect(deploymentOf(ServiceDeployment.canary())).toMatchObject({ Strategy: 'CANARY', BakeTimeInMinutes: 5, CanaryConfiguration: { CanaryPercent: 5, CanaryBakeTimeInMinutes: 10 } });
    expect(deploymentOf(ServiceDeployment.canary({ canaryPercent: 0.1, canaryBakeTime: Duration.minutes(30) }))).toMatchObject({ CanaryConfiguration: { CanaryPercent: 0.1, CanaryBakeTimeInMinutes: 30 } });
  });

  test('a worker can be deployed side by side, without a load balancer', () => {
    const { stack, cluster } = createBackend();
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, deployment: ServiceDeployment.blueGreen() });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::Service', { DeploymentConfiguration: Match.objectLike({ Strategy: 'BLUE_GREEN' }), LoadBalancers: Match.absent() });
  });
});

describe('between two target groups', () => {
  test('the rule names both, only the first gets requests, and ECS may change that', () => {
    const template = routed(ServiceDeployment.blueGreen());
    const [first, second] = [{ Ref: Match.stringLikeRegexp('^ApiRoutes.*TargetGroup') }, { Ref: Match.stringLikeRegexp('^ApiRoutes.*AlternateTargetGroup') }];
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
    template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', { HealthCheckPath: '/healthz', TargetType: 'ip', Port: 80 });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: first, Weight: 100 }, { TargetGroupArn: second, Weight: 0 }] } }],
    });
    template.hasResourceProperties('AWS::ECS::Service', {
      LoadBalancers: [{
        ContainerName: 'Service',
        ContainerPort: 8080,
        TargetGroupArn: first,
        AdvancedConfiguration: {
          AlternateTargetGroupArn: second,
          ProductionListenerRule: { Ref: Match.stringLikeRegexp('^ApiRoutes') },
          RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ApiTrafficShiftRole'), 'Arn'] },
        },
      }],
    });
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: Match.objectLike({ Statement: [Match.objectLike({ Principal: { Service: 'ecs.amazonaws.com' } })] }),
      ManagedPolicyArns: [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers']] }],
    });
  });

  test('a rolling deployment has one target group, and no role', () => {
    const template = routed();
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 1);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', { Actions: [{ Type: 'forward', TargetGroupArn: Match.anyValue() }] });
    expect(JSON.stringify(template.toJSON())).not.toContain('TrafficShift');
  });

  test('asking a route again for its second target group makes no third', () => {
    // GIVEN
    const { stack, cluster, ingress } = createBackend();
    const route = ingress.addRoute('Api', { target: new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment: ServiceDeployment.blueGreen() }) });

    // WHEN
    const [once, again] = [route.addAlternateTargetGroup(), route.addAlternateTargetGroup()];

    // THEN
    expect(again).toBe(once);
    Template.fromStack(stack).resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
  });

  test('two routes share the role', () => {
    // GIVEN
    const { stack, cluster, ingress } = createBackend();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment: ServiceDeployment.canary() });

    // WHEN
    ingress.addRoute('One', { paths: ['/one'], target: api });
    ingress.addRoute('Two', { paths: ['/two'], target: api });

    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 4);
    expect(Object.keys(template.findResources('AWS::IAM::Role')).filter((id) => id.includes('TrafficShift'))).toHaveLength(1);
  });

  test('scaling on requests counts those of both groups', () => {
    // GIVEN
    const { stack, cluster, ingress } = createBackend();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, minTasks: 1, maxTasks: 4, deployment: ServiceDeployment.blueGreen() });

    // WHEN
    ingress.addRoute('Api', { target: api });

    // THEN
    const metric = Match.objectLike({ MetricName: 'RequestCountPerTarget', Dimensions: [{ Name: 'TargetGroup', Value: Match.objectLike({ 'Fn::Join': Match.anyValue() }) }] });
    Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyName: 'Requests-Api',
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        TargetValue: 1000,
        CustomizedMetricSpecification: {
          Metrics: [
            Match.objectLike({ Id: 'requests0', MetricStat: { Metric: metric, Stat: 'Sum' }, ReturnData: false }),
            Match.objectLike({ Id: 'requests1', ReturnData: false }),
            Match.objectLike({ Id: 'requests', Expression: 'FILL(requests0, 0) + FILL(requests1, 0)', ReturnData: true }),
          ],
        },
      }),
    });
  });

  test('a service in another stack than its ingress exports nothing', () => {
    // GIVEN
    const { app, stack, cluster, ingress } = createBackend();
    const services = new Stack(app, 'Services');

    // WHEN
    ingress.addRoute('Api', { target: new FargateApi(services, 'Api', { cluster, image: IMAGE, deployment: ServiceDeployment.linear() }) });

    // THEN
    Template.fromStack(services).resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
    expect([...exportsOf(services), ...exportsOf(stack).filter((path) => !path.includes('Vpc'))]).toEqual([]);
  });
});

describe('alarms', () => {
  test('one that goes off rolls back', () => {
    // GIVEN
    const backend = createBackend();
    const alarm = new cloudwatch.Alarm(backend.stack, 'Errors', { metric: backend.ingress.metricTargetServerErrors(), threshold: 10, evaluationPeriods: 1 });

    // WHEN
    const template = routed(ServiceDeployment.rolling({ alarms: [alarm] }), backend);

    // THEN
    template.hasResourceProperties('AWS::ECS::Service', { DeploymentConfiguration: Match.objectLike({ Alarms: { AlarmNames: [{ Ref: Match.stringLikeRegexp('^Errors') }], Enable: true, Rollback: true } }) });
  });

  test('an alarm on the service itself works by its name', () => {
    // GIVEN
    const { stack, cluster } = createBackend();
    const alarm = cloudwatch.Alarm.fromAlarmName(stack, 'ByName', 'api-cpu');
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment: ServiceDeployment.rolling({ alarms: [alarm] }) });

    // WHEN
    new cloudwatch.Alarm(stack, 'Cpu', { alarmName: 'api-cpu', metric: api.metricCpuUtilization(), threshold: 90, evaluationPeriods: 3 });

    // THEN
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::ECS::Service'))).toContain('api-cpu');
  });

  test('fails for an alarm that would need the service and be needed by it', () => {
    // GIVEN
    const { app, stack, cluster } = createBackend();
    const alarms: cloudwatch.IAlarm[] = [];
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment: ServiceDeployment.rolling({ alarms }) });

    // WHEN
    alarms.push(new cloudwatch.Alarm(stack, 'Cpu', { metric: api.metricCpuUtilization(), threshold: 90, evaluationPeriods: 3 }));

    // THEN
    expect(() => app.synth()).toThrow(/The alarm 'Backend\/Cpu' watches this service and rolls its deployments back.*Alarm.fromAlarmName/);
  });
});

describe('errors', () => {
  test.each<[string, ServiceDeployment, RegExp]>([
    ['a deployment that never begins', ServiceDeployment.rolling({ maxHealthyPercent: 100 }), /`minHealthyPercent` and `maxHealthyPercent` are both 100.*neither stop an old task nor start a new one/],
    ['fewer than no healthy tasks', ServiceDeployment.rolling({ minHealthyPercent: -1 }), /`minHealthyPercent` must be a whole number from 0 to 100, got -1/],
    ['more than twice the tasks', ServiceDeployment.rolling({ maxHealthyPercent: 201 }), /`maxHealthyPercent` must be a whole number from 100 to 200, got 201/],
    ['a bake time above a day', ServiceDeployment.blueGreen({ bakeTime: Duration.minutes(1441) }), /`bakeTime` must be from 0 to 1440 whole minutes, got 1441/],
    ['a bake time in seconds', ServiceDeployment.blueGreen({ bakeTime: Duration.seconds(90) }), /`bakeTime` must be from 0 to 1440 whole minutes, got 1.5/],
    ['too small a step', ServiceDeployment.linear({ stepPercent: 2.9 }), /`stepPercent` must be from 3 to 100 with at most one decimal, got 2.9/],
    ['a step of two decimals', ServiceDeployment.linear({ stepPercent: 3.25 }), /`stepPercent` must be from 3 to 100 with at most one decimal, got 3.25/],
    ['a canary of nobody', ServiceDeployment.canary({ canaryPercent: 0 }), /`canaryPercent` must be from 0.1 to 100 with at most one decimal, got 0/],
    ['too long a step', ServiceDeployment.linear({ stepBakeTime: Duration.days(2) }), /`stepBakeTime` must be from 0 to 1440/],
    ['too long a canary', ServiceDeployment.canary({ canaryBakeTime: Duration.days(2) }), /`canaryBakeTime` must be from 0 to 1440/],
  ])('fails for %s', (_what, deployment, message) => {
    expect(() => routed(deployment)).toThrow(message);
  });

  test('values may be known only at deployment', () => {
    const number = Token.asNumber({ Ref: 'Number' });
    expect(deploymentOf(ServiceDeployment.linear({ stepPercent: number, stepBakeTime: Duration.minutes(number), bakeTime: Duration.minutes(number) })))
      .toMatchObject({ BakeTimeInMinutes: { Ref: 'Number' }, LinearConfiguration: { StepPercent: { Ref: 'Number' }, StepBakeTimeInMinutes: { Ref: 'Number' } } });
  });

  test.each([['linear', ServiceDeployment.linear()], ['canary', ServiceDeployment.canary()]])('fails for a %s deployment of what gets no requests', (_kind, deployment) => {
    const { app, stack, cluster } = createBackend();
    expect(() => new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, deployment })).toThrow(/A `FargateWorker` does not receive requests, which this deployment would move/);
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment });
    expect(() => app.synth()).toThrow(/Backend\/Api.*moves requests in steps, but neither a route nor Service Connect leads requests to the service/);
  });

  test('Service Connect moves requests too, and private DNS does not', () => {
    // GIVEN
    const connected = createBackend(DiscoveryNamespace.serviceConnect('rex.internal'));
    const named = createBackend(DiscoveryNamespace.privateDns('rex.internal'));
    const [first, second] = [connected, named].map(({ stack, cluster }) => new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment: ServiceDeployment.canary() }));

    // WHEN
    new FargateWorker(connected.stack, 'Worker', { cluster: connected.cluster, image: IMAGE, connectTo: [first] });

    // THEN
    Template.fromStack(connected.stack).hasResourceProperties('AWS::ECS::Service', { DeploymentConfiguration: Match.objectLike({ Strategy: 'CANARY' }) });
    expect(() => new FargateWorker(named.stack, 'Worker', { cluster: named.cluster, image: IMAGE, connectTo: [second] })).toThrow(/'Backend\/Api' is not in private DNS.*CANARY.*ServiceDeployment.rolling/);
  });
});
