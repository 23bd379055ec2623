import { Duration, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { alarmsOf, createBackend, createStacks, monitor, type AlarmProperties, type Watched, watchAll } from './monitoring-fixtures';
import { BackendAlarm, BackendMonitoring, CacheCapacity, ServiceDeployment, FargateApi, PostgresCapacity, PrivatePostgres, PublicIngress, RedisCache, type PrivatePostgresAttributes, PemFile } from '../../src';
import { IMAGE, createCluster, createVpc, productionApp } from '../fargate/fixture';

const CA_BUNDLE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
const OVER = 'GreaterThanOrEqualToThreshold';
const UNDER = 'LessThanThreshold';

/** Alarms of a monitoring that watches what `watch` says, of one of each kind. */
function alarms(watch: (monitoring: BackendMonitoring, watched: Watched) => void): Record<string, AlarmProperties> {
  const { stack, watched } = createStacks();
  watch(new BackendMonitoring(stack, 'Monitoring'), watched);
  return alarmsOf(Template.fromStack(stack));
}

function only(found: Record<string, AlarmProperties>): AlarmProperties {
  const [alarm, ...others] = Object.values(found);
  expect(others).toEqual([]);
  return alarm;
}

function sectionsOf(found: Record<string, AlarmProperties>): string[] {
  return Object.keys(found).map((key) => key.split(' ')[1]);
}

describe('each alarm', () => {
  const all = alarms(watchAll);

  test.each<[string, string, string, number, string, [number, number, number], string]>([
    ['Backend/Api service-cpu', 'CPUUtilization', OVER, 90, 'The tasks have used 90 % of their CPU for 15 minutes', [300, 3, 3], 'notBreaching'],
    ['Backend/Api service-memory', 'MemoryUtilization', OVER, 90, 'The tasks have used 90 % of their memory for 15 minutes', [300, 3, 3], 'notBreaching'],
    ['Backend/Worker service-cpu', 'CPUUtilization', OVER, 90, 'The tasks have used 90 % of their CPU for 15 minutes', [300, 3, 3], 'notBreaching'],
    ['Backend/Ingress route-latency', 'TargetResponseTime', OVER, 1, 'One of 100 requests of route Orders has taken 1 s or more, for 15 minutes', [300, 3, 3], 'notBreaching'],
    ['Backend/Ingress route-unhealthy', 'UnHealthyHostCount', OVER, 1, 'A target of route Orders has failed its health check for 5 minutes', [60, 5, 5], 'notBreaching'],
    ['Backend/Postgres database-cpu', 'CPUUtilization', OVER, 90, 'The server has used 90 % of its processors for 15 minutes', [300, 3, 3], 'missing'],
    ['Backend/Postgres database-memory', 'FreeableMemory', UNDER, 134217728, 'The server has had less than 128 MiB of free memory for 15 minutes', [300, 3, 3], 'missing'],
    ['Backend/Postgres database-connections', 'DatabaseConnections', OVER, 1297, 'The server has had 1297 open connections, 80 % of the 1622 that it accepts, in each of 2 periods of 5 minutes', [300, 2, 2], 'missing'],
    ['Backend/Postgres database-storage', 'FreeStorageSpace', UNDER, 5368709120, 'The server has less than 5 GiB of free storage, 5 % of what it was made with', [300, 1, 1], 'missing'],
    ['Backend/Postgres database-gone', 'CPUUtilization', UNDER, 1, 'The server has reported nothing for 15 minutes, so it is stopped or deleted', [300, 3, 3], 'breaching'],
    ['Backend/Api service-tasks', 'CPUUtilization', UNDER, 2, 'Fewer than 2 tasks of the service have run, for 10 minutes', [60, 10, 10], 'breaching'],
    ['Backend/Ingress route-empty', 'HealthyHostCount', UNDER, 1, 'Route Orders has had no healthy target for 5 minutes', [60, 5, 5], 'breaching'],
    ['Backend/Queue queue-age', 'ApproximateAgeOfOldestMessage', OVER, 300, 'The oldest message has been waiting for 300 s or more, for 5 minutes', [60, 5, 5], 'notBreaching'],
  ])('%s watches %s', (key, metric, comparison, threshold, text, [period, periods, datapoints], missing) => {
    expect(all[key]).toMatchObject({
      MetricName: metric,
      ComparisonOperator: comparison,
      Threshold: threshold,
      Period: period,
      EvaluationPeriods: periods,
      DatapointsToAlarm: datapoints,
      TreatMissingData: missing,
    });
    expect(all[key].AlarmDescription).toMatch(`${key.split(' ')[0]}: ${text}. Runbook: https://`);
  });

  test('on the latency looks at the 99th percentile, and not at a few requests', () => {
    expect(all['Backend/Ingress route-latency']).toMatchObject({ ExtendedStatistic: 'p99', EvaluateLowSampleCountPercentile: 'ignore' });
  });

  test.each([
    ['Backend/Ingress ingress-errors', 'HTTPCode_ELB_5XX_Count', 'IF((SUM([e0]) >= 5) OR (2 * SUM([e0]) > SUM([e0, FILL(r0, 0)])), 100 * SUM([e0]) / SUM([e0, FILL(r0, 0)]), 0)'],
    ['Backend/Ingress route-errors', 'HTTPCode_Target_5XX_Count', 'IF((SUM([e0]) >= 5) OR (2 * SUM([e0]) > SUM([r0])), 100 * SUM([e0]) / SUM([r0]), 0)'],
  ])('%s is the share of %s in three of 15 minutes', (key, metric, expression) => {
    const { Metrics = [], ...alarm } = all[key];
    expect(alarm).toMatchObject({ Threshold: 5, EvaluationPeriods: 15, DatapointsToAlarm: 3, TreatMissingData: 'notBreaching', ComparisonOperator: OVER });
    expect(Metrics.map(({ Expression, MetricStat }) => Expression ?? [MetricStat?.Metric.MetricName, MetricStat?.Period, MetricStat?.Stat])).toEqual([
      expression, [metric, 60, 'Sum'], ['RequestCount', 60, 'Sum'],
    ]);
  });

  test('goes to the topic, and so does its end', () => {
    expect(Object.keys(all)).toHaveLength(25);
    for (const { AlarmActions, OKActions } of Object.values(all)) {
      expect([AlarmActions, OKActions]).toEqual([[{ Ref: 'MonitoringTopic2EDA8B02' }], [{ Ref: 'MonitoringTopic2EDA8B02' }]]);
    }
  });

  test('has an id of its own that follows from what is watched', () => {
    const { stack, watched } = createStacks();
    watchAll(new BackendMonitoring(stack, 'Monitoring'), watched);
    expect(stack.node.findAll().filter(({ node }) => node.id === 'Resource').map(({ node }) => node.path)).toEqual(expect.arrayContaining([
      'Monitoring/Monitoring/Backend--Api/ServiceCpu/Resource',
      'Monitoring/Monitoring/Backend--Ingress/RouteErrors-Orders/Resource',
      'Monitoring/Monitoring/Backend--Cache/CacheMemory-Node2/Resource',
    ]));
  });
});

describe('thresholds', () => {
  test.each<[string, (monitoring: BackendMonitoring, watched: Watched) => void, { [section: string]: number }]>([
    ['a service', (monitoring, { api }) => monitoring.monitorService(api, { cpuPercent: 70, memoryPercent: 100 }), { 'service-cpu': 70, 'service-memory': 100, 'service-tasks': 2 }],
    ['an ingress', (monitoring, { ingress }) => monitoring.monitorIngress(ingress, { errorPercent: 0.5, minErrors: 20, maxLatency: Duration.millis(250) }),
      { 'ingress-errors': 0.5, 'route-errors': 0.5, 'route-latency': 0.25, 'route-unhealthy': 1, 'route-empty': 1 }],
    ['a server', (monitoring, { postgres }) => monitoring.monitorPostgres(postgres, { cpuPercent: 50, minFreeMemory: Size.gibibytes(2), maxConnections: 7, minFreeStorage: Size.gibibytes(3) }),
      { 'database-gone': 1, 'database-cpu': 50, 'database-memory': 2147483648, 'database-connections': 7, 'database-storage': 3221225472 }],
    ['a cache', (monitoring, { cache }) => monitoring.monitorCache(cache, { cpuPercent: 60, memoryPercent: 70, maxEvictions: 1 }), { 'cache-gone': 1, 'cache-cpu': 60, 'cache-memory': 70, 'cache-evictions': 1 }],
    ['a queue', (monitoring, { queue }) => monitoring.monitorQueue(queue, { maxAge: Duration.hours(1) }), { 'queue-age': 3600 }],
  ])('of %s are options', (_what, watch, thresholds) => {
    const found = alarms(watch);
    expect(Object.fromEntries(Object.entries(found).map(([key, { Threshold }]) => [key.split(' ')[1], Threshold]))).toEqual(thresholds);
  });

  test('of errors count from a number on', () => {
    const { 'Backend/Ingress route-errors': { Metrics = [] } } = alarms((monitoring, { ingress }) => monitoring.monitorIngress(ingress, { minErrors: 20 }));
    expect(Metrics[0].Expression).toContain('>= 20,');
  });

  test.each<[string, (monitoring: BackendMonitoring, watched: Watched) => void, string]>([
    ['no load', (monitoring, { api }) => monitoring.monitorService(api, { cpuPercent: 0 }), '`cpuPercent` must be from 1 to 100 percent, got 0.'],
    ['more than everything', (monitoring, { worker }) => monitoring.monitorService(worker, { memoryPercent: 101 }), '`memoryPercent` must be from 1 to 100 percent, got 101.'],
    ['a share of processors that is no number', (monitoring, { postgres }) => monitoring.monitorPostgres(postgres, { cpuPercent: NaN }), '`cpuPercent` must be from 1 to 100 percent, got NaN.'],
    ['no errors', (monitoring, { ingress }) => monitoring.monitorIngress(ingress, { errorPercent: 0 }), '`errorPercent` must be more than 0 and at most 100 percent, got 0.'],
    ['half an error', (monitoring, { ingress }) => monitoring.monitorIngress(ingress, { minErrors: 0.5 }), '`minErrors` must be a whole number of at least 1, got 0.5.'],
    ['no latency', (monitoring, { ingress }) => monitoring.monitorIngress(ingress, { maxLatency: Duration.seconds(0) }), '`maxLatency` must be longer than 0 seconds, got 0 seconds.'],
    ['no connections', (monitoring, { postgres }) => monitoring.monitorPostgres(postgres, { maxConnections: 0 }), '`maxConnections` must be a whole number of at least 1, got 0.'],
    ['no memory', (monitoring, { postgres }) => monitoring.monitorPostgres(postgres, { minFreeMemory: Size.bytes(0) }), '`minFreeMemory` must be more than 0 bytes, got 0 bytes.'],
    ['no storage', (monitoring, { postgres }) => monitoring.monitorPostgres(postgres, { minFreeStorage: Size.bytes(0) }), '`minFreeStorage` must be more than 0 bytes, got 0 bytes.'],
    ['less than one key', (monitoring, { cache }) => monitoring.monitorCache(cache, { maxEvictions: -1 }), '`maxEvictions` must be a whole number of at least 1, got -1.'],
    ['a share of memory above all', (monitoring, { cache }) => monitoring.monitorCache(cache, { memoryPercent: 900 }), '`memoryPercent` must be from 1 to 100 percent, got 900.'],
    ['no age', (monitoring, { queue }) => monitoring.monitorQueue(queue, { maxAge: Duration.millis(0) }), '`maxAge` must be longer than 0 seconds, got 0 seconds.'],
  ])('fails on %s', (_what, watch, message) => {
    expect(() => alarms(watch)).toThrow(message);
  });
});

describe('alarms that are not wanted', () => {
  test('are left out of one construct, and stay in the dashboard as graphs', () => {
    // GIVEN
    const { stack, watched } = createStacks();
    const monitoring = new BackendMonitoring(stack, 'Monitoring');

    // WHEN
    monitoring.monitorService(watched.api, { exclude: [BackendAlarm.SERVICE_CPU, BackendAlarm.SERVICE_TASKS, BackendAlarm.SERVICE_TASK_FAILED, BackendAlarm.SERVICE_DEPLOYMENT] });
    monitoring.monitorMigrations(watched.migrations, { exclude: [BackendAlarm.MIGRATION_FAILED] });

    // THEN
    const template = Template.fromStack(stack);
    expect(Object.keys(alarmsOf(template))).toEqual(['Backend/Api service-memory']);
    template.resourceCountIs('AWS::Events::Rule', 0);
    expect(JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'))).toContain('CPU (%)');
  });
});

describe('monitor()', () => {
  test('draws what each kind says of itself, as the method of the kind does', () => {
    const [any, byKind] = [
      ({ monitoring, watched: { api, ingress, postgres, cache, migrations } }: { monitoring: BackendMonitoring; watched: Watched }) => [api, ingress, postgres, cache, migrations].forEach((construct) => monitoring.monitor(construct)),
      ({ monitoring, watched: { api, ingress, postgres, cache, migrations } }: { monitoring: BackendMonitoring; watched: Watched }) => {
        monitoring.monitorService(api);
        monitoring.monitorIngress(ingress);
        monitoring.monitorPostgres(postgres);
        monitoring.monitorCache(cache);
        monitoring.monitorMigrations(migrations);
      },
    ].map((watch) => {
      const { stack, watched } = createStacks();
      watch({ monitoring: new BackendMonitoring(stack, 'Monitoring'), watched });
      return Template.fromStack(stack).toJSON() as object;
    });
    expect(any).toEqual(byKind);
  });

  test('leaves alarms out, also by a section that has no name', () => {
    const found = alarms((monitoring, { api }) => monitoring.monitor(api, { exclude: [BackendAlarm.of('service-cpu')] }));
    expect(Object.keys(found)).toEqual(['Backend/Api service-memory', 'Backend/Api service-tasks']);
  });

  test('fails for a construct that does not say what to watch', () => {
    const { stack, watched } = createStacks();
    expect(() => new BackendMonitoring(stack, 'Monitoring').monitor(watched.queue))
      .toThrow("`monitoring.monitor()` doesn't support 'Backend/Queue'. Pass a service, an ingress, a database server, a cache or migrations of this library. For a queue use `monitoring.monitorQueue(queue)`. (at 'Monitoring/Monitoring')");
  });
});

test.each(['', 'Service CPU', 'service_cpu', '-cpu', 'cpu-'])("fails on an alarm of section '%s'", (section) => {
  expect(() => BackendAlarm.of(section)).toThrow(`A section of the runbook must be lower case with hyphens, like 'service-cpu', got '${section}'. (in BackendAlarm.of())`);
});

describe('routes', () => {
  test('that are added later are watched as well', () => {
    const found = alarms((monitoring, { ingress, api }) => {
      monitoring.monitorIngress(ingress);
      ingress.addRoute('Later', { paths: ['/later'], target: api });
    });
    const texts = Object.values(found).map(({ AlarmDescription }) => AlarmDescription);
    expect(texts.filter((text) => /route Later/i.test(text))).toHaveLength(4);
  });

  test('of a service that shifts requests are watched in both target groups', () => {
    // GIVEN
    const app = productionApp();
    const { stack, vpc, cluster } = createCluster(app);
    const ingress = new PublicIngress(stack, 'Ingress', { vpc });

    // WHEN
    ingress.addRoute('Blue', { target: new FargateApi(stack, 'Api', { cluster, image: IMAGE, deployment: ServiceDeployment.blueGreen() }) });
    new BackendMonitoring(stack, 'Monitoring').monitorIngress(ingress);

    // THEN
    const found = alarmsOf(Template.fromStack(stack));
    const expressions = Object.fromEntries(Object.entries(found).map(([key, { Metrics = [] }]) => [key.split(' ')[1], Metrics[0].Expression]));
    expect(expressions).toEqual({
      'ingress-errors': 'IF((SUM([e0]) >= 5) OR (2 * SUM([e0]) > SUM([e0, FILL(r0, 0)])), 100 * SUM([e0]) / SUM([e0, FILL(r0, 0)]), 0)',
      'route-errors': 'IF((SUM([e0, e1]) >= 5) OR (2 * SUM([e0, e1]) > SUM([r0, r1])), 100 * SUM([e0, e1]) / SUM([r0, r1]), 0)',
      'route-latency': 'MAX([m0, m1])',
      'route-unhealthy': 'MAX([m0, m1])',
      'route-empty': 'MAX([m0, m1])',
    });
    expect(JSON.stringify(found['Backend/Ingress route-latency'].Metrics)).toMatch(/BlueTargetGroup.*BlueAlternateTargetGroup/);
  });
});

describe('servers', () => {
  function importServer(stack: Stack, attributes: Partial<PrivatePostgresAttributes>) {
    const vpc = createVpc(stack);
    return PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Legacy', {
      vpc,
      endpoint: 'db.example.com',
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')],
      adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Admin', 'admin'),
      caCertificates: PemFile.fromText(CA_BUNDLE),
      ...attributes,
    });
  }

  test('that grow by themselves have no alarm on storage', () => {
    const { template } = monitor(productionApp(), {}, (monitoring, stack) => {
      monitoring.monitorPostgres(new PrivatePostgres(stack, 'Postgres', { vpc: createVpc(stack), capacity: PostgresCapacity.serverless({ min: 0.5, max: 2 }), caCertificates: PemFile.fromText(CA_BUNDLE) }));
    });
    expect(sectionsOf(alarmsOf(template))).toEqual(['database-gone', 'database-cpu', 'database-memory', 'database-connections']);
  });

  test('that are imported are watched as far as their limits are known, with a warning for the rest', () => {
    const { stack, template } = monitor(productionApp(), {}, (monitoring, home) => monitoring.monitorPostgres(importServer(home, { instanceIdentifier: 'legacy' })));
    expect(sectionsOf(alarmsOf(template))).toEqual(['database-gone', 'database-cpu', 'database-memory']);
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp("number of connections that 'Monitoring/Legacy' accepts isn't known.*Set `maxConnections`, or `exclude: .BackendAlarm.DATABASE_CONNECTIONS"));
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp("storage size of 'Monitoring/Legacy' isn't known.*Set `minFreeStorage`, or `exclude: .BackendAlarm.DATABASE_STORAGE"));
  });

  test('that are imported with what they can hold are watched in full, without a warning', () => {
    const { stack, template } = monitor(productionApp(), {}, (monitoring, home) => {
      monitoring.monitorPostgres(importServer(home, { instanceIdentifier: 'legacy', maxConnections: 100 }), { minFreeStorage: Size.gibibytes(1) });
    });
    expect(alarmsOf(template)['Monitoring/Legacy database-connections'].Threshold).toBe(80);
    expect(alarmsOf(template)['Monitoring/Legacy database-storage'].Threshold).toBe(1024 ** 3);
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('isn\'t known'));
  });

  test('fails where nobody knows which server it is', () => {
    expect(() => monitor(productionApp(), {}, (monitoring, stack) => monitoring.monitorPostgres(importServer(stack, {}))))
      .toThrow('The metrics of an imported server need its identifier.');
  });
});

