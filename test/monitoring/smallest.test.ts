import { CfnParameter, Size, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { sequence } from './alarm-rows';
import { simulate } from './alarm-simulator';
import { alarmsOf, monitor } from './monitoring-fixtures';
import {
  BackendAlarm, type BackendMonitoring, CacheCapacity, CacheEviction, FargateApi, type FargateApiProps, FargateWorker, type MonitorServiceOptions, PemFile, PostgresCapacity, PrivatePostgres, type PrivatePostgresProps, PublicIngress,
  RedisCache, type RedisCacheProps, Scaling,
} from '../../src';
import type { IMonitoredService } from '../../src/binding';
import { createVpc, IMAGE, productionApp } from '../fargate/fixture';

const caCertificates = PemFile.fromText('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----');

function watched(watch: (monitoring: BackendMonitoring, stack: Stack) => void) {
  const { stack, template } = monitor(productionApp(), {}, watch);
  return { stack, template, sections: Object.fromEntries(Object.entries(alarmsOf(template)).map(([key, alarm]) => [key.split(' ')[1], alarm])) };
}

describe('a database', () => {
  const sectionsOf = (props: Partial<PrivatePostgresProps>) => watched((monitoring, stack) => monitoring.monitorPostgres(new PrivatePostgres(stack, 'Postgres', { vpc: createVpc(stack), caCertificates, ...props }))).sections;
  const instance = (type: string) => PostgresCapacity.instance(new ec2.InstanceType(type));

  test.each<[string, PostgresCapacity, number]>([
    ['the smallest class, of which little more than a tenth is free', instance('t4g.micro'), 51.2],
    ['a small one', instance('t4g.small'), 102.4],
    ['a medium one', instance('t4g.medium'), 128],
    ['a large one', instance('r7g.16xlarge'), 128],
    ['a class that nobody here knows', instance('x9z.large'), 128],
    ['the smallest serverless cluster', PostgresCapacity.serverless({ min: 0.5, max: 1 }), 102.4],
    ['a serverless cluster', PostgresCapacity.serverless({ min: 0.5, max: 64 }), 128],
  ])('of %s has an alarm on free memory that is not always on', (_what, capacity, mebibytes) => {
    expect(sectionsOf({ capacity })['database-memory'].Threshold).toBe(Math.floor(mebibytes * 1024 ** 2));
  });

  test('whose storage grows by itself is told only where RDS did not add any at 10 %', () => {
    expect(sectionsOf({ allocatedStorage: Size.gibibytes(20) })['database-storage'].Threshold).toBe(Size.gibibytes(1).toBytes());
  });

  test.each<[string, PostgresCapacity, boolean]>([
    ['that may pause has no alarm on being gone', PostgresCapacity.serverless({ min: 0, max: 2 }), false],
    ['that never pauses has one', PostgresCapacity.serverless({ min: 0.5, max: 2 }), true],
  ])('%s', (_what, capacity, expected) => {
    expect('database-gone' in sectionsOf({ capacity })).toBe(expected);
  });

  test('of which only the deployment knows whether it pauses has none either', () => {
    const { sections } = watched((monitoring, stack) => {
      const min = new CfnParameter(stack, 'Min', { type: 'Number' }).valueAsNumber;
      monitoring.monitorPostgres(new PrivatePostgres(stack, 'Postgres', { vpc: createVpc(stack), caCertificates, capacity: PostgresCapacity.serverless({ min, max: 2 }) }));
    });
    expect(Object.keys(sections)).not.toContain('database-gone');
  });

  test('that is imported has the same alarm on being gone', () => {
    const { sections } = watched((monitoring, stack) => monitoring.monitorPostgres(PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Legacy', {
      vpc: createVpc(stack),
      endpoint: 'db.example.com',
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')],
      adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Admin', 'admin'),
      caCertificates,
      clusterIdentifier: 'legacy',
    })));
    expect(simulate(sections['database-gone'], sequence([5, 5], [5, undefined])).told).toEqual(['OK', 'ALARM']);
  });
});

describe('a cache', () => {
  const kinds = (props: Partial<RedisCacheProps>) => Object.keys(watched((monitoring, stack) => monitoring.monitorCache(new RedisCache(stack, 'Cache', { vpc: createVpc(stack), ...props }))).sections);

  test.each<[string, Partial<RedisCacheProps>, boolean]>([
    ['that keeps its keys has an alarm on full memory', { eviction: CacheEviction.NO_EVICTION }, true],
    ['that drops what expires has one', { eviction: CacheEviction.VOLATILE_LRU }, true],
    ['that drops any key has none, because it is meant to be full', { eviction: CacheEviction.ALL_KEYS_LRU }, false],
    ['that moves keys to a disk has none', { capacity: CacheCapacity.node({ instanceType: new ec2.InstanceType('r6gd.xlarge') }) }, false],
  ])('%s', (_what, props, expected) => {
    expect(kinds(props).includes('cache-memory')).toBe(expected);
  });
});

