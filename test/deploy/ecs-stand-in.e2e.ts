import { spawn, spawnSync } from 'child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { createServer } from 'net';
import { tmpdir } from 'os';
import * as path from 'path';
import type { ContainerDefinition, Task, TaskDefinition } from '@aws-sdk/client-ecs';
import { EcsStandIn, type TaskCloud } from './ecs-stand-in';
import { descendantsOf, eventually, foreignProgram, processesOf } from '../support/processes';

const CLUSTER = 'arn:aws:ecs:us-east-1:000000000000:cluster/main';
const NETWORK = { awsvpcConfiguration: { subnets: ['subnet-1'] } };

const folder = mkdtempSync(path.join(tmpdir(), 'cdk-private-backend-ecs-'));
const logs: Record<string, string[]> = {};
const secrets: Record<string, string> = { 'arn:aws:secretsmanager:us-east-1:000000000000:secret:api-AbCdEf': '{"password":"hidden","port":5432}' };
const definitions: Record<string, TaskDefinition> = {};

const cloud: TaskCloud = {
  taskDefinition: async (name) => Promise.resolve(definitions[name]),
  secretString: async (arn) => arn in secrets ? Promise.resolve(secrets[arn]) : Promise.reject(Object.assign(new Error("Secrets Manager can't find the specified secret."), { name: 'ResourceNotFoundException' })),
  createLogStream: async (group, stream) => {
    logs[`${group} ${stream}`] = [];
    return Promise.resolve();
  },
  writeLog: async (group, stream, lines) => {
    logs[`${group} ${stream}`].push(...lines);
    return Promise.resolve();
  },
};

const ecs = new EcsStandIn(cloud, { directory: path.join(folder, 'ecs'), assemblies: path.join(folder, 'assemblies'), images: path.join(folder, 'images') });

/** Pushes an image with a Dockerfile and other files. */
function push(name: string, dockerfile: string, files: Record<string, string> = {}): void {
  const directory = path.join(folder, 'contexts', name.replace(/\W/g, '-'));
  mkdirSync(directory, { recursive: true });
  Object.entries({ Dockerfile: dockerfile, ...files }).forEach(([file, content]) => writeFileSync(path.join(directory, file), content));
  ecs.registry.push(name, { directory });
}

/** A container whose script runs in busybox. */
function shell(name: string, script: string, props: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return {
    name,
    image: 'busybox:1',
    entryPoint: ['sh', '-c'],
    command: [script],
    linuxParameters: { initProcessEnabled: true },
    logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'group', 'awslogs-stream-prefix': 'prefix' } },
    ...props,
  };
}

interface Ran extends Task {
  readonly exitCodes: Record<string, number | undefined>;
  readonly reasons: Record<string, string | undefined>;
  /** Lines of its log streams, by their containers. */
  readonly logged: Record<string, string[]>;
}

async function describe1(taskArn: string): Promise<Task> {
  const { body } = (await ecs.intercept('DescribeTasks', { cluster: CLUSTER, tasks: [taskArn] }))!;
  return (body as { tasks: Task[] }).tasks[0];
}

async function start(containers: ContainerDefinition[], props: Partial<TaskDefinition> = {}): Promise<string> {
  const name = `family:${Object.keys(definitions).length}`;
  definitions[name] = { family: 'family', taskDefinitionArn: name, containerDefinitions: containers, ...props };
  const { body } = (await ecs.intercept('RunTask', { cluster: CLUSTER, taskDefinition: name, networkConfiguration: NETWORK }))!;
  return (body as { tasks: { taskArn: string }[] }).tasks[0].taskArn;
}