describe('caches', () => {
  test('have alarms for each node', () => {
    // GIVEN
    const { stack, watched } = createStacks();
    new BackendMonitoring(stack, 'Monitoring').monitorCache(watched.cache);

    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 8);
    for (const node of ['Node1', 'Node2']) {
      const ofNode = (text: string) => Match.stringLikeRegexp(`^Backend/Cache: ${node} of the cache has ${text}`);
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'EngineCPUUtilization', Threshold: 90, TreatMissingData: 'missing', AlarmDescription: ofNode('used 90 % of its engine') });
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DatabaseMemoryUsagePercentage', Threshold: 90, TreatMissingData: 'missing', AlarmDescription: ofNode('used 90 % of its memory') });
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'Evictions', Threshold: 100, TreatMissingData: 'notBreaching', AlarmDescription: ofNode('dropped 100 keys') });
    }
  });

  test('without nodes are watched as a whole', () => {
    const { template } = monitor(productionApp(), {}, (monitoring, stack) => {
      monitoring.monitorCache(new RedisCache(stack, 'Cache', { vpc: createVpc(stack), capacity: CacheCapacity.serverless() }));
    });
    expect(sectionsOf(alarmsOf(template))).toEqual(['cache-gone', 'cache-evictions', 'cache-throttled']);
    expect(alarmsOf(template)['Monitoring/Cache cache-throttled']).toMatchObject({ MetricName: 'ThrottledCmds', Threshold: 1, EvaluationPeriods: 3, TreatMissingData: 'notBreaching' });
  });

  test('that are imported are watched by the name that is known', () => {
    const { template } = monitor(productionApp(), {}, (monitoring, stack) => {
      const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')];
      monitoring.monitorCache(RedisCache.fromRedisCacheAttributes(stack, 'Old', { endpoint: 'old.example.com', securityGroups, cacheClusterId: 'old-001' }));
    });
    expect(only(Object.fromEntries(Object.entries(alarmsOf(template)).filter(([key]) => key.endsWith('cache-cpu'))))).toMatchObject({ Dimensions: [{ Name: 'CacheClusterId', Value: 'old-001' }] });
  });
});

