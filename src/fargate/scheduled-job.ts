import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { CfnSchedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IServiceBinding, IWorkload } from '../binding';
import type { CommonTaskProps } from './common-task-props';
import type { MonitorJobOptions } from './monitor-job-options';
import { capacityReadiness } from './private/capacity-rules';
import { type JobScheduleProps, createSchedule } from './private/job-schedule';
import { JOB_CONTAINER, failedRun, jobMonitoring } from './private/job-symptoms';
import { createConnections } from './private/service-network';
import { planTask } from './private/service-plan';
import { createLogGroup, createTask } from './private/service-task';
import { Sidecars } from './private/sidecars';
import { TaskBindings } from './private/task-bindings';
import { TaskContainers } from './private/task-containers';
import { requireTaskProps } from './private/task-props';
import { TaskVariables } from './private/task-variables';
import { TaskVolumes } from './private/task-volumes';
import { describe } from '../posture/shared/describe';
import { integer, seconds } from '../private/ranges';
import { VOLUMES } from './shared/init-containers';
import { taskFamily } from './shared/task-family';
import { TaskStarter } from './shared/task-starter';
import { tagTasks } from './shared/task-tag';
import { networkReadiness } from '../network/shared/network-readiness';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError, warn } from '../private/errors';
import { validateSchedule } from '../private/schedule';
import { dependOnStackOf } from '../private/stack-order';
import type { Monitoring, Monitored } from '../symptoms/shared/monitored';

/** @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html */
const MOST_WINDOW_MINUTES = 1440;

/** Doubled like the tasks of a service, because a run may begin before the last one has ended. */
const TASKS_OF_A_RUN = 1;

/** Properties of a job. */
export interface ScheduledJobProps extends CommonTaskProps {
  /**
   * When the job runs, in which time zone: a cron expression of six fields, a rate, or a single moment.
   *
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
   */
  readonly schedule: ScheduleExpression;

  /**
   * Time after each moment of the schedule within which the job may start, from 1 to 1440 whole minutes, to spread load.
   *
   * @default - it starts at the moment itself
   */
  readonly timeWindow?: Duration;

  /**
   * Whether the schedule starts the job. A job that is off can still be run by hand.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * How often starting the job is tried again, from 0 to 185. A job that started and failed is not run again before its next
   * moment: see `onFailure`.
   *
   * @default 3
   */
  readonly retryAttempts?: number;

  /**
   * Time after a moment of the schedule until which starting is tried, from 1 minute to 1 day. Shorter than the interval, so that late
   * starts do not meet the next.
   *
   * @default Duration.minutes(15)
   */
  readonly maxEventAge?: Duration;

  /**
   * Queue that gets what could not be started.
   *
   * @default - a new one that keeps it for two weeks
   */
  readonly deadLetterQueue?: sqs.IQueue;
}

/**
 * A container that runs on a schedule and ends: cron work, with the same image, bindings and hardening as a service.
 *
 * ## What it makes
 * A task definition with two roles, a schedule of EventBridge Scheduler with a role that may start this one task family, a security
 * group, a log group, and a dead-letter queue. `grantRun` and `runCommand` add a function with a role and a log group, which starts the task for people.
 *
 * ## Defaults that matter
 * - **Runs may overlap.** A run that takes longer than the interval meets the next, and EventBridge Scheduler starts at least once, in
 *   rare cases twice. Neither it nor ECS can prevent that, so let the job do it: take `pg_try_advisory_lock` and end when it is taken.
 * - Starting is tried again three times within 15 minutes; then the dead-letter queue gets the event. A job that starts and ends with an
 *   error is over: `onFailure` tells you.
 * - SIGTERM comes only from Fargate itself (patches, Spot) and from you, with `STOP_TIMEOUT_SECONDS` until SIGKILL. Nothing ends a job that
 *   hangs: give it a limit of its own.
 * - A new version is used from the next run on. Its migrations have run by then.
 *
 * ## Security considerations
 * Nothing may connect to it. The root file system is read-only but for `/tmp`, the process is not root and has no Linux capability. It
 * may connect to what it is bound to, and to TCP 443 anywhere. The task role has no permissions until you grant some.
 * `grantRun` gives neither `ecs:RunTask` nor `iam:PassRole`: who has these may run any program as the job, with its secrets.
 *
 * ## Cost
 * About 0.01 USD for each hour that it runs at the default size in us-east-1, ARM64; the schedule costs 1 USD for a million starts.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
 * import { BackendCluster, BackendNetwork, ScheduledJob, ServiceImage } from 'cdk-private-backend';
 *
 * const stack = new Stack(new App(), 'Backend');
 * const vpc = new BackendNetwork(stack, 'Network').vpc;
 * const cluster = new BackendCluster(stack, 'Cluster', { vpc });
 * new ScheduledJob(stack, 'CleanUp', {
 *   cluster,
 *   image: ServiceImage.fromDirectory('worker'),
 *   command: ['node', 'clean-up.js'],
 *   schedule: ScheduleExpression.cron({ hour: '3', minute: '0' }),
 * });
 */
