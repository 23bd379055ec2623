import { CfnResource, Duration, Stack, type App, type Environment } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ALL_FLAGS, createVpc, developmentApp, exportsOf, IMAGE, productionApp } from './fixture';
import { BackendCluster, ServiceCapacity, ServiceDeployment, FargateApi, FargateWorker, ScheduledJob, Scaling, DiscoveryNamespace } from '../../src/fargate';
import { PublicIngress } from '../../src/ingress';

const STRICT = { context: { '@aws-cdk/core:validateAgainstDefaultRules': true } };
const DISCOVERY = [['private DNS', DiscoveryNamespace.privateDns('rex.internal')], ['Service Connect', DiscoveryNamespace.serviceConnect('rex.internal')]] as const;

interface Template {
  readonly Resources: { [id: string]: { readonly Type: string; readonly Properties: unknown } };
}

beforeAll(() => {
  delete process.env.CDK_VALIDATION;
});

afterAll(() => {
  process.env.CDK_VALIDATION = 'false';
});

/** Services with everything that they can have, in a stack of their own. */
function createServices(app: App, serviceDiscovery: DiscoveryNamespace, env?: Environment, services = new Stack(app, 'Services', { env }), network = new Stack(app, 'Network', { env })): Stack {
  const vpc = createVpc(network);
  const cluster = new BackendCluster(network, 'Cluster', { vpc, serviceDiscovery, fargateSpot: true });
  const queue = new sqs.Queue(services, 'Jobs', { enforceSSL: true });
  const sessions = new FargateApi(services, 'Sessions', { cluster, image: IMAGE, additionalPorts: [9090] });
  const api = new FargateApi(services, 'Api', {
    cluster, image: IMAGE, connectTo: [sessions], minTasks: 1, maxTasks: 3, deployment: ServiceDeployment.canary(), enableExecuteCommand: true, scaleOn: [Scaling.onRequestsPerMinute(100), Scaling.onMemoryPercent(70)],
  });
  api.addSidecar('Agent', { image: IMAGE, ports: [4317], sharedPaths: ['/run/agent'], healthCheck: { command: ['CMD', '/check'] }, serviceStartsAfter: ecs.ContainerDependencyCondition.HEALTHY });
  api.grantExecuteCommand(new Role(services, 'People', { assumedBy: new AccountRootPrincipal() }));
  new PublicIngress(network, 'Ingress', { vpc }).addRoute('Api', { target: api });
  new FargateWorker(services, 'Worker', {
    cluster,
    image: IMAGE,
    connectTo: [sessions],
    minTasks: 0,
    maxTasks: 5,
    taskProtection: true,
    capacity: ServiceCapacity.spot(),
    deployment: ServiceDeployment.rolling({ minHealthyPercent: 0, maxHealthyPercent: 150 }),
    scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 10 }), Scaling.onSchedule('Night', { schedule: Schedule.cron({ hour: '20', minute: '0' }), maxTasks: 0, minTasks: 0 })],
  });
  const job = new ScheduledJob(services, 'Nightly', { cluster, image: IMAGE, schedule: ScheduleExpression.rate(Duration.days(1)), capacity: ServiceCapacity.spot() });
  job.onFailure('Failed', { target: { bind: () => ({ arn: queue.queueArn }) } });
  return services;
}

function synthesize(app: App, stack: Stack): Template {
  return app.synth().getStackByName(stack.stackName).template as Template;
}

describe.each(DISCOVERY)('with %s', (_kind, discovery) => {
  test.each([['development', developmentApp], ['production', productionApp]])('the offline validator accepts services with everything (%s)', (_posture, createApp) => {
    // GIVEN
    const app = createApp(STRICT);

    // WHEN
    const services = createServices(app, discovery);

    // THEN
    expect(Object.values(synthesize(app, services).Resources).filter(({ Type }) => Type === 'AWS::ECS::Service')).toHaveLength(3);
    expect(exportsOf(services)).toEqual([]);
  });

  test.each(['eu-west-1', 'cn-north-1', 'us-gov-west-1'])('nothing names another partition in %s', (region) => {
    // GIVEN
    const app = developmentApp();

    // WHEN
    const text = JSON.stringify(synthesize(app, createServices(app, discovery, { account: '111111111111', region })));

    // THEN
    expect(text).not.toContain('arn:aws:');
    expect(text.replace(/"(Service|iam:PassedToService)":"[a-z0-9-]+\.amazonaws\.com"/g, '')).not.toContain('amazonaws.com');
  });

  test('feature flags, unset or all recommended, change no resource but policies', () => {
    // GIVEN: one stack, since a flag decides how others refer to the VPC of aws-cdk-lib
    const [unset, recommended] = [productionApp(), productionApp({ context: ALL_FLAGS })].map((app) => {
      const stack = new Stack(app, 'Backend');
      return synthesize(app, createServices(app, discovery, undefined, stack, stack)).Resources;
    });
    const comparable = (resources: Template['Resources']) => Object.fromEntries(Object.entries(resources)
      .filter(([id, { Type }]) => Type !== 'AWS::IAM::Policy' && /^(Api|Cluster|Nightly|Sessions|Worker)/.test(id))
      .map(([id, resource]) => [id, JSON.stringify(resource.Properties).replace(/\$\{AWS::[^}]*\}/g, '')]));

    // THEN
    expect(comparable(recommended)).toEqual(comparable(unset));
  });
});

test('fails where a template is wrong, which shows that the validator was asked', () => {
  const app = productionApp(STRICT);
  const services = createServices(app, DiscoveryNamespace.privateDns('rex.internal'));
  new CfnResource(services, 'Wrong', { type: 'AWS::ECS::Service', properties: { DesiredCount: 'many', Nonsense: true } });
  expect(() => app.synth()).toThrow(/[Vv]alidation/);
});
