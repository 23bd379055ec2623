import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { createCluster, IMAGE } from './fixture';
import { parseMetricMath, type Point } from './metric-math';
import { type Policy, QueueWorld, type QueueWorldOptions, ScalingSimulation, type SimulationOptions, type World } from './scaling-simulation';
import { FargateApi, type FargateApiProps, FargateWorker, type FargateWorkerProps, Scaling, ServiceDeployment } from '../../src/fargate';
import { PublicIngress } from '../../src/ingress';

const VISIBLE = 'ApproximateNumberOfMessagesVisible';
const NOT_VISIBLE = 'ApproximateNumberOfMessagesNotVisible';

function backlogTemplate(messagesPerTask: number, props: Partial<FargateWorkerProps> = {}, more: Scaling[] = []): Template {
  const { stack, cluster } = createCluster();
  const queue = new sqs.Queue(stack, 'Jobs');
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, minTasks: 0, maxTasks: 20, scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask }), ...more], ...props });
  return Template.fromStack(stack);
}

function apiTemplate(scaleOn: Scaling[], props: Partial<FargateApiProps> = {}): Template {
  const { stack, vpc, cluster } = createCluster();
  const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, minTasks: 2, maxTasks: 10, scaleOn, ...props });
  new PublicIngress(stack, 'Ingress', { vpc }).addRoute('Api', { target: api });
  return Template.fromStack(stack);
}

/** A worker for each call: a queue of its own, and the policies of a template. */
function simulate(template: Template, options: QueueWorldOptions, simulation: SimulationOptions = { tasks: 0 }) {
  const world = new QueueWorld(options);
  return { world, scaling: ScalingSimulation.of(template, world.pass, simulation) };
}

/** A world whose queue stays as it is, whatever the tasks do. */
function constantQueue(waiting: Point, working: Point = 0): World {
  return (tasks) => ({ name }) => ({ [VISIBLE]: waiting, [NOT_VISIBLE]: working, CPUUtilization: tasks === 0 ? undefined : tasks })[name];
}

/** Numbers from 0 to 1 that are the same in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

function changesOf(numbers: readonly number[]): number {
  return numbers.filter((number, index) => index > 0 && number !== numbers[index - 1]).length;
}

/** How often numbers that rose fall, or the other way round. */
function turnsOf(numbers: readonly number[]): number {
  const directions = numbers.map((number, index) => Math.sign(number - numbers[Math.max(0, index - 1)])).filter((direction) => direction !== 0);
  return changesOf(directions);
}

const IDLE: QueueWorldOptions = { arrivals: () => 0, atOnce: 1, minutesOfWork: 1 };