export class ScheduledJob extends Construct implements IWorkload, Monitored, ec2.IConnectable, iam.IGrantable {
  /** The security groups of the tasks. */
  public readonly connections: ec2.Connections;
  /** The task definition. */
  public readonly taskDefinition: ecs.IFargateTaskDefinition;
  /** The log group of all containers. */
  public readonly logGroup: logs.ILogGroup;
  /** The queue with what could not be started. */
  public readonly deadLetterQueue: sqs.IQueue;
  /** The role that the tasks themselves have in AWS. */
  public readonly taskRole: iam.IRole;
  /** The role with which ECS starts tasks: it pulls images, reads secrets and writes logs. */
  public readonly executionRole: iam.IRole;
  /** The principal that permissions are granted to: the task role. */
  public readonly grantPrincipal: iam.IPrincipal;

  private readonly parts: JobScheduleProps;
  private readonly variables: TaskVariables;
  private readonly bindings: TaskBindings;
  private starter?: TaskStarter;

  /**
   * @throws InvalidBackendError for a CPU and memory pair that Fargate does not offer, a value out of its range, a schedule that
   * EventBridge Scheduler does not read, or a variable that is given twice
   */
  constructor(scope: Construct, id: string, props: ScheduledJobProps) {
    super(scope, id);
    requireTaskProps(this, props);
    dependOnStackOf(this, props.cluster, 'Jobs depend on their cluster, never the reverse.');
    const plan = planTask(this, props, { construct: 'ScheduledJob', defaultStopTimeout: Duration.seconds(120) });
    const start = this.planStart(props);
    this.logGroup = createLogGroup(this, props);
    this.variables = new TaskVariables(this, { stopTimeout: { STOP_TIMEOUT_SECONDS: Tokenization.stringifyNumber(plan.stopTimeout.toSeconds()) } }, props);
    this.bindings = new TaskBindings(this, this.variables, TASKS_OF_A_RUN);
    this.bindings.askAll(props.connectTo);
    const container = { name: JOB_CONTAINER, loseLogsBeforeBlocking: false };
    const taskDefinition = createTask(this, { props, plan, variables: this.variables, logGroup: this.logGroup, container, family: taskFamily(this) });
    tagTasks(this, taskDefinition.node.defaultChild as ecs.CfnTaskDefinition);
    this.taskDefinition = taskDefinition;
    this.taskRole = taskDefinition.taskRole;
    this.executionRole = taskDefinition.obtainExecutionRole();
    this.grantPrincipal = this.taskRole;
    this.connections = createConnections(this, props);
    this.deadLetterQueue = props.deadLetterQueue ?? this.createDeadLetterQueue();
    const { logGroup, connections, deadLetterQueue } = this;
    this.parts = { job: props, plan, cluster: props.cluster, taskDefinition, logGroup, connections, deadLetterQueue, ...start };
    this.attachBindings(this.createSchedule());
    describe(this, this, () => ({ kind: 'job', cluster: props.cluster, container: JOB_CONTAINER, deadLetterQueue, logGroup }));
  }

  /**
   * Connects the job to something, as `connectTo` among its properties does, up to synth: to something that is made later, or that connects
   * itself. The same binding once more changes nothing.
   *
   * @throws InvalidBackendError for whatever `connectTo` among the properties is refused for
   */
  public connectTo(binding: IServiceBinding): void {
    this.bindings.connect(binding);
  }

  /**
   * Adds an environment variable to the container, as `environment` does. Anyone who may describe the task definition can read it.
   *
   * @throws InvalidBackendError for a name that is none, or that has another value already
   */
  public addEnvironment(name: string, value: string): void {
    this.variables.addEnvironment(name, value);
  }

  /**
   * Adds an environment variable from Secrets Manager or Systems Manager to the container, as `secrets` does: it is read when a task starts.
   *
   * @throws InvalidBackendError for a name that is none, or that has another value already
   */
  public addSecret(name: string, secret: ecs.Secret): void {
    this.variables.addSecret(name, secret);
  }

  /**
   * AWS CLI command that runs the job now, for whom `grantRun` allows. It prints the ARN of the task, and where its log is.
   *
   * The first reading of this property, or the first `grantRun`, adds the function that the command invokes.
   */
  public get runCommand(): string {
    return this.obtainStarter().command;
  }

