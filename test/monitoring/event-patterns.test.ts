import { type App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { FargateService, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { matches, render, type Pattern } from './event-pattern';
import { createBackend, watchAll } from './monitoring-fixtures';
import { deploymentEvent, TASK_ID, taskEvent, type StoppedTask } from './task-events';
import { BackendAlarm, BackendMonitoring } from '../../src';
import { developmentApp, productionApp } from '../fargate/fixture';

interface Rule {
  readonly Description: string;
  readonly EventPattern: Pattern;
  readonly Targets: [{ readonly InputTransformer: { readonly InputPathsMap: Record<string, string>; readonly InputTemplate: string } }];
}

/** Stands for what CloudFormation puts in: the name of the resource, with the attribute. */
function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument]] = Object.entries(value as Record<string, unknown>).length === 0 ? [['', undefined]] : Object.entries(value as Record<string, unknown>);
  switch (name) {
    case 'Ref': return argument;
    case 'Fn::GetAtt': return (argument as string[]).join('.');
    case 'Fn::Join': return (deployed((argument as [string, unknown[]])[1]) as string[]).join((argument as [string, unknown[]])[0]);
    default: return Object.fromEntries(Object.entries(value as Record<string, unknown>).map(([key, each]) => [key, deployed(each)]));
  }
}

function backend(app: App) {
  const stack = new Stack(app, 'Backend', { env: { account: '111122223333', region: 'us-west-2' } });
  const watched = createBackend(stack);
  watchAll(new BackendMonitoring(stack, 'Monitoring', { alarms: true }), watched);
  const rules = Object.values(Template.fromStack(stack).findResources('AWS::Events::Rule') as Record<string, { Properties: unknown }>)
    .map(({ Properties }) => deployed(Properties) as Rule)
    .filter(({ Description }) => Description.includes('Runbook'));
  const named = (text: string) => deployed(stack.resolve(text)) as string;
  const { api, worker, job, migrations } = watched;
  return {
    rules,
    clusterArn: named((api.service as FargateService).cluster.clusterArn),
    serviceArn: named(api.service.serviceArn),
    groups: {
      'the service': `service:${named(api.service.serviceName)}`,
      'another service': `service:${named(worker.service.serviceName)}`,
      'the job': `family:${named((job.taskDefinition as TaskDefinition).family)}`,
      'the migrations': `family:${named((migrations.taskDefinition as TaskDefinition).family)}`,
      'a rehearsal': 'family:Backend-rehearsal-Api',
    },
  };
}

const { rules, clusterArn, serviceArn, groups } = backend(productionApp());

/** The sections of the runbook of all rules that an event matches. */
function told(event: Record<string, unknown>): string[] {
  return rules.filter(({ EventPattern }) => matches(EventPattern, event)).map(({ Description }) => `${Description.split(':')[0]} ${Description.split('#')[1]}`);
}

type Group = keyof typeof groups;
const stopped = (group: Group, task: Omit<StoppedTask, 'group' | 'clusterArn'>) => taskEvent({ group: groups[group], clusterArn, ...task });

