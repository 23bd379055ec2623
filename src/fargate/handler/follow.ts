import type { Task } from '@aws-sdk/client-ecs';
import { adviceFor, isFinal } from './advice';
import { errorText, isTransient } from './aws-errors';
import type { RunTaskDependencies } from './dependencies';
import { logStreamOf, readLogTail } from './log-tail';
import { judge, type Outcome } from './outcome';
import { TaskFailure } from './response';
import { rollbackOf } from './stack-status';
import { waitUntilStopped } from './stop';
import { attemptOf, describeTasks, findTasks, startedBy, startTask, stopTask } from './tasks';
import { isRehearsal, workOf, type Work } from './work';
import type { TaskRunEvent, TaskRunProgress } from '../shared/run-task.contract';

const POLL_MILLISECONDS = 3000;
const ERROR_PAUSE_MILLISECONDS = 6000;
const LONGEST_PAUSE_MILLISECONDS = 60_000;
/** About ten minutes of refused starts. */
const MOST_REFUSALS = 14;
/** Errors in a row that are not of the passing kind, and readings in which ECS does not know the task. */
const MOST_ERRORS = 20;
/** Left for stopping the task, reading its log and answering, and so for handing over. */
const HANDOVER_MILLISECONDS = 180_000;

/** The task ended well, or the next invocation goes on. */
export type FollowResult = { readonly kind: 'done'; readonly text: string } | { readonly kind: 'continue'; readonly progress: TaskRunProgress };

interface OwnTask {
  readonly taskArn: string;
  readonly attempt: number;
  readonly createdAt: number;
}

type Step = { readonly done: string } | { readonly progress: TaskRunProgress; readonly pause: number };

/**
 * Starts a task, or finds the one that an earlier delivery of the same request started, and follows it to its end.
 *
 * @throws TaskFailure where the task failed or its time is over
 */
export async function runToEnd(event: TaskRunEvent, deps: RunTaskDependencies): Promise<FollowResult> {
  const run = new TaskRun(event, deps);
  const latest = deps.now() + Number(event.ResourceProperties.TimeoutSeconds) * 1000;
  const begun: TaskRunProgress = event.Progress ?? { deadline: latest, attempt: 1, refusals: 0 };
  let progress = { ...begun, deadline: Math.min(begun.deadline, latest) };
  // Handing over comes first: giving up takes as long as the hand-over leaves.
  while (deps.remaining() >= HANDOVER_MILLISECONDS) {
    const step = await run.step(progress);
    if ('done' in step) {
      return { kind: 'done', text: step.done };
    }
    progress = step.progress;
    await deps.sleep(Math.max(0, Math.min(step.pause, progress.deadline - deps.now())));
  }
  return { kind: 'continue', progress };
}

class TaskRun {
  private readonly work: Work;
  private errors = 0;
  private waitingFor?: string;

  constructor(private readonly event: TaskRunEvent, private readonly deps: RunTaskDependencies) {
    this.work = workOf(event);
  }

  public async step(progress: TaskRunProgress): Promise<Step> {
    const { taskArn, deadline } = progress;
    try {
      if (this.deps.now() >= deadline) {
        return await this.giveUp(progress);
      }
      return taskArn === undefined ? await this.start(progress) : await this.follow(progress, taskArn);
    } catch (error) {
      if (error instanceof TaskFailure) {
        throw error;
      }
      const stopped = taskArn === undefined ? 'No task was started.'
        : await this.stop(taskArn, `The function that watches ${this.work.name} failed`) ? 'The task was stopped.' : 'The task may still run.';
      throw new TaskFailure('TASKS_UNREADABLE', `The tasks of ${this.work.name} can't be read: ${errorText(error)}. ${stopped} Correct what the message names, then deploy again.`);
    }
  }

  /** Without a task: adopt ours, wait for another's, or start one. */
  private async start(progress: TaskRunProgress): Promise<Step> {
    const tasks = await this.tolerate(() => findTasks(this.event.ResourceProperties, this.deps));
    if (tasks === undefined) {
      return { progress, pause: ERROR_PAUSE_MILLISECONDS };
    }
    const own = newestAttempt(tasks, this.event.RequestId);
    if (own !== undefined && own.attempt >= progress.attempt) {
      return { progress: this.adopt(progress, own), pause: 0 };
    }
    const other = tasks.find((task) => task.lastStatus !== 'STOPPED' && attemptOf(task, this.event.RequestId) === undefined);
    if (this.work.exclusive && other !== undefined) {
      // An earlier deployment's or a person's: two at once would only wait for each other's lock, or worse.
      this.waitingFor = `${other.taskArn} (started by '${other.startedBy ?? 'a person'}')`;
      return { progress, pause: POLL_MILLISECONDS };
    }
    this.waitingFor = undefined;
    return this.startNew(progress);
  }