async function outcomeOf(taskArn: string): Promise<Ran> {
  await ecs.until(taskArn, ({ status }) => status === 'STOPPED');
  const task = await describe1(taskArn);
  const by = <T>(value: (container: NonNullable<Task['containers']>[number]) => T) => Object.fromEntries((task.containers ?? []).map((each) => [each.name ?? '', value(each)]));
  return { ...task, exitCodes: by(({ exitCode }) => exitCode), reasons: by(({ reason }) => reason), logged: by(({ name }) => logs[`group prefix/${name}/${taskArn.split('/').at(-1)}`]) };
}

async function stop(task: string): Promise<Ran> {
  await ecs.intercept('StopTask', { task, reason: 'enough' });
  return outcomeOf(task);
}

async function runTask(containers: ContainerDefinition[], props: Partial<TaskDefinition> = {}): Promise<Ran> {
  return outcomeOf(await start(containers, props));
}

beforeAll(() => {
  for (const tool of ['busybox', 'unshare', 'nsenter', 'setpriv', 'ip']) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) throw new Error(`${tool} is missing; 'bash .ci/tier-deploy' installs it.`);
  }
  if (process.getuid?.() !== 0) throw new Error('Tasks have namespaces of their own, which takes root.');
  push('busybox:1', 'FROM busybox:1.37.0-musl\n');
});

afterAll(async () => {
  await ecs.end();
  rmSync(folder, { recursive: true, force: true });
});

describe('containers of a task', () => {
  test('the task ends with its essential container, and the others get SIGTERM', async () => {
    const { stopCode, stoppedReason, exitCodes, lastStatus } = await runTask([
      shell('Main', 'sleep 0.3; exit 3'),
      shell('Handles', 'trap "exit 7" TERM; while :; do sleep 0.1; done'),
      shell('Leaves', 'sleep 60'),
    ]);
    expect({ stopCode, stoppedReason, lastStatus, exitCodes }).toEqual({
      stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', lastStatus: 'STOPPED', exitCodes: { Main: 3, Handles: 7, Leaves: 143 },
    });
  });

  test('a container that ignores SIGTERM gets SIGKILL after its stop timeout, and so does one without an init process', async () => {
    const { exitCodes } = await runTask([
      shell('Main', 'sleep 0.3'),
      shell('Deaf', 'trap "" TERM; while :; do sleep 0.1; done', { stopTimeout: 1 }),
      shell('First', 'sleep 60', { stopTimeout: 1, linuxParameters: {} }),
    ]);
    expect(exitCodes).toEqual({ Main: 0, Deaf: 137, First: 137 });
  });

  test('a container that is not essential may end, with any code', async () => {
    const { exitCodes, stopCode } = await runTask([shell('Init', 'exit 9', { essential: false }), shell('Main', 'sleep 0.5')]);
    expect({ exitCodes, stopCode }).toEqual({ exitCodes: { Init: 9, Main: 0 }, stopCode: 'EssentialContainerExited' });
  });

  test('each has a log stream of its own, with all it wrote before the task is seen stopped', async () => {
    const { logged } = await runTask([shell('Main', 'echo out; echo err >&2; sleep 0.2; echo last'), shell('Other', 'echo other; sleep 60')]);
    expect(logged).toEqual({ Main: ['out', 'err', 'last'], Other: ['other'] });
  });

  test('lines are in the log while the task runs', async () => {
    const task = await start([shell('Main', 'echo early; sleep 60')]);
    await ecs.until(task, ({ status }) => status === 'RUNNING');
    await eventually(() => logs[`group prefix/Main/${task.split('/').at(-1)}`]?.[0] === 'early');
    const { stopCode, stoppedReason, exitCodes } = await stop(task);
    expect({ stopCode, stoppedReason, exitCodes }).toEqual({ stopCode: 'UserInitiated', stoppedReason: 'enough', exitCodes: { Main: 143 } });
  });

  test('DescribeTasks shows each container as it is', async () => {
    const task = await start([shell('Main', 'sleep 60'), shell('Init', 'exit 0', { essential: false })]);
    await ecs.until(task, ({ status, containers }) => status === 'RUNNING' && containers[1].status === 'STOPPED');
    const { lastStatus, desiredStatus, containers } = await describe1(task);
    expect({ lastStatus, desiredStatus }).toEqual({ lastStatus: 'RUNNING', desiredStatus: 'RUNNING' });
    expect(containers).toEqual([
      expect.objectContaining({ name: 'Main', image: 'busybox:1', lastStatus: 'RUNNING', healthStatus: 'UNKNOWN', runtimeId: expect.any(String) as string, exitCode: undefined }),
      expect.objectContaining({ name: 'Init', lastStatus: 'STOPPED', exitCode: 0 }),
    ]);
    await stop(task);
  });
});

