import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand, type RunTaskCommandInput } from '@aws-sdk/client-ecs';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import * as fc from 'fast-check';
import { awsError } from './harness';
import { startByHand, type StarterDependencies } from '../../../src/fargate/handler/start-by-hand';
import { starterSettings } from '../../../src/fargate/handler/starter-settings';
import { handler } from '../../../src/fargate/start-task.lambda';

const CLUSTER = 'arn:aws:ecs:eu-west-1:111122223333:cluster/main';
const TASK = 'arn:aws:ecs:eu-west-1:111122223333:task/main/0123';
const OTHER = 'arn:aws:ecs:eu-west-1:111122223333:task/main/4567';

const ENVIRONMENT = {
  TASK_CLUSTER: CLUSTER,
  TASK_DEFINITION: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/family:7',
  TASK_CONTAINER: 'migrate',
  TASK_SUBNETS: 'subnet-a,subnet-b',
  TASK_SECURITY_GROUPS: 'sg-1',
  TASK_ASSIGN_PUBLIC_IP: 'DISABLED',
  TASK_LOG_GROUP: 'logs',
  TASK_LOG_STREAM_PREFIX: 'migration',
};

/** All that the function may ask of ECS. */
const RUN: RunTaskCommandInput = {
  cluster: CLUSTER,
  taskDefinition: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/family:7',
  count: 1,
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' } },
  propagateTags: 'TASK_DEFINITION',
  startedBy: 'by-hand',
  clientToken: 'request-1-0',
};

const ANSWER = { started: true, taskArn: TASK, logGroup: 'logs', logStream: 'migration/migrate/0123' };

const ecs = mockClient(ECSClient);
const own = { ...process.env };

beforeEach(() => {
  ecs.reset();
  ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn: TASK }] });
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});

afterEach(() => {
  process.env = { ...own };
  jest.restoreAllMocks();
});

/** The function as Lambda has it, and a context in which the caller has written. */
async function invoke(event: unknown, environment: Record<string, string> = ENVIRONMENT, clientContext?: unknown): Promise<unknown> {
  process.env = { ...own, ...environment };
  const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 45_000, clientContext } as unknown as Context;
  return handler(event, context);
}

function runs(): RunTaskCommandInput[] {
  return ecs.commandCalls(RunTaskCommand).map(({ args }) => args[0].input);
}

/** A starter whose clock only goes on when it sleeps. */
async function start(environment: Record<string, string> = ENVIRONMENT): Promise<unknown> {
  let now = 0;
  const dependencies: StarterDependencies = {
    ecs: new ECSClient({ region: 'eu-west-1' }), requestId: 'request-1', remaining: () => 45_000 - now, sleep: async (milliseconds) => { now += milliseconds; }, log: () => undefined,
  };
  return startByHand(starterSettings(environment), dependencies);
}

describe('what people send', () => {
  test('an event that tries overrides starts the same task', async () => {
    const attack = {
      overrides: { containerOverrides: [{ name: 'migrate', command: ['env'], environment: [{ name: 'NODE_OPTIONS', value: '--import=data:text/javascript,' }] }], taskRoleArn: 'arn:aws:iam::1:role/admin' },
      cluster: 'other',
      taskDefinition: 'other',
      TASK_DEFINITION: 'other',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['public'], assignPublicIp: 'ENABLED' } },
      startedBy: 'x',
      count: 10,
    };

    await expect(invoke(attack)).resolves.toEqual(ANSWER);
    expect(runs()).toEqual([RUN]);
  });

  test('whatever it is, what ECS is asked is the same to the byte', async () => {
    await fc.assert(fc.asyncProperty(fc.anything(), fc.jsonValue(), async (event, clientContext) => {
      ecs.resetHistory();
      await invoke(event, ENVIRONMENT, clientContext);
      expect(JSON.stringify(runs())).toBe(JSON.stringify([RUN]));
    }), { numRuns: 200 });
  });

  test('nothing of it is even looked at', async () => {
    const refuse = (): never => { throw new Error('looked at'); };
    const untouchable = new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse });
    await expect(invoke(untouchable, ENVIRONMENT, untouchable)).resolves.toEqual(ANSWER);
  });
});

