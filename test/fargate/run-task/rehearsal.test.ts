import type { Container } from '@aws-sdk/client-ecs';
import { Aws, event, type Plan, properties } from './harness';
import type { TaskRunEvent } from '../../../src/fargate/shared/run-task.contract';

let aws: Aws;

beforeEach(() => {
  aws = new Aws();
});

afterEach(() => aws.restore());

const IMAGE = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/api:7';

function rehearsal(overrides: Partial<TaskRunEvent> = {}): TaskRunEvent {
  const ResourceProperties = properties({
    Revision: 'family:7', Database: undefined, Service: 'Backend/Api', Container: 'Rehearsal', Essential: ['Service', 'Proxy'], LogStreamPrefix: undefined, TimeoutSeconds: '780',
  });
  return event({ ResourceType: 'Custom::Rehearsal', LogicalResourceId: 'ApiRehearsal', ResourceProperties, ...overrides });
}

function containers(own: Partial<Container>, others: Container[] = []): Container[] {
  return [{ name: 'Init', exitCode: 0 }, { name: 'Service', image: IMAGE, runtimeId: 'run-1', ...own }, { name: 'Rehearsal', exitCode: 143 }, ...others];
}

describe('a rehearsal', () => {
  test('succeeds when its own container ends with 0, whatever the others end with', async () => {
    aws.plans = [{ containers: [{ name: 'Service', exitCode: 137 }, { name: 'Rehearsal', exitCode: 0 }] }];

    expect(await aws.deliver(rehearsal())).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining('The rehearsal of \'Backend/Api\' succeeded') });
  });

  test('does not wait for a task that another deployment has left', async () => {
    aws.addTask({ endless: true }, 'other/1');
    aws.plans = [{ containers: [{ name: 'Rehearsal', exitCode: 0 }] }];

    expect((await aws.deliver(rehearsal())).Status).toBe('SUCCESS');
  });

  test('is no part of a rollback', async () => {
    aws.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';

    const answer = await aws.deliver(rehearsal({ RequestType: 'Update', OldResourceProperties: properties({ Revision: 'family:8' }) }));
    expect(answer).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining('nothing was rehearsed') });
    expect(aws.runs).toEqual([]);
  });

  test('does not run again for the same task definition', async () => {
    aws.ended = ['UPDATE_COMPLETE'];
    const request = rehearsal({ RequestType: 'Update', LogicalResourceId: 'Migrations1234' });

    const answer = await aws.deliver({ ...request, OldResourceProperties: { ...request.ResourceProperties, TimeoutSeconds: '900' } });
    expect(answer).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining('The task definition didn\'t change') });
    expect(aws.runs).toEqual([]);
  });

  test.each(['before', 'after'] as const)('that is lost at any call, %s it took effect, goes on with the task that it started', async (effect) => {
    for (let call = 1; await loseAt(call, effect); call++) {
      expect(aws.tasks).toHaveLength(1);
      aws.restore();
    }
  });

  async function loseAt(call: number, effect: 'before' | 'after'): Promise<boolean> {
    aws = new Aws();
    aws.plans = [{ containers: [{ name: 'Rehearsal', exitCode: 0 }] }];
    const lost = await aws.invokeAndLose(rehearsal(), call, effect);
    expect((await aws.deliver(rehearsal())).Status).toBe('SUCCESS');
    return lost;
  }
});