describe('dependencies', () => {
  const after = (containerName: string, condition: string) => ({ dependsOn: [{ containerName, condition }] }) as Pick<ContainerDefinition, 'dependsOn'>;
  const stamped = async (containers: ContainerDefinition[]) => {
    const volume = { mountPoints: [{ sourceVolume: 'shared', containerPath: '/shared' }] };
    const main = shell('Main', 'cat /shared/order; sleep 0.2', { ...after('Other', 'START'), ...volume, ...containers[1] });
    return runTask([{ ...containers[0], ...volume }, main], { volumes: [{ name: 'shared' }] });
  };

  test('START waits until the other has started, also where it has ended since', async () => {
    const { exitCodes } = await runTask([shell('Other', 'exit 4', { essential: false }), shell('Main', 'sleep 0.2', after('Other', 'START'))]);
    expect(exitCodes).toEqual({ Other: 4, Main: 0 });
  });

  test('COMPLETE waits for the end of the other, with any code', async () => {
    const { logged } = await stamped([shell('Other', 'sleep 0.5; echo done > /shared/order; exit 5', { essential: false }), after('Other', 'COMPLETE')]);
    expect(logged.Main).toEqual(['done']);
  });

  test('SUCCESS waits for the exit code 0 of the other', async () => {
    const { logged, exitCodes } = await stamped([shell('Other', 'sleep 0.5; echo done > /shared/order', { essential: false }), after('Other', 'SUCCESS')]);
    expect({ lines: logged.Main, exitCodes }).toEqual({ lines: ['done'], exitCodes: { Other: 0, Main: 0 } });
  });

  test('a container never starts where that code is another, and the task stops', async () => {
    const { exitCodes, reasons, stopCode, stoppedReason, containers, logged } = await runTask([shell('Other', 'echo why; exit 6', { essential: false }), shell('Main', 'sleep 60', after('Other', 'SUCCESS'))]);
    expect({ exitCodes, stopCode, stoppedReason, log: logged.Other }).toEqual({ exitCodes: { Other: 6, Main: 143 }, stopCode: 'TaskFailedToStart', stoppedReason: 'Task failed to start', log: ['why'] });
    expect(reasons.Main).toBe('CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [Other(busybox:1) (STOPPED->RUNNING) - Exit: 6] for target [Main(busybox:1) (NONE->RUNNING)] as dependency did not exit successfully.');
    expect(containers?.[1].runtimeId).toBeUndefined();
  });

  test('HEALTHY waits for the health check of the other', async () => {
    const healthCheck = { command: ['CMD-SHELL', 'test -f /tmp/ready'], interval: 0.2, retries: 3, startPeriod: 60 };
    const task = await start([
      shell('Other', 'sleep 1; touch /tmp/ready; sleep 60', { healthCheck, linuxParameters: { initProcessEnabled: true, tmpfs: [{ containerPath: '/tmp', size: 8 }] } }),
      shell('Main', 'sleep 0.5; exit 0', after('Other', 'HEALTHY')),
    ]);
    await ecs.until(task, ({ containers }) => containers[1].status === 'RUNNING');
    const { containers, healthStatus } = await describe1(task);
    expect({ healthStatus, health: containers?.[0].healthStatus }).toEqual({ healthStatus: 'HEALTHY', health: 'HEALTHY' });
    const { exitCodes } = await outcomeOf(task);
    expect(exitCodes).toEqual({ Other: 143, Main: 0 });
  });

  test('a container that waits too long for one never starts', async () => {
    const healthCheck = { command: ['CMD', 'false'], interval: 0.1, retries: 2 };
    const { reasons, stopCode } = await runTask([shell('Other', 'sleep 60', { healthCheck, startTimeout: 1, essential: false }), shell('Main', 'sleep 60', after('Other', 'HEALTHY'))]);
    expect(stopCode).toBe('TaskFailedToStart');
    expect(reasons.Main).toMatch(/for target \[Main\(busybox:1\) \(NONE->RUNNING\)\] has timed out\.$/);
  });

  test('at the end, a container stops after those that depend on it', async () => {
    const { logged } = await runTask([
      shell('Database', 'trap "echo database; exit 0" TERM; while :; do sleep 0.05; done', { essential: false }),
      shell('Client', 'trap "sleep 0.5; echo client; exit 0" TERM; while :; do sleep 0.05; done', { essential: false, ...after('Database', 'START') }),
      shell('Main', 'sleep 0.5'),
    ]);
    const all = ecs.ran.at(-1)?.containers.flatMap(({ name, lines }) => lines.length > 0 ? [name] : []);
    expect(all).toEqual(['Database', 'Client']);
    expect(logged).toMatchObject({ Client: ['client'], Database: ['database'] });
  });
});

