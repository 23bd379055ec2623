import { Queue } from 'aws-cdk-lib/aws-sqs';
import { CacheCapacity, ServiceDeployment, FargateApi, FargateWorker, QueueBinding, RedisCache, Scaling } from '../../../src';
import { expecting } from '../expecting';
import { metricOf, synth, type ScalingPolicy } from '../support/services';

describe('tasks', () => {
  // The metric counts one task where none runs, so 1 to 20 messages stay at or below the target and wait for ever.
  test.failing('backlog-never-starts-from-zero: one waiting message starts the first task', expecting(() => {
    const policies = synth(({ stack, cluster, image }) => {
      const queue = new Queue(stack, 'Queue', { deadLetterQueue: { maxReceiveCount: 5, queue: new Queue(stack, 'Dead') } });
      new FargateWorker(stack, 'Worker', {
        cluster, image, connectTo: [QueueBinding.consume(queue)], minTasks: 0, maxTasks: 20, scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 20 })],
      });
    }).of<ScalingPolicy>('AWS::ApplicationAutoScaling::ScalingPolicy');
    // Steps start a task by an alarm of their own.
    if (policies.some(({ PolicyType }) => PolicyType === 'StepScaling')) return;

    expect(metricOf(policies[0], { waiting: 1, tasks: null })).toBeGreaterThan(20);
  }));

  // Percentages that round to as many tasks as must stay leave no room for another one: the deployment never begins, and no circuit breaker ends it.
  test.failing('rolling-without-room: synthesis speaks of a rolling deployment that has no room to begin', expecting(() => {
    // Of one task, one must stay and one may run, in both.
    const tight = synth(({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, deployment: ServiceDeployment.rolling({ maxHealthyPercent: 150 }) }));
    const half = synth(({ stack, cluster, image }) => new FargateWorker(stack, 'Worker', {
      cluster, image, minTasks: 1, maxTasks: 1, deployment: ServiceDeployment.rolling({ minHealthyPercent: 50, maxHealthyPercent: 100 }),
    }));
    expect([tight.said, half.said]).toEqual([expect.stringMatching(/HealthyPercent/), expect.stringMatching(/HealthyPercent/)]);
  }));

  test('may be replaced one after the other where there is room', () => {
    const { error, said } = synth(({ stack, cluster, image }) => new FargateApi(stack, 'Api', {
      cluster, image, minTasks: 2, maxTasks: 2, deployment: ServiceDeployment.rolling({ maxHealthyPercent: 150 }),
    }));
    expect(error).toBeUndefined();
    expect(said).not.toMatch(/HealthyPercent/);
  });
});

describe('caches', () => {
  const userId = (username: string) => {
    const users = synth(({ stack, vpc }) => new RedisCache(stack, 'Redis', { vpc }).addUser('Api', { username })).of<{ UserName: string; UserId: string }>('AWS::ElastiCache::User');
    const found = users.find(({ UserName }) => UserName === username);
    if (found === undefined) throw new Error(`There is no user ${username}.`);
    return found.UserId;
  };

  // CloudFormation has to replace a user for another name, and makes the new one while the old one still has the id.
  test.failing('renamed-cache-user-keeps-id: a cache user with another name has another id', expecting(() => {
    expect(userId('orders')).not.toEqual(userId('api'));
  }));

  test('have users whose ids are stable', () => {
    expect(userId('api')).toEqual(userId('api'));
  });

  // Only 6379 is open; a serverless cache serves reads from replicas on 6380, where clients in cluster mode hang.
  test.failing('serverless-cache-second-port: a task reaches a serverless cache on 6380, too', expecting(() => {
    const synthesised = synth(({ stack, vpc, cluster, image }) => {
      const cache = new RedisCache(stack, 'Redis', { vpc, capacity: CacheCapacity.serverless() });
      new FargateApi(stack, 'Api', { cluster, image, connectTo: [cache.addUser('Api')] });
    });
    // A port may be a reference to the cache.
    const rulesOf = (direction: string) => synthesised.of<{ FromPort: unknown; ToPort: unknown }>(`AWS::EC2::SecurityGroup${direction}`).map(({ FromPort, ToPort }) => ({ FromPort, ToPort }));
    const closed = ['Ingress', 'Egress'].map((direction) => ({ direction, rules: rulesOf(direction) }))
      .filter(({ rules }) => !rules.some(({ FromPort, ToPort }) => Number(FromPort) <= 6380 && 6380 <= Number(ToPort)));
    expect(closed).toEqual([]);
  }));
});
