import { judge, simulate, type SimulatedAlarm, type State } from './alarm-simulator';
import { evaluate, type Point } from './metric-math';

const ALARM: SimulatedAlarm = { MetricName: 'Load', Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 3 };
const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

/** As AWS writes it: 0 is fine, X is breaching, - is missing; the newest is the last. */
function pointsOf(text: string): Point[] {
  return text.split(' ').map((sign) => ({ 0: 0, X: 1 } as Record<string, Point>)[sign]);
}

describe('an alarm is simulated', () => {
  // The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html; 'retain' keeps the state.
  test.each<[number, string, (State | 'retain')[]]>([
    [3, '0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    [3, '- - - - 0', ['OK', 'OK', 'OK', 'OK']],
    [3, '- - - - -', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
    [3, '0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [3, '- - X - -', ['ALARM', 'retain', 'ALARM', 'OK']],
    [2, '0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - X -', ['ALARM', 'retain', 'ALARM', 'OK']],
  ])('as AWS documents it: %i of 3, %s', (needed, text, expected) => {
    const states = TREATMENTS.map((TreatMissingData) => ['OK', 'ALARM'].map((before) => judge({ ...ALARM, DatapointsToAlarm: needed, TreatMissingData }, pointsOf(text), before as State)));
    expect(states).toEqual(expected.map((state) => (state === 'retain' ? ['OK', 'ALARM'] : [state, state])));
  });

  test('from when it was made on, and tells changes for which it has actions', () => {
    const told = (actions: Partial<SimulatedAlarm>) => simulate({ ...ALARM, ...actions }, { Load: pointsOf('0 0 0 X X X - - - - - 0') }).told;
    expect(told({})).toEqual([]);
    expect(told({ AlarmActions: ['topic'], OKActions: ['topic'] })).toEqual(['OK', 'ALARM', 'OK']);
    expect(told({ AlarmActions: ['topic'], InsufficientDataActions: ['topic'] })).toEqual(['ALARM', 'INSUFFICIENT_DATA']);
    expect(told({ AlarmActions: [], InsufficientDataActions: [] })).toEqual([]);
  });

  test('with the metrics of an expression, of which one may be another', () => {
    const alarm = { ...ALARM, MetricName: undefined, Metrics: [{ Id: 'filled', Expression: 'FILL(sum, 0)' }, { Id: 'sum', Expression: 'a + b', ReturnData: false }, ...['a', 'b'].map((Id) => ({ Id, MetricStat: { Metric: { MetricName: 'Load' } }, ReturnData: false }))] };
    expect(simulate(alarm, { a: [1, 1, 1, undefined], Load: [0, 0, 0, 0] }).states.slice(-2)).toEqual(['ALARM', 'OK']);
  });

  test.each<[string, SimulatedAlarm]>([
    ['a comparison', { ...ALARM, ComparisonOperator: 'LessThanLowerThreshold' }],
    ['a metric', { ...ALARM, MetricName: 'Other' }],
    ['the metric of an expression', { ...ALARM, MetricName: undefined, Metrics: [{ Id: 'sum', Expression: 'a' }] }],
  ])('fails for %s that it does not know', (_what, alarm) => {
    expect(() => simulate(alarm, { Load: [1] })).toThrow(/does not know|no series|no metric/);
  });
});

describe('metric math', () => {
  const points = (id: string) => ({ a: 4, b: 2, zero: 0 } as Record<string, Point>)[id];

  test.each<[string, Point]>([
    ['a + b * 3 - 1', 9], ['(a + b) * 3', 18], ['100 * b / a', 50], ['a - b - 1', 1],
    ['SUM([a, b, none])', 6], ['SUM([none])', undefined], ['MAX([none, b])', 2], ['FILL(none, 7)', 7], ['FILL(a, 7)', 4],
    ['IF(a >= 4, 1, 2)', 1], ['IF(a < 4, 1, 2)', 2], ['IF(none, 1, 2)', undefined], ['IF((zero >= 1) OR (a > b), a, 0)', 4], ['IF(a > b AND zero, 1, 2)', 2],
    ['a <= 4', 1], ['a + none', undefined], ['none > 1', undefined],
  ])('%s is %p', (expression, value) => {
    expect(evaluate(expression, points)).toBe(value);
  });

  test.each(['RATE(a)', 'a ? b : 1', '(a', 'a b', 'FILL([a], 0)'])('fails for %s', (expression) => {
    expect(() => evaluate(expression, points)).toThrow();
  });
});
