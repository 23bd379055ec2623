import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { Aws, awsError, event, properties, START, update } from './run-migration-harness';
import { handleRunMigration } from '../../src/migrations/run-migration/handler';

const MINUTE = 60_000;
let aws: Aws;

beforeEach(() => {
  aws = new Aws();
});

afterEach(() => {
  aws.ecs.restore();
  aws.logs.restore();
  aws.cloudFormation.restore();
});

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

    await expect(handleRunMigration(event(), dependencies)).rejects.toThrow('TooManyRequestsException');
    expect(aws.answers).toHaveLength(0);
  });
});

describe('pitfall 2: the own deadline', () => {
  test('pitfall 2: the task is stopped at the own deadline, and then the migration fails with its log', async () => {
    aws.plans = [{ endless: true }];
    aws.logLines = [{ line: 'still creating the index' }];

    const answer = await aws.deliver(event());

    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain('did not finish within 30 minutes');
    expect(answer.Reason).toContain('It was stopped.');
    expect(answer.Reason).toContain('still creating the index');
    expect(aws.stops).toEqual([expect.objectContaining({ task: aws.tasks[0].arn, reason: expect.stringContaining('30 minutes') })]);
    expect(aws.now - START).toBeGreaterThanOrEqual(30 * MINUTE);
    expect(aws.now - START).toBeLessThan(35 * MINUTE);
  });

  test('pitfall 2: a stop that fails is said', async () => {
    aws.plans = [{ endless: true }];
    aws.ecs.on(StopTaskCommand).rejects(awsError('ServerException'));

    expect((await aws.deliver(event())).Reason).toContain('Stopping it failed, so it may still run');
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

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('ecs:DescribeTasks') });
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

  test('pitfall 3: a token that is in use leads to the task that used it', async () => {
    const task = aws.addTask({ afterSeconds: 30, exitCode: 0 });
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
    aws.plans = Array.from({ length: 9 }, () => ({ stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: not found', containerReason: 'pull failed' }));

    const answer = await aws.deliver(event());

    expect(aws.runs).toHaveLength(3);
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/failed to start \(TaskFailedToStart; CannotPullContainerError: not found; pull failed\), 3 times/) });
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

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('RESOURCE:ENI: no addresses left') });
    expect(aws.now - START).toBeLessThan(15 * MINUTE);
  });

  test('fails at once on an error that will not pass', async () => {
    aws.ecs.on(RunTaskCommand).rejects(awsError('InvalidParameterException', 'The security group does not exist'));

    const answer = await aws.deliver(event());

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('InvalidParameterException: The security group does not exist') });
    expect(aws.runs).toHaveLength(1);
  });
});

describe('pitfall 6: the result', () => {
  test('pitfall 6: a non-zero exit code of the named container fails and is never tried again', async () => {
    aws.plans = [{ exitCode: 1 }];
    aws.logLines = [{ line: 'ERROR: column "x" does not exist' }];

    const answer = await aws.deliver(event());

    expect(aws.runs).toHaveLength(1);
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain('container \'migrate\' ended with exit code 1');
    expect(answer.Reason).toContain('EssentialContainerExited');
    expect(answer.Reason).toContain('ERROR: column "x" does not exist');
    expect(answer.Reason).toContain('log group logs, stream migration/migrate/task1');
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

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('did not start within 30 minutes') });
  });

  test('pitfall 7: a task that ECS does not know yet is looked for again', async () => {
    let calls = 0;
    aws.ecs.on(DescribeTasksCommand).callsFake(() => {
      calls += 1;
      return calls < 4
        ? { tasks: [], failures: [{ reason: 'MISSING' }] }
        : { tasks: [{ taskArn: 'task/1', lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', containers: [{ name: 'migrate', exitCode: 0 }] }] };
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

    expect(await aws.deliver(event())).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/exit code 3.*It wrote no log/) });
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

  test('pitfall 10: a throttled look at the stack is repeated', async () => {
    aws.cloudFormation.on(DescribeStacksCommand)
      .rejectsOnce(awsError('Throttling')).rejectsOnce(awsError('AccessDenied', 'User is not authorized to perform: cloudformation:DescribeStacks'))
      .resolves({ Stacks: [{ StackName: 'backend', CreationTime: new Date(START), StackStatus: 'UPDATE_IN_PROGRESS' }] });

    expect((await aws.deliver(update())).Status).toBe('SUCCESS');
    expect(aws.runs).toHaveLength(1);
  });

  test('fails without running when the state of the stack cannot be read', async () => {
    aws.cloudFormation.on(DescribeStacksCommand).rejects(awsError('ValidationError', 'Stack does not exist'));

    expect(await aws.deliver(update())).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Stack does not exist') });
    expect(aws.runs).toHaveLength(0);
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

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(`another task of this migration is still running: ${other.arn} (started by 'a person')`) });
    expect(aws.stops).toHaveLength(0);
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
