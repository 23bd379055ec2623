import type { Template } from 'aws-cdk-lib/assertions';
import { type Point, parseMetricMath } from './metric-math';

/** A metric as a policy asks for it. */
export interface AskedMetric {
  /** Id of the query, which tells two target groups apart; none for a predefined metric. */
  readonly id?: string;
  readonly name: string;
  readonly stat: string;
}

/** What is scaled: says once a minute what it measures with the tasks that run then. */
export type World = (tasks: number, minute: number) => (metric: AskedMetric) => Point;

/** A scaling policy as the template has it. */
export interface Policy {
  readonly PolicyType: string;
  readonly TargetTrackingScalingPolicyConfiguration: {
    readonly TargetValue: number;
    readonly ScaleInCooldown: number;
    readonly ScaleOutCooldown: number;
    readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType: string };
    readonly CustomizedMetricSpecification?: { readonly Metrics: readonly Query[] };
  };
}

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: { readonly MetricName: string }; readonly Stat: string };
  readonly ReturnData: boolean;
}

/** A scalable target as the template has it. */
export interface Target {
  readonly MinCapacity: number;
  readonly MaxCapacity: number;
  readonly ScheduledActions?: readonly { readonly ScheduledActionName: string; readonly ScalableTargetAction: { readonly MinCapacity?: number; readonly MaxCapacity?: number } }[];
}

export interface SimulationOptions {
  /** Tasks that run at the start. */
  readonly tasks: number;
  /** Minutes after which a metric can be read, by name. */
  readonly late?: { readonly [name: string]: number };
  /** Minutes that a task needs to start. */
  readonly startMinutes?: number;
}

/** What predefined metrics are made of. */
const PREDEFINED: { readonly [type: string]: AskedMetric } = {
  ECSServiceAverageCPUUtilization: { name: 'CPUUtilization', stat: 'Average' },
  ECSServiceAverageMemoryUtilization: { name: 'MemoryUtilization', stat: 'Average' },
  ALBRequestCountPerTarget: { name: 'RequestCountPerTarget', stat: 'Sum' },
};

/** Alarms look back for points that are late. */
const PATIENCE = 3;

/** A policy of target tracking with its two alarms. */
class Tracker {
  public readonly target: number;
  public readonly cooldown: { readonly out: number; readonly in: number };
  private readonly series: (minute: number) => Point;

  public constructor({ PolicyType, TargetTrackingScalingPolicyConfiguration: configuration }: Policy, read: (metric: AskedMetric, minute: number) => Point) {
    if (PolicyType !== 'TargetTrackingScaling') throw new Error(`The simulation does not know ${PolicyType}.`);
    const { TargetValue, ScaleOutCooldown, ScaleInCooldown, PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: customized } = configuration;
    this.target = TargetValue;
    this.cooldown = { out: ScaleOutCooldown / 60, in: ScaleInCooldown / 60 };
    this.series = predefined === undefined ? compile(customized!.Metrics, read) : (minute) => read(PREDEFINED[predefined.PredefinedMetricType], minute);
  }

  /** The last points that are there, the newest last; nothing where there are not enough, and the alarm has insufficient data. */
  private points(now: number, count: number): number[] {
    const all = Array.from({ length: count + PATIENCE }, (_, index) => this.series(now - count - PATIENCE + 1 + index));
    const known = all.filter((point): point is number => point !== undefined);
    return known.length < count ? [] : known.slice(-count);
  }

  /** Tasks that are asked for above those that run; nothing while the alarm is silent. From zero, it is the least possible. */
  public wantsMore(now: number, running: number): number | undefined {
    const points = this.points(now, 3);
    const isHigh = points.length > 0 && points.every((point) => point > this.target);
    return isHigh ? Math.max(1, Math.ceil(running * points[2] / this.target)) : undefined;
  }