describe('failures', () => {
  function rules(): Record<string, { Properties: Record<string, unknown> }> {
    const stack = new Stack(productionApp(), 'Backend');
    watchAll(new BackendMonitoring(stack, 'Monitoring'), createBackend(stack));
    return Template.fromStack(stack).findResources('AWS::Events::Rule') as Record<string, { Properties: Record<string, unknown> }>;
  }
  const found = Object.values(rules()).map(({ Properties }) => Properties).filter(({ Description }) => String(Description).includes('Runbook:'));
  const about = (path: string, section: string) => found.find(({ Description }) => String(Description).startsWith(`${path}:`) && String(Description).endsWith(`#${section}`)) ?? {};

  test('of a deployment are told, with the reason', () => {
    expect(about('Backend/Worker', 'service-deployment')).toMatchObject({
      State: 'ENABLED',
      EventPattern: { 'source': ['aws.ecs'], 'detail-type': ['ECS Deployment State Change'], 'resources': [{ Ref: expect.stringMatching(/^WorkerService/) as string }], 'detail': { eventName: ['SERVICE_DEPLOYMENT_FAILED'] } },
      Targets: [{
        Arn: { Ref: 'MonitoringTopic2EDA8B02' },
        InputTransformer: {
          InputPathsMap: { 'detail-reason': '$.detail.reason', 'detail-deploymentId': '$.detail.deploymentId' },
          InputTemplate: expect.stringMatching(/^"Backend\/Worker: ECS has given up a deployment.*#service-deployment \| Reason: <detail-reason> \| Deployment: <detail-deploymentId>"$/) as string,
        },
      }],
    });
  });

  test('of a migration are told, those that did not start included', () => {
    expect(about('Backend/Migrations', 'migration-failed')).toMatchObject({
      EventPattern: {
        'source': ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        'detail': {
          group: [expect.stringMatching(/^family:Backend-Migrations-/) as string],
          lastStatus: ['STOPPED'],
          $or: [{ containers: { exitCode: [{ 'anything-but': 0 }] } }, { stopCode: ['TaskFailedToStart'] }],
        },
      },
      Targets: [{ InputTransformer: { InputTemplate: { 'Fn::Join': ['', [expect.stringContaining('#migration-failed | Reason: <detail-stoppedReason> | Exit codes: <detail-containers----exitCode> | Task: <detail-taskArn> | Log: aws logs tail ') as string, { Ref: expect.stringMatching(/^MigrationsLogGroup/) as string }, ' --region ', { Ref: 'AWS::Region' }, expect.stringContaining('--log-stream-names migration/migrate/') as string]] } } }],
    });
  });

  test('are told of each job and migration once, and of each service its tasks and its deployments', () => {
    expect(found.map(({ Description }) => String(Description).split(':')[0]).sort()).toEqual(['Backend/Api', 'Backend/Api', 'Backend/Job', 'Backend/Migrations', 'Backend/Worker', 'Backend/Worker']);
  });
});
