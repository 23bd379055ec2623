import { mkdirSync, statSync, chmodSync, chownSync, writeFileSync } from 'fs';
import * as path from 'path';
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import type { Bases } from './bases';
import { ContainerProcess } from './container';
import { watchHealth, type Health } from './health';
import type { Image } from './image';
import type { LogStream } from './log-stream';
import { MemoryGroup } from './memory';
import { TaskNetwork, type Outside } from './network';
import { CannotStart, dependencyTimedOut, dependencyUnresolvable, OUT_OF_MEMORY } from './texts';

export type StopCode = 'EssentialContainerExited' | 'TaskFailedToStart' | 'UserInitiated';

/** What a task needs of its surroundings. */
export interface TaskSurroundings {
  readonly bases: Bases;
  readonly outside: Outside;
  pull(image: string): Promise<Image>;
  secretsOf(container: ContainerDefinition): Promise<Record<string, string>>;
  openLog(container: ContainerDefinition, taskId: string): Promise<LogStream>;
}

/** A container's state, in the words of DescribeTasks. */
export class TaskContainer {
  public status: 'PENDING' | 'RUNNING' | 'STOPPED' = 'PENDING';
  public health: Health = 'UNKNOWN';
  public exitCode?: number;
  public reason?: string;
  public startedAt?: number;
  public process?: ContainerProcess;
  public log?: LogStream;

  constructor(public readonly definition: ContainerDefinition, public readonly runtimeId: string) {}

  public get name(): string {
    return this.definition.name ?? '';
  }

  public get isEssential(): boolean {
    return this.definition.essential ?? true;
  }

  /** As the agent of ECS prints it. */
  public get label(): string {
    return `${this.name}(${this.definition.image})`;
  }
}

/** Without a start timeout, Fargate waits for a dependency for three minutes. */
const START_TIMEOUT_SECONDS = 180;
const STOP_TIMEOUT_SECONDS = 30;

/**
 * A task whose containers run as ECS would run them: in the order of their dependencies, in one network, until an essential one ends.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
 */
export class RunningTask {
  public status: 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'DEPROVISIONING' | 'STOPPED' = 'PROVISIONING';
  public stopCode?: StopCode;
  public stoppedReason?: string;
  public readonly containers: TaskContainer[];
  private readonly images = new Map<TaskContainer, Image>();
  private readonly secrets = new Map<TaskContainer, Record<string, string>>();
  private network?: TaskNetwork;
  private waiting: (() => void)[] = [];
  private isKilled = false;

  /** @param directory folder for its files, which does not exist yet */
  constructor(private readonly definition: TaskDefinition, private readonly id: string, private readonly directory: string, private readonly surroundings: TaskSurroundings) {
    this.containers = (definition.containerDefinitions ?? []).map((each, index) => new TaskContainer(each, `${id}-${index}`));
  }

  /** The task's life. */
  public async run(onRunning: () => void): Promise<void> {
    try {
      await this.prepare();
      this.status = 'PENDING';
      const lives = this.containers.map(async (container) => this.live(container));
      void this.until(() => this.containers.every(({ status }) => status !== 'PENDING')).then(() => {
        if (this.stopCode === undefined) {
          this.status = 'RUNNING';
          this.changed();
          onRunning();
        }
      });
      await Promise.all(lives);
      // Containers that are not essential may all have ended.
      this.stop('EssentialContainerExited', 'Essential container in task exited');
    } catch (error) {
      this.stop('TaskFailedToStart', (error as Error).message);
    }
    this.status = 'DEPROVISIONING';
    this.network?.close();
    // Who sees a stopped task can read its logs.
    await Promise.all(this.containers.map(async ({ log }) => log?.close()));
    this.containers.forEach((container) => (container.status = 'STOPPED'));
    this.status = 'STOPPED';
    this.changed();
  }

  /** Lets every container stop. The first reason stays. */
  public stop(code: StopCode, reason: string): void {
    if (this.stopCode === undefined) {
      this.stopCode = code;
      this.stoppedReason = reason;
      this.changed();
    }
  }

  /** Ends all that runs, at once. */
  public async kill(): Promise<void> {
    this.isKilled = true;
    this.stop('UserInitiated', 'The stand-in ends');
    this.containers.forEach((container) => container.process?.kill());
    await this.until(() => this.status === 'STOPPED');
  }