describe('health checks', () => {
  test('after as many failures as it may have, a container is unhealthy; a task that somebody started runs on', async () => {
    const task = await start([shell('Main', 'sleep 60', { healthCheck: { command: ['CMD', 'sh', '-c', 'exit 1'], interval: 0.1, retries: 2 } })]);
    await ecs.until(task, ({ containers }) => containers[0].health === 'UNHEALTHY');
    const { lastStatus, healthStatus } = await describe1(task);
    expect({ lastStatus, healthStatus }).toEqual({ lastStatus: 'RUNNING', healthStatus: 'UNHEALTHY' });
    await stop(task);
  });

  test('a check that does not end in time has failed', async () => {
    const task = await start([shell('Main', 'sleep 60', { healthCheck: { command: ['CMD-SHELL', 'sleep 60'], interval: 0.1, timeout: 0.2, retries: 1 } })]);
    await ecs.until(task, ({ containers }) => containers[0].health === 'UNHEALTHY');
    expect((await stop(task)).exitCodes).toEqual({ Main: 143 });
  });

  test('a check sees what its container sees', async () => {
    const healthCheck = { command: ['CMD-SHELL', 'nc 127.0.0.1 8080 </dev/null && [ "$COLOUR" = green ] && [ "$(id -u)" = 1000 ] && [ "$(cat /proc/1/comm)" != systemd ]'], interval: 0.1, startPeriod: 30 };
    const task = await start([shell('Main', 'nc -ll -p 8080 -e true', { healthCheck, user: '1000:1000', environment: [{ name: 'COLOUR', value: 'green' }] })]);
    await ecs.until(task, ({ containers }) => containers[0].health === 'HEALTHY');
    await stop(task);
  });
});

