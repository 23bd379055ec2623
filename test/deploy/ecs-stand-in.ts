import { randomUUID } from 'crypto';
import { mkdirSync } from 'fs';
import * as path from 'path';
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import { Bases } from './ecs/bases';
import { ImageBuilder } from './ecs/image';
import { LogStream } from './ecs/log-stream';
import { Outside } from './ecs/network';
import { Registry } from './ecs/registry';
import { RunningTask } from './ecs/task';
import { secretNotFetched, secretNotJson, secretWithoutKey } from './ecs/texts';
import type { Intercepted } from './proxy';

/** Of AWS, what the stand-in needs besides ECS. */
export interface TaskCloud {
  taskDefinition(name: string): Promise<TaskDefinition>;
  secretString(arn: string): Promise<string>;
  createLogStream(group: string, stream: string): Promise<void>;
  writeLog(group: string, stream: string, lines: readonly string[]): Promise<void>;
}

export interface StandInOptions {
  /** Folder for everything that is written. */
  readonly directory: string;
  /** Folder with cloud assemblies. */
  readonly assemblies: string;
  /** Folder for images, which may be kept. */
  readonly images: string;
  /** Files that images take instead of building them, by their paths in the stages of the Dockerfiles. */
  readonly ready?: Readonly<Record<string, string>>;
  readonly note?: (text: string) => void;
}

interface RunTaskInput {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly startedBy?: string;
  readonly clientToken?: string;
  readonly networkConfiguration?: { readonly awsvpcConfiguration?: { readonly subnets?: string[] } };
  readonly overrides?: object;
}

interface StandInTask {
  readonly taskArn: string;
  readonly family: string;
  readonly cluster: string;
  readonly startedBy?: string;
  readonly overrides?: object;
  readonly definition: TaskDefinition;
  readonly createdAt: number;
  readonly running: RunningTask;
}

/** A container that has run, for assertions. */
export interface RanContainer {
  readonly name: string;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly lines: readonly string[];
}

/** What the stand-in has run, for assertions. */
export interface RanTask {
  readonly taskArn: string;
  readonly family: string;
  readonly startedBy?: string;
  /** What the caller asked for beside the task definition. The stand-in does nothing with it. */
  readonly overrides?: object;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  /** Of the first container. */
  readonly image: string;
  readonly exitCode?: number;
  /** What the containers wrote, one after the other. */
  readonly lines: readonly string[];
  readonly containers: readonly RanContainer[];
}

/**
 * Stands in for RunTask, DescribeTasks, ListTasks and StopTask: the emulator would only write down that a task runs. Task
 * definitions, secrets and logs are the emulator's; the containers' real commands run as processes, each with its own files, all of
 * a task in one network.
 */
export class EcsStandIn {
  /** What tasks reach besides themselves. */
  public readonly outside: Outside;
  public readonly registry: Registry;
  private readonly bases: Bases;
  private readonly tasks: StandInTask[] = [];
  private readonly tokens = new Map<string, StandInTask>();
  private onRunning: () => void = () => undefined;

  constructor(private readonly cloud: TaskCloud, private readonly options: StandInOptions) {
    const folder = (name: string) => {
      const made = path.join(options.directory, name);
      mkdirSync(made, { recursive: true });
      return made;
    };
    this.outside = new Outside(folder('doors'));
    this.bases = new Bases(folder('bases'));
    this.registry = new Registry(new ImageBuilder(this.bases, options.images, options.ready), options.assemblies, options.note ?? (() => undefined));
    folder('tasks');
  }

  /** Every task that was started, in order. */
  public get ran(): RanTask[] {
    return this.tasks.map(({ taskArn, family, startedBy, overrides, running }) => {
      const { stopCode, stoppedReason } = running;
      const containers = running.containers.map(({ name, exitCode, reason, log }) => ({ name, exitCode, reason, lines: log?.lines ?? [] }));
      const [first] = running.containers;
      const lines = containers.flatMap((each) => each.lines);
      return { taskArn, family, startedBy, overrides, stopCode, stoppedReason, image: first?.definition.image ?? '', exitCode: first?.exitCode, lines, containers };
    });
  }

  /** Resolves once the next task is running. */
  public async nextTask(): Promise<void> {
    return new Promise((running) => (this.onRunning = running));
  }

  /** Resolves once something holds for a task. */
  public async until(taskArn: string, holds: (task: RunningTask) => boolean): Promise<void> {
    const found = this.tasks.find((task) => task.taskArn === taskArn);
    if (found === undefined) throw new Error(`There is no task '${taskArn}'.`);
    await found.running.until(() => holds(found.running));
  }

  public async intercept(action: string, input: Record<string, unknown>): Promise<Intercepted | undefined> {
    switch (action) {
      case 'RunTask': return this.runTask(input as unknown as RunTaskInput);
      case 'DescribeTasks': return this.describeTasks(input.tasks as string[]);
      case 'ListTasks': return this.listTasks(input as { family?: string; desiredStatus?: string });
      case 'StopTask': return this.stopTask(input as { task: string; reason?: string });
      default: return undefined;
    }
  }

  /** Ends all that runs, at once. */
  public async end(): Promise<void> {
    await Promise.all(this.tasks.map(async ({ running }) => running.kill()));
    this.outside.close();
  }

