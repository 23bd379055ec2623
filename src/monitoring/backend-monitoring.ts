import { Stack, Token, type RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import type { MonitorQueueOptions } from './monitor-queue-options';
import type { IMonitoredService } from '../binding';
import type { IRedisCache, MonitorCacheOptions } from '../cache';
import type { MonitorJobOptions, MonitorServiceOptions, ScheduledJob } from '../fargate';
import type { IPublicIngress, MonitorIngressOptions } from '../ingress';
import { allowAlarms, createAlarmTopic } from './private/alarm-topic';
import { addToBoard, createBoard, type Graph } from './private/board';
import { createFailureRule } from './private/failure-rules';
import { deadLetterQueueOf, queueSymptoms } from './private/queue-symptoms';
import { RUNBOOK_URL, validateRunbookUrl } from './private/runbook';
import { serviceMonitoring } from '../fargate/shared/service-monitoring';
import type { MigrationTask } from '../migrations';
import type { IPostgres, MonitorPostgresOptions } from '../postgres';
import { Posture } from '../posture';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { InvalidBackendError } from '../private/errors';
import { refuseMisnomers } from '../private/misnomers';
import { LONGEST_ALARM_TEXT, textWithPath } from '../private/path-text';
import { CONSTRUCT, MONITORED_SERVICE, requireKind } from '../private/props';
import { dependOnStackOf } from '../private/stack-order';
import { pathInStage } from '../private/stage-path';
import type { IPrivateFileSystem, MonitorFileSystemOptions } from '../storage';
import type { BackendAlarm, MonitorOptions } from '../symptoms';
import type { Failure } from '../symptoms/shared/failure';
import { isMonitored, type Monitoring } from '../symptoms/shared/monitored';
import { conditionOf } from '../symptoms/shared/own-alarm';
import { idOf, isExcluded, type Symptom } from '../symptoms/shared/symptom';

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
   * What happens to the new topic, with its subscriptions, and its key when they leave the stack: destroy, retain, or retain on update
   * or delete, which deletes them where their first deployment fails.
   *
   * @default - as the posture says: destroy in development, retain on update or delete in production
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Tells people when a backend is in trouble, and where to read what to do.
 *
 * ## What it makes
 *
 * A topic, and in production its key, a dashboard, and for each construct that is monitored its alarms and, for services, jobs
 * and migrations, a rule on events of ECS. Nobody is told before somebody has subscribed to `alarmTopic`.
 *
 * ## Defaults that matter
 *
 * Alarms and dashboard by posture; thresholds are options of each `monitor…` method, `exclude` leaves alarms out. Each description ends
 * with a link to the section of a runbook. `monitorIngress` monitors the routes of the ingress as well, also those that are added later.
 *
 * Alarms stand with the monitoring, which can be in a stack of its own: it depends on what it monitors, never the reverse. The alarms
 * without actions that `PrivatePostgres` and `RedisCache` make in production are others; they stay.
 *
 * ## Security considerations
 *
 * Messages are encrypted at rest and travel with TLS. Alarms of the topic's account may publish, and EventBridge, which cannot be held to one
 * account on an encrypted topic. Messages hold names of resources, reasons and exit codes of ECS, and a command that reads a log: no data and no secrets.
 *
 * ## Cost
 *
 * us-east-1, a month: 0.10 USD for each metric in an alarm, 3 for the dashboard, 1 for the key. A service is 3 metrics, an ingress 2, each of its
 * routes 5, an RDS server 5, a cache node 4, a file system 2, a job or a queue 1 (2 with a dead-letter queue): a backend of one each is 2.30 and 4. The first
 * ten alarms and three dashboards of an account are free. In development it costs nothing.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 *
 * @example
 * import { Duration, Stack } from 'aws-cdk-lib';
 * import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
 * import { BackendMonitoring, type FargateApi, type MigrationTask, type PrivatePostgres, type PublicIngress } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const api: FargateApi;
 * declare const ingress: PublicIngress;
 * declare const postgres: PrivatePostgres;
 * declare const migrations: MigrationTask;
 * const monitoring = new BackendMonitoring(stack, 'Monitoring');
 * monitoring.monitorService(api);
 * monitoring.monitorIngress(ingress, { maxLatency: Duration.millis(500) });
 * monitoring.monitorPostgres(postgres);
 * monitoring.monitorMigrations(migrations);
 * monitoring.alarmTopic.addSubscription(new EmailSubscription('on-call@example.com'));
 */
export class BackendMonitoring extends Construct {
  /** Where alarms and notifications go. Nobody hears of them who is not subscribed to it. */
  public readonly alarmTopic: sns.ITopic;

  /** The dashboard; none where it is not wanted. */
  public readonly dashboard?: cloudwatch.Dashboard;

  private readonly alarms: boolean;
  private readonly runbookUrl: string;

  /** @throws InvalidBackendError for a topic that is FIFO, a runbook that is no address, and the removal policy snapshot */
  constructor(scope: Construct, id: string, props: BackendMonitoringProps = {}) {
    super(scope, id);
    refuseMisnomers(this, props, { email: 'Call `monitoring.alarmTopic.addSubscription(new subscriptions.EmailSubscription(\'ops@example.com\'))`.' });
    this.alarms = props.alarms ?? Posture.of(this).alarms;
    this.runbookUrl = validateRunbookUrl(this, props.runbookUrl ?? RUNBOOK_URL);
    this.alarmTopic = this.chooseTopic(props);
    if (this.alarms) {
      allowAlarms(this, this.alarmTopic);
    }
    this.dashboard = props.dashboard ?? this.alarms ? createBoard(this) : undefined;
    describe(this, this.node.tryFindChild('Topic') ?? this.dashboard, () => ({ kind: 'monitoring', dashboard: this.dashboard, topic: this.alarmTopic }));
  }

  /**
   * Monitors any construct of this library that says what its trouble looks like. The methods for each kind take that kind's thresholds
   * as well.
   *
   * @throws InvalidBackendError for a construct that does not say what to monitor, for one that is monitored already, and where its stack depends
   * on this one
   */
  public monitor(construct: IConstruct, options: MonitorOptions = {}): void {
    requireKind(this, 'construct', construct, CONSTRUCT);
    if (!isMonitored(construct)) {
      throw new InvalidBackendError(this, 'BackendMonitoring.notMonitored', `\`monitoring.monitor()\` doesn't support '${construct.node.path}'. Pass a service, an ingress, a database server, a cache or migrations of this library. For a queue use \`monitoring.monitorQueue(queue)\`.`);
    }
    const home = this.homeOf(construct);
    this.draw(home, construct, construct._monitor(options), options);
  }

  /**
   * Monitors a service: its load, tasks that are missing or failed, and its deployments.
   *
   * @throws InvalidBackendError for a share that is none, for a service that is monitored already, and where its stack depends on this one
   */
  public monitorService(service: IMonitoredService, options: MonitorServiceOptions = {}): void {
    requireKind(this, 'service', service, MONITORED_SERVICE);
    const home = this.homeOf(service);
    this.draw(home, service, isMonitored(service) ? service._monitor(options) : serviceMonitoring(service, options), options);
  }

  /**
   * Monitors a job: runs that could not be started, and runs that failed. Nobody notices a run that took place and did nothing.
   *
   * @throws InvalidBackendError for a number that is none, for a job that is monitored already, and where its stack depends on this one
   */
  public monitorJob(job: ScheduledJob, options: MonitorJobOptions = {}): void {
    this.monitor(job, options);
  }

  /**
   * Monitors an ingress and each of its routes: answers with 5xx, latency, targets that are unhealthy or missing.
   *
   * @throws InvalidBackendError for a value out of its range, for an ingress that is monitored already or not of this library, and where its
   * stack or that of a routed service depends on this one
   */
  public monitorIngress(ingress: IPublicIngress, options: MonitorIngressOptions = {}): void {
    if (!isMonitored(ingress)) {
      throw new InvalidBackendError(this, 'BackendMonitoring.foreignIngress', `'${ingress.node.path}' isn't an ingress of this library, so its routes aren't known. Pass a \`PublicIngress\`, or import the load balancer with \`PublicIngress.fromPublicIngressAttributes\`.`);
    }
    this.monitor(ingress, options);
  }

  /**
   * Monitors a database server: whether it is there, processors, memory, connections and, where it cannot grow by itself, storage. Of a self-hosted cluster also
   * writes, redundancy, backups and their archive.
   *
   * @throws InvalidBackendError for a value out of its range, for a server that is monitored already, for an imported one whose identifier is
   * not known, and where its stack depends on this one
   */
  public monitorPostgres(postgres: IPostgres, options: MonitorPostgresOptions = {}): void {
    this.monitor(postgres, options);
  }

  /**
   * Monitors a cache: whether it is there, processor, memory and evictions of each node, or evictions and throttling of a serverless cache.
   *
   * @throws InvalidBackendError for a value out of its range, for a cache that is monitored already, for an imported one whose name is not
   * known, and where its stack depends on this one
   */
  public monitorCache(cache: IRedisCache, options: MonitorCacheOptions = {}): void {
    this.monitor(cache, options);
  }

  /**
   * Monitors a file system: whether it is there, operations, and with bursting throughput burst credits.
   *
   * @throws InvalidBackendError for a value out of its range or without effect, for a file system that is monitored already, and where its stack depends on
   * this one
   */
  public monitorFileSystem(fileSystem: IPrivateFileSystem, options: MonitorFileSystemOptions = {}): void {
    this.monitor(fileSystem, options);
  }

  /**
   * Monitors how long messages wait in a queue, and messages in its dead-letter queue, where it has one.
   *
   * @throws InvalidBackendError for an age or a number that is none, for a queue that is monitored already, and where its stack depends on this one
   */
  public monitorQueue(queue: sqs.IQueue, options: MonitorQueueOptions = {}): void {
    const home = this.homeOf(queue);
    const deadLetterQueue = deadLetterQueueOf(queue, options);
    if (deadLetterQueue !== undefined) {
      this.dependOn(deadLetterQueue);
    }
    this.draw(home, queue, { symptoms: queueSymptoms(queue, deadLetterQueue, options) }, options);
  }

  /**
   * Tells when migrations fail, in a deployment or by hand. Of a deployment whose task never came to be, only the deployment tells.
   *
   * @throws InvalidBackendError for migrations that are monitored already, and where their stack depends on this one
   */
  public monitorMigrations(migrations: MigrationTask, options: MonitorOptions = {}): void {
    this.monitor(migrations, options);
  }

  private chooseTopic({ topic, removalPolicy }: BackendMonitoringProps): sns.ITopic {
    if (topic === undefined) {
      return createAlarmTopic(this, this.alarms, dataRemovalPolicy(this, removalPolicy));
    }
    if (topic.fifo) {
      throw new InvalidBackendError(this, 'BackendMonitoring.fifoTopic', `\`topic\` '${topic.node.path}' is a FIFO topic. EventBridge rules can't publish to it without a message group, and e-mail addresses can't subscribe to it. Pass a standard SNS topic.`);
    }
    dependOnStackOf(this, topic, 'Monitoring depends on its topic, never the reverse.');
    return topic;
  }

  /** What is made for a construct stands below one that is named after it, so that others neither move nor rename it. */
  private homeOf(monitored: IConstruct): Construct {
    const id = pathInStage(monitored).replace(/\//g, '--');
    if (this.node.tryFindChild(id) !== undefined) {
      throw new InvalidBackendError(this, 'BackendMonitoring.twice', `'${monitored.node.path}' is monitored already. Remove one of the two calls.`);
    }
    this.dependOn(monitored);
    return new Construct(this, id);
  }

  private dependOn(monitored: IConstruct): void {
    const [own, other] = [Stack.of(this).region, Stack.of(monitored).region];
    if (own !== other && !Token.isUnresolved(own) && !Token.isUnresolved(other)) {
      throw new InvalidBackendError(this, 'BackendMonitoring.otherRegion', `'${monitored.node.path}' is in region '${other}' and this monitoring in '${own}', but an alarm must be in the region of its metric. Create a \`BackendMonitoring\` in '${other}' too.`);
    }
    dependOnStackOf(this, monitored, 'Monitoring depends on what it monitors, never the reverse.');
  }

  private draw(home: Construct, monitored: IConstruct, { symptoms, failures = [], eachPart }: Monitoring, options: MonitorOptions): void {
    this.drawSymptoms(home, monitored, symptoms, options);
    failures.forEach((failure) => this.notify(home, monitored, failure, options));
    eachPart?.((part, found) => {
      this.dependOn(part);
      this.drawSymptoms(home, monitored, found, options, part);
    });
  }

  private drawSymptoms(home: Construct, monitored: IConstruct, symptoms: Symptom[], options: MonitorOptions, part = monitored): void {
    if (symptoms.length === 0) {
      return;
    }
    const alarmOf = (symptom: Symptom) => (isExcluded(symptom.alarm, options) ? undefined : this.createAlarm(home, { monitored, part }, symptom));
    const graphs = symptoms.map((symptom): Graph => ({ symptom, alarm: alarmOf(symptom) }));
    if (this.dashboard !== undefined) {
      addToBoard(this.dashboard, monitored.node.path, graphs, Stack.of(this).region);
    }
  }

  private createAlarm(home: Construct, { monitored, part }: Record<'monitored' | 'part', IConstruct>, symptom: Symptom): cloudwatch.Alarm | undefined {
    const { threshold } = symptom;
    if (!this.alarms || threshold === undefined) {
      return undefined;
    }
    const alarm = new cloudwatch.Alarm(home, idOf(symptom), {
      alarmDescription: this.describe(monitored, symptom.alarm, symptom.description),
      ...conditionOf(symptom, threshold),
      evaluationPeriods: symptom.evaluationPeriods,
      datapointsToAlarm: symptom.datapointsToAlarm ?? symptom.evaluationPeriods,
      treatMissingData: symptom.treatMissingData,
      evaluateLowSampleCountPercentile: symptom.ignoreFewSamples ? 'ignore' : undefined,
    });
    describe(alarm, alarm, () => ({ kind: 'alarm', of: part, symptom: symptom.alarm.section }));
    alarm.addAlarmAction(new SnsAction(this.alarmTopic));
    alarm.addOkAction(new SnsAction(this.alarmTopic));
    if (symptom.tellMissing === true) {
      alarm.addInsufficientDataAction(new SnsAction(this.alarmTopic));
    }
    alarm.node.addDependency(...symptom.after ?? []);
    return alarm;
  }

  private notify(home: Construct, monitored: IConstruct, failure: Failure, options: MonitorOptions): void {
    if (this.alarms && !isExcluded(failure.alarm, options)) {
      createFailureRule(home, this.alarmTopic, { ...failure, description: this.describe(monitored, failure.alarm, failure.description) });
    }
  }

  private describe(monitored: IConstruct, alarm: BackendAlarm, text: string): string {
    return textWithPath(LONGEST_ALARM_TEXT, '', monitored, `: ${text}. Runbook: ${this.runbookUrl}#${alarm.section}`);
  }
}