describe('the network of a task', () => {
  const server = (text: string) => shell('Server', `nc -ll -p 8080 -e echo ${text}`, { essential: false });
  const client = shell('Main', 'for i in 1 2 3 4 5 6 7 8 9 10; do nc 127.0.0.1 8080 </dev/null && exit 0; sleep 0.2; done; exit 1');

  test('is shared by its containers, and by no other task', async () => {
    const [one, other] = await Promise.all([runTask([server('one'), client]), runTask([server('other'), client])]);
    expect([one.logged.Main.at(-1), other.logged.Main.at(-1)]).toEqual(['one', 'other']);
  });

  test('leads outside only where an endpoint is', async () => {
    const listening = await Promise.all(['known', 'hidden'].map(async (text) => new Promise<{ port: number; close(): void }>((done) => {
      const listener = createServer((socket) => socket.end(`${text}\n`)).listen(0, '127.0.0.1', () => done({ port: (listener.address() as { port: number }).port, close: () => listener.close() }));
    })));
    const [known, hidden] = listening.map(({ port }) => port);
    await ecs.outside.add({ host: 'localhost', port: known, target: known });
    await ecs.outside.add({ host: 'cache.internal', port: 6379, target: known });
    const { logged } = await runTask([shell('Main', `nc localhost ${known} </dev/null; nc cache.internal 6379 </dev/null; nc -w 1 127.0.0.1 ${hidden} </dev/null || echo refused`)]);
    listening.forEach(({ close }) => close());
    expect(logged.Main.filter((line) => !line.startsWith('nc:'))).toEqual(['known', 'known', 'refused']);
  });
});

describe('files and users of a container', () => {
  test('the root is read-only where the definition says so, but for what is mounted', async () => {
    const { logged } = await runTask([shell('Main', 'touch /x 2>/dev/null || echo root; touch /tmp/x && echo tmp; touch /data/x && echo data; id -u; grep CapEff /proc/self/status | cut -f 2', {
      readonlyRootFilesystem: true,
      user: '1000:1000',
      linuxParameters: { tmpfs: [{ containerPath: '/tmp', size: 8, mountOptions: ['nosuid', 'nodev'] }], initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
      mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
      dependsOn: [{ containerName: 'Init', condition: 'SUCCESS' }],
    }), shell('Init', 'chmod 1777 /data', { essential: false, user: '0:0', mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] })], { volumes: [{ name: 'data' }] });
    expect(logged.Main).toEqual(['root', 'tmp', 'data', '1000', '0000000000000000']);
  });

  test.each([
    ['runs chown', 'FROM busybox:1.37.0-musl\nRUN mkdir -p /run/above/own && chown 65532:65532 /run/above/own\n'],
    ['copies it from another stage', 'FROM busybox:1.37.0-musl AS made\nRUN mkdir -p /made/run/above/own && chown 65532:65532 /made/run/above/own\nFROM busybox:1.37.0-musl\nCOPY --from=made /made/ /\n'],
    ['copies it with another owner', 'FROM busybox:1.37.0-musl AS made\nRUN mkdir -p /made/own\nFROM busybox:1.37.0-musl\nWORKDIR /run/above\nCOPY --from=made --chown=65532:65532 /made/ ./\nWORKDIR /\n'],
  ])('a new volume belongs to root, or to whom the image gave the directory that it declares as a volume: one that %s', async (_way, dockerfile) => {
    push('owner:1', `${dockerfile}VOLUME ["/run/above/own"]\nUSER 65532:65532\n`);
    const { logged } = await runTask([shell('Main', 'touch /run/above/own/x && echo own; touch /run/above/x 2>/dev/null || echo above; touch /other/x 2>/dev/null || echo other', {
      image: 'owner:1', mountPoints: [{ sourceVolume: 'own', containerPath: '/run/above/own' }, { sourceVolume: 'other', containerPath: '/other' }],
    })], { volumes: [{ name: 'own' }, { name: 'other' }] });
    expect(logged.Main).toEqual(['own', 'above', 'other']);
  });

  test('an image has the programs of its base alone', async () => {
    const { logged } = await runTask([shell('Main', 'command -v node || echo no node; sh --help 2>&1 | head -1 | cut -d " " -f 1; test -e /work || echo no host')]);
    expect(logged.Main).toEqual(['no node', 'BusyBox', 'no host']);
  });

  test('an image runs the program, the settings and the files that its Dockerfile gives it', async () => {
    push('node:1', 'FROM node:24-slim AS build\nWORKDIR /build\nCOPY *.js ./\nRUN mkdir dist && \\\n    cp main.js dist/\nFROM node:24-slim\nENV GREETING=hello\nWORKDIR /app\nCOPY --from=build /build/dist ./dist\nUSER 1000:1000\nENTRYPOINT ["node"]\nCMD ["dist/main.js"]\n',
      { 'main.js': 'console.log(process.env.GREETING, process.cwd(), process.getuid(), require("fs").readdirSync(".").join());' });
    const { logged } = await runTask([{ ...shell('Main', ''), image: 'node:1', entryPoint: undefined, command: undefined }]);
    expect(logged.Main).toEqual(['hello /app 1000 dist']);
  });
});