describe('the backlog of a queue', () => {
  describe.each([0.5, 1, 3, 20, 1000])('with %d messages for each task', (messagesPerTask) => {
    const template = backlogTemplate(messagesPerTask);

    test('starts the first task for one message, and stops it when that is done', () => {
      const { world, scaling } = simulate(template, { ...IDLE, arrivals: (minute) => Number(minute === 30), minutesOfWork: 3 });
      expect(scaling.run(30).tasks).toBe(0);
      expect(scaling.run(5).tasks).toBe(1);
      scaling.run(40);
      expect({ done: world.done, tasks: scaling.tasks, most: Math.max(...scaling.wanted) }).toEqual({ done: 1, tasks: 0, most: 1 });
    });

    test('starts the first task for any number of messages', () => {
      for (const waiting of [1, 2, messagesPerTask, messagesPerTask + 1, 10 * messagesPerTask].map(Math.ceil)) {
        expect(ScalingSimulation.of(template, constantQueue(waiting), { tasks: 0 }).run(10).tasks).toBeGreaterThan(0);
      }
    });

    test('settles on the tasks that what waits needs, from any number, and stays there', () => {
      for (const [waiting, tasks] of [1, 5, 20, 21, 100, 350].flatMap((count) => [0, 1, 7, 20].map((from) => [count, from]))) {
        const scaling = ScalingSimulation.of(template, constantQueue(waiting), { tasks }).run(180);
        expect(scaling.tasks).toBeGreaterThanOrEqual(Math.min(20, Math.ceil(waiting / messagesPerTask)));
        // Between 90 % and 100 % of the target nothing happens.
        expect(scaling.tasks).toBeLessThanOrEqual(Math.min(20, Math.ceil(waiting / messagesPerTask / 0.9)));
        expect(turnsOf(scaling.wanted)).toBe(0);
        expect(changesOf(scaling.wanted.slice(120))).toBe(0);
      }
    });
  });

  test.each<[string, number, number, number, number]>([
    // waiting, in work, tasks before, tasks after two hours
    ['nothing', 0, 0, 5, 0],
    ['nothing, without tasks', 0, 0, 0, 0],
    ['work without tasks, which comes back when it is visible again', 0, 3, 0, 0],
    ['the last message in work keeps the last task', 0, 1, 1, 1],
    ['work for two tasks keeps two of five', 0, 30, 5, 2],
    ['work for one task keeps one of five', 0, 3, 5, 1],
    ['work never scales out', 0, 900, 2, 2],
    ['work and messages together never scale out below the target', 20, 900, 2, 2],
    ['messages scale out, whatever is in work', 50, 10, 2, 3],
    ['as many as the target for each task are right', 40, 0, 2, 2],
    ['more than there may be tasks', 5000, 0, 20, 20],
  ])('%s', (_what, waiting, working, tasks, after) => {
    expect(ScalingSimulation.of(backlogTemplate(20), constantQueue(waiting, working), { tasks }).run(120).tasks).toBe(after);
  });

  test('keeps the least number of tasks, also when nothing waits', () => {
    expect(ScalingSimulation.of(backlogTemplate(20, { minTasks: 2 }), constantQueue(0), { tasks: 9 }).run(60).tasks).toBe(2);
  });

  test('keeps the last task for a message that takes an hour, and not for longer', () => {
    const { world, scaling } = simulate(backlogTemplate(20), { ...IDLE, arrivals: (minute) => Number(minute === 0), minutesOfWork: 60 });
    scaling.run(100);
    expect({ done: world.done, lost: world.lastTaskLost, tasks: scaling.tasks }).toEqual({ done: 1, lost: 0, tasks: 0 });
  });

  test('stops busy tasks one by one, five minutes apart', () => {
    const scaling = ScalingSimulation.of(backlogTemplate(20), constantQueue(0, 8), { tasks: 8 }).run(60);
    expect(scaling.wanted.every((tasks, minute) => minute === 0 || tasks >= scaling.wanted[minute - 1] - 1)).toBe(true);
    expect(changesOf(scaling.wanted.slice(0, 25))).toBeLessThanOrEqual(3);
  });

  test('starts tasks from a queue that was silent, once it reports again', () => {
    const { world, scaling } = simulate(backlogTemplate(20), { ...IDLE, arrivals: (minute) => Number(minute === 400), silent: (minute) => minute < 415 });
    expect(scaling.run(414).tasks).toBe(0);
    scaling.run(60);
    expect({ done: world.done, tasks: scaling.tasks, most: Math.max(...scaling.wanted) }).toEqual({ done: 1, tasks: 0, most: 1 });
  });

  test.each([[0, 0], [1, 1], [2, 2], [0, 1], [1, 2], [2, 1], [2, 0]])('bears SQS %d and ECS %d minutes late', (sqsLate, ecsLate) => {
    const late = { [VISIBLE]: sqsLate, [NOT_VISIBLE]: sqsLate, CPUUtilization: ecsLate };
    const { world, scaling } = simulate(backlogTemplate(5), { ...IDLE, arrivals: (minute) => (minute < 60 ? 4 : 0), minutesOfWork: 2 }, { tasks: 0, late });
    scaling.run(200);
    expect({ done: world.done, tasks: scaling.tasks }).toEqual({ done: 240, tasks: 0 });
  });

  test('drains whatever comes, within the bounds, and goes back to none', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = randomOf(seed);
      const [messagesPerTask, atOnce, minutesOfWork] = [1 + Math.floor(random() * 30), 1 + Math.floor(random() * 10), 1 + Math.floor(random() * 5)];
      const bursts = new Map(Array.from({ length: 1 + Math.floor(random() * 8) }, () => [Math.floor(random() * 200), Math.ceil(random() ** 3 * 60)]));
      const { world, scaling } = simulate(backlogTemplate(messagesPerTask, { maxTasks: 12 }), { arrivals: (minute) => bursts.get(minute) ?? 0, atOnce, minutesOfWork }, { tasks: Math.floor(random() * 13), startMinutes: 1 + Math.floor(random() * 3) });
      scaling.run(200 + 600);
      const all = [...bursts.values()].reduce((sum, messages) => sum + messages, 0);
      expect({ seed, done: world.done, lost: world.lastTaskLost, tasks: scaling.tasks }).toEqual({ seed, done: all, lost: 0, tasks: 0 });
      expect(scaling.wanted.every((tasks) => tasks >= 0 && tasks <= 12)).toBe(true);
    }
  });

  test('moves by one task or a tenth of them under a steady load, a few times an hour', () => {
    for (const arrivals of [1, 5, 17, 40, 101]) {
      const { world, scaling } = simulate(backlogTemplate(20, { maxTasks: 40 }), { arrivals: () => arrivals, atOnce: 5, minutesOfWork: 1 }, { tasks: 1 });
      const settled = scaling.run(720).wanted.slice(240);
      expect(world.waiting).toBeLessThanOrEqual(20 * scaling.tasks + arrivals);
      expect(Math.min(...settled)).toBeGreaterThan(0);
      expect(Math.max(...settled) - Math.min(...settled)).toBeLessThanOrEqual(2);
      expect(changesOf(settled)).toBeLessThanOrEqual(8 * 8);
    }
  });

  test('is that of each of two queues', () => {
    const { stack, cluster } = createCluster();
    const scaleOn = ['Fast', 'Slow'].map((id) => Scaling.onQueueBacklog({ queue: new sqs.Queue(stack, id), messagesPerTask: 10 }));
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, minTasks: 0, maxTasks: 20, scaleOn });
    const template = Template.fromStack(stack);
    expect(ScalingSimulation.of(template, constantQueue(1), { tasks: 0 }).run(10).tasks).toBe(1);
    expect(ScalingSimulation.of(template, constantQueue(0), { tasks: 3 }).run(60).tasks).toBe(0);
  });

  test('never gets to zero beside CPU use, of which the library warns', () => {
    const { world, scaling } = simulate(backlogTemplate(20, {}, [Scaling.onCpuPercent(60)]), { ...IDLE, arrivals: (minute) => Number(minute === 5) });
    scaling.run(300);
    expect({ done: world.done, tasks: scaling.tasks }).toEqual({ done: 1, tasks: 1 });
  });
});