describe('the least number of tasks', () => {
  const watchApi = (props: (stack: Stack) => Partial<FargateApiProps>, options?: MonitorServiceOptions) => watched((monitoring, stack) => {
    const vpc = createVpc(stack);
    const api = new FargateApi(stack, 'Api', { cluster: new Cluster(stack, 'Cluster', { vpc }), image: IMAGE, maxTasks: 10, ...props(stack) });
    const ingress = new PublicIngress(stack, 'Ingress', { vpc });
    ingress.addRoute('Api', { target: api });
    monitoring.monitorService(api, options);
    monitoring.monitorIngress(ingress);
  });
  const parameter = (stack: Stack) => new CfnParameter(stack, 'Least', { type: 'Number' }).valueAsNumber;

  test.each(['service-tasks', 'route-empty'])('may be known only at deployment, and 0 then: %s', (section) => {
    const { template, sections: { [section]: alarm } } = watchApi((stack) => ({ minTasks: parameter(stack) }));
    expect(alarm).toMatchObject({ Threshold: { Ref: 'Least' }, TreatMissingData: 'missing' });
    const told = (Threshold: number, ...parts: Array<readonly [number, number | undefined]>) => simulate({ ...alarm, Threshold }, sequence(...parts)).told;
    expect(told(0, [20, undefined])).toEqual(['OK']);
    expect(told(2, [20, 2], [20, undefined])).toEqual(['OK', 'ALARM']);
    // Neither a text nor a graph has the number that stands for it here.
    expect(JSON.stringify(template.toJSON())).not.toContain('e+2');
  });

  const night = (minTasks: number) => Scaling.onSchedule('Night', { schedule: Schedule.cron({ hour: '20' }), minTasks });

  test('of a schedule may make it unknown, which is a warning', () => {
    const { stack, sections } = watchApi((home) => ({ minTasks: 1, scaleOn: [night(parameter(home))] }));
    expect(Object.keys(sections)).not.toContain('service-tasks');
    // A route has at least one target as long as nothing says that it may have none.
    expect(Object.keys(sections)).toContain('route-empty');
    Annotations.fromStack(stack).hasWarning('/Monitoring/Api', Match.stringLikeRegexp("minimum number of tasks of 'Monitoring/Api' isn't known.*Set `minTasks`.*or `exclude: .BackendAlarm.SERVICE_TASKS"));
  });

  test('can be said, or the alarm left out, without a warning', () => {
    const said = watchApi((home) => ({ minTasks: 1, scaleOn: [night(parameter(home))] }), { minTasks: 3 });
    expect(said.sections['service-tasks'].Threshold).toBe(3);
    const excluded = watchApi((home) => ({ minTasks: 1, scaleOn: [night(parameter(home))] }), { exclude: [BackendAlarm.SERVICE_TASKS] });
    [said, excluded].forEach(({ stack }) => Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('minimum number of tasks')));
  });

  test.each([0, 1.5, -1])('fails for %p', (minTasks) => {
    expect(() => watchApi(() => ({}), { minTasks })).toThrow(/`minTasks` must be a whole number of at least 1/);
  });

  test('of a service of somebody else is not known, and its cluster may not be either', () => {
    const { stack, sections, template } = watched((monitoring, home) => {
      const worker = new FargateWorker(home, 'Worker', { cluster: new Cluster(home, 'Cluster', { vpc: createVpc(home) }), image: IMAGE });
      const { serviceName, serviceArn } = worker.service;
      const foreign = { node: worker.node, service: { serviceName, serviceArn }, metricCpuUtilization: worker.metricCpuUtilization.bind(worker), metricMemoryUtilization: worker.metricMemoryUtilization.bind(worker) };
      monitoring.monitorService(foreign as unknown as IMonitoredService);
    });
    expect(Object.keys(sections)).toEqual(['service-cpu', 'service-memory']);
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('minimum number of tasks'));
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { detail: Match.objectLike({ group: Match.anyValue(), clusterArn: Match.absent() }) } });
  });
});

describe('an alarm on an empty route', () => {
  test('is made after the service, which has no targets before', () => {
    const { template } = watched((monitoring, stack) => {
      const vpc = createVpc(stack);
      const ingress = new PublicIngress(stack, 'Ingress', { vpc });
      ingress.addRoute('Api', { target: new FargateApi(stack, 'Api', { cluster: new Cluster(stack, 'Cluster', { vpc }), image: IMAGE }) });
      monitoring.monitorIngress(ingress);
    });
    template.hasResource('AWS::CloudWatch::Alarm', { Properties: Match.objectLike({ MetricName: 'HealthyHostCount' }), DependsOn: Match.arrayWith([Match.stringLikeRegexp('^ApiService')]) });
  });
});

describe('a dead-letter queue', () => {
  const metrics = (template: Template) => Object.values(alarmsOf(template)).map(({ AlarmDescription }) => AlarmDescription.split('#')[1]);

  test('of a queue is watched with it', () => {
    const { sections } = watched((monitoring, stack) => monitoring.monitorQueue(new sqs.Queue(stack, 'Work', { deadLetterQueue: { queue: new sqs.Queue(stack, 'Dead'), maxReceiveCount: 3 } }), { minDeadLetters: 10 }));
    expect(sections['queue-dead-letters']).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum', Threshold: 10, Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [expect.stringMatching(/^Dead/) as string, 'QueueName'] } }] });
  });

  test('of an imported queue can be said', () => {
    const queue = (stack: Stack, name: string) => sqs.Queue.fromQueueArn(stack, name, stack.formatArn({ service: 'sqs', resource: name }));
    expect(metrics(watched((monitoring, stack) => monitoring.monitorQueue(queue(stack, 'work'))).template)).toEqual(['queue-age']);
    expect(metrics(watched((monitoring, stack) => monitoring.monitorQueue(queue(stack, 'work'), { deadLetterQueue: queue(stack, 'dead') })).template)).toEqual(['queue-age', 'queue-dead-letters']);
  });

  test('fails for a number that is none', () => {
    expect(() => watched((monitoring, stack) => monitoring.monitorQueue(new sqs.Queue(stack, 'Work'), { minDeadLetters: 0 }))).toThrow(/`minDeadLetters` must be a whole number of at least 1/);
  });
});