describe('failures', () => {
  test('fails without a container where an image is missing', async () => {
    const { stopCode, stoppedReason, reasons, exitCodes } = await runTask([shell('Main', 'sleep 60'), shell('Other', 'sleep 60', { image: 'nobody/pushed:this' })]);
    const reason = 'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref nobody/pushed:this: nobody/pushed:this: not found';
    expect({ stopCode, stoppedReason, reasons, exitCodes }).toEqual({ stopCode: 'TaskFailedToStart', stoppedReason: reason, reasons: { Main: undefined, Other: reason }, exitCodes: {} });
  });

  test.each([
    ['a secret is missing', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:gone-AbCdEf', /retried 1 time\(s\): failed to fetch secret arn:\S+ from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret\.$/],
    ['a secret has no such field', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:api-AbCdEf:username::', /retried 1 time\(s\): retrieved secret from Secrets Manager did not contain json key username$/],
  ])('fails without a container where %s', async (_, valueFrom, reason) => {
    const { stopCode, stoppedReason, containers } = await runTask([shell('Main', 'sleep 60', { secrets: [{ name: 'X', valueFrom }] })]);
    expect(stopCode).toBe('TaskFailedToStart');
    expect(stoppedReason).toMatch(/^ResourceInitializationError: unable to pull secrets or registry auth: /);
    expect(stoppedReason).toMatch(reason);
    expect(containers?.[0].exitCode).toBeUndefined();
  });

  test('secrets and fields of them are variables of the container', async () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:api-AbCdEf';
    const { logged } = await runTask([shell('Main', 'echo "$PASSWORD $PORT $ALL"', { secrets: [{ name: 'PASSWORD', valueFrom: `${arn}:password::` }, { name: 'PORT', valueFrom: `${arn}:port::` }, { name: 'ALL', valueFrom: arn }] })]);
    expect(logged.Main).toEqual([`hidden 5432 ${secrets[arn]}`]);
  });

  test.each([
    ['serve', 'exec: "serve": executable file not found in $PATH: unknown'],
    ['/bin/serve', 'exec: "/bin/serve": stat /bin/serve: no such file or directory: unknown'],
  ])("fails to start '%s', which is not in the image", async (program, reason) => {
    const { stopCode, stoppedReason, reasons, exitCodes } = await runTask([shell('Main', '', { entryPoint: [program], command: [] })]);
    expect({ stopCode, stoppedReason, exitCodes }).toEqual({ stopCode: 'TaskFailedToStart', stoppedReason: 'Task failed to start', exitCodes: {} });
    expect(reasons.Main).toMatch(/^CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: /);
    expect(reasons.Main).toContain(reason);
  });

  test('fails with exit code 1 and a line in the log where the program is for another architecture', async () => {
    const directory = path.join(folder, 'foreign');
    mkdirSync(directory);
    writeFileSync(path.join(directory, 'api'), foreignProgram(), 'latin1');
    chmodSync(path.join(directory, 'api'), 0o755);
    writeFileSync(path.join(directory, 'Dockerfile'), 'FROM scratch\nCOPY api /api\nENTRYPOINT ["/api"]\n');
    ecs.registry.push('foreign:1', { directory });
    const { exitCodes, logged, stopCode } = await runTask([{ ...shell('Main', ''), image: 'foreign:1', entryPoint: undefined, command: undefined }]);
    expect({ exitCodes, logged, stopCode }).toEqual({ exitCodes: { Main: 1 }, logged: { Main: ['exec /api: exec format error'] }, stopCode: 'EssentialContainerExited' });
  });

  test('fails with the exit code of a program that crashes at its start', async () => {
    const { exitCodes, logged, stopCode } = await runTask([shell('Main', 'echo "no DATABASE_URL" >&2; exit 78'), shell('Other', 'sleep 60')]);
    expect({ exitCodes, log: logged.Main, stopCode }).toEqual({ exitCodes: { Main: 78, Other: 143 }, log: ['no DATABASE_URL'], stopCode: 'EssentialContainerExited' });
  });

  test('fails with 137 and the reason where a container takes more memory than it has', async () => {
    const { exitCodes, reasons } = await runTask([shell('Main', 'x=$(head -c 100000000 /dev/zero | tr "\\0" x); echo ${#x}', { memory: 32 })]);
    expect({ exitCodes, reasons }).toEqual({ exitCodes: { Main: 137 }, reasons: { Main: 'OutOfMemoryError: Container killed due to memory usage' } });
  });
});

test('nothing of a task is left: no processes, mounts or control groups', async () => {
  await runTask([shell('Main', 'sleep 300 & sleep 0.3')]);
  expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(folder);
  const groups = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].find((place) => existsSync(place)) ?? '';
  expect(readdirSync(groups).filter((name) => ecs.ran.some(({ taskArn }) => name.includes(taskArn.split('/').at(-1) ?? '')))).toEqual([]);
  await eventually(() => processesOf(folder).length === 0);
});