describe.each<[string, Scaling, number]>([
  ['CPUUtilization', Scaling.onCpuPercent(60), 60],
  ['MemoryUtilization', Scaling.onMemoryPercent(60), 60],
  ['RequestCountPerTarget', Scaling.onRequestsPerMinute(1000), 1000],
])('the average %s', (metric, policy, target) => {
  const template = apiTemplate([policy]);
  /** What all tasks together have to do, as the use of one task. */
  const under = (load: (minute: number) => number, tasks: number, late = 0) => ScalingSimulation.of(template, (running, minute) => ({ name }) => (name === metric ? load(minute) / running : undefined), { tasks, late: { [metric]: late } });

  test('settles on the tasks that a steady load needs, from any number, and stays there', () => {
    for (const [needed, tasks] of [0.2, 1.5, 2, 3.4, 6, 9.9, 30].flatMap((count) => [2, 3, 6, 10].map((from) => [count, from]))) {
      const scaling = under(() => needed * target, tasks).run(180);
      expect(scaling.tasks).toBeGreaterThanOrEqual(Math.min(10, Math.ceil(needed)));
      // Between 90 % and 100 % of the target nothing happens.
      expect(scaling.tasks).toBeLessThanOrEqual(Math.min(10, Math.max(2, Math.ceil(needed / 0.9))));
      expect(turnsOf(scaling.wanted)).toBe(0);
      expect(changesOf(scaling.wanted.slice(90))).toBe(0);
    }
  });

  test('follows a load up and down within the bounds, also where it is measured late', () => {
    for (const late of [0, 1, 2]) {
      const scaling = under((minute) => (minute >= 30 && minute < 90 ? 7 : 0.5) * target, 2, late);
      expect(scaling.run(45).tasks).toBe(7);
      expect(scaling.run(120).tasks).toBe(2);
      expect(scaling.wanted.every((tasks) => tasks >= 2 && tasks <= 10)).toBe(true);
    }
  });

  test('does nothing without data', () => {
    expect(ScalingSimulation.of(template, () => () => undefined, { tasks: 5 }).run(60).tasks).toBe(5);
  });
});

describe('requests that move between two target groups', () => {
  const template = apiTemplate([Scaling.onRequestsPerMinute(1000)], { deployment: ServiceDeployment.linear() });
  /** Requests of all tasks, and the share of the second group; each group has all tasks, and reports nothing where it gets nothing. */
  const between = (requests: (minute: number) => number, shareOf: (minute: number) => number, late = 0): ScalingSimulation => ScalingSimulation.of(template, (tasks, minute) => ({ id }) => {
    const share = { requests0: 1 - shareOf(minute), requests1: shareOf(minute) }[id!] ?? 0;
    return share === 0 ? undefined : requests(minute) * share / tasks;
  }, { tasks: 4, late: { RequestCountPerTarget: late } });

  test('are the same load whichever group gets them', () => {
    const moving = between(() => 3900, (minute) => Math.min(1, Math.max(0, (minute - 60) / 60))).run(240);
    expect(new Set(moving.wanted)).toEqual(new Set([4]));
  });

  test.each([0, 1, 2])('scale out and in while one group is silent, and the other %d minutes late', (late) => {
    for (const share of [0, 1]) {
      const scaling = between((minute) => (minute < 60 ? 9000 : 1000), () => share, late);
      expect(scaling.run(30).tasks).toBe(9);
      expect(scaling.run(150).tasks).toBe(2);
    }
  });
});

