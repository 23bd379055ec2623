import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { createVpc, developmentApp, exportsOf, IMAGE } from './fixture';
import { BackendCluster, DiscoveryNamespace, FargateApi, FargateWorker, Scaling, ServiceCapacity, ServiceDeployment } from '../../src/fargate';
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
    const { stack, cluster } = createBackend();
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, minTasks: 2, maxTasks: 2, deployment: ServiceDeployment.rolling({ minHealthyPercent: 50, maxHealthyPercent: 100 }) });
    const template = Template.fromStack(stack);
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
            Match.objectLike({ Id: 'requests', Expression: 'SUM([requests0, requests1])', ReturnData: true }),
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
    ['a deployment that never begins', ServiceDeployment.rolling({ maxHealthyPercent: 100 }), /With `minHealthyPercent` 100 and `maxHealthyPercent` 100, a deployment of 1 task never begins/],
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

describe('room for a rolling deployment', () => {
  const token = Token.asNumber({ Ref: 'Number' });
  const at = Schedule.rate(Duration.days(1));

  interface Tasks {
    readonly minTasks?: number;
    readonly maxTasks?: number;
    readonly scaleOn?: Scaling[];
    readonly capacity?: ServiceCapacity;
  }

  /** The error, without its place. */
  function refusalOf(minHealthyPercent: number, maxHealthyPercent: number, tasks: Tasks): string | undefined {
    const stack = new Stack(developmentApp(), 'Backend');
    const cluster = new BackendCluster(stack, 'Cluster', { vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-1', 'subnet-2'], privateSubnetIds: ['subnet-3', 'subnet-4'] }), fargateSpot: true });
    try {
      new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, deployment: ServiceDeployment.rolling({ minHealthyPercent, maxHealthyPercent }), ...tasks });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  const between = (minTasks: number, maxTasks: number, scaleOn = [Scaling.onCpuPercent(60)]): Tasks => ({ minTasks, maxTasks, scaleOn });
  const fixed = (tasks: number): Tasks => ({ minTasks: tasks, maxTasks: tasks });

  test.each<[string, number, number, Tasks, string]>([
    ['one task of which half a task more may run', 100, 150, fixed(1), 'of 1 task never begins: 1 must stay (100 %, rounded up) and 1 may run (150 %, rounded down). Set `maxHealthyPercent` to 200, or `minHealthyPercent` to 0.'],
    ['one task of which half may stop', 50, 100, fixed(1), '1 must stay (50 %, rounded up) and 1 may run (100 %, rounded down). Set `maxHealthyPercent` to 200, or `minHealthyPercent` to 0.'],
    ['three tasks', 90, 120, fixed(3), 'of 3 tasks never begins: 3 must stay (90 %, rounded up) and 3 may run (120 %, rounded down). Set `maxHealthyPercent` to at least 134, or `minHealthyPercent` to at most 66.'],
    ['the default of the development posture', 100, 199, {}, 'of 1 task never begins'],
    ['scaling from one', 100, 125, between(1, 10), 'of 1 task never begins'],
    ['scaling from none', 100, 125, between(0, 10), 'of 1 task never begins'],
    ['scaling from four', 80, 120, between(4, 10), 'of 4 tasks never begins: 4 must stay (80 %, rounded up) and 4 may run (120 %, rounded down). Set `maxHealthyPercent` to at least 125, or `minHealthyPercent` to at most 75.'],
    ['a number that a schedule sets', 100, 150, between(4, 10, [Scaling.onCpuPercent(60), Scaling.onSchedule('Night', { schedule: at, minTasks: 1 })]), 'of 1 task never begins'],
    ['a fixed number that a schedule changes', 100, 150, { ...fixed(2), scaleOn: [Scaling.onSchedule('Night', { schedule: at, minTasks: 1, maxTasks: 1 })] }, 'of 1 task never begins'],
    ['Spot capacity', 100, 150, { ...fixed(1), capacity: ServiceCapacity.spot() }, 'of 1 task never begins'],
    ['the most tasks, where the least is known only in the deployment', 100, 150, between(token, 1), 'of 1 task never begins'],
    ['the same percentages, whatever the number of tasks', 100, 100, between(token, token), 'of 1 task never begins'],
    ['the same percentages, of a paused service', 100, 100, fixed(0), 'of 1 task never begins'],
  ])('fails for %s', (_what, min, max, tasks, message) => {
    const refusal = refusalOf(min, max, tasks);
    expect(refusal).toContain(message);
    expect(refusal).toContain('ServiceDeployment.neverBegins');
  });

  test.each<[string, number, number, Tasks]>([
    ['the default', 100, 200, fixed(1)],
    ['two tasks of which one may stop', 50, 100, fixed(2)],
    ['two tasks beside which one may run', 100, 150, fixed(2)],
    ['one task that may stop', 0, 100, fixed(1)],
    ['a paused service', 100, 150, fixed(0)],
    ['scaling from two', 50, 100, between(2, 50)],
    ['a number of tasks that is known only in the deployment', 100, 150, { minTasks: token, maxTasks: token }],
    ['a percentage that is known only in the deployment', token, 100, fixed(1)],
    ['the other percentage that is known only in the deployment', 100, token, fixed(1)],
    ['a schedule whose number is known only in the deployment', 100, 150, { ...fixed(2), scaleOn: [Scaling.onSchedule('Night', { schedule: at, minTasks: token })] }],
  ])('is there for %s', (_what, min, max, tasks) => {
    expect(refusalOf(min, max, tasks)).toBeUndefined();
  });

  test('is what ECS computes for each number of tasks, and the numbers of the error work', () => {
    const hasRoom = (min: number, max: number, least: number, most: number) => Array.from({ length: most - least + 1 }, (_, index) => least + index)
      // In hundredths of a task, without fractions.
      .every((tasks) => tasks === 0 || (tasks * min + 99 - (tasks * min + 99) % 100) / 100 < (tasks * max - (tasks * max) % 100) / 100);
    let state = 7;
    const random = (below: number) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor(state / 2147483648 * below);
    };
    let refused = 0;
    for (let index = 0; index < 150; index++) {
      const [min, max, least] = [random(101), 100 + random(101), random(12)];
      const most = least + random(3) * random(20);
      const refusal = refusalOf(min, max, { minTasks: least, maxTasks: most });
      const isSame = min === 100 && max === 100;
      expect({ min, max, least, most, isRefused: refusal !== undefined }).toEqual({ min, max, least, most, isRefused: isSame || !hasRoom(min, max, least, most) });
      if (refusal !== undefined) {
        const [, enough, few] = /Set `maxHealthyPercent` to (?:at least )?(\d+), or `minHealthyPercent` to (?:at most )?(\d+)\./.exec(refusal)!.map(Number);
        expect({ min, max, least, most, works: hasRoom(min, enough, least, most) && hasRoom(few, max, least, most) }).toEqual({ min, max, least, most, works: true });
        expect({ isLeast: !hasRoom(min, enough - 1, least, most) || most === 0, isMost: !hasRoom(few + 1, max, least, most) || most === 0 }).toEqual({ isLeast: true, isMost: true });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  test('is no question where all new tasks start beside the old ones', () => {
    const { stack, cluster } = createBackend();
    for (const [index, deployment] of [ServiceDeployment.blueGreen(), ServiceDeployment.linear(), ServiceDeployment.canary()].entries()) {
      expect(() => new FargateApi(stack, `Api${index}`, { cluster, image: IMAGE, ...fixed(1), deployment })).not.toThrow();
    }
  });

  test('beside the wanted tasks is what rebalancing needs, so that it is off where nobody knows', () => {
    const rebalancingOf = (maxHealthyPercent: number) => {
      const { stack, cluster } = createBackend();
      new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, ...fixed(2), deployment: ServiceDeployment.rolling({ minHealthyPercent: 50, maxHealthyPercent }) });
      return Object.values(Template.fromStack(stack).findResources('AWS::ECS::Service'))[0].Properties.AvailabilityZoneRebalancing as string;
    };
    expect([100, 101, 200, token].map(rebalancingOf)).toEqual(['DISABLED', 'ENABLED', 'ENABLED', 'DISABLED']);
  });
});