test('all that runs ends with the process of the stand-in, however that goes, whatever user it became', async () => {
  const directory = path.join(folder, 'killed');
  mkdirSync(directory);
  const program = `
    const { EcsStandIn } = require(${JSON.stringify(path.join(__dirname, 'ecs-stand-in.ts'))});
    const shell = (name, user, init) => ({ name, user, image: 'busybox:1', entryPoint: ['sh', '-c'], command: ['trap "" TERM; sleep 300 & sleep 300'], linuxParameters: { initProcessEnabled: init } });
    const nothing = async () => undefined;
    const containerDefinitions = [shell('Init', '1000:1000', true), shell('First', '1000:1000', false), shell('Root', '0:0', false)];
    const ecs = new EcsStandIn({ taskDefinition: async () => ({ containerDefinitions }), createLogStream: nothing, writeLog: nothing }, { directory: ${JSON.stringify(directory)}, assemblies: '/nonexistent', images: ${JSON.stringify(path.join(folder, 'images'))} });
    ecs.registry.push('busybox:1', { directory: ${JSON.stringify(path.join(folder, 'contexts', 'busybox-1'))} });
    ecs.nextTask().then(() => console.log('running'));
    ecs.intercept('RunTask', { cluster: ${JSON.stringify(CLUSTER)}, taskDefinition: 'x', networkConfiguration: ${JSON.stringify(NETWORK)} });
  `;
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((running) => child.stdout.once('data', running));
  const first = processesOf(directory);
  const inside = first.flatMap((pid) => descendantsOf(pid));
  expect(inside.length).toBeGreaterThan(5);
  child.kill('SIGKILL');
  await eventually(() => [...first, ...inside].every((pid) => !existsSync(`/proc/${pid}`)));
});

test('all that runs ends at once with the stand-in', async () => {
  const task = await start([shell('Main', 'trap "" TERM; sleep 300'), shell('Other', 'sleep 300')]);
  await ecs.until(task, ({ status }) => status === 'RUNNING');
  expect(processesOf(folder).length).toBeGreaterThan(0);
  await ecs.end();
  await eventually(() => processesOf(folder).length === 0);
});
