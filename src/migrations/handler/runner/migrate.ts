import { readFileSync } from 'fs';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { type Batch, directoryOf, nextBatch } from './batches';
import { IndexCheck, refuseKept } from './broken-indexes';
import { engineArguments, engineEnvironment, type MigrationState, type PlannedFile, readPlan, readState } from './engine';
import { engineFailure } from './engine-failure';
import { type EngineResult, runEngine } from './engine-process';
import { readReport } from './engine-report';
import { MigrationLock } from './lock';
import type { BrokenIndex, RunnerDialect } from './runner-dialect';
import type { Environment, RunnerSettings } from './settings';

/** What a run works with. */
export interface MigrationRun {
  readonly dialect: RunnerDialect;
  readonly settings: RunnerSettings;
  /** Environment that the engine inherits where it is harmless. */
  readonly environment: Environment;
  /** Private, writable directory. */
  readonly home: string;
  /** File with the certificate authority. */
  readonly caFile: string;
  /** Aborted, with a failure as its reason, when the run has to stop. */
  readonly stop: AbortController;
  readonly print: (line: string) => void;
  /** Keeps the credentials of a text from being printed. */
  readonly learn: (text: string) => void;
}

const ATTEMPTS = 5;
const BLOCKER_MS = 10_000;

/** What the runner asks the database between two runs of the engine. */
interface Database {
  state(): Promise<MigrationState>;
  brokenIndexes(): Promise<BrokenIndex[]>;
  blocker(): Promise<string | undefined>;
}

/** Applies what is not applied yet, and answers with one line that says so. */
export async function migrate(run: MigrationRun): Promise<string> {
  const { dialect, settings, stop, print } = run;
  const plan = readPlan(dialect, settings.engine, settings.directory);
  const lock = await MigrationLock.acquire(dialect, settings, stop, print);
  try {
    const query = async (sql: string) => lock.query(sql);
    const database: Database = {
      state: async () => {
        await dialect.protectHistory(settings.engine, query, async (sql) => lock.change(sql));
        return readState(dialect, settings.engine, plan, query);
      },
      brokenIndexes: async () => dialect.findBrokenIndexes(query),
      blocker: async () => dialect.findBlocker(query),
    };
    const before = await readState(dialect, settings.engine, plan, query);
    reportAhead(before, print);
    const broken = await database.brokenIndexes();
    refuseKept(before.pending, broken);
    const check = new IndexCheck(plan, broken);
    const after = await new Application(run, plan, database, check).applyAll(before.pending);
    check.judge(await database.brokenIndexes(), after, print);
    return summary(before, after);
  } finally {
    await lock.release();
  }
}

/** Files with the engine that applies them, batch by batch. */
class Application {
  constructor(
    private readonly run: MigrationRun,
    private readonly plan: readonly PlannedFile[],
    private readonly database: Database,
    private readonly check: IndexCheck,
  ) {
  }

  /** Runs the engine until the version table says that everything is applied; only passing lock conflicts are tried again. */
  public async applyAll(pending: readonly PlannedFile[]): Promise<MigrationState> {
    for (let attempt = 1, rest = pending; ; attempt++) {
      const batch = nextBatch(rest);
      const result = await this.runEngine(batch);
      const after = await this.database.state();
      this.run.stop.signal.throwIfAborted();
      const applied = result.exitCode === 0 && !batch.files.some((file) => after.pending.includes(file));
      if (applied && after.pending.length === 0) return after;
      if (!applied) await this.tryAgain(attempt, result, after);
      if (applied) attempt = 0;
      rest = after.pending;
    }
  }

  private async runEngine(batch: Batch): Promise<EngineResult> {
    const { dialect, settings, environment, caFile, home, stop, print, learn } = this.run;
    stop.signal.throwIfAborted();
    for (const { name } of batch.files) learn(readFileSync(join(settings.directory, name), 'utf8'));
    const watch = batch.patient ? this.reportBlockers() : undefined;
    const result = await runEngine({
      program: settings.engine,
      arguments: engineArguments(settings.engine, directoryOf(batch, this.plan, settings.directory, home)),
      environment: engineEnvironment(dialect, settings, { inherited: environment, caFile, home, patient: batch.patient }),
      directory: home,
      stopSeconds: settings.stopSeconds,
    }, print, stop.signal).finally(() => clearInterval(watch));
    stop.signal.throwIfAborted();
    return result;
  }

  /** Waiting without end is silent otherwise, until the deadline ends it. */
  private reportBlockers(): NodeJS.Timeout {
    let last: string | undefined;
    return setInterval(() => {
      void this.database.blocker().then((blocker) => {
        if (blocker !== undefined && blocker !== last) this.run.print(`The engine waits for an older transaction: ${blocker}`);
        last = blocker;
      }, () => undefined);
    }, BLOCKER_MS);
  }

  /** Waits for the next attempt, or fails where there is none. */
  private async tryAgain(attempt: number, result: EngineResult, after: MigrationState): Promise<void> {
    const { dialect, settings, stop, print } = this.run;
    const report = readReport(settings.engine, result.exitCode === 0 ? [] : result.output);
    const conflict = report.code === undefined ? undefined : dialect.conflictOf(report.code);
    const [failed] = after.pending;
    if (conflict === undefined || attempt === ATTEMPTS || !failed?.transactional) {
      const left = this.check.leftBy(await this.database.brokenIndexes());
      const tried = attempt === ATTEMPTS ? conflict : undefined;
      throw engineFailure({ engine: settings.engine, result, report, after, total: this.plan.length, tried, left });
    }
    const seconds = 2 ** attempt;
    print(`'${failed.name}' met a lock (${conflict}) and was rolled back; next try in ${seconds} s`);
    await sleep(seconds * 1000, undefined, { signal: stop.signal }).catch(() => stop.signal.throwIfAborted());
  }
}

/** Older code is deployed, or rolled back: what is newer in the database stays. */
function reportAhead(state: MigrationState, print: (line: string) => void) {
  if (state.behind !== undefined) {
    print(`The database is at version ${state.version}, and this directory ends at ${state.behind}; nothing is undone`);
  }
}

function summary(before: MigrationState, after: MigrationState): string {
  const count = [...after.applied].filter((version) => !before.applied.has(version)).length;
  return `${count === 0 ? 'nothing to apply' : `applied ${count}`}, the database is at version ${after.version ?? 'none'}`;
}
