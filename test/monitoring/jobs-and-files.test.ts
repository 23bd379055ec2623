import { Duration, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ThroughputMode } from 'aws-cdk-lib/aws-efs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { alarmsOf, createStacks, monitor } from './monitoring-fixtures';
import { BackendAlarm, BackendMonitoring, PrivateFileSystem, ScheduledJob, type MonitorFileSystemOptions, type MonitorJobOptions } from '../../src';
import { createCluster, createVpc, developmentApp, IMAGE, productionApp } from '../fargate/fixture';

describe('a job', () => {
  function watch(options?: MonitorJobOptions): { template: Template; backend: Stack } {
    const app = productionApp();
    const { stack: backend, cluster } = createCluster(app);
    const job = new ScheduledJob(backend, 'Job', { cluster, image: IMAGE, schedule: ScheduleExpression.rate(Duration.days(1)) });
    const { template } = monitor(app, undefined, (monitoring) => monitoring.monitorJob(job, options));
    return { template, backend };
  }

  test('has an alarm on runs that could not be started', () => {
    const { template } = watch();
    expect(alarmsOf(template)).toEqual({
      'Backend/Job job-not-started': expect.objectContaining({
        MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum', Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1, TreatMissingData: 'notBreaching', Period: 300,
      }) as unknown,
    });
  });

  test('tells of a run that failed', () => {
    const { template } = watch();
    template.hasResourceProperties('AWS::Events::Rule', {
      Description: Match.stringLikeRegexp('^Backend/Job: A run of a job has failed\\. Runbook: .*#job-failed$'),
      EventPattern: {
        'source': ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        'detail': {
          clusterArn: [Match.anyValue()],
          group: [Match.anyValue()],
          lastStatus: ['STOPPED'],
          $or: [{ containers: { name: ['Job'], exitCode: [{ 'anything-but': 0 }] } }, { stopCode: ['TaskFailedToStart'] }],
        },
      },
    });
  });

  test('has thresholds and alarms as asked for', () => {
    expect(Object.values(alarmsOf(watch({ minNotStarted: 5 }).template)).map(({ Threshold }) => Threshold)).toEqual([5]);
    const { template } = watch({ exclude: [BackendAlarm.JOB_NOT_STARTED, BackendAlarm.JOB_FAILED] });
    expect(alarmsOf(template)).toEqual({});
    template.resourceCountIs('AWS::Events::Rule', 0);
  });

  test('is watched by its stack never', () => {
    const { backend } = watch();
    expect(backend.dependencies).toEqual([]);
  });

  test.each([0, 1.5, -1])('fails for minNotStarted %p', (minNotStarted) => {
    expect(() => watch({ minNotStarted })).toThrow(/`minNotStarted` must be a whole number of at least 1/);
  });
});

describe('a file system', () => {
  function watch(throughputMode?: ThroughputMode, options?: MonitorFileSystemOptions): Template {
    return monitor(productionApp(), undefined, (monitoring, stack) => monitoring.monitorFileSystem(new PrivateFileSystem(stack, 'Files', { vpc: createVpc(stack), throughputMode }), options)).template;
  }

  const imported = (options?: MonitorFileSystemOptions) => monitor(productionApp(), undefined, (monitoring, stack) => monitoring.monitorFileSystem(
    PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { fileSystemId: 'fs-0123456789abcdef0', securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')] }), options,
  )).template;

  const graphs = (template: Template) => [...new Set(JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard')).match(/PercentIOLimit|BurstCreditBalance/g))];

  test('has an alarm on its operations, and with elastic throughput no other', () => {
    const template = watch();
    expect(alarmsOf(template)).toEqual({
      'Monitoring/Files file-system-gone': expect.objectContaining({ MetricName: 'StorageBytes', Statistic: 'SampleCount', Period: 900, TreatMissingData: 'missing', InsufficientDataActions: [{ Ref: 'MonitoringTopic2EDA8B02' }] }) as unknown,
      'Monitoring/Files file-system-io': expect.objectContaining({ MetricName: 'PercentIOLimit', Statistic: 'Average', Threshold: 90, EvaluationPeriods: 3, TreatMissingData: 'notBreaching' }) as unknown,
    });
    expect(graphs(template)).toEqual(['PercentIOLimit']);
  });

  test('has one on its burst credits with bursting throughput', () => {
    expect(alarmsOf(watch(ThroughputMode.BURSTING))['Monitoring/Files file-system-credits']).toEqual(expect.objectContaining({
      MetricName: 'BurstCreditBalance', Statistic: 'Minimum', Threshold: Size.gibibytes(200).toBytes(), ComparisonOperator: 'LessThanThreshold', EvaluationPeriods: 3,
    }));
  });

  test('has thresholds as asked for', () => {
    const alarms = alarmsOf(watch(ThroughputMode.BURSTING, { ioPercent: 75, minBurstCredits: Size.gibibytes(1) }));
    expect(Object.values(alarms).map(({ Threshold }) => Threshold)).toEqual([1, 75, 1_073_741_824]);
  });

  test('that is imported has a graph of credits, and an alarm once somebody says from when on', () => {
    expect(Object.keys(alarmsOf(imported()))).toEqual(['Monitoring/Files file-system-gone', 'Monitoring/Files file-system-io']);
    expect(graphs(imported())).toEqual(['PercentIOLimit', 'BurstCreditBalance']);
    expect(Object.keys(alarmsOf(imported({ minBurstCredits: Size.gibibytes(50) })))).toEqual(['Monitoring/Files file-system-gone', 'Monitoring/Files file-system-io', 'Monitoring/Files file-system-credits']);
  });

  test.each<[string, ThroughputMode, MonitorFileSystemOptions, RegExp]>([
    ['too many percent', ThroughputMode.ELASTIC, { ioPercent: 101 }, /`ioPercent` must be from 1 to 100 percent/],
    ['no credits', ThroughputMode.BURSTING, { minBurstCredits: Size.bytes(0) }, /`minBurstCredits` must be more than 0 bytes/],
    ['credits of elastic throughput', ThroughputMode.ELASTIC, { minBurstCredits: Size.gibibytes(1) }, /`minBurstCredits` can't be watched on 'Monitoring\/Files', because elastic throughput uses no burst credits\./],
  ])('fails for %s', (_name, mode, options, message) => {
    expect(() => watch(mode, options)).toThrow(message);
  });
});

test('monitor() takes both', () => {
  const { watched, stack } = createStacks();
  const monitoring = new BackendMonitoring(stack, 'Monitoring');
  monitoring.monitor(watched.job);
  monitoring.monitor(watched.files);
  expect(Object.keys(alarmsOf(Template.fromStack(stack)))).toEqual(['Backend/Job job-not-started', 'Backend/Files file-system-gone', 'Backend/Files file-system-io', 'Backend/Files file-system-credits']);
});

test('in development nothing is made for either', () => {
  const { watched, stack } = createStacks(developmentApp());
  const monitoring = new BackendMonitoring(stack, 'Monitoring');
  monitoring.monitorJob(watched.job);
  monitoring.monitorFileSystem(watched.files);
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 0);
});