describe('the task', () => {
  test('has the capacity of its schedule', async () => {
    await invoke({}, { ...ENVIRONMENT, TASK_CAPACITY_PROVIDERS: '[{"capacityProvider":"FARGATE_SPOT","weight":1}]', TASK_ASSIGN_PUBLIC_IP: 'ENABLED' });
    const { launchType: _launchType, ...others } = RUN;
    expect(runs()).toEqual([{
      ...others,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' } },
    }]);
  });

  test('may run beside others, where nothing is said', async () => {
    await expect(invoke({})).resolves.toMatchObject({ started: true });
    expect(ecs.commandCalls(ListTasksCommand)).toHaveLength(0);
  });

  test.each(['RUNNING', 'PROVISIONING', 'DEACTIVATING'])('is the one that runs, where there may be only one (%s)', async (lastStatus) => {
    ecs.on(ListTasksCommand, { desiredStatus: 'RUNNING' }).resolves({ taskArns: [OTHER] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn: OTHER, lastStatus }] });
    await expect(invoke({}, { ...ENVIRONMENT, TASK_EXCLUSIVE: 'true' })).resolves.toEqual({ ...ANSWER, started: false, taskArn: OTHER, logStream: 'migration/migrate/4567' });
    expect(runs()).toEqual([]);
    expect(ecs.commandCalls(ListTasksCommand)[0].args[0].input).toMatchObject({ cluster: CLUSTER, family: 'family' });
  });

  test('is a new one, where the last has stopped', async () => {
    ecs.on(ListTasksCommand, { desiredStatus: 'STOPPED' }).resolves({ taskArns: [OTHER] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn: OTHER, lastStatus: 'STOPPED' }] });
    await expect(invoke({}, { ...ENVIRONMENT, TASK_EXCLUSIVE: 'true' })).resolves.toEqual(ANSWER);
  });
});

describe('where ECS starts none', () => {
  test('it is asked again, for each zone alone and with another token', async () => {
    ecs.on(RunTaskCommand).resolvesOnce({ failures: [{ reason: 'RESOURCE:ENI' }] }).resolvesOnce({ failures: [{ reason: 'RESOURCE:ENI' }] }).resolves({ tasks: [{ taskArn: TASK }] });
    await expect(start()).resolves.toEqual(ANSWER);
    expect(runs().map(({ clientToken, networkConfiguration }) => [clientToken, networkConfiguration?.awsvpcConfiguration?.subnets])).toEqual([
      ['request-1-0', ['subnet-a', 'subnet-b']], ['request-1-1', ['subnet-a']], ['request-1-2', ['subnet-b']],
    ]);
  });

  test('the same call is made again where its end is unknown', async () => {
    ecs.on(RunTaskCommand).rejectsOnce(awsError('TimeoutError')).resolves({ tasks: [{ taskArn: TASK }] });
    await expect(start()).resolves.toEqual(ANSWER);
    expect(runs().map(({ clientToken }) => clientToken)).toEqual(['request-1-0', 'request-1-0']);
  });

  test('fails with the reason of ECS, before the time of the function is over', async () => {
    ecs.on(RunTaskCommand).resolves({ failures: [{ reason: 'RESOURCE:ENI', detail: 'no addresses left' }] });
    await expect(start()).rejects.toMatchObject({ code: 'STARTER_REFUSED', message: expect.stringContaining('RESOURCE:ENI: no addresses left') });
    expect(runs().length).toBeGreaterThan(3);
  });

  test('fails and says so where it is unknown to the end', async () => {
    ecs.on(RunTaskCommand).rejects(awsError('ServerException', 'try later'));
    await expect(start()).rejects.toMatchObject({ code: 'STARTER_UNKNOWN', message: expect.stringContaining('ServerException: try later') });
  });

  test('fails at once where it cannot pass by itself, with the code in the message', async () => {
    ecs.on(RunTaskCommand).rejects(awsError('InvalidParameterException', 'The security group does not exist'));
    await expect(invoke({})).rejects.toThrow(/^\[RUN_TASK_FAILED\] .*InvalidParameterException: The security group does not exist/);
    expect(runs()).toHaveLength(1);
  });

  test('fails where it cannot be known whether one runs, and starts none', async () => {
    ecs.on(ListTasksCommand).rejects(awsError('ClusterNotFoundException', 'Cluster not found'));
    await expect(invoke({}, { ...ENVIRONMENT, TASK_EXCLUSIVE: 'true' })).rejects.toThrow(/^\[STARTER_TASKS\] .*ClusterNotFoundException/);
    expect(runs()).toEqual([]);
  });

  test.each(Object.keys(ENVIRONMENT))('fails without %s', async (name) => {
    const { [name as keyof typeof ENVIRONMENT]: _, ...others } = ENVIRONMENT;
    await expect(invoke({}, others)).rejects.toThrow(`The environment variable ${name} of the starter is missing.`);
    expect(runs()).toEqual([]);
  });
});
