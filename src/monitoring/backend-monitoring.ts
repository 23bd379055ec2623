import { Stack, Token, type RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { allowAlarms, createAlarmTopic } from './private/alarm-topic';
import { addToBoard, createBoard, type Graph } from './private/board';
import { createFailureRule } from './private/failure-rules';
import { queueSymptoms } from './private/queue-symptoms';
import { RUNBOOK_URL, validateRunbookUrl } from './private/runbook';
import type { WatchQueueOptions } from './watch-queue-options';
import type { IMonitoredService } from '../binding';
import type { IRedisCache, WatchCacheOptions } from '../cache';
import type { IPublicEdge, WatchEdgeOptions } from '../edge';
import type { WatchServiceOptions } from '../fargate';
import { serviceWatch } from '../fargate/shared/service-watch';
import type { MigrationTask } from '../migrations';
import type { IPostgres, WatchPostgresOptions } from '../postgres';
import { Posture } from '../posture';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { InvalidBackendError } from '../private/errors';
import { dependOnStackOf } from '../private/stack-order';
import { pathInStage } from '../private/stage-path';
import type { BackendAlarm, WatchOptions } from '../symptoms';
import type { Failure } from '../symptoms/shared/failure';
import { conditionOf } from '../symptoms/shared/own-alarm';
import { idOf, isExcluded, type Symptom } from '../symptoms/shared/symptom';
import { isWatched, type Watch } from '../symptoms/shared/watched';

/** Properties of the monitoring of a backend. */
export interface BackendMonitoringProps {
  /**
   * Whether alarms are made, and notifications of failed deployments and migrations. Without them there is only the topic.
   *
   * @default - as the posture says: no in development, yes in production
   */
  readonly alarms?: boolean;

  /**
   * Whether a dashboard is made, with a graph for each alarm that could be.
   *
   * @default - as `alarms`
   */
  readonly dashboard?: boolean;

  /**
   * Topic that alarms and notifications go to. Its policy and that of its key are told to let them, which imported ones must have been
   * told before.
   *
   * @default - a new one, encrypted and for TLS only
   */
  readonly topic?: sns.ITopic;

  /**
   * Address of a page that says what to do, with a section for each value of `BackendAlarm`, to which alarms link as `#service-cpu`.
   *
   * @default - the page docs/monitoring.md of this library
   */
  readonly runbookUrl?: string;

  /**
   * What happens to the new topic, with its subscriptions, and its key when they leave the stack: destroy or retain.
   *
   * @default - as the posture says: destroy in development, retain in production
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Tells people when a backend is in trouble, and where to read what to do.
 *
 * ## What it makes
 *
 * A topic, and in production its key, a dashboard, and for each construct that is watched its alarms and, for services and
 * migrations, a rule on events of ECS. Nobody is told before somebody has subscribed to `alarmTopic`.
 *
 * ## Defaults that matter
 *
 * Alarms and dashboard by posture; thresholds are options of each `watch…` method, `exclude` leaves alarms out. Each description ends
 * with a link to the section of a runbook. `watchEdge` watches the routes of the edge as well, also those that are added later.
 *
 * Alarms stand with the monitoring, which can be in a stack of its own: it depends on what it watches, never the reverse. The alarms
 * without actions that `PrivatePostgres` and `RedisCache` make in production are others; they stay.
 *
 * ## Security considerations
 *
 * Messages are encrypted at rest and travel with TLS. Alarms of the topic's account may publish, and EventBridge, which cannot be held to one
 * account on an encrypted topic. Messages hold names of resources and reasons of ECS, no data and no secrets.
 *
 * ## Cost
 *
 * us-east-1, a month: 0.10 USD for each metric in an alarm, 3 for the dashboard, 1 for the key. A service is 2 metrics, an edge 2, each of its
 * routes 4, an RDS server 4, a cache node 3, a queue 1: a backend of one each is 1.60 and 4. The first ten alarms and three dashboards
 * of an account are free. In development it costs nothing.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 *
 * @example
 * import { Duration, Stack } from 'aws-cdk-lib';
 * import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
 * import { BackendMonitoring, type FargateApi, type MigrationTask, type PrivatePostgres, type PublicEdge } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const api: FargateApi;
 * declare const edge: PublicEdge;
 * declare const postgres: PrivatePostgres;
 * declare const migrations: MigrationTask;
 * const monitoring = new BackendMonitoring(stack, 'Monitoring');
 * monitoring.watchService(api);
 * monitoring.watchEdge(edge, { latency: Duration.millis(500) });
 * monitoring.watchPostgres(postgres);
 * monitoring.watchMigrations(migrations);
 * monitoring.alarmTopic.addSubscription(new EmailSubscription('on-call@example.com'));
 */
export class BackendMonitoring extends Construct {
  /** Where alarms and notifications go. Nobody hears of them who is not subscribed to it. */
  public readonly alarmTopic: sns.ITopic;

  /** The dashboard; none where it is not wanted. */
  public readonly dashboard?: cloudwatch.Dashboard;

  private readonly alarms: boolean;
  private readonly runbookUrl: string;

  /** @throws InvalidBackendError for a topic that is FIFO, a runbook that is no address, and a removal policy that is neither destroy nor retain */
  constructor(scope: Construct, id: string, props: BackendMonitoringProps = {}) {
    super(scope, id);
    this.alarms = props.alarms ?? Posture.of(this).alarms;
    this.runbookUrl = validateRunbookUrl(this, props.runbookUrl ?? RUNBOOK_URL);
    this.alarmTopic = this.chooseTopic(props);
    if (this.alarms) {
      allowAlarms(this, this.alarmTopic);
    }
    this.dashboard = props.dashboard ?? this.alarms ? createBoard(this) : undefined;
  }

  /**
   * Watches any construct of this library that says what its trouble looks like. The methods for each kind take that kind's thresholds
   * as well.
   *
   * @throws InvalidBackendError for a construct that does not say what to watch, for one that is watched already, and where its stack depends
   * on this one
   */
  public watch(construct: IConstruct, options: WatchOptions = {}): void {
    if (!isWatched(construct)) {
      throw new InvalidBackendError(this, `'${construct.node.path}' does not say what to watch. Give a service, an edge, a database server, a cache or migrations of this library; watchQueue() takes queues.`);
    }
    const home = this.homeOf(construct);
    this.draw(home, construct, construct._watch(home, options), options);
  }

  /**
   * Watches the load of a service, and its deployments.
   *
   * @throws InvalidBackendError for a share that is none, for a service that is watched already, and where its stack depends on this one
   */
  public watchService(service: IMonitoredService, options: WatchServiceOptions = {}): void {
    const home = this.homeOf(service);
    this.draw(home, service, serviceWatch(home, service, options), options);
  }

  /**
   * Watches an edge and each of its routes: answers with 5xx, latency, unhealthy targets.
   *
   * @throws InvalidBackendError for a value out of its range, for an edge that is watched already or not of this library, and where its
   * stack or that of a routed service depends on this one
   */
  public watchEdge(edge: IPublicEdge, options: WatchEdgeOptions = {}): void {
    if (!isWatched(edge)) {
      throw new InvalidBackendError(this, `'${edge.node.path}' is no edge of this library, which cannot see its routes. Give a PublicEdge, or make one of its load balancer with PublicEdge.fromPublicEdgeAttributes().`);
    }
    this.watch(edge, options);
  }

  /**
   * Watches a database server: processors, memory, connections and, where it cannot grow by itself, storage.
   *
   * @throws InvalidBackendError for a value out of its range, for a server that is watched already, for an imported one whose identifier is
   * not known, and where its stack depends on this one
   */
  public watchPostgres(postgres: IPostgres, options: WatchPostgresOptions = {}): void {
    this.watch(postgres, options);
  }

  /**
   * Watches a cache: processor, memory and evictions of each node, or evictions and throttling of a serverless cache.
   *
   * @throws InvalidBackendError for a value out of its range, for a cache that is watched already, for an imported one whose name is not
   * known, and where its stack depends on this one
   */
  public watchCache(cache: IRedisCache, options: WatchCacheOptions = {}): void {
    this.watch(cache, options);
  }

  /**
   * Watches how long messages wait in a queue.
   *
   * @throws InvalidBackendError for an age that is none, for a queue that is watched already, and where its stack depends on this one
   */
  public watchQueue(queue: sqs.IQueue, options: WatchQueueOptions = {}): void {
    const home = this.homeOf(queue);
    this.draw(home, queue, { symptoms: queueSymptoms(home, queue, options) }, options);
  }

  /**
   * Tells when migrations fail, in a deployment or by hand. Of a deployment whose task never came to be, only the deployment tells.
   *
   * @throws InvalidBackendError for migrations that are watched already, and where their stack depends on this one
   */
  public watchMigrations(migrations: MigrationTask, options: WatchOptions = {}): void {
    this.watch(migrations, options);
  }

  private chooseTopic({ topic, removalPolicy }: BackendMonitoringProps): sns.ITopic {
    if (topic === undefined) {
      return createAlarmTopic(this, this.alarms, dataRemovalPolicy(this, removalPolicy));
    }
    if (topic.fifo) {
      throw new InvalidBackendError(this, `topic '${topic.node.path}' is FIFO: rules on events have no message group for it, and nobody is subscribed to it by e-mail. Give a standard topic.`);
    }
    dependOnStackOf(this, topic, 'Monitoring depends on its topic, never the reverse.');
    return topic;
  }

  /** What is made for a construct stands below one that is named after it, so that others neither move nor rename it. */
  private homeOf(watched: IConstruct): Construct {
    const id = pathInStage(watched).replace(/\//g, '--');
    if (this.node.tryFindChild(id) !== undefined) {
      throw new InvalidBackendError(this, `'${watched.node.path}' is watched already. Watch each construct once.`);
    }
    this.dependOn(watched);
    return new Construct(this, id);
  }

  private dependOn(watched: IConstruct): void {
    const [own, other] = [Stack.of(this).region, Stack.of(watched).region];
    if (own !== other && !Token.isUnresolved(own) && !Token.isUnresolved(other)) {
      throw new InvalidBackendError(this, `'${watched.node.path}' is in region ${other}, this monitoring in ${own}, and alarms are where their metrics are. Make a BackendMonitoring in ${other}.`);
    }
    dependOnStackOf(this, watched, 'Monitoring depends on what it watches, never the reverse.');
  }

  private draw(home: Construct, watched: IConstruct, { symptoms, failures = [], eachPart }: Watch, options: WatchOptions): void {
    this.drawSymptoms(home, watched, symptoms, options);
    failures.forEach((failure) => this.notify(home, watched, failure, options));
    eachPart?.((part, found) => {
      this.dependOn(part);
      this.drawSymptoms(home, watched, found, options);
    });
  }

  private drawSymptoms(home: Construct, watched: IConstruct, symptoms: Symptom[], options: WatchOptions): void {
    if (symptoms.length === 0) {
      return;
    }
    const graphs = symptoms.map((symptom): Graph => ({ symptom, alarm: isExcluded(symptom.alarm, options) ? undefined : this.createAlarm(home, watched, symptom) }));
    if (this.dashboard !== undefined) {
      addToBoard(this.dashboard, watched.node.path, graphs, Stack.of(this).region);
    }
  }

  private createAlarm(home: Construct, watched: IConstruct, symptom: Symptom): cloudwatch.Alarm | undefined {
    const { threshold } = symptom;
    if (!this.alarms || threshold === undefined) {
      return undefined;
    }
    const alarm = new cloudwatch.Alarm(home, idOf(symptom), {
      alarmDescription: this.describe(watched, symptom.alarm, symptom.description),
      ...conditionOf(symptom, threshold),
      evaluationPeriods: symptom.evaluationPeriods,
      datapointsToAlarm: symptom.datapointsToAlarm ?? symptom.evaluationPeriods,
      treatMissingData: symptom.treatMissingData,
      evaluateLowSampleCountPercentile: symptom.ignoreFewSamples ? 'ignore' : undefined,
    });
    alarm.addAlarmAction(new SnsAction(this.alarmTopic));
    alarm.addOkAction(new SnsAction(this.alarmTopic));
    return alarm;
  }

  private notify(home: Construct, watched: IConstruct, failure: Failure, options: WatchOptions): void {
    if (this.alarms && !isExcluded(failure.alarm, options)) {
      createFailureRule(home, this.alarmTopic, { ...failure, description: this.describe(watched, failure.alarm, failure.description) });
    }
  }

  private describe(watched: IConstruct, alarm: BackendAlarm, text: string): string {
    return `${watched.node.path}: ${text}. Runbook: ${this.runbookUrl}#${alarm.section}`;
  }
}
