import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { Aws, awsError, event, properties, START, update } from './harness';
import { handleRunTask } from '../../../src/fargate/handler/handler';

const MINUTE = 60_000;
let aws: Aws;

beforeEach(() => {
  aws = new Aws();
});

afterEach(() => aws.restore());

describe('a migration that succeeds', () => {
  test('a Create runs one task on demand capacity in the given network and answers with success', async () => {
    const answer = await aws.deliver(event());

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Migrations1234', RequestId: event().RequestId, StackId: event().StackId, LogicalResourceId: 'Migrations1234' });
    expect(aws.runs).toHaveLength(1);
    expect(aws.runs[0]).toMatchObject({
      cluster: properties().Cluster,
      taskDefinition: properties().TaskDefinition,
      count: 1,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' } },
    });
    expect(aws.runs[0]).not.toHaveProperty('capacityProviderStrategy');
  });

  test('an Update with another revision runs a task', async () => {
    const answer = await aws.deliver(update());

    expect(answer.Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(1);
  });

  test('an Update with another database runs a task although the revision is the same', async () => {
    await aws.deliver(update({ OldResourceProperties: properties({ Database: 'old.example:5432/app' }) }));

    expect(aws.runs).toHaveLength(1);
  });

  test('a task with nothing to do, never seen running, is success', async () => {
    aws.plans = [{ afterSeconds: 1, exitCode: 0 }];

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
  });
});

describe('a request that nobody should trust', () => {
  test('of another resource type runs and stops nothing', async () => {
    for (const RequestType of ['Create', 'Update', 'Delete'] as const) {
      expect(await aws.deliver(event({ RequestType, ResourceType: 'Custom::Other' }))).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[UNKNOWN_TYPE\]/) });
    }
    expect(aws.ecs.calls()).toEqual([]);
  });

  test.each([['in time', 0], ['when time is up', -10 * MINUTE]])('that hands over the task of somebody else neither follows nor stops it, %s', async (_, later) => {
    const task = aws.addTask({ afterSeconds: 600, exitCode: 0 }, 'somebody');

    const answer = await aws.deliver(event({ Progress: { deadline: START + MINUTE + later, attempt: 1, refusals: 0, taskArn: task.arn } }));

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[FOREIGN_TASK\]/) });
    expect(aws.ecs.commandCalls(StopTaskCommand)).toEqual([]);
  });

  test('that hands over a later deadline gets no more time than the migrations have', async () => {
    aws.plans = [{ afterSeconds: 1e6, exitCode: 0 }];

    const answer = await aws.deliver(event({ Progress: { deadline: START + 1e9, attempt: 1, refusals: 0 } }));

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[TIMEOUT\]/) });
  });
});

describe('pitfall 1: time', () => {
  test('pitfall 1: a migration of 50 minutes is handed from one invocation to the next and answered once', async () => {
    aws.plans = [{ afterSeconds: 50 * 60, exitCode: 0 }];

    const answer = await aws.deliver(event({ ResourceProperties: properties({ TimeoutSeconds: '3300' }) }));

    expect(answer.Status).toBe('SUCCESS');
    expect(aws.answers).toHaveLength(1);
    expect(aws.runs).toHaveLength(1);
    // Lambda ends chains of 16 invocations.
    expect(aws.continued.length).toBeGreaterThan(2);
    expect(aws.continued.length).toBeLessThan(8);
  });

  test('pitfall 1: an answer comes within CloudFormation\'s hour even when nothing ever ends', async () => {
    aws.plans = [{ endless: true }];
    aws.ecs.on(StopTaskCommand).rejects(awsError('ServerException'));

    await aws.deliver(event({ ResourceProperties: properties({ TimeoutSeconds: '3300' }) }));

    expect(aws.answers).toHaveLength(1);
    expect(aws.now - START).toBeLessThan(60 * MINUTE);
  });

  test('fails loudly when the hand-over does not work, so that Lambda delivers the event again', async () => {
    aws.plans = [{ endless: true }];
    const dependencies = { ...aws.dependencies, remaining: () => 60_000, continueLater: () => Promise.reject(awsError('TooManyRequestsException')) };

    await expect(handleRunTask(event(), dependencies)).rejects.toThrow('TooManyRequestsException');
    expect(aws.answers).toHaveLength(0);
  });
});