  /** With a task: look at it, and judge it once it has stopped. */
  private async follow(progress: TaskRunProgress, taskArn: string): Promise<Step> {
    const tasks = await this.tolerate(async () => {
      const found = await describeTasks(this.event.ResourceProperties, [taskArn], this.deps);
      if (found.length === 0) {
        throw new Error(`ECS does not know task ${taskArn}`);
      }
      return found;
    });
    this.checkOwn(tasks?.[0]);
    if (tasks?.[0].lastStatus !== 'STOPPED') {
      return { progress, pause: tasks === undefined ? ERROR_PAUSE_MILLISECONDS : POLL_MILLISECONDS };
    }
    return this.conclude(progress, tasks[0]);
  }

  /** The own deadline: CloudFormation's would leave the task running. */
  private async giveUp({ taskArn, deadline }: TaskRunProgress): Promise<never> {
    const minutes = Math.round(Number(this.event.ResourceProperties.TimeoutSeconds) / 60);
    if (taskArn === undefined) {
      throw this.notStarted(minutes);
    }
    this.deps.log('deadline reached', { taskArn, deadline });
    const tasks = await this.tolerate(() => describeTasks(this.event.ResourceProperties, [taskArn], this.deps));
    this.checkOwn(tasks?.[0]);
    const stopped = await this.stop(taskArn, `${this.work.subject} didn't finish within ${minutes} minutes (timeout)`);
    const result = stopped ? 'the task was stopped' : 'stopping the task failed, so the task may still run';
    const where = this.where(taskArn);
    throw new TaskFailure(
      'TIMEOUT', `${this.work.subject} didn't finish within ${minutes} minutes (\`timeout\`), and ${result}. See ${where}. ${this.work.tooLong}.`,
      await this.readTail(taskArn, this.mainContainer),
    );
  }

  /** What hands over is an event like any other, and whoever may invoke this function can name a task in it. */
  private checkOwn(task: Task | undefined): void {
    if (task !== undefined && attemptOf(task, this.event.RequestId) === undefined) {
      throw new TaskFailure('FOREIGN_TASK', `Task '${task.taskArn}' wasn't started for this request, so the function neither follows nor stops the task. Check who may invoke this function, then deploy again.`);
    }
  }

  private notStarted(minutes: number): TaskFailure {
    const { waitingFor, deps: { logGroup } } = this;
    return waitingFor === undefined
      ? new TaskFailure('NO_TASK', `${this.work.subject} didn't start within ${minutes} minutes (\`timeout\`), because ECS started no task. See the log group '${logGroup}' for its reasons, then deploy again.`)
      : new TaskFailure('OTHER_TASK_RUNNING', `${this.work.subject} didn't start within ${minutes} minutes (\`timeout\`), because another task of ${this.work.name} is still running: ${waitingFor}. `
        + 'Wait for that task or stop it, then deploy again.');
  }

  /** A repeated delivery goes on with the task of the first, whose time began when that task was made. */
  private adopt(progress: TaskRunProgress, own: OwnTask): TaskRunProgress {
    const { taskArn, attempt, createdAt } = own;
    const deadline = Math.min(progress.deadline, createdAt + Number(this.event.ResourceProperties.TimeoutSeconds) * 1000);
    this.deps.log('task of an earlier delivery found', { taskArn, attempt });
    return { deadline, attempt, refusals: 0, taskArn };
  }

  private async startNew(progress: TaskRunProgress): Promise<Step> {
    const rollback = await rollbackOf(this.event, this.deps);
    if (rollback !== undefined) {
      // Of a request that was cancelled while it waited for capacity, or for another task.
      throw new TaskFailure('ROLLING_BACK', `The task of ${this.work.name} wasn't started, because the stack is rolling back (${rollback}). Deploy again when the rollback has ended.`);
    }
    const { ResourceProperties: properties, RequestId: requestId } = this.event;
    const mark = { startedBy: startedBy(requestId, progress.attempt), token: `${requestId.slice(0, 50)}-${progress.attempt}` };
    const result = await startTask({ ...properties, ...mark }, progress.refusals, this.deps);
    if (result.kind === 'started') {
      this.deps.log('task started', { taskArn: result.taskArn, attempt: progress.attempt });
      return { progress: { ...progress, taskArn: result.taskArn }, pause: POLL_MILLISECONDS };
    }
    this.deps.log('task not started', { reason: result.reason, refusals: progress.refusals });
    const refusals = progress.refusals + (result.kind === 'refused' ? 1 : 0);
    if (refusals >= MOST_REFUSALS) {
      throw new TaskFailure('RUN_TASK_REFUSED', `ECS refused ${refusals} times to start the task of ${this.work.name}, at last because of '${result.reason}'. Correct what the reason names, or deploy again later.`);
    }
    return { progress: { ...progress, refusals }, pause: Math.min(LONGEST_PAUSE_MILLISECONDS, POLL_MILLISECONDS * 2 ** refusals) };
  }