  /**
   * Lets a principal run the job now, with `runCommand`, and nothing else as the job.
   *
   * The principal may invoke one function, which starts the task as it is declared and reads nothing of what it is sent; see and stop tasks of this
   * job, those of its schedule too; and read the log of the job. There are no overrides: no other command, variable, role or network. What remains: the job
   * runs as often as the principal likes, also beside itself; a run of the schedule can be stopped; and what the job logs is read.
   */
  public grantRun(grantee: iam.IGrantable): iam.Grant {
    return this.obtainStarter().grantRun(grantee);
  }

  /**
   * Tells a target of each run that failed: its container ended with another code than zero, or never started.
   *
   * @param id unique on this job
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
   */
  public onFailure(id: string, options: events.OnEventOptions = {}): events.Rule {
    const { detailType, detail } = failedRun(this.parts);
    const rule = new events.Rule(this, id, options);
    rule.addTarget(options.target);
    rule.addEventPattern({ source: ['aws.ecs'], detailType: [detailType], detail });
    return rule;
  }

  /** Runs that could not be started and are in the dead-letter queue. Default: maximum over five minutes. */
  public metricNotStarted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** @internal */
  public _monitor(options: MonitorJobOptions): Monitoring {
    return jobMonitoring(this, this.parts, this.metricNotStarted(), options);
  }

  private obtainStarter(): TaskStarter {
    const { cluster, plan, connections } = this.parts;
    this.starter ??= new TaskStarter(this, 'Starter', {
      ...this.parts,
      vpc: cluster.vpc,
      placement: plan.placement,
      securityGroupIds: connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
      container: JOB_CONTAINER,
      logStreamPrefix: JOB_CONTAINER,
      capacityProviders: plan.capacityProviders,
      exclusive: false,
    });
    return this.starter;
  }

  private planStart(props: ScheduledJobProps): { retryAttempts: number; maxEventAge: number } {
    const { schedule, retryAttempts = 3, maxEventAge = Duration.minutes(15), timeWindow } = props;
    validateSchedule(this, '`schedule`', schedule);
    this.adviseOnMinutes(schedule.expressionString);
    integer(this, 'retryAttempts', retryAttempts, 0, 185);
    seconds(this, 'maxEventAge', maxEventAge, 60, 86_400);
    if (timeWindow !== undefined && !timeWindow.isUnresolved()) {
      this.validateTimeWindow(timeWindow.toMinutes({ integral: false }));
    }
    return { retryAttempts, maxEventAge: maxEventAge.toSeconds() };
  }

  /** CDK's `cron({ hour: '3' })` runs in each minute of that hour. */
  private adviseOnMinutes(expression: string): void {
    if (!Token.isUnresolved(expression) && /^cron\(\s*\*\s+(?!\*\s)/.test(expression)) {
      warn(this, 'ScheduledJob.everyMinute', `\`schedule\` is '${expression}', which starts the job in every minute of an hour. Set the minute too, as in 'cron(0 3 * * ? *)'.`);
    }
  }

  private validateTimeWindow(minutes: number): void {
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > MOST_WINDOW_MINUTES) {
      throw new InvalidBackendError(this, 'ScheduledJob.timeWindow', `\`timeWindow\` must be from 1 to ${MOST_WINDOW_MINUTES} whole minutes, got ${minutes}.`);
    }
  }

  private createDeadLetterQueue(): sqs.Queue {
    const queue = new sqs.Queue(this, 'DeadLetterQueue', { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) });
    referWeakly(...queue.node.children);
    return queue;
  }

  private createSchedule(): CfnSchedule {
    const { job, plan, cluster, taskDefinition } = this.parts;
    const schedule = createSchedule(this, this.parts);
    const { subnets } = cluster.vpc.selectSubnets(plan.placement.vpcSubnets);
    const network = networkReadiness(this, { vpc: cluster.vpc, subnets, securityGroups: this.connections.securityGroups });
    schedule.node.addDependency(taskDefinition.obtainExecutionRole(), taskDefinition.taskRole, network);
    if (plan.capacityProviders !== undefined) {
      schedule.node.addDependency(capacityReadiness(cluster));
    }
    (job.migrations ?? []).forEach((migration) => migration.runBefore(this));
    return schedule;
  }

  /** A job starts anew each time, with the secrets of the day, so no rotation restarts it. */
  private attachBindings(starter: CfnSchedule): void {
    const { parts: { job, plan, cluster: { vpc }, taskDefinition: task, logGroup }, connections } = this;
    const container = task.defaultContainer as ecs.ContainerDefinition;
    const volumes = new TaskVolumes({ scope: this, task, connections, vpc, plan, logGroup });
    volumes.mount(container, { ...job, initId: VOLUMES });
    starter.node.addDependency(volumes.readiness);
    const containers = new TaskContainers(this, task);
    containers.note('the job itself');
    const common = { task, container, plan, logGroup, volumes, containers };
    const sidecars = new Sidecars({ ...common, scope: this, enableExecuteCommand: false });
    this.bindings.attach({ ...common, vpc, connections, sidecars, starter });
  }
}
