import { Duration, Stack, TimeZone, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { createCluster, createVpc, developmentApp, IMAGE } from './fixture';
import { BackendCluster, FargateApi, type FargateApiProps, FargateWorker, type FargateWorkerProps, Scaling, type ScheduledBoundsOptions } from '../../src/fargate';
import { PublicIngress } from '../../src/ingress';

const BOUNDS = { minTasks: 1, maxTasks: 5 };

function worker(props: Partial<FargateWorkerProps>, { stack, cluster } = createCluster()): Template {
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, ...BOUNDS, ...props });
  return Template.fromStack(stack);
}

function targetsOf(template: Template): { [policy: string]: number } {
  const policies = Object.values(template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy'));
  return Object.fromEntries(policies.map(({ Properties }) => [Properties.PolicyName, Properties.TargetTrackingScalingPolicyConfiguration.TargetValue]));
}

test('what is asked for takes the place of the default', () => {
  expect(targetsOf(worker({}))).toEqual({ Cpu: 60 });
  const template = worker({ scaleOn: [Scaling.onMemoryPercent(70)] });
  expect(targetsOf(template)).toEqual({ Memory: 70 });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    TargetTrackingScalingPolicyConfiguration: Match.objectLike({ PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageMemoryUtilization' } }),
  });
});

test('several make the service scale on each', () => {
  // GIVEN
  const { stack, vpc, cluster } = createCluster();
  const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...BOUNDS, scaleOn: [Scaling.onCpuPercent(50), Scaling.onRequestsPerMinute(200)] });

  // WHEN
  new PublicIngress(stack, 'Ingress', { vpc }).addRoute('Api', { target: api });

  // THEN
  expect(targetsOf(Template.fromStack(stack))).toEqual({ 'Cpu': 50, 'Requests-Api': 200 });
});

test('an API that scales on CPU alone has no policy for its routes', () => {
  const { stack, vpc, cluster } = createCluster();
  const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...BOUNDS, scaleOn: [Scaling.onCpuPercent(50)] });
  new PublicIngress(stack, 'Ingress', { vpc }).addRoute('Api', { target: api });
  expect(targetsOf(Template.fromStack(stack))).toEqual({ Cpu: 50 });
});

test('with a fixed number of tasks nothing scales', () => {
  const template = worker({ maxTasks: 1, scaleOn: [Scaling.onMemoryPercent(70)] });
  template.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 1 });
});