describe('schedules', () => {
  const at = appscaling.Schedule.rate(Duration.days(1));

  test('change the bounds, and within them the backlog decides', () => {
    const template = backlogTemplate(20, {}, [Scaling.onSchedule('Day', { schedule: at, minTasks: 3, maxTasks: 6 }), Scaling.onSchedule('Night', { schedule: at, minTasks: 0, maxTasks: 20 })]);
    const scaling = ScalingSimulation.of(template, constantQueue(0), { tasks: 0 }).fire('Day').run(60);
    expect(scaling.tasks).toBe(3);
    expect(scaling.fire('Night').run(60).tasks).toBe(0);
  });

  test('alone pause and resume a fixed number of tasks', () => {
    const template = backlogTemplate(20, {
      minTasks: 2, maxTasks: 2, scaleOn: [Scaling.onSchedule('Night', { schedule: at, minTasks: 0, maxTasks: 0 }), Scaling.onSchedule('Day', { schedule: at, minTasks: 2, maxTasks: 2 })],
    });
    const scaling = ScalingSimulation.of(template, constantQueue(0), { tasks: 2 }).run(30);
    expect(scaling.fire('Night').run(30).tasks).toBe(0);
    expect(scaling.fire('Day').run(30).tasks).toBe(2);
    expect(changesOf(scaling.wanted)).toBe(2);
  });
});

describe('the simulation', () => {
  const metrics = (expression: string): Policy => ({
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 20,
      ScaleInCooldown: 300,
      ScaleOutCooldown: 60,
      CustomizedMetricSpecification: {
        Metrics: [
          { Id: 'waiting', MetricStat: { Metric: { MetricName: VISIBLE }, Stat: 'Average' }, ReturnData: false },
          { Id: 'reports', MetricStat: { Metric: { MetricName: 'CPUUtilization' }, Stat: 'SampleCount' }, ReturnData: false },
          { Id: 'backlog', Expression: expression, ReturnData: true },
        ],
      },
    },
  });
  const run = (expression: string, waiting: number, late = {}) => new ScalingSimulation({ MinCapacity: 0, MaxCapacity: 20 }, [metrics(expression)], constantQueue(waiting), { tasks: 0, late }).run(30).tasks;

  test('finds a target that is only reached, and zeros that hide the last minute', () => {
    const perTask = 'waiting / IF(FILL(reports, 0) < 1, 1, FILL(reports, 0))';
    expect([1, 20, 21].map((waiting) => run(perTask, waiting))).toEqual([0, 0, 2]);
    expect(run('FILL(waiting, 0)', 100, { [VISIBLE]: 1 })).toBe(0);
  });

  test('computes as CloudWatch does', () => {
    const valueOf = (id: string) => ({ a: 2, b: 3, zero: 0 })[id];
    const compute = (text: string) => parseMetricMath(text)(valueOf);
    expect(['a + b * 2', '(a + b) * 2', 'b - a - 1', 'IF(a < b, a, b)', 'IF(zero, a, b)', 'FILL(missing, 7)', 'SUM([a, b, missing])', 'MAX([a, b])', 'MIN([a, missing])', 'IF(a >= 2, 1.5, 0)'].map(compute))
      .toEqual([8, 10, 0, 2, 3, 7, 5, 3, 2, 1.5]);
    expect(['a + missing', 'a / zero', 'IF(missing, 1, 2)', 'SUM([missing])', 'missing > 1'].map(compute)).toEqual(Array(5).fill(undefined));
  });

  test.each(['a +', 'a b', 'RATE(a)', 'SUM(a)', 'IF(a)', '(a', '[a]'])('fails for %s, which it does not read', (text) => {
    expect(() => parseMetricMath(text)).toThrow(/The simulation does not read/);
  });

  test('fails for steps, an unknown query, and two series', () => {
    expect(() => new ScalingSimulation({ MinCapacity: 0, MaxCapacity: 1 }, [{ ...metrics('waiting'), PolicyType: 'StepScaling' }], constantQueue(0), { tasks: 0 })).toThrow(/StepScaling/);
    expect(() => run('other', 1)).toThrow(/no query other/);
    const policy = metrics('waiting');
    const two = policy.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification!.Metrics.map((query) => ({ ...query, ReturnData: true }));
    const configuration = { ...policy.TargetTrackingScalingPolicyConfiguration, CustomizedMetricSpecification: { Metrics: two } };
    expect(() => new ScalingSimulation({ MinCapacity: 0, MaxCapacity: 1 }, [{ ...policy, TargetTrackingScalingPolicyConfiguration: configuration }], constantQueue(0), { tasks: 0 })).toThrow(/one series, not 3/);
  });
});
