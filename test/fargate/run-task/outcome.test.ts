import { DescribeStackEventsCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { Aws, awsError, event, properties, START, update } from './harness';

let aws: Aws;

beforeEach(() => {
  aws = new Aws();
});

afterEach(() => aws.restore());

describe('pitfall 6: the result', () => {
  test('pitfall 6: a non-zero exit code of the named container fails and is never tried again', async () => {
    aws.plans = [{ exitCode: 1 }];
    aws.logLines = [{ line: 'ERROR: column "x" does not exist' }];

    const answer = await aws.deliver(event());

    expect(aws.runs).toHaveLength(1);
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toMatch(/^\[MIGRATION_FAILED\].*container 'migrate' ended with exit code 1/);
    expect(answer.Reason).toContain('EssentialContainerExited');
    expect(answer.Reason).toContain('ERROR: column "x" does not exist');
    expect(answer.Reason).toContain('See the log group \'logs\', stream \'migration/migrate/task1\'');
  });

  test('pitfall 8: a password at the seam of two pieces of a line that the log driver has cut is blanked', async () => {
    const [whole, size] = [`INSERT ${'x'.repeat(262_118)}`, 262_118];
    const line = `${whole.slice(0, size - 30)} ALTER ROLE a PASSWORD 'hunter2hunter2' (SQLSTATE 42704)`;
    aws.plans = [{ exitCode: 1 }];
    aws.logLines = [{ line: line.slice(0, size) }, { line: line.slice(size) }, { line: 'the end' }];

    const { Reason } = await aws.deliver(event());

    expect(Reason).toMatch(/PASSWORD \*\*\* \(SQLSTATE 42704\)\nthe end$/);
    expect(Reason).not.toContain('hunter');
  });

  test('pitfall 6: an exit code 0 of a task that somebody stopped is no success', async () => {
    aws.plans = [{ exitCode: 0, stopCode: 'UserInitiated', stoppedReason: 'Task stopped by user' }];

    expect(await aws.deliver(event())).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Task stopped by user') });
  });

  test('pitfall 6: the exit code 0 of another container is no success', async () => {
    aws.plans = [{ exitCode: undefined }];

    expect(await aws.deliver(event())).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('has no exit code') });
  });

  test('pitfall 6: a container that ran is not started again, whatever the stop code says', async () => {
    aws.plans = [{ stopCode: 'TaskFailedToStart', exitCode: 2 }];

    expect((await aws.deliver(event())).Status).toBe('FAILED');
    expect(aws.runs).toHaveLength(1);
  });

  test('pitfall 6: a container that was made, but has no exit code, is not started again either', async () => {
    aws.plans = [{ stopCode: 'TaskFailedToStart', runtimeId: 'run-1' }];

    expect(await aws.deliver(event())).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('has no exit code') });
    expect(aws.runs).toHaveLength(1);
  });

  test('pitfall 6: the reason of the container is told', async () => {
    aws.plans = [{ exitCode: 137, containerReason: 'OutOfMemoryError: Container killed due to memory usage' }];

    expect((await aws.deliver(event())).Reason).toContain('OutOfMemoryError');
  });
});