describe('the backlog of a queue', () => {
  const sqsQuery = (id: string, name: string) => ({
    Id: id,
    ReturnData: false,
    MetricStat: {
      Stat: 'Average',
      Metric: { Namespace: 'AWS/SQS', MetricName: name, Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Jobs'), 'QueueName'] } }] },
    },
  });

  test('is tracked by what waits, what is in work, and the tasks that report', () => {
    // GIVEN
    const backend = createCluster();
    const queue = new sqs.Queue(backend.stack, 'Jobs');

    // WHEN
    const template = worker({ minTasks: 0, scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 20 })] }, backend);

    // THEN
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyName: 'Backlog-Jobs',
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        TargetValue: 20,
        CustomizedMetricSpecification: {
          Metrics: [
            sqsQuery('waiting', 'ApproximateNumberOfMessagesVisible'),
            sqsQuery('working', 'ApproximateNumberOfMessagesNotVisible'),
            {
              Id: 'reports',
              ReturnData: false,
              MetricStat: {
                Stat: 'SampleCount',
                Metric: {
                  Namespace: 'AWS/ECS',
                  MetricName: 'CPUUtilization',
                  Dimensions: [{ Name: 'ClusterName', Value: { Ref: Match.stringLikeRegexp('^Cluster') } }, { Name: 'ServiceName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^WorkerService'), 'Name'] } }],
                },
              },
            },
            { Id: 'running', Expression: 'FILL(reports, 0)', ReturnData: false },
            { Id: 'tasks', Expression: 'IF(running < 1, 1, running)', ReturnData: false },
            { Id: 'load', Expression: 'waiting / tasks', ReturnData: false },
            { Id: 'held', Expression: '(waiting + FILL(working, 0)) / tasks', ReturnData: false },
            { Id: 'kept', Expression: 'IF(tasks < 11, (tasks - 1.1) / tasks, 0.89) * 20', ReturnData: false },
            {
              Id: 'backlog',
              Expression: 'IF(running < 1, IF(waiting > 0, 20 + 1, 0), IF(load > 20, load, IF(held > 20, 20, IF(held > kept, held, IF(held > 0, kept, 0)))))',
              Label: 'Messages for each task',
              ReturnData: true,
            },
          ],
        },
      }),
    });
    Annotations.fromStack(backend.stack).hasNoWarning('*', Match.stringLikeRegexp('scaleFromZero'));
  });

  test('may be of two queues, of an imported one, and known only at deployment', () => {
    const backend = createCluster();
    const queues = [new sqs.Queue(backend.stack, 'Jobs'), sqs.Queue.fromQueueArn(backend.stack, 'Other', 'arn:aws:sqs:eu-central-1:111111111111:other')];
    const template = worker({ scaleOn: queues.map((queue) => Scaling.onQueueBacklog({ queue, messagesPerTask: Token.asNumber({ Ref: 'PerTask' }) })) }, backend);
    expect(targetsOf(template)).toEqual({ 'Backlog-Jobs': { Ref: 'PerTask' }, 'Backlog-Other': { Ref: 'PerTask' } });
    expect(JSON.stringify(template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy'))).toContain('["IF(running < 1, IF(waiting > 0, ",{"Ref":"PerTask"}," + 1, 0)');
  });

  test('fails for a queue in a stack that depends on that of the worker', () => {
    // GIVEN
    const app = developmentApp();
    const [services, queues] = ['Services', 'Queues'].map((id) => new Stack(app, id));
    const cluster = new BackendCluster(services, 'Cluster', { vpc: createVpc(services) });
    queues.addStackDependency(services);
    const queue = new sqs.Queue(queues, 'Jobs');

    // THEN
    expect(() => new FargateWorker(services, 'Worker', { cluster, image: IMAGE, ...BOUNDS, scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 1 })] })).toThrow(/Services depend on their queues, never the reverse/);
  });
});

describe('schedules', () => {
  test('change the bounds in their time zone, also of a fixed number of tasks', () => {
    // GIVEN
    const hour = (value: string) => appscaling.Schedule.cron({ hour: value, minute: '0' });

    // WHEN
    const template = worker({
      minTasks: 1,
      maxTasks: 1,
      scaleOn: [
        Scaling.onSchedule('Morning', { schedule: hour('8'), minTasks: 2, maxTasks: 4, timeZone: TimeZone.EUROPE_BERLIN }),
        Scaling.onSchedule('Night', { schedule: hour('20'), minTasks: 0 }),
      ],
    });

    // THEN
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 1,
      MaxCapacity: 1,
      ScheduledActions: [
        { ScheduledActionName: 'Morning', Schedule: 'cron(0 8 * * ? *)', Timezone: 'Europe/Berlin', ScalableTargetAction: { MinCapacity: 2, MaxCapacity: 4 } },
        { ScheduledActionName: 'Night', Schedule: 'cron(0 20 * * ? *)', Timezone: 'Etc/UTC', ScalableTargetAction: { MinCapacity: 0 } },
      ],
    });
    template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: Match.absent() });
  });
});

