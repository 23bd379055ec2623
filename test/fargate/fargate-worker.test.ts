import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { createCluster, createEndpoint, createSecret, createVpc, developmentApp, exportsOf, IMAGE, productionApp, TestBinding } from './fixture';
import { BackendCluster, FargateApi, FargateWorker, type FargateWorkerProps } from '../../src/fargate';

function synthesize(props: Partial<FargateWorkerProps> = {}, { stack, cluster } = createCluster()): Template {
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, ...props });
  return Template.fromStack(stack);
}

function hasContainer(template: Template, properties: object): void {
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { ContainerDefinitions: [Match.objectLike({ Name: 'Service', ...properties })] });
}

describe('defaults', () => {
  test('a worker listens on no port and knows how long it has to stop, the longest that Fargate gives', () => {
    hasContainer(synthesize(), {
      PortMappings: Match.absent(),
      Environment: [{ Name: 'STOP_TIMEOUT_SECONDS', Value: '120' }],
      StopTimeout: 120,
    });
  });

  test('its container is as hardened as that of an API', () => {
    hasContainer(synthesize(), {
      ReadonlyRootFilesystem: true,
      Privileged: false,
      User: '1000:1000',
      LinuxParameters: Match.objectLike({ Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true }),
    });
  });

  test('nothing may connect to it', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: Match.stringLikeRegexp('Tasks'), SecurityGroupIngress: Match.absent() });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::ECS::Service', { LoadBalancers: Match.absent(), ServiceRegistries: Match.absent() });
  });

  test('a deployment keeps all tasks and is rolled back after three failures', () => {
    synthesize().hasResourceProperties('AWS::ECS::Service', {
      DesiredCount: 1,
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true, ThresholdConfiguration: { Type: 'COUNT', Value: 3 } },
      },
    });
  });

  test('in production it scales on CPU', () => {
    const template = synthesize({}, createCluster(productionApp()));
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 1);
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({ PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' } }),
    });
  });
});

describe('options', () => {
  test('the time to stop is told to the container', () => {
    hasContainer(synthesize({ stopTimeout: Duration.seconds(90) }), { StopTimeout: 90, Environment: [{ Name: 'STOP_TIMEOUT_SECONDS', Value: '90' }] });
  });

  test('a task that may protect itself is told how and permitted to, for tasks of its cluster only', () => {
    const template = synthesize({ taskProtection: true });
    hasContainer(template, { Environment: Match.arrayWith([{ Name: 'TASK_PROTECTION_PATH', Value: '/task-protection/v1/state' }]) });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({
        Statement: [{
          Action: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
          Effect: 'Allow',
          Condition: { ArnEquals: { 'ecs:cluster': Match.anyValue() }, StringEquals: { 'aws:ResourceTag/cdk-private-backend:task': Match.stringLikeRegexp('^\\w+/Worker$') } },
          Resource: { 'Fn::Join': ['', Match.arrayWith([':task/', { Ref: Match.stringLikeRegexp('^Cluster') }, '/*'])] },
        }],
      }),
      Roles: [{ Ref: Match.stringLikeRegexp('TaskRole') }],
    });
  });

  test('without that option a task may do nothing in AWS', () => {
    const policies = Object.keys(synthesize().findResources('AWS::IAM::Policy'));
    expect(policies.filter((id) => id.includes('TaskRole'))).toEqual([]);
  });

  test('bindings give it variables, secrets and a network path', () => {
    // GIVEN
    const backend = createCluster();
    const target = createEndpoint(backend.stack, 'Cache', backend.vpc, 6379);
    const binding = new TestBinding(() => ({ targets: [target], environment: { REDIS_URL: 'rediss://cache' }, secrets: { REDIS_PASSWORD: createSecret(backend.stack, 'Secret') } }));

    // WHEN
    const template = synthesize({ connectTo: [binding] }, backend);

    // THEN
    hasContainer(template, { Environment: Match.arrayWith([{ Name: 'REDIS_URL', Value: 'rediss://cache' }]), Secrets: [Match.objectLike({ Name: 'REDIS_PASSWORD' })] });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379, ToPort: 6379 });
  });

  test('its role takes grants', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const queue = new sqs.Queue(stack, 'Queue');

    // WHEN
    queue.grantConsumeMessages(new FargateWorker(stack, 'Worker', { cluster, image: IMAGE }));

    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: Match.objectLike({ Statement: [Match.objectLike({ Action: Match.arrayWith(['sqs:ReceiveMessage']) })] }) });
  });

  test('metrics name the cluster and the service; running tasks are counted without Container Insights', () => {
    const { stack, cluster } = createCluster();
    const worker = new FargateWorker(stack, 'Worker', { cluster, image: IMAGE });
    expect(worker.metricCpuUtilization()).toMatchObject({ namespace: 'AWS/ECS', metricName: 'CPUUtilization', statistic: 'Average' });
    expect(worker.metricMemoryUtilization()).toMatchObject({ metricName: 'MemoryUtilization' });
    expect(worker.metricRunningTasks()).toMatchObject({ metricName: 'CPUUtilization', statistic: 'SampleCount', period: Duration.minutes(1) });
    expect(Object.keys(worker.metricRunningTasks().dimensions ?? {})).toEqual(['ClusterName', 'ServiceName']);
  });
});

