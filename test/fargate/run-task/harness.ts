import { CloudFormationClient, DescribeStackEventsCommand, DescribeStacksCommand, type ResourceStatus } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand, StopTaskCommand, type Container, type RunTaskCommandInput, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunTaskDependencies } from '../../../src/fargate/handler/dependencies';
import { handleRunTask } from '../../../src/fargate/handler/handler';
import type { TaskRunEvent, TaskRunProperties } from '../../../src/fargate/shared/run-task.contract';

export const START = Date.UTC(2026, 0, 1);
const INVOCATION_MILLISECONDS = 900_000;

/** How a task that `RunTask` starts will end. */
export interface Plan {
  readonly afterSeconds?: number;
  readonly exitCode?: number;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  readonly containerReason?: string;
  readonly runtimeId?: string;
  /** Never ends by itself; ends so many seconds after StopTask. */
  readonly endless?: boolean;
  /** Containers as they are at the end, where there are others than one that migrates and one beside it. */
  readonly containers?: Container[];
}

interface FakeTask {
  readonly arn: string;
  readonly startedBy?: string;
  readonly createdAt: number;
  readonly plan: Plan;
  stoppedAt?: number;
  stopReason?: string;
}

export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

export function properties(overrides: Partial<TaskRunProperties> = {}): TaskRunProperties {
  return {
    ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:run',
    Revision: 'r2',
    Database: 'db.example:5432/app',
    Cluster: 'arn:aws:ecs:eu-west-1:111122223333:cluster/main',
    TaskDefinition: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/family:7',
    Family: 'family',
    Container: 'migrate',
    Subnets: ['subnet-a', 'subnet-b'],
    SecurityGroups: ['sg-1'],
    AssignPublicIp: 'DISABLED',
    LogGroup: 'logs',
    LogStreamPrefix: 'migration',
    TimeoutSeconds: '1800',
    Retries: '2',
    ...overrides,
  };
}

export function event(overrides: Partial<TaskRunEvent> = {}): TaskRunEvent {
  return {
    RequestType: 'Create',
    RequestId: '7f9b0ba8-3f0e-4f7a-9d5e-1b7d3c1c9e01',
    ResponseURL: 'https://cloudformation.example/answer',
    StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/backend/1',
    ResourceType: 'Custom::Migration',
    LogicalResourceId: 'Migrations1234',
    ResourceProperties: properties(),
    ...overrides,
  };
}

export function update(overrides: Partial<TaskRunEvent> = {}): TaskRunEvent {
  return event({ RequestType: 'Update', PhysicalResourceId: 'Migrations1234', OldResourceProperties: properties({ Revision: 'r1' }), ...overrides });
}

export function awsError(name: string, message = name, extra: object = {}): Error {
  return Object.assign(new Error(message), { name, ...extra });
}

/** A cluster, a log, a stack and a clock, in memory: what the handler sees of AWS. */
export class Aws {
  public readonly ecs = mockClient(ECSClient);
  public readonly logs = mockClient(CloudWatchLogsClient);
  public readonly cloudFormation = mockClient(CloudFormationClient);
  public readonly tasks: FakeTask[] = [];
  public readonly answers: Answer[] = [];
  public readonly bodies: string[] = [];
  public readonly continued: TaskRunEvent[] = [];
  public now = START;
  public stackStatus = 'UPDATE_IN_PROGRESS';
  /** How requests for the migrations have ended, newest first. */
  public ended: ResourceStatus[] = ['CREATE_COMPLETE'];
  public plans: Plan[] = [];
  /** Log lines by seconds after which they can be read, counted from the task's end. */
  public logLines: { line: string; delaySeconds?: number }[] = [];
  /** Log lines of containers, instead. */
  public logOf?: { readonly [container: string]: string[] };
  private invocationEnd = START + INVOCATION_MILLISECONDS;
  private readonly tokens = new Map<string, string>();