  /** Resolves once something holds that depends on the state of the task or a container. */
  public async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resume) => this.waiting.push(resume));
  }

  private changed(): void {
    this.waiting.splice(0).forEach((resume) => resume());
  }

  /** Everything that Fargate fetches before the first container starts. */
  private async prepare(): Promise<void> {
    for (const container of this.containers) this.secrets.set(container, await this.surroundings.secretsOf(container.definition));
    await Promise.all(this.containers.map(async (container) => {
      try {
        this.images.set(container, await this.surroundings.pull(container.definition.image ?? ''));
      } catch (error) {
        container.reason = (error as Error).message;
        throw error;
      }
    }));
    mkdirSync(path.join(this.directory, 'volumes'), { recursive: true });
    writeFileSync(path.join(this.directory, 'hosts'), this.surroundings.outside.hostsFile(), { mode: 0o644 });
    this.makeVolumes();
    this.network = await TaskNetwork.create(this.surroundings.outside);
  }

  /** A fresh volume belongs to root, or takes over what the image has at its path, where the image declares that as a volume. */
  private makeVolumes(): void {
    (this.definition.volumes ?? []).forEach(({ name = '' }) => mkdirSync(this.volumeFolder(name), { recursive: true, mode: 0o755 }));
    for (const [{ definition }, { base, layers, volumes }] of this.images) {
      for (const { sourceVolume, containerPath = '' } of definition.mountPoints ?? []) {
        const source = volumes.includes(containerPath) ? this.surroundings.bases.find(base, layers, containerPath) : undefined;
        if (source !== undefined) {
          const { mode, uid, gid } = statSync(source);
          chownSync(this.volumeFolder(sourceVolume), uid, gid);
          chmodSync(this.volumeFolder(sourceVolume), mode);
        }
      }
    }
  }

  private volumeFolder(name = ''): string {
    return path.join(this.directory, 'volumes', name);
  }

  private async live(container: TaskContainer): Promise<void> {
    try {
      await this.awaitDependencies(container);
      if (this.stopCode === undefined) await this.runProcess(container);
    } catch (error) {
      container.reason = (error as Error).message;
      if (container.isEssential) this.stop('TaskFailedToStart', 'Task failed to start');
    }
    container.status = 'STOPPED';
    // A container that never ran is part of no deployment's success.
    if (container.isEssential) this.stop('EssentialContainerExited', 'Essential container in task exited');
    this.changed();
  }

  private async runProcess(container: TaskContainer): Promise<void> {
    const { definition } = container;
    const { bases } = this.surroundings;
    const log = container.log = await this.surroundings.openLog(definition, this.id);
    const scratch = path.join(this.directory, container.runtimeId);
    mkdirSync(scratch);
    const limit = definition.memory ?? Number(this.definition.memory ?? 0);
    const memory = limit > 0 ? MemoryGroup.create(`cdk-private-backend-${container.runtimeId}`, limit) : undefined;
    try {
      const process = container.process = new ContainerProcess({
        definition,
        image: this.images.get(container)!,
        secrets: this.secrets.get(container) ?? {},
        bases,
        network: this.network!,
        memory,
        scratch,
        hosts: path.join(this.directory, 'hosts'),
        volumeFolder: (name) => this.volumeFolder(name),
        onLine: (line) => log.add(line),
      });
      await process.started;
      Object.assign(container, { status: 'RUNNING', startedAt: Date.now() });
      this.changed();
      const health = watchHealth(process, definition.healthCheck, (status) => {
        container.health = status;
        this.changed();
      });
      void this.stopInOrder(container, process);
      container.exitCode = await process.ended;
      health.end();
      if (memory?.exceeded === true) container.reason = OUT_OF_MEMORY;
    } finally {
      await memory?.remove();
    }
  }

  /** Once the task stops: after those that depend on this container. */
  private async stopInOrder(container: TaskContainer, process: ContainerProcess): Promise<void> {
    await this.until(() => this.stopCode !== undefined || container.status === 'STOPPED');
    const dependents = this.containers.filter(({ definition }) => definition.dependsOn?.some(({ containerName }) => containerName === container.name));
    await this.until(() => dependents.every(({ status }) => status !== 'RUNNING'));
    if (this.isKilled) process.kill();
    else if (container.exitCode === undefined) await process.stop(container.definition.stopTimeout ?? STOP_TIMEOUT_SECONDS).catch(() => undefined);
  }

  private async awaitDependencies(container: TaskContainer): Promise<void> {
    const { dependsOn = [] } = container.definition;
    await Promise.all(dependsOn.map(async ({ containerName, condition = 'START' }) => {
      const dependency = this.containers.find(({ name }) => name === containerName);
      if (dependency === undefined) throw new CannotStart(`CannotStartContainerError: dependency graph: container ordering dependency [${containerName}] for target [${container.label}] does not exist.`);
      await this.awaitDependency(container, dependency, condition);
    }));
  }

  private async awaitDependency(container: TaskContainer, dependency: TaskContainer, condition: string): Promise<void> {
    const isMet = () => meets(dependency, condition);
    const cannot = () => dependency.status === 'STOPPED' && !isMet();
    let isLate = false;
    let timer: NodeJS.Timeout | undefined;
    await this.until(() => dependency.startedAt !== undefined || isMet() || cannot() || this.stopCode !== undefined);
    if (condition !== 'START') {
      timer = setTimeout(() => {
        isLate = true;
        this.changed();
      }, (dependency.definition.startTimeout ?? START_TIMEOUT_SECONDS) * 1000);
    }
    await this.until(() => isMet() || cannot() || isLate || this.stopCode !== undefined);
    clearTimeout(timer);
    if (isMet() || this.stopCode !== undefined) return;
    // The agent gives a container that never ran the exit code of one that was stopped.
    container.exitCode = 143;
    throw isLate && !cannot() ? dependencyTimedOut(dependency.label, container.label) : dependencyUnresolvable(dependency.label, dependency.exitCode, container.label);
  }
}

function meets({ status, exitCode, health, startedAt }: TaskContainer, condition: string): boolean {
  switch (condition) {
    case 'START': return startedAt !== undefined;
    case 'COMPLETE': return status === 'STOPPED' && exitCode !== undefined;
    case 'SUCCESS': return status === 'STOPPED' && exitCode === 0;
    case 'HEALTHY': return status === 'RUNNING' && health === 'HEALTHY';
    default: throw new CannotStart(`CannotStartContainerError: dependency graph: the condition '${condition}' does not exist.`);
  }
}
