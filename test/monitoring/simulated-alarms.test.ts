import { type App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ROWS, TELL_MISSING, requests, sequence, type Sample } from './alarm-rows';
import { simulate, type Simulation, type SimulatedAlarm } from './alarm-simulator';
import { createBackend, watchAll } from './monitoring-fixtures';
import { BackendAlarm, BackendMonitoring, CacheCapacity, FargateApi, type FargateApiProps, PemFile, PostgresCapacity, PrivatePostgres, PublicIngress, RedisCache, Scaling, ServiceDeployment } from '../../src';
import { createCluster, createVpc, developmentApp, IMAGE, productionApp } from '../fargate/fixture';
import { MonitoredCluster } from '../postgres/self-hosted/monitored-cluster';
import { allIn, buildBackend } from '../support/whole-backend';

interface Found extends SimulatedAlarm {
  readonly AlarmDescription: string;
}

/** The alarms of a stack that tell somebody, by what they say of what, with their kind. */
function alarmsIn(stack: Stack): Array<[string, BackendAlarm, Found]> {
  const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm') as Record<string, { Properties: Found }>).map(({ Properties }) => Properties);
  return alarms.filter(({ AlarmActions }) => AlarmActions !== undefined).map((alarm) => {
    const [, section = ''] = alarm.AlarmDescription.split('#');
    return [`${alarm.AlarmDescription.split('. Runbook')[0]}`, BackendAlarm.of(section), alarm];
  });
}

function everything(app: App): Stack {
  const stack = new Stack(app, 'Backend');
  const monitoring = new BackendMonitoring(stack, 'Monitoring', { alarms: true });
  const watched = createBackend(stack);
  watchAll(monitoring, watched);
  monitoring.monitorPostgres(new MonitoredCluster(stack, 'Nodes', watched.postgres));
  const vpc = createVpc(stack);
  monitoring.monitorCache(new RedisCache(stack, 'Serverless', { vpc, capacity: CacheCapacity.serverless() }));
  monitoring.monitorPostgres(new PrivatePostgres(stack, 'Aurora', { vpc, capacity: PostgresCapacity.serverless({ min: 0.5, max: 1 }), caCertificates: PemFile.fromText('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----') }));
  const deadLetterQueue = { queue: new sqs.Queue(stack, 'Dead'), maxReceiveCount: 3 };
  monitoring.monitorQueue(new sqs.Queue(stack, 'Work', { deadLetterQueue }));
  shifting(stack, vpc, monitoring);
  return stack;
}

/** A route with two target groups. */
function shifting(stack: Stack, vpc: IVpc, monitoring: BackendMonitoring): void {
  const cluster = new Cluster(stack, 'ShiftingCluster', { vpc });
  const ingress = new PublicIngress(stack, 'ShiftingIngress', { vpc });
  ingress.addRoute('Blue', { target: new FargateApi(stack, 'Shifting', { cluster, image: IMAGE, deployment: ServiceDeployment.blueGreen() }) });
  monitoring.monitorIngress(ingress);
}

function whole(app: App): Stack {
  const stack = new Stack(app, 'Whole');
  buildBackend(allIn(stack));
  return stack;
}

const POSTURES = { production: alarmsIn(everything(productionApp())), development: alarmsIn(everything(developmentApp())), whole: alarmsIn(whole(productionApp())) };
const ALL = Object.entries(POSTURES).flatMap(([posture, alarms]) => alarms.map(([text, kind, alarm]) => [posture, text, kind, alarm] as const));

const rowOf = ({ section }: BackendAlarm) => [...ROWS].find(([kind]) => kind.section === section)?.[1];
const tellsMissing = ({ section }: BackendAlarm) => TELL_MISSING.some((kind) => kind.section === section);
const last = ({ states }: Simulation) => states[states.length - 1];

test('each kind of alarm that is synthesised has a row, and each row an alarm in both postures', () => {
  const rows = [...ROWS.keys()].map(({ section }) => section).sort();
  for (const posture of [POSTURES.production, POSTURES.development]) {
    expect([...new Set(posture.map(([, { section }]) => section))].sort()).toEqual(rows);
  }
  expect(ALL.filter(([, , kind]) => rowOf(kind) === undefined).map(([, text]) => text)).toEqual([]);
});

describe.each(ALL)('in %s: %s', (_posture, _text, kind, alarm) => {
  const row = rowOf(kind)!;
  const long = 2 * alarm.EvaluationPeriods + 2;
  const healthy: [number, Sample] = [long, row.healthy(alarm)];
  const nothing: [number, Sample] = [long, undefined];
  const run = (...parts: Array<[number, Sample]>) => {
    const before = simulate(alarm, sequence(healthy));
    const simulation = simulate(alarm, sequence(healthy, ...parts));
    return { state: last(simulation), told: simulation.told.slice(before.told.length) };
  };

  test('is silent where all is well', () => {
    expect(run(healthy)).toEqual({ state: 'OK', told: [] });
  });

  test('tells what is broken, and that it has recovered', () => {
    const broken = row.broken?.(alarm);
    const bad = row.missing === 'INSUFFICIENT_DATA' && broken === undefined ? 'INSUFFICIENT_DATA' : missingOf(alarm, row.missing, broken);
    expect(run([long, broken])).toEqual({ state: bad, told: [bad] });
    expect(run([long, broken], healthy)).toEqual({ state: 'OK', told: [bad, 'OK'] });
  });

  test('makes of missing data what its row says, and tells it where nobody else does', () => {
    const state = missingOf(alarm, row.missing, undefined);
    expect(run(nothing)).toEqual({ state, told: tellsMissing(kind) ? [state] : [] });
  });

  test('is quiet from the first report on, when it is new', () => {
    expect(simulate(alarm, sequence([1, row.healthy(alarm)], healthy)).states).not.toContain('ALARM');
  });

  test('is not told because of one odd period, where there are more to wait for', () => {
    const { DatapointsToAlarm: needed = alarm.EvaluationPeriods } = alarm;
    expect(run([1, row.broken?.(alarm)], healthy).told).toEqual(needed === 1 ? ['ALARM', 'OK'] : []);
  });
});