  constructor() {
    this.ecs.on(RunTaskCommand).callsFake((input: RunTaskCommandInput) => this.runTask(input));
    this.ecs.on(ListTasksCommand).callsFake(({ desiredStatus }) => ({
      taskArns: this.tasks.filter((task) => this.isStopped(task) === (desiredStatus === 'STOPPED')).map(({ arn }) => arn),
    }));
    this.ecs.on(DescribeTasksCommand).callsFake(({ tasks }) => ({ tasks: this.tasks.filter(({ arn }) => tasks.includes(arn)).map((task) => this.describe(task)) }));
    this.ecs.on(StopTaskCommand).callsFake(({ task, reason }) => this.stop(task, reason));
    this.logs.on(GetLogEventsCommand).callsFake(({ logStreamName }) => this.readLog(logStreamName));
    this.cloudFormation.on(DescribeStacksCommand).callsFake(() => ({ Stacks: [{ StackStatus: this.stackStatus }] }));
    this.cloudFormation.on(DescribeStackEventsCommand).callsFake(({ NextToken }) => this.readEvents(Number(NextToken ?? 0)));
  }

  public restore(): void {
    this.ecs.restore();
    this.logs.restore();
    this.cloudFormation.restore();
  }

  public get dependencies(): RunTaskDependencies {
    return {
      ecs: new ECSClient({ region: 'eu-west-1' }),
      logs: new CloudWatchLogsClient({ region: 'eu-west-1' }),
      cloudFormation: new CloudFormationClient({ region: 'eu-west-1' }),
      respond: async (_url, body) => {
        this.bodies.push(body);
        this.answers.push(JSON.parse(body) as Answer);
      },
      continueLater: async (next) => {
        this.continued.push(JSON.parse(JSON.stringify(next)) as TaskRunEvent);
      },
      remaining: () => this.invocationEnd - this.now,
      now: () => this.now,
      sleep: async (milliseconds) => {
        this.now += milliseconds;
      },
      logGroup: '/logs/run',
      log: () => undefined,
    };
  }

  /** Delivers a request, and every continuation of it, until there is an answer. Answers with the last one. */
  public async deliver(request: TaskRunEvent): Promise<Answer> {
    let next: TaskRunEvent | undefined = request;
    const before = this.answers.length;
    while (next !== undefined && this.answers.length === before) {
      await this.invoke(next);
      next = this.continued.at(-1);
    }
    return this.answers.at(-1)!;
  }

  /** One invocation. */
  public async invoke(request: TaskRunEvent, overrides: Partial<RunTaskDependencies> = {}): Promise<void> {
    this.invocationEnd = this.now + INVOCATION_MILLISECONDS;
    await handleRunTask(request, { ...this.dependencies, ...overrides });
  }

  /**
   * One invocation that is gone at its n-th call of ECS, before or after the call took effect, and so without any answer.
   * Answers whether there was such a call.
   */
  public async invokeAndLose(request: TaskRunEvent, call: number, effect: 'before' | 'after'): Promise<boolean> {
    let calls = 0;
    const { ecs } = this.dependencies;
    const lost = new Promise<boolean>((resolve) => {
      const send = ecs.send.bind(ecs) as (command: unknown) => Promise<unknown>;
      const lose = async (command: unknown): Promise<unknown> => {
        calls += 1;
        if (calls !== call) {
          return send(command);
        }
        if (effect === 'after') {
          await send(command);
        }
        resolve(true);
        return new Promise(() => undefined);
      };
      const client = new Proxy(ecs, { get: (target, name) => (name === 'send' ? lose : Reflect.get(target, name)) });
      void this.invoke(request, { ecs: client }).then(() => resolve(false));
    });
    return lost;
  }

  /** A task that something else started, some time ago. */
  public addTask(plan: Plan, startedBy?: string, secondsAgo = 10): FakeTask {
    const task: FakeTask = { arn: `arn:aws:ecs:eu-west-1:111122223333:task/main/task${this.tasks.length + 1}`, startedBy, createdAt: this.now - secondsAgo * 1000, plan };
    this.tasks.push(task);
    return task;
  }

