import { evaluate, type Point } from './metric-math';

export type State = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Datapoints, one for each period, by the name of their metric, or by its id where an alarm has two of one name. `*` stands for any other. */
export type Series = Readonly<Record<string, readonly Point[]>>;

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: { readonly MetricName: string } };
  readonly ReturnData?: boolean;
}

/** An alarm as it stands in a template. */
export interface SimulatedAlarm {
  readonly MetricName?: string;
  readonly Metrics?: readonly Query[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: string;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
  readonly InsufficientDataActions?: unknown[];
}

/** What an alarm makes of data: its state after each period, and the changes that actions told. */
export interface Simulation {
  readonly states: State[];
  readonly told: State[];
}

/** CloudWatch looks at some more periods than it needs, of which AWS shows two. */
const MORE = 2;

/**
 * Follows an alarm from when it was made on.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function simulate(alarm: SimulatedAlarm, series: Series): Simulation {
  const { length } = Object.values(series)[0];
  const points = Array.from({ length }, (_, moment) => pointOf(alarm, series, moment));
  const states: State[] = [];
  const told: State[] = [];
  let state: State = 'INSUFFICIENT_DATA';
  points.forEach((_point, moment) => {
    const range = Array.from({ length: alarm.EvaluationPeriods + MORE }, (_none, index) => points[moment - index]).reverse();
    const next = judge(alarm, range, state);
    if (next !== state && (actionsOf(alarm, next) ?? []).length > 0) told.push(next);
    state = next;
    states.push(state);
  });
  return { states, told };
}

/** The state that follows from the periods that CloudWatch looks at, the last one being the newest. */
export function judge(alarm: SimulatedAlarm, range: readonly Point[], before: State): State {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, TreatMissingData: treatment = 'missing' } = alarm;
  const real = range.filter((point) => point !== undefined).slice(-periods);
  const breaching = real.filter((point) => isBreaching(alarm, point)).length;
  const missing = periods - real.length;
  switch (treatment) {
    case 'breaching': return breaching + missing >= needed ? 'ALARM' : 'OK';
    case 'notBreaching': return breaching >= needed ? 'ALARM' : 'OK';
    case 'ignore': return breaching >= needed ? 'ALARM' : breaching === real.length && missing > 0 ? before : 'OK';
    default: return real.length === 0 ? 'INSUFFICIENT_DATA' : breaching >= Math.min(needed, real.length) ? 'ALARM' : 'OK';
  }
}

function isBreaching({ Threshold: threshold, ComparisonOperator: operator }: SimulatedAlarm, point: number): boolean {
  switch (operator) {
    case 'GreaterThanOrEqualToThreshold': return point >= threshold;
    case 'GreaterThanThreshold': return point > threshold;
    case 'LessThanThreshold': return point < threshold;
    case 'LessThanOrEqualToThreshold': return point <= threshold;
    default: throw new Error(`The simulator does not know the comparison ${operator}.`);
  }
}

function pointOf({ MetricName, Metrics = [] }: SimulatedAlarm, series: Series, moment: number): Point {
  const read = (name: string, id = name) => {
    const found = series[id] ?? series[name] ?? series['*'];
    if (found === undefined) throw new Error(`There is no series of ${name}.`);
    return found[moment];
  };
  if (MetricName !== undefined) return read(MetricName);
  const value = (id: string): Point => {
    const query = Metrics.find(({ Id }) => Id === id);
    if (query === undefined) throw new Error(`The alarm has no metric ${id}.`);
    return query.Expression === undefined ? read(query.MetricStat!.Metric.MetricName, id) : evaluate(query.Expression, value);
  };
  return value((Metrics.find(({ ReturnData }) => ReturnData !== false) ?? Metrics[0]).Id);
}

function actionsOf(alarm: SimulatedAlarm, state: State): unknown[] | undefined {
  return { ALARM: alarm.AlarmActions, OK: alarm.OKActions, INSUFFICIENT_DATA: alarm.InsufficientDataActions }[state];
}