/** What an alarm says that tells its missing data as such says nothing else. */
function missingOf({ InsufficientDataActions: told = [] }: SimulatedAlarm, missing: string, broken: Sample): string {
  return broken === undefined && told.length > 0 ? 'INSUFFICIENT_DATA' : broken === undefined ? missing : 'ALARM';
}

function only(kind: BackendAlarm, alarms = POSTURES.production): Found {
  return alarms.find(([, { section }]) => section === kind.section)![2];
}

describe('errors of a route', () => {
  const minutes = (...parts: Array<[number, Sample]>) => simulate(only(BackendAlarm.ROUTE_ERRORS), sequence([20, requests(undefined, undefined)], ...parts)).told;
  const idle = requests(undefined, undefined);

  test.each<[string, string[], Array<[number, Sample]>]>([
    ['a service with one request in five minutes that all fail rings', ['ALARM'], [[1, requests(1, 1)], [4, idle], [1, requests(1, 1)], [4, idle], [1, requests(1, 1)]]],
    ['one request at night that fails does not', [], [[1, requests(1, 1)], [20, idle]]],
    ['a few errors among many requests do not', [], [[20, requests(1000, 4)]]],
    ['a twentieth of many does', ['ALARM'], [[3, requests(1000, 50)]]],
    ['a fifth of few does not, when they are less than five', [], [[20, requests(15, 3)]]],
    ['two of three do', ['ALARM'], [[3, requests(3, 2)]]],
  ])('%s', (_name, told, parts) => {
    expect(minutes(...parts).slice(1)).toEqual(told);
  });

  test('count from a number on that somebody sets, whatever their share', () => {
    const alarm = only(BackendAlarm.ROUTE_ERRORS, alarmsOfApi({}, (monitoring, { ingress }) => monitoring.monitorIngress(ingress, { minErrors: 3 })));
    expect(simulate(alarm, sequence([20, requests(2, 2)])).told).toEqual(['OK']);
    expect(simulate(alarm, sequence([20, requests(4, 3)])).told).toEqual(['OK', 'ALARM']);
  });

  test('of an ingress without any target ring with the first requests, because none of them arrived anywhere', () => {
    expect(simulate(only(BackendAlarm.INGRESS_ERRORS), sequence([20, idle], [3, requests(undefined, 1)])).told).toEqual(['OK', 'ALARM']);
  });
});

/** The alarms of one routed service. */
function alarmsOfApi(props: Partial<FargateApiProps>, watch?: (monitoring: BackendMonitoring, parts: { api: FargateApi; ingress: PublicIngress }) => void, app = productionApp()): ReturnType<typeof alarmsIn> {
  const { stack, vpc, cluster } = createCluster(app);
  const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...props });
  const ingress = new PublicIngress(stack, 'Ingress', { vpc });
  ingress.addRoute('Api', { target: api });
  const monitoring = new BackendMonitoring(stack, 'Monitoring', { alarms: true });
  (watch ?? (() => [api, ingress].forEach((each) => monitoring.monitor(each))))(monitoring, { api, ingress });
  return alarmsIn(stack);
}

describe('tasks', () => {
  const told = (alarm: SimulatedAlarm, ...points: Array<[number, Sample]>) => simulate(alarm, sequence([20, alarm.Threshold], ...points)).told.slice(1);
  const alarm = only(BackendAlarm.SERVICE_TASKS);

  test('that report a little early or late ring for nobody', () => {
    expect(told(alarm, ...Array.from({ length: 20 }, (_, minute): [number, Sample] => [1, alarm.Threshold + (minute % 2 === 0 ? 1 : -1)]))).toEqual([]);
  });

  test('that a deployment stops first ring for nobody', () => {
    expect(told(alarm, [5, undefined], [20, alarm.Threshold])).toEqual([]);
  });

  const schedule = (minTasks: number) => Scaling.onSchedule('Night', { schedule: Schedule.cron({ hour: '20' }), minTasks, maxTasks: Math.max(minTasks, 1) });

  test.each<[string, Partial<FargateApiProps>, number | undefined]>([
    ['a fixed number', { minTasks: 3, maxTasks: 3 }, 3],
    ['a least number', { minTasks: 1, maxTasks: 9 }, 1],
    ['none', { minTasks: 0, maxTasks: 0 }, undefined],
    ['a schedule that sets fewer', { minTasks: 4, maxTasks: 9, scaleOn: [schedule(2)] }, 2],
    ['a schedule that pauses', { minTasks: 4, maxTasks: 9, scaleOn: [schedule(0)] }, undefined],
    ['a schedule that sets more', { minTasks: 1, maxTasks: 9, scaleOn: [schedule(5)] }, 1],
  ])('are watched from %s on', (_what, props, threshold) => {
    const found = alarmsOfApi(props);
    expect(found.find(([, { section }]) => section === 'service-tasks')?.[2].Threshold).toBe(threshold);
    expect(found.some(([, { section }]) => section === 'route-empty')).toBe(threshold !== undefined);
  });
});