describe('warnings', () => {
  const at = appscaling.Schedule.rate(Duration.days(1));
  const night = (bounds: Partial<ScheduledBoundsOptions>) => Scaling.onSchedule('Night', { schedule: at, ...bounds });
  const day = (bounds: Partial<ScheduledBoundsOptions>) => Scaling.onSchedule('Day', { schedule: at, ...bounds });
  const token = Token.asNumber({ Ref: 'Tasks' });

  /** Ids of the warnings about a worker with a queue. */
  function warningsOf(props: (queue: sqs.IQueue) => Partial<FargateWorkerProps>): string[] {
    const { stack, cluster } = createCluster();
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, ...props(new sqs.Queue(stack, 'Jobs')) });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).flatMap(({ entry }) => /private-backend:((?:Service|Scaling)\.\w+)/.exec(String(entry.data))?.[1] ?? []);
  }

  const backlog = (queue: sqs.IQueue) => Scaling.onQueueBacklog({ queue, messagesPerTask: 20 });

  test.each<[string, string, (queue: sqs.IQueue) => Partial<FargateWorkerProps>]>([
    ['scaling between equal numbers', 'Service.scaleOnFixed', () => ({ minTasks: 3, maxTasks: 3, scaleOn: [Scaling.onCpuPercent(50)] })],
    ['scaling between the numbers of the development posture', 'Service.scaleOnFixed', (queue) => ({ scaleOn: [backlog(queue)] })],
    ['scaling between a number and itself that is known only in the deployment', 'Service.scaleOnFixed', () => ({ minTasks: token, maxTasks: token, scaleOn: [Scaling.onCpuPercent(50)] })],
    ['CPU use from zero', 'Service.scaleFromZero', () => ({ minTasks: 0, maxTasks: 5 })],
    ['a schedule from zero that sets the most alone', 'Service.scaleFromZero', () => ({ minTasks: 0, maxTasks: 5, scaleOn: [Scaling.onCpuPercent(50), day({ maxTasks: 9 })] })],
    ['CPU use beside a queue, to zero', 'Scaling.keepsLastTask', (queue) => ({ minTasks: 0, maxTasks: 5, scaleOn: [Scaling.onCpuPercent(50), backlog(queue)] })],
    ['memory beside a queue, to zero', 'Scaling.keepsLastTask', (queue) => ({ minTasks: 0, maxTasks: 5, scaleOn: [backlog(queue), Scaling.onMemoryPercent(50)] })],
    ['a pause without an end', 'Scaling.neverResumes', () => ({ minTasks: 1, maxTasks: 5, scaleOn: [Scaling.onCpuPercent(50), night({ minTasks: 0, maxTasks: 0 })] })],
    ['a pause that ends with the most alone, where only CPU use could start a task', 'Scaling.neverResumes', () => ({ minTasks: 1, maxTasks: 5, scaleOn: [Scaling.onCpuPercent(50), night({ minTasks: 0, maxTasks: 0 }), day({ maxTasks: 5 })] })],
    ['a pause of a queue without an end', 'Scaling.neverResumes', (queue) => ({ minTasks: 0, maxTasks: 5, scaleOn: [backlog(queue), night({ maxTasks: 0 })] })],
  ])('speak of %s', (_what, id, props) => {
    expect(warningsOf(props)).toEqual([id]);
  });

  test.each<[string, (queue: sqs.IQueue) => Partial<FargateWorkerProps>]>([
    ['a fixed number of tasks', () => ({ minTasks: 3, maxTasks: 3 })],
    ['a service that is paused on purpose', (queue) => ({ minTasks: 0, maxTasks: 0, scaleOn: [backlog(queue), Scaling.onCpuPercent(50)] })],
    ['a schedule of a fixed number', () => ({ minTasks: 1, maxTasks: 1, scaleOn: [night({ minTasks: 0, maxTasks: 0 }), day({ minTasks: 1, maxTasks: 1 })] })],
    ['scaling that a schedule makes room for', () => ({ minTasks: 1, maxTasks: 1, scaleOn: [Scaling.onCpuPercent(50), day({ maxTasks: 5 })] })],
    ['bounds that are known only in the deployment', () => ({ minTasks: token, maxTasks: 5, scaleOn: [Scaling.onCpuPercent(50)] })],
    ['a queue from zero', (queue) => ({ minTasks: 0, maxTasks: 5, scaleOn: [backlog(queue)] })],
    ['a pause of a queue that ends', (queue) => ({ minTasks: 0, maxTasks: 5, scaleOn: [backlog(queue), night({ maxTasks: 0 }), day({ maxTasks: 5 })] })],
    ['a pause that ends at a number known only in the deployment', () => ({ minTasks: 1, maxTasks: 5, scaleOn: [Scaling.onCpuPercent(50), night({ minTasks: 0, maxTasks: 0 }), day({ minTasks: token, maxTasks: 5 })] })],
    ['CPU use beside a queue that keeps one task', (queue) => ({ minTasks: 1, maxTasks: 5, scaleOn: [backlog(queue), Scaling.onCpuPercent(50)] })],
  ])('do not speak of %s', (_what, props) => {
    expect(warningsOf(props)).toEqual([]);
  });

  test('of equal numbers name the posture that set them, and let the app be synthesised', () => {
    const { stack, cluster } = createCluster();
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, scaleOn: [Scaling.onCpuPercent(50)] });
    Annotations.fromStack(stack).hasWarning('/Backend/Worker', Match.stringLikeRegexp('`scaleOn` changes nothing.*are both 1, the default of the development posture'));
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });
});