describe('pitfall 7: errors while waiting', () => {
  test('pitfall 7: throttled and failing readings do not end the deployment', async () => {
    let calls = 0;
    const task = aws.addTask({ afterSeconds: 300, exitCode: 0 }, `${event().RequestId}/1`, 0);
    aws.ecs.on(DescribeTasksCommand).callsFake(() => {
      calls += 1;
      if (calls % 3 === 0) {
        return { tasks: [{ taskArn: task.arn, startedBy: task.startedBy, lastStatus: aws.now - START > 300_000 ? 'STOPPED' : 'RUNNING', stopCode: 'EssentialContainerExited', containers: [{ name: 'migrate', exitCode: 0 }] }] };
      }
      throw calls % 3 === 1 ? awsError('ThrottlingException') : awsError('Whatever', 'bad gateway', { $metadata: { httpStatusCode: 502 } });
    });

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
    expect(calls).toBeGreaterThan(20);
  });

  test('pitfall 7: hundreds of throttled readings are outlasted until the own deadline', async () => {
    aws.ecs.on(ListTasksCommand).rejects(awsError('ThrottlingException'));

    const answer = await aws.deliver(event());

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[NO_TASK\] The migrations didn't start within 30 minutes.*'\/logs\/run'/) });
  });

  test('pitfall 7: errors of the other kind count only when nothing else comes between', async () => {
    let calls = 0;
    const task = aws.addTask({ afterSeconds: 300, exitCode: 0 }, `${event().RequestId}/1`, 0);
    aws.ecs.on(DescribeTasksCommand).callsFake(() => {
      calls += 1;
      if (calls % 2 === 1) {
        throw awsError('Whatever');
      }
      return { tasks: [{ taskArn: task.arn, startedBy: task.startedBy, lastStatus: calls > 60 ? 'STOPPED' : 'RUNNING', stopCode: 'EssentialContainerExited', containers: [{ name: 'migrate', exitCode: 0 }] }] };
    });

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
    expect(calls).toBeGreaterThan(60);
  });

  test('pitfall 7: a task that ECS does not know yet is looked for again', async () => {
    let calls = 0;
    aws.ecs.on(DescribeTasksCommand).callsFake(() => {
      calls += 1;
      return calls < 4
        ? { tasks: [], failures: [{ reason: 'MISSING' }] }
        : { tasks: [{ taskArn: 'task/1', startedBy: `${event().RequestId}/1`, lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', containers: [{ name: 'migrate', exitCode: 0 }] }] };
    });

    expect((await aws.deliver(event())).Status).toBe('SUCCESS');
  });
});

describe('pitfall 8: the log', () => {
  test('pitfall 8: log lines that arrive after the task has stopped are waited for', async () => {
    aws.plans = [{ exitCode: 1 }];
    aws.logLines = [{ line: 'first', delaySeconds: 6 }, { line: 'last', delaySeconds: 9 }];

    const { Reason } = await aws.deliver(event());

    expect(Reason).toContain('first\nlast');
  });

  test('pitfall 8: a log that cannot be read hides nothing else', async () => {
    aws.plans = [{ exitCode: 3 }];
    aws.logs.on(GetLogEventsCommand).rejects(awsError('AccessDeniedException'));

    expect(await aws.deliver(event())).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/exit code 3.*the container wrote nothing there/) });
  });

  test('pitfall 8: an answer with a long log fits CloudFormation\'s 4,096 bytes and keeps the last lines', async () => {
    aws.plans = [{ exitCode: 1 }];
    aws.logLines = Array.from({ length: 60 }, (_, index) => ({ line: `line ${index} ${'"ä€😀\\'.repeat(20)}` }));

    await aws.deliver(event());

    expect(Buffer.byteLength(aws.bodies[0])).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(aws.bodies[0])).toBeGreaterThan(3500);
    expect(aws.answers[0].Reason).toContain('line 59');
    expect(aws.answers[0].Reason).not.toContain('line 10 ');
  });
});