describe('pitfall 2: the own deadline', () => {
  test('pitfall 2: the task is stopped at the own deadline, and then the migration fails with its log', async () => {
    aws.plans = [{ endless: true }];
    aws.logLines = [{ line: 'still creating the index' }];

    const answer = await aws.deliver(event());

    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toMatch(/^\[TIMEOUT\] The migrations didn't finish within 30 minutes/);
    expect(answer.Reason).toContain('the task was stopped.');
    expect(answer.Reason).toContain('still creating the index');
    expect(aws.stops).toEqual([expect.objectContaining({ task: aws.tasks[0].arn, reason: expect.stringContaining('30 minutes') })]);
    expect(aws.now - START).toBeGreaterThanOrEqual(30 * MINUTE);
    expect(aws.now - START).toBeLessThan(35 * MINUTE);
  });

  test('pitfall 2: a stop that fails is said', async () => {
    aws.plans = [{ endless: true }];
    aws.ecs.on(StopTaskCommand).rejects(awsError('ServerException'));

    expect((await aws.deliver(event())).Reason).toContain('stopping the task failed, so the task may still run');
  });

  test('pitfall 2: a repeated delivery counts from the start of the task, not anew', async () => {
    aws.addTask({ endless: true }, `${event().RequestId}/1`, 25 * 60);

    await aws.deliver(event());

    expect(aws.now - START).toBeLessThan(10 * MINUTE);
    expect(aws.stops).toHaveLength(1);
  });

  test('pitfall 2: the task is stopped when following it turns out to be impossible', async () => {
    aws.plans = [{ endless: true }];
    aws.ecs.on(DescribeTasksCommand).rejects(awsError('AccessDeniedException', 'User is not authorized to perform: ecs:DescribeTasks'));

    const answer = await aws.deliver(event());

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[TASKS_UNREADABLE\].*ecs:DescribeTasks.*The task may still run\./) });
    expect(aws.stops).toHaveLength(1);
  });
});