  private async runTask({ cluster, taskDefinition, startedBy, clientToken, networkConfiguration, overrides }: RunTaskInput): Promise<Intercepted> {
    const known = clientToken === undefined ? undefined : this.tokens.get(clientToken);
    if (known !== undefined) return ok({ tasks: [describe(known)], failures: [] });
    if (!networkConfiguration?.awsvpcConfiguration?.subnets?.length) return refused('Network Configuration must be provided when networkMode \'awsvpc\' is specified.');
    const definition = await this.cloud.taskDefinition(taskDefinition);
    const id = randomUUID().replaceAll('-', '');
    const task: StandInTask = {
      taskArn: `${cluster.split(':').slice(0, 5).join(':')}:task/${cluster.split('/').at(-1) ?? ''}/${id}`,
      family: definition.family ?? '',
      cluster,
      startedBy,
      overrides,
      definition,
      createdAt: Date.now(),
      running: new RunningTask(definition, id, path.join(this.options.directory, 'tasks', id), {
        bases: this.bases,
        outside: this.outside,
        pull: async (image) => this.registry.pull(image),
        secretsOf: async (container) => this.secretsOf(container),
        openLog: async (container, taskId) => this.openLog(container, taskId),
      }),
    };
    this.tasks.push(task);
    if (clientToken !== undefined) this.tokens.set(clientToken, task);
    void task.running.run(() => this.onRunning());
    return ok({ tasks: [describe(task)], failures: [] });
  }

  private describeTasks(arns: string[]): Intercepted {
    const found = arns.map((arn) => this.tasks.find(({ taskArn }) => taskArn === arn));
    const missing = arns.filter((_, index) => found[index] === undefined);
    return ok({ tasks: found.flatMap((task) => task === undefined ? [] : [describe(task)]), failures: missing.map((arn) => ({ arn, reason: 'MISSING' })) });
  }

  private listTasks({ family, desiredStatus = 'RUNNING' }: { family?: string; desiredStatus?: string }): Intercepted | undefined {
    if (family === undefined) return undefined;
    const matching = this.tasks.filter((task) => task.family === family && desiredStatusOf(task) === desiredStatus);
    return ok({ taskArns: matching.map(({ taskArn }) => taskArn) });
  }

  private stopTask({ task: arn, reason = '' }: { task: string; reason?: string }): Intercepted {
    const task = this.tasks.find(({ taskArn }) => taskArn === arn);
    if (task === undefined) return refused('The referenced task was not found.');
    task.running.stop('UserInitiated', reason);
    return ok({ task: describe(task) });
  }

  private async secretsOf({ secrets = [] }: ContainerDefinition): Promise<Record<string, string>> {
    const resolved = secrets.map(async ({ name = '', valueFrom = '' }) => [name, await this.secret(valueFrom)] as const);
    return Object.fromEntries(await Promise.all(resolved));
  }

  /** What ECS puts into a container for `<secret ARN>`, or `<secret ARN>:<JSON key>::`. */
  private async secret(valueFrom: string): Promise<string> {
    const [arn, key = ''] = [valueFrom.split(':').slice(0, 7).join(':'), valueFrom.split(':')[7]];
    const text = await this.cloud.secretString(arn).catch((error: Error) => {
      throw secretNotFetched(arn, error);
    });
    if (key === '') return text;
    const field = fieldsOf(text)[key];
    if (field === undefined) throw secretWithoutKey(key);
    return typeof field === 'string' ? field : JSON.stringify(field);
  }

  private async openLog({ name, logConfiguration }: ContainerDefinition, taskId: string): Promise<LogStream> {
    const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix = '' } = logConfiguration?.options ?? {};
    if (group === undefined) return new LogStream(async () => Promise.resolve());
    const stream = `${prefix}/${name}/${taskId}`;
    await this.cloud.createLogStream(group, stream);
    return new LogStream(async (lines) => this.cloud.writeLog(group, stream, lines));
  }
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw secretNotJson(`invalid character '${text.charAt(0)}' looking for beginning of value`);
  }
}

function desiredStatusOf({ running }: StandInTask): 'RUNNING' | 'STOPPED' {
  return running.stopCode === undefined ? 'RUNNING' : 'STOPPED';
}

/** As ECS answers; times are seconds in JSON. */
function describe(task: StandInTask): Record<string, unknown> {
  const { running, taskArn, definition } = task;
  const healths = running.containers.filter(({ definition: { healthCheck }, isEssential }) => healthCheck !== undefined && isEssential).map(({ health }) => health);
  return {
    taskArn,
    clusterArn: task.cluster,
    taskDefinitionArn: definition.taskDefinitionArn,
    group: `family:${task.family}`,
    launchType: 'FARGATE',
    startedBy: task.startedBy,
    createdAt: task.createdAt / 1000,
    lastStatus: running.status,
    desiredStatus: desiredStatusOf(task),
    healthStatus: healths.find((health) => health === 'UNHEALTHY') ?? (healths.length > 0 && healths.every((health) => health === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN'),
    stopCode: running.stopCode,
    stoppedReason: running.stoppedReason,
    containers: running.containers.map(({ name, status, exitCode, reason, health, runtimeId, startedAt, definition: { image } }) => ({
      name,
      image,
      taskArn,
      lastStatus: status,
      exitCode,
      reason,
      healthStatus: health,
      // A container that was never made has none.
      runtimeId: startedAt === undefined ? undefined : runtimeId,
    })),
  };
}

function ok(body: Record<string, unknown>): Intercepted {
  return { status: 200, body };
}

function refused(message: string): Intercepted {
  return { status: 400, body: { __type: 'InvalidParameterException', message } };
}