describe('pitfall 9: when it runs', () => {
  test('pitfall 9: an Update that changes size, network or log only runs nothing', async () => {
    const answer = await aws.deliver(update({
      OldResourceProperties: properties({ TaskDefinition: 'family:6', Subnets: ['subnet-z'], LogGroup: 'old', TimeoutSeconds: '60' }),
    }));

    expect(answer.Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(0);
  });

  test('pitfall 9: scalars that arrive as strings are read as numbers', async () => {
    aws.plans = [{ endless: true }];

    const answer = await aws.deliver(event({ ResourceProperties: properties({ TimeoutSeconds: '120' }) }));

    expect(answer.Reason).toContain('within 2 minutes');
  });
});

describe('pitfall 10: rollback', () => {
  test.each(['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_FAILED', 'IMPORT_ROLLBACK_IN_PROGRESS'])(
    'pitfall 10: while the stack is in %s nothing is run, and the answer is success', async (status) => {
      aws.stackStatus = status;

      const answer = await aws.deliver(update());

      expect(answer).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining(status) });
      expect(aws.runs).toHaveLength(0);
    });

  test('pitfall 10: a request of a stack that has rolled back already is neither run nor called a success', async () => {
    aws.stackStatus = 'UPDATE_ROLLBACK_COMPLETE';

    expect(await aws.deliver(update())).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[ROLLING_BACK\].*UPDATE_ROLLBACK_COMPLETE/) });
    expect(aws.runs).toHaveLength(0);
  });

  test('pitfall 10: a throttled look at the stack is repeated', async () => {
    aws.cloudFormation.on(DescribeStacksCommand)
      .rejectsOnce(awsError('Throttling')).rejectsOnce(awsError('AccessDenied', 'User is not authorized to perform: cloudformation:DescribeStacks'))
      .resolves({ Stacks: [{ StackName: 'backend', CreationTime: new Date(START), StackStatus: 'UPDATE_IN_PROGRESS' }] });

    expect((await aws.deliver(update())).Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(1);
  });

  test('fails without running when looking at the stack is throttled for ever', async () => {
    aws.cloudFormation.on(DescribeStacksCommand).rejects(awsError('Throttling'));

    expect(await aws.deliver(update())).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^\[STACK_STATUS\] The status of the stack can't be read/) });
    expect(aws.runs).toHaveLength(0);
  });

  test('fails without running when the state of the stack cannot be read', async () => {
    aws.cloudFormation.on(DescribeStacksCommand).rejects(awsError('ValidationError', 'Stack does not exist'));

    expect(await aws.deliver(update())).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Stack does not exist') });
    expect(aws.runs).toHaveLength(0);
  });

  describe('whose status nobody can read', () => {
    const family = 'arn:aws:ecs:eu-west-1:111122223333:task-definition/family';
    const ask = (now: string, before?: string) => update({
      ResourceProperties: properties({ TaskDefinition: now }),
      OldResourceProperties: properties({ Revision: 'r1', TaskDefinition: before }),
    });

    test.each([['Throttling', ''], ['AccessDenied', 'not authorized to perform: cloudformation:DescribeStacks'], ['ValidationError', 'Stack does not exist']])('runs nothing and succeeds where the request goes back to an older task definition (%s)', async (name, message) => {
      aws.cloudFormation.on(DescribeStacksCommand).rejects(awsError(name, message));

      for (const before of [`${family}:8`, `${family}:10`, `${family}:1000`]) {
        expect(await aws.deliver(ask(`${family}:7`, before))).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringMatching(/rolling back \(.*earlier task definition\), so nothing was run/) });
      }
      expect(aws.runs).toHaveLength(0);
    });

    test.each([
      ['goes on to a newer one', `${family}:10`, `${family}:9`],
      ['stays at the same', `${family}:7`, `${family}:7`],
      ['comes from another family', `${family}:7`, `${family}s:8`],
      ['says nothing of the one before', `${family}:7`, undefined],
      ['has one without a number', family, `${family}:8`],
    ])('fails without running where the request %s', async (_what, now, before) => {
      aws.cloudFormation.on(DescribeStacksCommand).rejects(awsError('AccessDenied'));

      expect(await aws.deliver(ask(now, before))).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[STACK_STATUS]') });
      expect(aws.runs).toHaveLength(0);
    });

    test('is no matter where it can be read: what CloudFormation says counts', async () => {
      expect((await aws.deliver(ask(`${family}:7`, `${family}:8`))).Status).toBe('SUCCESS');
      expect(aws.runs).toHaveLength(1);
    });

    test('is no matter for a deletion', async () => {
      aws.cloudFormation.on(DescribeStacksCommand).rejects(awsError('AccessDenied'));

      expect((await aws.deliver(event({ RequestType: 'Delete', PhysicalResourceId: 'Migrations1234' }))).Status).toBe('SUCCESS');
    });
  });

  test('pitfall 10: a task of another request that still runs is waited for', async () => {
    const other = aws.addTask({ afterSeconds: 400, exitCode: 0 }, 'an-older-request/1');
    const started: number[] = [];
    aws.ecs.on(RunTaskCommand).callsFake((input) => {
      started.push(aws.now);
      return { tasks: [{ taskArn: aws.addTask({ exitCode: 0 }, input.startedBy, 0).arn }] };
    });

    expect((await aws.deliver(update())).Status).toBe('SUCCESS');
    expect(started[0]).toBeGreaterThanOrEqual(other.createdAt + 400_000);
  });

  test('fails naming the other task when that never ends', async () => {
    const other = aws.addTask({ endless: true });

    const answer = await aws.deliver(update());

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(`another task of the migrations is still running: ${other.arn} (started by 'a person')`) });
    expect(aws.stops).toHaveLength(0);
  });
});