describe('pitfall 3: duplicate starts', () => {
  test('pitfall 3: the start carries a token and a mark made of the request id', async () => {
    await aws.deliver(event());

    expect(aws.runs[0].clientToken).toBe(`${event().RequestId}-1-0`);
    expect(aws.runs[0].startedBy).toBe(`${event().RequestId}/1`);
    expect(aws.runs[0].clientToken!.length).toBeLessThanOrEqual(64);
    expect(aws.runs[0].startedBy).toMatch(/^[A-Za-z0-9/_-]{1,128}$/);
  });

  test('pitfall 3: a second delivery of a request follows the running task', async () => {
    aws.addTask({ afterSeconds: 60, exitCode: 0 }, `${event().RequestId}/1`);

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(0);
  });

  test('pitfall 3: a second delivery after the task has failed tells the same failure and starts nothing', async () => {
    aws.addTask({ afterSeconds: 1, exitCode: 1 }, `${event().RequestId}/1`);

    expect((await aws.deliver(event())).Status).toBe('FAILED');
    expect(aws.runs).toHaveLength(0);
  });

  test('pitfall 3: two concurrent deliveries end with one task', async () => {
    await Promise.all([aws.invoke(event()), aws.invoke(event())]);

    expect(aws.tasks).toHaveLength(1);
    expect(aws.answers.map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  test.each(['before', 'after'] as const)('pitfall 3: an invocation that is lost %s any of its calls leaves no second task when it is delivered again', async (effect) => {
    let lost = true;
    let call = 0;
    while (lost) {
      call += 1;
      aws.restore();
      aws = new Aws();
      aws.plans = [{ stopCode: 'TaskFailedToStart' }, { exitCode: 0 }, { exitCode: 1 }];
      lost = await aws.invokeAndLose(event(), call, effect);

      if (lost) {
        aws.now += 60_000;
        expect((await aws.deliver(event())).Status).toBe('SUCCESS');
      }
      expect(aws.tasks).toHaveLength(2);
      expect(aws.answers).toHaveLength(1);
    }
    expect(call).toBeGreaterThan(15);
  });

  test('pitfall 3: a token that is in use leads to the task that used it', async () => {
    const task = aws.addTask({ afterSeconds: 30, exitCode: 0 }, `${event().RequestId}/1`);
    aws.ecs.on(ListTasksCommand).resolves({ taskArns: [] });
    aws.ecs.on(RunTaskCommand).rejects(awsError('ConflictException', 'in use', { resourceIds: [task.arn] }));

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
  });

  test('pitfall 3: a start with unknown outcome is repeated with the same token', async () => {
    let calls = 0;
    const run = aws.tasks;
    aws.ecs.on(RunTaskCommand).callsFake((input) => {
      calls += 1;
      if (calls === 1) {
        throw awsError('TimeoutError');
      }
      return { tasks: [{ taskArn: aws.addTask({ exitCode: 0 }, input.startedBy, 0).arn }] };
    });

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
    expect(aws.runs.map(({ clientToken }) => clientToken)).toEqual([`${event().RequestId}-1-0`, `${event().RequestId}-1-0`]);
    expect(run).toHaveLength(1);
  });
});

describe('pitfall 4: one task has no second chance', () => {
  test('pitfall 4: a task that failed to start is started again, under another mark and token', async () => {
    aws.plans = [{ stopCode: 'TaskFailedToStart', stoppedReason: 'ResourceInitializationError: unable to pull secrets' }, { exitCode: 0 }];

    const answer = await aws.deliver(event());

    expect(answer.Status).toBe('SUCCESS');
    expect(aws.runs.map(({ startedBy }) => startedBy)).toEqual([`${event().RequestId}/1`, `${event().RequestId}/2`]);
    expect(new Set(aws.runs.map(({ clientToken }) => clientToken)).size).toBe(2);
  });

  test('pitfall 4: the retries end, and the reason of ECS is the reason of the failure', async () => {
    aws.plans = Array.from({ length: 9 }, () => ({ stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: i/o timeout', containerReason: 'pull failed' }));

    const answer = await aws.deliver(event());

    expect(aws.runs).toHaveLength(3);
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/failed to start \(TaskFailedToStart; CannotPullContainerError: i\/o timeout; pull failed\), 3 times/) });
    expect(aws.logs.commandCalls(GetLogEventsCommand)).toHaveLength(0);
  });
});

describe('pitfall 5: RunTask answers without a task', () => {
  test('pitfall 5: missing capacity is tried again with growing pauses, in each zone alone, then in all', async () => {
    let calls = 0;
    const times: number[] = [];
    aws.ecs.on(RunTaskCommand).callsFake((input) => {
      calls += 1;
      times.push(aws.now);
      return calls < 4
        ? { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time. Please try again later or in a different availability zone' }] }
        : { tasks: [{ taskArn: aws.addTask({ exitCode: 0 }, input.startedBy, 0).arn }], failures: [] };
    });

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
    expect(aws.runs.map(({ networkConfiguration }) => networkConfiguration?.awsvpcConfiguration?.subnets)).toEqual([
      ['subnet-a', 'subnet-b'], ['subnet-a'], ['subnet-b'], ['subnet-a', 'subnet-b'],
    ]);
    expect(new Set(aws.runs.map(({ clientToken }) => clientToken)).size).toBe(4);
    const pauses = times.slice(1).map((time, index) => time - times[index]);
    expect(pauses[1]).toBeGreaterThan(pauses[0]);
    expect(pauses[2]).toBeGreaterThan(pauses[1]);
  });

  test('pitfall 5: throttling and roles that are not known yet are tried again', async () => {
    let calls = 0;
    aws.ecs.on(RunTaskCommand).callsFake((input) => {
      calls += 1;
      if (calls === 1) {
        throw awsError('ThrottlingException', 'Rate exceeded');
      }
      if (calls === 2) {
        throw awsError('ClientException', 'ECS was unable to assume the role that was provided for this task.');
      }
      return { tasks: [{ taskArn: aws.addTask({ exitCode: 0 }, input.startedBy, 0).arn }] };
    });

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
    expect(calls).toBe(3);
  });

  test('fails with the last reason when ECS keeps refusing', async () => {
    aws.ecs.on(RunTaskCommand).resolves({ tasks: [], failures: [{ reason: 'RESOURCE:ENI', detail: 'no addresses left' }] });

    const answer = await aws.deliver(event());

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[RUN_TASK_REFUSED\].*RESOURCE:ENI: no addresses left/) });
    expect(aws.now - START).toBeLessThan(15 * MINUTE);
  });

  test('fails at once on an error that will not pass', async () => {
    aws.ecs.on(RunTaskCommand).rejects(awsError('InvalidParameterException', 'The security group does not exist'));

    const answer = await aws.deliver(event());

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[RUN_TASK_FAILED\].*InvalidParameterException: The security group does not exist/) });
    expect(aws.runs).toHaveLength(1);
  });
});