  /** Tasks that would do; nothing while the alarm is silent. */
  public needsOnly(now: number, running: number): number | undefined {
    const points = this.points(now, 15);
    const isLow = points.length > 0 && points.every((point) => point < this.target * 0.9);
    return isLow ? Math.ceil(running * points[14] / this.target) : undefined;
  }
}

function compile(queries: readonly Query[], read: (metric: AskedMetric, minute: number) => Point): (minute: number) => Point {
  const returned = queries.filter(({ ReturnData }) => ReturnData);
  if (returned.length !== 1) throw new Error(`A policy returns one series, not ${returned.length}.`);
  const queriesById = new Map(queries.map((query) => [query.Id, compileQuery(query, read)]));
  return (minute) => {
    const known = new Map<string, Point>();
    const valueOf = (id: string): Point => {
      const query = queriesById.get(id);
      if (query === undefined) throw new Error(`There is no query ${id}.`);
      if (!known.has(id)) known.set(id, query(valueOf, minute));
      return known.get(id);
    };
    return valueOf(returned[0].Id);
  };
}

function compileQuery({ Id: id, Expression, MetricStat }: Query, read: (metric: AskedMetric, minute: number) => Point): (valueOf: (id: string) => Point, minute: number) => Point {
  if (MetricStat !== undefined) {
    return (_, minute) => read({ id, name: MetricStat.Metric.MetricName, stat: MetricStat.Stat }, minute);
  }
  return parseMetricMath(Expression!);
}

/**
 * Application Auto Scaling on the policies that a template has, minute by minute.
 *
 * Target tracking scales out when three minutes are above the target, from the tasks that *run*, and by the least possible amount from zero; in
 * when fifteen minutes are below 90 % of it, where every policy agrees, to the greatest number that one needs. Without enough data it does nothing.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
 */
export class ScalingSimulation {
  /** Tasks that are wanted, at the end of each minute. */
  public readonly wanted: number[] = [];
  private readonly history: ((metric: AskedMetric) => Point)[] = [];
  private readonly trackers: Tracker[];
  private bounds: { min: number; max: number };
  private desired: number;
  private running: number;
  private lastOut = -Infinity;
  private lastIn = -Infinity;

  public static of(template: Template, world: World, options: SimulationOptions): ScalingSimulation {
    const propertiesOf = <T>(type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties as T);
    const [target] = propertiesOf<Target>('AWS::ApplicationAutoScaling::ScalableTarget');
    return new ScalingSimulation(target, propertiesOf<Policy>('AWS::ApplicationAutoScaling::ScalingPolicy'), world, options);
  }

  public constructor(private readonly target: Target, policies: readonly Policy[], private readonly world: World, private readonly options: SimulationOptions) {
    this.trackers = policies.map((policy) => new Tracker(policy, (metric, minute) => this.read(metric, minute)));
    this.bounds = { min: target.MinCapacity, max: target.MaxCapacity };
    this.desired = options.tasks;
    this.running = options.tasks;
  }

  /** Tasks that are wanted now. */
  public get tasks(): number {
    return this.desired;
  }

  /** Lets minutes pass. */
  public run(minutes: number): this {
    for (let end = this.history.length + minutes; this.history.length < end;) this.pass();
    return this;
  }

  /** A moment of a schedule has come. */
  public fire(name: string): this {
    const action = this.target.ScheduledActions!.find(({ ScheduledActionName }) => ScheduledActionName === name)!.ScalableTargetAction;
    this.bounds = { min: action.MinCapacity ?? this.bounds.min, max: action.MaxCapacity ?? this.bounds.max };
    if (this.bounds.min > this.bounds.max) throw new Error(`The schedule ${name} leaves the bounds the wrong way round.`);
    this.desired = Math.min(this.bounds.max, Math.max(this.bounds.min, this.desired));
    return this;
  }