const CRASH = { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', containers: [{ name: 'TrustStore', exitCode: 0 }, { name: 'Service', exitCode: 1 }] };
const ELB = { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/api/7a7a1fcbd0455d4b)' };
const SCALING = { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/8646900195280463695)' };
const FAILED = ['Backend/Api service-task-failed'];

describe('a task of a service', () => {
  test.each<[string, Omit<StoppedTask, 'group' | 'clusterArn'>, string[]]>([
    ['that crashes is told', CRASH, FAILED],
    ['that ends as if all were done is told', { ...CRASH, containers: [{ name: 'Service', exitCode: 0 }] }, FAILED],
    ['that needs too much memory is told', { ...CRASH, containers: [{ name: 'Service', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }] }, FAILED],
    ['of which a sidecar crashes is told', { ...CRASH, containers: [{ name: 'Service', exitCode: 143 }, { name: 'Proxy', exitCode: 2 }] }, FAILED],
    ['whose image is missing is told', { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: ref pull has been retried 1 time(s): failed to resolve ref: not found', containers: [{ name: 'Service' }] }, FAILED],
    ['whose secret is missing is told', { stopCode: 'TaskFailedToStart', stoppedReason: 'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed', containers: [{ name: 'Service' }] }, FAILED],
    ['that gets no network interface is told', { stopCode: 'TaskFailedToStart', stoppedReason: 'Timeout waiting for network interface provisioning to complete.', containers: [{ name: 'Service' }] }, FAILED],
    ['that fails the health checks of the load balancer is told', ELB, FAILED],
    ['that fails its own health check is told', { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Task failed container health checks' }, FAILED],
    ['that a deployment replaces is not', SCALING, []],
    ['that scaling takes away is not', { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity initiated by deployment ecs-svc/1', containers: [{ name: 'Service', exitCode: 143 }] }, []],
    ['that AWS moves for maintenance is not', { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'ECS is performing maintenance on the underlying infrastructure hosting the task.' }, []],
    ['that Spot takes back is not', { stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.', containers: [{ name: 'Service', exitCode: 143 }] }, []],
    ['that Spot says it will take back is not', { stopCode: 'TerminationNotice', stoppedReason: 'Spot Task termination notice.', lastStatus: 'RUNNING' }, []],
    ['that somebody stops is not', { stopCode: 'UserInitiated', stoppedReason: 'Task stopped by user', containers: [{ name: 'Service', exitCode: 143 }] }, []],
    ['that has not stopped yet is not', { ...CRASH, lastStatus: 'DEPROVISIONING' }, []],
  ])('%s', (_what, task, sections) => {
    expect(told(stopped('the service', task))).toEqual(sections);
  });

  test('of another cluster is another service\'s, whatever its name', () => {
    expect(told(taskEvent({ ...CRASH, group: groups['the service'], clusterArn: 'arn:aws:ecs:us-west-2:111122223333:cluster/other' }))).toEqual([]);
  });

  test.each<[Group, string[]]>([
    ['another service', ['Backend/Worker service-task-failed']],
    ['the migrations', ['Backend/Migrations migration-failed']],
    ['a rehearsal', []],
  ])('is not one of %s, whose tasks crash as well', (group, sections) => {
    expect(told(stopped(group, CRASH))).toEqual(sections);
  });
});

describe('a run of a job', () => {
  test.each<[string, Omit<StoppedTask, 'group' | 'clusterArn'>, string[]]>([
    ['that fails is told', { ...CRASH, containers: [{ name: 'Job', exitCode: 3 }] }, ['Backend/Job job-failed']],
    ['that cannot start is told', { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: not found', containers: [{ name: 'Job' }] }, ['Backend/Job job-failed']],
    ['that ends well is not', { ...CRASH, containers: [{ name: 'Job', exitCode: 0 }] }, []],
    ['that ends well beside another container that does not is not', { ...CRASH, containers: [{ name: 'Job', exitCode: 0 }, { name: 'Agent', exitCode: 143 }] }, []],
  ])('%s', (_what, task, sections) => {
    expect(told(stopped('the job', task))).toEqual(sections);
  });
});

test('a migration that ends well is not told', () => {
  expect(told(stopped('the migrations', { ...CRASH, containers: [{ name: 'migrate', exitCode: 0 }] }))).toEqual([]);
});

test.each<[string, string[]]>([
  ['SERVICE_DEPLOYMENT_FAILED', ['Backend/Api service-deployment']], ['SERVICE_DEPLOYMENT_COMPLETED', []], ['SERVICE_DEPLOYMENT_IN_PROGRESS', []],
])('a deployment with the event %s is told where it failed', (eventName, sections) => {
  expect(told(deploymentEvent(serviceArn, eventName))).toEqual(sections);
  expect(told(deploymentEvent(`${serviceArn}-other`, eventName))).toEqual([]);
});

describe('the message', () => {
  const message = (event: Record<string, unknown>) => {
    const [rule] = rules.filter(({ EventPattern }) => matches(EventPattern, event));
    return render(rule.Targets[0].InputTransformer, event).split(' | ');
  };
  const taskArn = `arn:aws:ecs:us-west-2:111122223333:task/cluster/${TASK_ID}`;

  test('of a crash says what failed, why, with which codes, and which command shows what the task wrote', () => {
    const [what, ...parts] = message(stopped('the service', CRASH));
    expect(what).toMatch(/^Backend\/Api: A task of the service has failed, and ECS starts another one\. Runbook: .*#service-task-failed$/);
    expect(parts).toEqual([
      'Reason: Essential container in task exited',
      'Exit codes: [0,1]',
      `Task: ${taskArn}`,
      expect.stringMatching(new RegExp(`^Log: aws logs tail ApiLogGroup\\w+ --region us-west-2 --since 1d --log-stream-names Service/Service/\\$\\(basename ${taskArn}\\)$`)) as string,
    ]);
  });

  test('of a task that never ran has no exit code', () => {
    expect(message(stopped('the service', { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: "api" not found', containers: [{ name: 'Service' }] })))
      .toEqual(expect.arrayContaining(['Reason: CannotPullContainerError: "api" not found', 'Exit codes: []']));
  });

  test.each<[Group, string]>([['the job', 'Job/Job/$(basename'], ['the migrations', 'migration/migrate/$(basename']])('of %s names its log stream', (group, stream) => {
    expect(message(stopped(group, { ...CRASH, containers: [{ name: 'Job', exitCode: 1 }] }))[4]).toContain(`--log-stream-names ${stream} ${taskArn})`);
  });

  test('of a deployment has the reason', () => {
    expect(message(deploymentEvent(serviceArn, 'SERVICE_DEPLOYMENT_FAILED'))).toEqual(expect.arrayContaining(['Reason: ECS deployment circuit breaker: tasks failed to start.']));
  });
});

test('each rule has a kind of its own, and development has the same', () => {
  const kinds = ({ Description }: Rule) => Description.split('#')[1];
  const notifications = [BackendAlarm.SERVICE_TASK_FAILED, BackendAlarm.SERVICE_DEPLOYMENT, BackendAlarm.JOB_FAILED, BackendAlarm.MIGRATION_FAILED];
  expect([...new Set(rules.map(kinds))].sort()).toEqual(notifications.map(({ section }) => section).sort());
  expect(backend(developmentApp()).rules.map(kinds)).toEqual(rules.map(kinds));
});

describe('a pattern is matched', () => {
  test.each<[string, Pattern, Record<string, unknown>, boolean]>([
    ['with one of several values', { a: ['x', 'y'] }, { a: 'y' }, true],
    ['not without the field', { a: ['x'] }, {}, false],
    ['with one value of an array', { a: ['x'] }, { a: ['y', 'x'] }, true],
    ['with the same object of an array', { all: { a: ['x'], b: [1] } }, { all: [{ a: 'x', b: 2 }, { a: 'y', b: 1 }] }, false],
    ['not with what is missing, where another value is wanted', { a: [{ 'anything-but': 0 }] }, {}, false],
    ['with what is missing, where that is wanted', { a: [{ exists: false }] }, {}, true],
    ['with either side', { $or: [{ a: ['x'] }, { b: ['y'] }] }, { b: 'y' }, true],
  ])('%s', (_how, pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  test('fails for an operator that it does not know', () => {
    expect(() => matches({ a: [{ suffix: 'x' } as unknown as string] }, { a: 'x' })).toThrow(/does not know/);
  });
});