  private async conclude(progress: TaskRunProgress, task: Task): Promise<Step> {
    const { ResourceProperties: properties } = this.event;
    const outcome = judge(task, properties.Container, properties.Essential);
    this.deps.log('task stopped', { taskArn: task.taskArn, outcome: outcome.text });
    if (outcome.kind === 'succeeded') {
      return { done: `${this.work.subject} succeeded with ${properties.Revision}: ${outcome.text}.` };
    }
    if (outcome.kind === 'not-started' && progress.attempt <= Number(properties.Retries) && !isFinal([outcome.text])) {
      // Only a task whose container never ran is started again: a failed migration may have changed the database.
      const { deadline, attempt } = progress;
      return { progress: { deadline, attempt: attempt + 1, refusals: 0 }, pause: Math.min(LONGEST_PAUSE_MILLISECONDS, 5000 * 2 ** attempt) };
    }
    throw outcome.kind === 'not-started' ? this.neverRan(progress, task, outcome) : await this.failed(task, outcome);
  }

  private neverRan({ attempt }: TaskRunProgress, task: Task, outcome: Outcome): TaskFailure {
    const taskId = task.taskArn!.split('/').pop();
    const times = attempt === 1 ? 'as' : `${attempt} times, at last as`;
    return new TaskFailure('TASK_NOT_STARTED', `${this.work.subject} didn't run: ${outcome.text}, ${times} task '${taskId}'. ${adviceFor(task, [outcome.text])}, then deploy again.`);
  }

  private async failed(task: Task, outcome: Outcome): Promise<TaskFailure> {
    const { Container } = this.event.ResourceProperties;
    const taskArn = task.taskArn!;
    // The container that decides about a rehearsal says why; the service says what led there.
    const isVerdict = isRehearsal(this.event) && outcome.container === Container;
    const verdict = isVerdict && outcome.ran ? (await this.readTail(taskArn, Container)).at(-1) : undefined;
    const container = isVerdict ? this.mainContainer : outcome.container;
    const lines = outcome.ran ? await this.readTail(taskArn, container) : [];
    const log = lines.length > 0 ? 'the last lines follow' : 'the container wrote nothing there';
    const advice = adviceFor(task, [outcome.text, ...lines]);
    return isRehearsal(this.event)
      ? new TaskFailure('REHEARSAL_FAILED', `${this.work.subject} failed, so ECS didn't touch the service: ${verdict ?? outcome.text}. See ${this.where(taskArn, container)}; ${log}. ${advice}, then deploy again.`, lines)
      : new TaskFailure('MIGRATION_FAILED', `The migrations failed: ${outcome.text}. See ${this.where(taskArn, container)}; ${log}. ${advice}, then deploy again.`, lines);
  }

  /** Stops the task and waits for its end, so that its last log lines are there. */
  private async stop(taskArn: string, reason: string): Promise<boolean> {
    try {
      await stopTask(this.event.ResourceProperties, taskArn, reason, this.deps);
      return await waitUntilStopped(this.event.ResourceProperties, [taskArn], this.deps);
    } catch (error) {
      this.deps.log('cannot stop the task', { taskArn, error: errorText(error) });
      return false;
    }
  }

  /** The container that people think of first. */
  private get mainContainer(): string {
    const { Container, Essential = [] } = this.event.ResourceProperties;
    return Essential[0] ?? Container;
  }

  private async readTail(taskArn: string, container: string): Promise<string[]> {
    return readLogTail(this.event.ResourceProperties, { taskArn, container }, this.deps);
  }

  private where(taskArn: string, container = this.mainContainer): string {
    const { LogGroup } = this.event.ResourceProperties;
    return `the log group '${LogGroup}', stream '${logStreamOf(this.event.ResourceProperties, { taskArn, container })}'`;
  }

  /** A throttled or failing reading must not end a deployment; many in a row of the other kind must. */
  private async tolerate<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await read();
      this.errors = 0;
      return result;
    } catch (error) {
      this.errors += isTransient(error) ? 0 : 1;
      this.deps.log('cannot read tasks', { error: errorText(error) });
      if (this.errors >= MOST_ERRORS) {
        throw error;
      }
      return undefined;
    }
  }
}

function newestAttempt(tasks: Task[], requestId: string): OwnTask | undefined {
  return tasks
    .map((task) => ({ taskArn: task.taskArn!, attempt: attemptOf(task, requestId) ?? 0, createdAt: task.createdAt?.getTime() ?? Infinity }))
    .filter(({ attempt }) => attempt > 0)
    .sort((a, b) => b.attempt - a.attempt)[0];
}