describe('a rehearsal that failed', () => {
  const cases: [what: string, plan: Plan, log: { [container: string]: string[] }, reason: RegExp[], runs?: number][] = [
    ['an image that is missing, with the command that pushes it, at once',
      { stopCode: 'TaskFailedToStart', stoppedReason: `CannotPullContainerError: failed to resolve ref ${IMAGE}: ${IMAGE}: not found`, containers: [{ name: 'Service', image: IMAGE }, { name: 'Rehearsal' }] }, {},
      [/^\[TASK_NOT_STARTED\] The rehearsal of 'Backend\/Api' didn't run/, /aws ecr get-login-password --region eu-west-1 \| docker login --username AWS --password-stdin 111122223333\.dkr\.ecr\.eu-west-1\.amazonaws\.com && docker build --platform linux\/arm64 --tag 111122223333/]],
    ['an image for another CPU, at once',
      { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: image Manifest does not contain descriptor matching platform \'linux/arm64\'', containers: [{ name: 'Service', image: IMAGE }] }, {},
      [/docker build --platform linux\/arm64/, /`architecture`/]],
    ['a secret without that field, at once',
      { stopCode: 'TaskFailedToStart', stoppedReason: 'ResourceInitializationError: unable to pull secrets or registry auth: retrieved secret from Secrets Manager did not contain json key token', containers: [{ name: 'Service' }] }, {},
      [/did not contain json key token/, /Check the name of the secret and of its field in `secrets`/]],
    ['a network without a way to AWS, after three tries',
      { stopCode: 'TaskFailedToStart', stoppedReason: 'ResourceInitializationError: unable to pull secrets or registry auth: request timed out', containers: [{ name: 'Service' }] }, {},
      [/request timed out\), 3 times, at last as task/], 3],
    ['a crash at start, with the last lines', { containers: containers({ exitCode: 1 }) }, { Service: ['starting', 'panic: no such table'] },
      [/^\[REHEARSAL_FAILED\] The rehearsal of 'Backend\/Api' failed, so ECS didn't touch the service: container 'Service' ended with exit code 1/, /stream 'Service\/Service\/task1'/, /panic: no such table$/]],
    ['a program for another CPU', { containers: containers({ exitCode: 255 }) }, { Service: ['exec /app: exec format error'] }, [/docker build --platform linux\/arm64/]],
    ['a program that is not in the image',
      { stopCode: 'TaskFailedToStart', containers: containers({ runtimeId: undefined, reason: 'CannotStartContainerError: exec: "serve": executable file not found in $PATH: unknown' }) }, {}, [/executable file not found/, /Check `command` and `entryPoint`/]],
    ['too little memory', { containers: containers({ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }) }, {}, [/exit code 137 .*OutOfMemoryError/, /Set a greater `memoryLimitMiB`/]],
    ['a path that answers with an error, with the lines of the service',
      { containers: [{ name: 'Service', exitCode: 143 }, { name: 'Rehearsal', exitCode: 1 }] }, { Rehearsal: ['GET /healthz on port 8080 answered 500, and not 200 to 299 twice, within 180 seconds'], Service: ['no connection to the database'] },
      [/: GET \/healthz on port 8080 answered 500/, /stream 'Service\/Service\/task1'/, /no connection to the database$/]],
    ['a program that is done at once', { containers: containers({ exitCode: 0 }, [{ name: 'Proxy', exitCode: 143 }]) }, {}, [/container 'Service' ended with exit code 0/]],
    ['a sidecar that crashed, and not the service that ECS stopped for it', { containers: containers({ exitCode: 143 }, [{ name: 'Proxy', exitCode: 2 }]) }, { Proxy: ['bad configuration'] },
      [/container 'Proxy' ended with exit code 2/, /stream 'Proxy\/Proxy\/task1'/, /bad configuration$/]],
    ['a container that prepares something for the service', { containers: [{ name: 'Init', exitCode: 1 }, { name: 'Service' }, { name: 'Rehearsal' }] }, { Init: ['No certificate authority was given'] },
      [/container 'Init' ended with exit code 1/, /No certificate authority was given$/]],
    ['a write to the root file system', { containers: containers({ exitCode: 1 }) }, { Service: ['Error: EROFS: read-only file system, open \'/app/cache\''] }, [/`writablePaths`/]],
    ['a health check that stays unhealthy', { stopCode: 'TaskFailedToStart', stoppedReason: 'Task failed to start', containers: containers({ exitCode: 143, healthStatus: 'UNHEALTHY' }).filter(({ name }) => name !== 'Rehearsal') }, {},
      [/the health check of container 'Service' did not succeed \(TaskFailedToStart/]],
  ];

  test.each(cases)('says %s', async (_what, plan, log, reasons, runs = 1) => {
    aws.plans = Array.from({ length: 5 }, () => plan);
    aws.logOf = log;

    const { Status, Reason } = await aws.deliver(rehearsal());
    expect(Status).toBe('FAILED');
    reasons.forEach((reason) => expect(Reason).toMatch(reason));
    expect(aws.runs).toHaveLength(runs);
  });

  test('says that it took too long, and stops its task', async () => {
    aws.plans = [{ endless: true, containers: [{ name: 'Service', exitCode: 143 }] }];
    aws.logOf = { Service: ['still pulling'] };

    const { Reason } = await aws.deliver(rehearsal());
    expect(Reason).toMatch(/^\[TIMEOUT\] The rehearsal of 'Backend\/Api' didn't finish within 13 minutes .*the task was stopped.*or set a longer `timeout` in `rehearsal`/);
    expect(aws.stops).toHaveLength(1);
  });
});
