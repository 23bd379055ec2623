import * as path from 'path';
import { Stack, type App, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  BackendCluster, BackendMonitoring, BackendNetwork, FargateApi, FargateWorker, MigrationSource, MigrationTask, PrivatePostgres, PublicEdge, RedisCache, ServiceImage,
  type BackendMonitoringProps,
} from '../../src';
import { productionApp } from '../fargate/fixture';

const EXAMPLES = path.join(__dirname, '..', '..', 'examples');
const CA_BUNDLE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

/** What can be watched. */
export interface Watched {
  readonly api: FargateApi;
  readonly worker: FargateWorker;
  readonly edge: PublicEdge;
  readonly postgres: PrivatePostgres;
  readonly cache: RedisCache;
  readonly queue: sqs.Queue;
  readonly migrations: MigrationTask;
}

/** One of each kind, the service routed. */
export function createBackend(home: Construct): Watched {
  const { vpc } = new BackendNetwork(home, 'Network');
  const cluster = new BackendCluster(home, 'Cluster', { vpc });
  const image = ServiceImage.fromDirectory(path.join(EXAMPLES, 'services/go-api'));
  const postgres = new PrivatePostgres(home, 'Postgres', { vpc, caBundle: CA_BUNDLE });
  const api = new FargateApi(home, 'Api', { cluster, image });
  const edge = new PublicEdge(home, 'Edge', { vpc });
  edge.addRoute('Orders', { target: api });
  return {
    api,
    edge,
    postgres,
    worker: new FargateWorker(home, 'Worker', { cluster, image }),
    cache: new RedisCache(home, 'Cache', { vpc }),
    queue: new sqs.Queue(home, 'Queue'),
    migrations: new MigrationTask(home, 'Migrations', { cluster, database: postgres.database, source: MigrationSource.goose(path.join(EXAMPLES, '01-private-backend/migrations')) }),
  };
}

/** Watches one of each kind. */
export function watchAll(monitoring: BackendMonitoring, watched: Watched): void {
  monitoring.watchService(watched.api);
  monitoring.watchService(watched.worker);
  monitoring.watchEdge(watched.edge);
  monitoring.watchPostgres(watched.postgres);
  monitoring.watchCache(watched.cache);
  monitoring.watchQueue(watched.queue);
  monitoring.watchMigrations(watched.migrations);
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
  readonly Metrics?: { readonly Expression?: string; readonly MetricStat?: { readonly Metric: { readonly MetricName: string }; readonly Period: number; readonly Stat: string } }[];
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
  return Object.fromEntries(alarms.filter(({ AlarmActions }) => AlarmActions !== undefined).map((alarm) => [`${alarm.AlarmDescription.split(':')[0]} ${alarm.AlarmDescription.split('#')[1]}`, alarm]));
}