describe('errors', () => {
  test.each<[string, Partial<FargateWorkerProps>, RegExp]>([
    ['a stop timeout above what Fargate gives', { stopTimeout: Duration.seconds(121) }, /`stopTimeout` must be from 2 to 120 whole seconds, got 121/],
    ['a variable that follows from a prop', { environment: { STOP_TIMEOUT_SECONDS: '5' } }, /`environment` sets 'STOP_TIMEOUT_SECONDS', which this library sets from `stopTimeout`.*set `stopTimeout` instead/],
    ['a size that Fargate does not offer', { cpu: 256, memoryLimitMiB: 8192 }, /\(8192\) can't be used with `cpu` \(256\)/],
    ['fewer tasks at most than at least', { minTasks: 3, maxTasks: 2 }, /`minTasks` \(3\) is greater than `maxTasks` \(2\)/],
  ])('fails for %s', (_what, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });

  test('warns about root, and names the construct', () => {
    const backend = createCluster();
    synthesize({ user: '0:0' }, backend);
    Annotations.fromStack(backend.stack).hasWarning('/Backend/Worker', Match.stringLikeRegexp('FargateWorker runs as \'0:0\'.*Service.rootUser'));
  });
});

describe('where it stands', () => {
  test('a worker and an API stand beside each other, twice, without physical names', () => {
    // GIVEN
    const { stack, cluster } = createCluster();

    // WHEN
    ['First', 'Second'].forEach((id) => {
      new FargateApi(stack, `${id}Api`, { cluster, image: IMAGE });
      new FargateWorker(stack, `${id}Worker`, { cluster, image: IMAGE });
    });

    // THEN
    const template = Template.fromStack(stack);
    template.allResourcesProperties('AWS::ECS::Service', { ServiceName: Match.absent() });
    expect(Object.keys(template.findResources('AWS::ECS::Service'))).toEqual(expect.arrayContaining([expect.stringMatching(/^FirstWorkerService/)]));
    template.resourceCountIs('AWS::ECS::Service', 4);
  });

  test('in another stack than its cluster it exports nothing', () => {
    // GIVEN
    const app = developmentApp();
    const producer = new Stack(app, 'Producer');
    const cluster = new BackendCluster(producer, 'Cluster', { vpc: createVpc(producer) });
    const consumer = new Stack(app, 'Consumer');

    // WHEN
    new FargateWorker(consumer, 'Worker', { cluster, image: IMAGE, taskProtection: true });

    // THEN
    expect(exportsOf(producer).filter((path) => path.includes('Cluster'))).toEqual([]);
    expect(consumer.dependencies).toEqual([producer]);
  });

  test('in an imported cluster it is all the same', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'existing', vpc: createVpc(stack) });
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::Service', { Cluster: 'existing' });
  });

  test('its numbers may be known only at deployment', () => {
    const template = synthesize({ minTasks: Token.asNumber({ Ref: 'Min' }), maxTasks: Token.asNumber({ Ref: 'Max' }), stopTimeout: Duration.seconds(Token.asNumber({ Ref: 'Stop' })) });
    hasContainer(template, { StopTimeout: { Ref: 'Stop' }, Environment: [{ Name: 'STOP_TIMEOUT_SECONDS', Value: { Ref: 'Stop' } }] });
  });
});