  private pass(): void {
    const started = this.wanted.slice(-(this.options.startMinutes ?? 1))[0] ?? this.options.tasks;
    this.running = Math.min(this.desired, Math.max(this.running, started));
    const minute = this.history.length;
    this.history.push(this.world(this.running, minute));
    if (!this.scaleOut(minute)) this.scaleIn(minute);
    this.wanted.push(this.desired);
  }

  private scaleOut(now: number): boolean {
    const cooldown = Math.max(...this.trackers.map((tracker) => tracker.cooldown.out));
    const asked = this.trackers.map((tracker) => tracker.wantsMore(now, this.running)).filter((tasks): tasks is number => tasks !== undefined);
    const tasks = Math.min(this.bounds.max, Math.max(...asked));
    const isMore = asked.length > 0 && tasks > this.desired && now - this.lastOut >= cooldown;
    if (isMore) {
      this.desired = tasks;
      this.lastOut = now;
    }
    return isMore;
  }

  private scaleIn(now: number): void {
    const cooldown = Math.max(...this.trackers.map((tracker) => tracker.cooldown.in));
    if (this.desired <= this.bounds.min) return;
    const needed = this.trackers.map((tracker) => tracker.needsOnly(now, this.running));
    const tasks = Math.max(this.bounds.min, ...needed.map((number) => number ?? Infinity));
    if (this.trackers.length > 0 && tasks < this.desired && now - Math.max(this.lastIn, this.lastOut) >= cooldown) {
      this.desired = tasks;
      this.lastIn = now;
    }
  }

  private read(metric: AskedMetric, minute: number): Point {
    const isThere = minute >= 0 && minute < this.history.length - (this.options.late?.[metric.name] ?? 0);
    return isThere ? this.history[minute](metric) : undefined;
  }
}

/** Options of a worker that takes messages from a queue. */
export interface QueueWorldOptions {
  /** Messages that come in a minute. */
  readonly arrivals: (minute: number) => number;
  /** Messages that a task works on at once. */
  readonly atOnce: number;
  /** Minutes that one message takes. */
  readonly minutesOfWork: number;
  /** Minutes in which SQS reports nothing. */
  readonly silent?: (minute: number) => boolean;
}

/** A queue and its workers. Tasks that are stopped put back what they hold. */
export class QueueWorld {
  public waiting = 0;
  public done = 0;
  /** Tasks that were stopped with messages in work while no other was left. */
  public lastTaskLost = 0;
  /** Minutes of work that are left, for each message of each task. */
  private inWork: number[][] = [];

  public constructor(private readonly options: QueueWorldOptions) {}

  public get working(): number {
    return this.inWork.reduce((sum, messages) => sum + messages.length, 0);
  }

  public readonly pass: World = (tasks, minute) => {
    const stopped = this.inWork.slice(tasks);
    this.waiting += stopped.reduce((sum, messages) => sum + messages.length, 0);
    this.lastTaskLost += tasks === 0 && stopped.some((messages) => messages.length > 0) ? 1 : 0;
    this.waiting += this.options.arrivals(minute);
    this.inWork = Array.from({ length: tasks }, (_, index) => this.work(this.inWork[index] ?? []));
    const isSilent = this.options.silent?.(minute) === true;
    const measured: { readonly [name: string]: Point } = {
      ApproximateNumberOfMessagesVisible: isSilent ? undefined : this.waiting,
      ApproximateNumberOfMessagesNotVisible: isSilent ? undefined : this.working,
      CPUUtilization: tasks === 0 ? undefined : tasks,
    };
    return ({ name, stat }) => (name === 'CPUUtilization' && stat === 'Average' && tasks > 0 ? 5 : measured[name]);
  };

  private work(messages: readonly number[]): number[] {
    const left = messages.map((minutes) => minutes - 1).filter((minutes) => minutes > 0);
    this.done += messages.length - left.length;
    const taken = Math.min(this.waiting, this.options.atOnce - left.length);
    this.waiting -= taken;
    return [...left, ...Array<number>(taken).fill(this.options.minutesOfWork)];
  }
}