  public get runs(): RunTaskCommandInput[] {
    return this.ecs.commandCalls(RunTaskCommand).map(({ args }) => args[0].input);
  }

  public get stops(): { task?: string; reason?: string }[] {
    return this.ecs.commandCalls(StopTaskCommand).map(({ args }) => args[0].input);
  }

  private runTask(input: RunTaskCommandInput): object {
    const known = this.tokens.get(input.clientToken!);
    const arn = known ?? this.addTask(this.plans.shift() ?? { exitCode: 0 }, input.startedBy, 0).arn;
    this.tokens.set(input.clientToken!, arn);
    return { tasks: [{ taskArn: arn }], failures: [] };
  }

  private endOf({ createdAt, plan, stoppedAt }: FakeTask): number {
    const natural = plan.endless ? Infinity : createdAt + (plan.afterSeconds ?? 20) * 1000;
    return Math.min(natural, stoppedAt === undefined ? Infinity : stoppedAt + 5000);
  }

  private isStopped(task: FakeTask): boolean {
    return this.endOf(task) <= this.now;
  }

  private stop(arn: string, reason?: string): object {
    const task = this.tasks.find((candidate) => candidate.arn === arn)!;
    task.stoppedAt ??= this.now;
    task.stopReason ??= reason;
    return {};
  }

  private describe(task: FakeTask): Task {
    const { arn, startedBy, createdAt, plan } = task;
    const base = { taskArn: arn, startedBy, createdAt: new Date(createdAt) };
    if (!this.isStopped(task)) {
      return { ...base, lastStatus: this.now - createdAt < 10_000 ? 'PROVISIONING' : 'RUNNING', containers: [{ name: 'migrate' }] };
    }
    const byUser = task.stoppedAt !== undefined;
    const neverRan = plan.stopCode === 'TaskFailedToStart';
    return {
      ...base,
      lastStatus: 'STOPPED',
      stopCode: (byUser ? 'UserInitiated' : plan.stopCode ?? 'EssentialContainerExited') as Task['stopCode'],
      stoppedReason: byUser ? task.stopReason : plan.stoppedReason ?? 'Essential container in task exited',
      attributes: [{ name: 'ecs.cpu-architecture', value: 'arm64' }],
      containers: plan.containers ?? [
        { name: 'sidecar', exitCode: 0 },
        { name: 'migrate', exitCode: byUser ? 143 : plan.exitCode, reason: plan.containerReason, runtimeId: plan.runtimeId ?? (neverRan ? undefined : 'run-1') },
      ],
    };
  }

  /** Two events on a page, between those of other resources. */
  private readEvents(page: number): object {
    const own = (['UPDATE_IN_PROGRESS', ...this.ended] as const).map((ResourceStatus) => ({ LogicalResourceId: 'Migrations1234', ResourceStatus }));
    const all = own.flatMap((each) => [{ LogicalResourceId: 'Service', ResourceStatus: 'UPDATE_FAILED' }, each]);
    return { StackEvents: all.slice(page * 2, page * 2 + 2), NextToken: page * 2 + 2 < all.length ? String(page + 1) : undefined };
  }

  private readLog(stream: string): object {
    if (this.logOf !== undefined) {
      return { events: (this.logOf[stream.split('/')[1]] ?? []).map((message) => ({ message })) };
    }
    const last = this.tasks.filter((task) => this.isStopped(task)).at(-1);
    const end = last === undefined ? Infinity : this.endOf(last);
    const visible = this.logLines.filter(({ delaySeconds = 0 }) => end + delaySeconds * 1000 <= this.now);
    if (visible.length === 0) {
      throw awsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    }
    return { events: visible.map(({ line }) => ({ message: line })) };
  }
}
