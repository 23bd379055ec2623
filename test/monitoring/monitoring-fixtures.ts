import * as path from 'path';
import { Duration, Stack, type App, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ThroughputMode } from 'aws-cdk-lib/aws-efs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  BackendCluster, BackendMonitoring, BackendNetwork, FargateApi, FargateWorker, MigrationSource, MigrationTask, PrivateFileSystem, PrivatePostgres, PublicIngress, RedisCache, ScheduledJob, ServiceImage,
  type BackendMonitoringProps, PemFile,
} from '../../src';
import { productionApp } from '../fargate/fixture';

const EXAMPLES = path.join(__dirname, '..', '..', 'examples');
const CA_BUNDLE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

/** What can be watched. */
export interface Watched {
  readonly api: FargateApi;
  readonly worker: FargateWorker;
  readonly job: ScheduledJob;
  readonly ingress: PublicIngress;
  readonly postgres: PrivatePostgres;
  readonly cache: RedisCache;
  readonly queue: sqs.Queue;
  readonly files: PrivateFileSystem;
  readonly migrations: MigrationTask;
}

/** One of each kind, the service routed. */
export function createBackend(home: Construct): Watched {
  const { vpc } = new BackendNetwork(home, 'Network');
  const cluster = new BackendCluster(home, 'Cluster', { vpc });
  const image = ServiceImage.fromDirectory(path.join(EXAMPLES, 'services/go-api'));
  const postgres = new PrivatePostgres(home, 'Postgres', { vpc, caCertificates: PemFile.fromText(CA_BUNDLE) });
  const api = new FargateApi(home, 'Api', { cluster, image });
  const ingress = new PublicIngress(home, 'Ingress', { vpc });
  ingress.addRoute('Orders', { target: api });
  return {
    api,
    ingress,
    postgres,
    worker: new FargateWorker(home, 'Worker', { cluster, image }),
    cache: new RedisCache(home, 'Cache', { vpc }),
    queue: new sqs.Queue(home, 'Queue'),
    job: new ScheduledJob(home, 'Job', { cluster, image, schedule: ScheduleExpression.rate(Duration.days(1)) }),
    files: new PrivateFileSystem(home, 'Files', { vpc, throughputMode: ThroughputMode.BURSTING }),
    migrations: new MigrationTask(home, 'Migrations', { cluster, database: postgres.database, source: MigrationSource.goose(path.join(EXAMPLES, '01-private-backend/migrations')) }),
  };
}

/** Watches one of each kind. */
export function watchAll(monitoring: BackendMonitoring, watched: Watched): void {
  monitoring.monitorService(watched.api);
  monitoring.monitorService(watched.worker);
  monitoring.monitorJob(watched.job);
  monitoring.monitorIngress(watched.ingress);
  monitoring.monitorPostgres(watched.postgres);
  monitoring.monitorCache(watched.cache);
  monitoring.monitorQueue(watched.queue);
  monitoring.monitorFileSystem(watched.files);
  monitoring.monitorMigrations(watched.migrations);
}

/** A backend in one stack, and its monitoring in another. */
export function createStacks(app: App = productionApp(), stackProps?: StackProps): { backend: Stack; watched: Watched; stack: Stack } {
  const backend = new Stack(app, 'Backend', stackProps);
  return { backend, watched: createBackend(backend), stack: new Stack(app, 'Monitoring', stackProps) };
}

/** A monitoring alone, of constructs that `watch` makes in its stack. */
export function monitor(app: App, props: BackendMonitoringProps | undefined, watch: (monitoring: BackendMonitoring, stack: Stack) => void = () => undefined): { stack: Stack; template: Template; monitoring: BackendMonitoring } {
  const stack = new Stack(app, 'Monitoring');
  const monitoring = new BackendMonitoring(stack, 'Monitoring', props);
  watch(monitoring, stack);
  return { stack, monitoring, template: Template.fromStack(stack) };
}

/** Properties of an alarm as they stand in a template. */
export interface AlarmProperties {
  readonly AlarmDescription: string;
  readonly MetricName?: string;
  readonly Metrics?: { readonly Id: string; readonly Expression?: string; readonly MetricStat?: { readonly Metric: { readonly MetricName: string }; readonly Period: number; readonly Stat: string } }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly TreatMissingData: string;
  readonly Period?: number;
  readonly AlarmActions: unknown[];
  readonly OKActions: unknown[];
}

/** Properties of each alarm of this construct, by section of the runbook; not those of what it watches. */
export function alarmsOf(template: Template): Record<string, AlarmProperties> {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm') as Record<string, { Properties: AlarmProperties }>).map(({ Properties }) => Properties);
  return Object.fromEntries(alarms.filter(({ AlarmActions }) => AlarmActions !== undefined).map((alarm) => {
    const text = textOf(alarm.AlarmDescription);
    return [`${text.split(':')[0]} ${text.split('#')[1]}`, alarm];
  }));
}

/** A text of which parts may be known only at deployment. */
function textOf(text: string | { readonly 'Fn::Join': [string, unknown[]] }): string {
  return typeof text === 'string' ? text : text['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : '…')).join('');
}