describe('a stack that does not roll back, as with Express mode', () => {
  const retry = update({ OldResourceProperties: properties() });

  test.each([['the same properties', retry], ['another size of the task', update({ OldResourceProperties: properties({ TaskDefinition: 'arn:other' }) })]])('a retry after a failure runs the migrations, although the failed request had the same revision: %s', async (_what, request) => {
    aws.ended = ['UPDATE_FAILED', 'CREATE_COMPLETE'];

    expect(await aws.deliver(request)).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining('The migrations succeeded with r2') });
    expect(aws.runs).toHaveLength(1);
  });

  test.each([[['UPDATE_COMPLETE', 'UPDATE_FAILED'] as const], [['CREATE_COMPLETE'] as const]])('an update that changes nothing of the migrations runs nothing after %j', async (ended) => {
    aws.ended = [...ended];

    expect(await aws.deliver(retry)).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining('nothing was run') });
    expect(aws.runs).toHaveLength(0);
  });

  test.each([['has none', () => (aws.ended = [])], ['cannot be read', () => aws.cloudFormation.on(DescribeStackEventsCommand).rejects(awsError('AccessDenied'))]])('migrations run where the history %s: they apply what is missing', async (_how, prepare) => {
    prepare();

    expect((await aws.deliver(retry)).Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(1);
  });

  test.each(['CREATE_FAILED', 'UPDATE_FAILED', 'CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS'])('a new revision runs while the status of the stack is %s', async (status) => {
    aws.stackStatus = status;

    expect((await aws.deliver(update())).Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(1);
  });

  test('a resource that failed to be created is created again', async () => {
    aws.plans = [{ exitCode: 1 }];

    expect((await aws.deliver(event())).Status).toBe('FAILED');
    aws.stackStatus = 'UPDATE_IN_PROGRESS';
    expect((await aws.deliver(event({ RequestId: 'again' }))).Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(2);
  });
});

describe('pitfall 10: cancelled requests', () => {
  test('pitfall 10: a request that waits for capacity starts nothing once its stack rolls back', async () => {
    aws.ecs.on(RunTaskCommand).callsFake(() => {
      aws.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
      return { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time' }] };
    });

    expect(await aws.deliver(update())).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('rolling back') });
    expect(aws.runs).toHaveLength(1);
  });
});

describe('pitfall 10: handed-over requests', () => {
  test('pitfall 10: what has begun is followed to its end, also when the stack is rolling back meanwhile', async () => {
    aws.plans = [{ afterSeconds: 20 * 60, exitCode: 3 }];
    await aws.invoke(update());
    aws.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';

    expect(await aws.deliver(aws.continued[0])).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('exit code 3') });
    expect(aws.runs).toHaveLength(1);
  });
});

describe('pitfall 11: delete', () => {
  const remove = event({ RequestType: 'Delete', PhysicalResourceId: 'Migrations1234' });

  test('pitfall 11: nothing is run, and the answer is success under the same id', async () => {
    expect(await aws.deliver(remove)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Migrations1234' });
    expect(aws.runs).toHaveLength(0);
  });

  test('pitfall 11: every running task is stopped, and its end awaited, so that the network can be deleted', async () => {
    aws.addTask({ endless: true }, 'one/1');
    aws.addTask({ endless: true });

    expect((await aws.deliver(remove)).Status).toBe('SUCCESS');
    expect(aws.stops.map(({ task }) => task)).toEqual(aws.tasks.map(({ arn }) => arn));
    expect(aws.now).toBeGreaterThan(START + 4000);
  });

  test('pitfall 11: what has stopped is left alone', async () => {
    aws.addTask({ afterSeconds: 1, exitCode: 0 });

    expect(await aws.deliver(remove)).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining('0 running tasks') });
    expect(aws.stops).toEqual([]);
  });

  test('pitfall 11: it succeeds when the cluster is gone, and when stopping fails', async () => {
    aws.addTask({ endless: true });
    aws.ecs.on(StopTaskCommand).rejects(awsError('AccessDeniedException'));
    expect((await aws.deliver(remove)).Status).toBe('SUCCESS');

    aws.ecs.on(ListTasksCommand).rejects(awsError('ClusterNotFoundException'));
    expect((await aws.deliver(remove)).Status).toBe('SUCCESS');
  });

  test('pitfall 11: the physical id is the same for Create, Update, failure and Delete', async () => {
    await aws.deliver(event());
    await aws.deliver(update({ RequestId: 'second' }));
    aws.plans = [{ exitCode: 1 }];
    await aws.deliver(event({ RequestId: 'third' }));
    await aws.deliver(remove);

    expect(new Set(aws.answers.map(({ PhysicalResourceId }) => PhysicalResourceId))).toEqual(new Set(['Migrations1234']));
  });
});
