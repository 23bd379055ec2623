import { randomUUID } from 'crypto';
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import type { Cloud } from './cloud';
import type { Intercepted } from './proxy';
import { ContainerProcess, programOf, stagedImage } from './task';

interface RunTaskInput {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly startedBy?: string;
  readonly clientToken?: string;
  readonly networkConfiguration?: { readonly awsvpcConfiguration?: { readonly subnets?: string[] } };
}

/** A task as ECS describes it, and the process that it is. */
interface StandInTask {
  readonly taskArn: string;
  readonly family: string;
  readonly cluster: string;
  readonly startedBy?: string;
  readonly definition: TaskDefinition;
  readonly createdAt: number;
  status: 'PROVISIONING' | 'RUNNING' | 'STOPPED';
  stopCode?: string;
  stoppedReason?: string;
  exitCode?: number;
  process?: ContainerProcess;
  lines: string[];
}

/** What the stand-in has run, for assertions. */
export interface RanTask {
  readonly taskArn: string;
  readonly family: string;
  readonly image: string;
  readonly startedBy?: string;
  readonly exitCode?: number;
  readonly stopCode?: string;
  readonly lines: readonly string[];
}

/**
 * Stands in for RunTask, DescribeTasks, ListTasks and StopTask: the emulator would only write down that a task runs. Task
 * definitions, secrets and logs are the emulator's; the container's real command runs as a process.
 */
export class EcsStandIn {
  private readonly tasks: StandInTask[] = [];
  private readonly tokens = new Map<string, StandInTask>();
  private onRunning: () => void = () => undefined;

  constructor(private readonly cloud: Cloud, private readonly assemblies: string, private readonly engines: string) {}

  /** Every task that was started, in order. */
  public get ran(): RanTask[] {
    return this.tasks.map(({ definition, ...task }) => ({ ...task, image: definition.containerDefinitions?.[0].image ?? '' }));
  }

  /** Resolves once the next task is running. */
  public async nextTask(): Promise<void> {
    return new Promise((running) => (this.onRunning = running));
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
  public end(): void {
    this.tasks.forEach(({ process }) => process?.kill());
  }

  private async runTask({ cluster, taskDefinition, startedBy, clientToken, networkConfiguration }: RunTaskInput): Promise<Intercepted> {
    const known = clientToken === undefined ? undefined : this.tokens.get(clientToken);
    if (known !== undefined) return ok({ tasks: [describe(known)], failures: [] });
    if (!networkConfiguration?.awsvpcConfiguration?.subnets?.length) return refused('Network Configuration must be provided when networkMode \'awsvpc\' is specified.');
    const definition = await this.cloud.taskDefinition(taskDefinition);
    const name = cluster.split('/').at(-1) ?? '';
    const task: StandInTask = {
      taskArn: `${cluster.split(':').slice(0, 5).join(':')}:task/${name}/${randomUUID().replaceAll('-', '')}`,
      family: definition.family ?? '',
      cluster,
      startedBy,
      definition,
      createdAt: Date.now(),
      status: 'PROVISIONING',
      lines: [],
    };
    this.tasks.push(task);
    if (clientToken !== undefined) this.tokens.set(clientToken, task);
    void this.execute(task);
    return ok({ tasks: [describe(task)], failures: [] });
  }

  private describeTasks(arns: string[]): Intercepted {
    const found = arns.map((arn) => this.tasks.find(({ taskArn }) => taskArn === arn));
    const missing = arns.filter((_, index) => found[index] === undefined);
    return ok({ tasks: found.flatMap((task) => task === undefined ? [] : [describe(task)]), failures: missing.map((arn) => ({ arn, reason: 'MISSING' })) });
  }

  private listTasks({ family, desiredStatus = 'RUNNING' }: { family?: string; desiredStatus?: string }): Intercepted | undefined {
    if (family === undefined) return undefined;
    const matching = this.tasks.filter((task) => task.family === family && (task.status === 'STOPPED') === (desiredStatus === 'STOPPED'));
    return ok({ taskArns: matching.map(({ taskArn }) => taskArn) });
  }

  private stopTask({ task: arn, reason = '' }: { task: string; reason?: string }): Intercepted {
    const task = this.tasks.find(({ taskArn }) => taskArn === arn);
    if (task === undefined) return { status: 400, body: { __type: 'InvalidParameterException', message: 'The referenced task was not found.' } };
    if (task.status !== 'STOPPED') {
      Object.assign(task, { stopCode: 'UserInitiated', stoppedReason: reason });
      void task.process?.stop(task.definition.containerDefinitions?.[0].stopTimeout ?? 30);
    }
    return ok({ task: describe(task) });
  }

  /** The container's life. A container that cannot be prepared ends the task as ECS would, without an exit code. */
  private async execute(task: StandInTask): Promise<void> {
    const [container] = task.definition.containerDefinitions ?? [];
    try {
      const program = programOf(container, await this.secretsOf(container), this.imageOf(container), this.engines);
      task.process = new ContainerProcess(program);
      task.lines = task.process.lines;
      task.status = 'RUNNING';
      this.onRunning();
      task.exitCode = await task.process.ended;
      task.stopCode ??= 'EssentialContainerExited';
      task.stoppedReason ??= 'Essential container in task exited';
      await this.writeLog(task, container);
    } catch (error) {
      Object.assign(task, { stopCode: 'TaskFailedToStart', stoppedReason: (error as Error).message });
    }
    // Last, as the awslogs driver blocks: who sees a stopped task can read its log.
    task.status = 'STOPPED';
  }

  private async secretsOf({ secrets = [] }: ContainerDefinition): Promise<Record<string, string>> {
    const resolved = secrets.map(async ({ name = '', valueFrom = '' }) => [name, await this.cloud.secretField(valueFrom)]);
    return Object.fromEntries(await Promise.all(resolved)) as Record<string, string>;
  }

  private imageOf({ image = '' }: ContainerDefinition): string {
    const folder = stagedImage(image, this.assemblies);
    if (folder === undefined) throw new Error(`CannotPullContainerError: ${image} was not staged`);
    return folder;
  }

  private async writeLog(task: StandInTask, { name, logConfiguration }: ContainerDefinition): Promise<void> {
    const { 'awslogs-group': group = '', 'awslogs-stream-prefix': prefix = '' } = logConfiguration?.options ?? {};
    await this.cloud.writeLog(group, `${prefix}/${name}/${task.taskArn.split('/').at(-1)}`, task.lines);
  }
}

function describe(task: StandInTask): Record<string, unknown> {
  const [container] = task.definition.containerDefinitions ?? [];
  return {
    taskArn: task.taskArn,
    clusterArn: task.cluster,
    taskDefinitionArn: task.definition.taskDefinitionArn,
    group: `family:${task.family}`,
    startedBy: task.startedBy,
    createdAt: task.createdAt / 1000,
    lastStatus: task.status,
    desiredStatus: task.stopCode === undefined ? 'RUNNING' : 'STOPPED',
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: [{ name: container?.name, lastStatus: task.status, exitCode: task.exitCode, runtimeId: task.process && 'process' }],
  };
}

function ok(body: Record<string, unknown>): Intercepted {
  return { status: 200, body };
}

function refused(message: string): Intercepted {
  return { status: 400, body: { __type: 'InvalidParameterException', message } };
}