test('warns about a service that stays at zero', () => {
  const backend = createCluster();
  worker({ minTasks: 0 }, backend);
  Annotations.fromStack(backend.stack).hasWarning('/Backend/Worker', Match.stringLikeRegexp('stays there.*Service.scaleFromZero'));
});

describe('errors', () => {
  const schedule = appscaling.Schedule.cron({ hour: '8' });

  test.each<[string, Partial<FargateApiProps>, RegExp]>([
    ['no percent', { scaleOn: [Scaling.onCpuPercent(0)] }, /`Scaling.onCpuPercent` must be a whole number from 1 to 100, got 0/],
    ['more than all', { scaleOn: [Scaling.onMemoryPercent(101)] }, /`Scaling.onMemoryPercent` must.*got 101/],
    ['no requests', { scaleOn: [Scaling.onRequestsPerMinute(0)] }, /`Scaling.onRequestsPerMinute` must be a whole number of at least 1, got 0/],
    ['the same twice', { scaleOn: [Scaling.onCpuPercent(50), Scaling.onCpuPercent(60)] }, /`scaleOn` has `Scaling.onCpuPercent` twice/],
    ['one schedule twice', { scaleOn: [1, 2].map((minTasks) => Scaling.onSchedule('Day', { schedule, minTasks })) }, /`scaleOn` has the schedule 'Day' twice/],
    ['nothing', { scaleOn: [] }, /`scaleOn` is empty/],
    ['a schedule that changes nothing', { scaleOn: [Scaling.onSchedule('Day', { schedule })] }, /The schedule 'Day' has neither `minTasks` nor `maxTasks`/],
    ['a schedule of less than nothing', { scaleOn: [Scaling.onSchedule('Day', { schedule, minTasks: -1 })] }, /`minTasks` of the schedule 'Day' must be a whole number from 0 to 5000, got -1/],
    ['a schedule that leaves the least above the most', { scaleOn: [Scaling.onSchedule('Night', { schedule, maxTasks: 0 })] }, /The schedule 'Night' sets `maxTasks` \(0\) and keeps `minTasks` \(1\) of the service.*Set both/],
    ['a schedule that leaves the most below the least', { scaleOn: [Scaling.onSchedule('Day', { schedule, minTasks: 6 })] }, /The schedule 'Day' sets `minTasks` \(6\) and keeps `maxTasks` \(5\)/],
    ['a schedule of five fields', { scaleOn: [Scaling.onSchedule('Day', { schedule: appscaling.Schedule.expression('cron(0 8 * * *)'), minTasks: 2 })] }, /The cron expression of `schedule` of 'Day' must have six fields.*'cron\(0 8 \* \* \? \*\)'/],
    ['a schedule in no time zone', { scaleOn: [Scaling.onSchedule('Day', { schedule, minTasks: 2, timeZone: TimeZone.of('Europe/Berln') })] }, /The time zone of `schedule` of 'Day'.*such as 'Europe\/Berlin', got 'Europe\/Berln'/],
    ['a schedule the wrong way round', { scaleOn: [Scaling.onSchedule('Day', { schedule, minTasks: 3, maxTasks: 2 })] }, /`minTasks` \(3\) of the schedule 'Day' is greater than its `maxTasks` \(2\)/],
  ])('fails for %s', (_what, props, message) => {
    const { stack, cluster } = createCluster();
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...BOUNDS, ...props })).toThrow(message);
  });

  test('fails for requests of a worker, and a backlog of no messages', () => {
    const backend = createCluster();
    const queue = new sqs.Queue(backend.stack, 'Jobs');
    expect(() => worker({ scaleOn: [Scaling.onRequestsPerMinute(10)] })).toThrow(/A `FargateWorker` does not receive requests to scale on/);
    expect(() => worker({ scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 0 })] }, backend)).toThrow(/`messagesPerTask` must be more than 0, got 0/);
  });
});
