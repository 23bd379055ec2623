import { setTimeout as sleep } from 'timers/promises';
import { engineArguments, engineEnvironment, type MigrationState, type PlannedFile, readPlan, readState } from './engine';
import { type EngineResult, runEngine } from './engine-process';
import { MigrationLock } from './lock';
import type { RunnerDialect } from './runner-dialect';
import { RunnerFailure } from './runner-failure';
import type { Environment, RunnerSettings } from './settings';
import { RunnerExit } from '../../shared/runner.contract';

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
}

const ATTEMPTS = 5;

/** Applies what is not applied yet, and answers with one line that says so. */
export async function migrate(run: MigrationRun): Promise<string> {
  const { dialect, settings, stop, print } = run;
  const plan = readPlan(dialect.split, settings.engine, settings.directory);
  const lock = await MigrationLock.acquire(dialect, settings, stop, print);
  try {
    const query = async (sql: string) => lock.query(sql);
    const before = await readState(dialect, settings.engine, plan, query);
    reportAhead(before, print);
    const after = await applyAll(run, plan, async () => {
      await dialect.protectHistory(settings.engine, query, async (sql) => lock.change(sql));
      return readState(dialect, settings.engine, plan, query);
    });
    return summary(before, after);
  } finally {
    await lock.release();
  }
}

/** Runs the engine until the version table says that everything is applied; only passing lock conflicts are tried again. */
async function applyAll(run: MigrationRun, plan: readonly PlannedFile[], state: () => Promise<MigrationState>): Promise<MigrationState> {
  for (let attempt = 1; ; attempt++) {
    const result = await runOnce(run);
    const after = await state();
    run.stop.signal.throwIfAborted();
    if (result.exitCode === 0 && after.pending.length === 0) return after;
    const conflict = result.exitCode === 0 ? undefined : run.dialect.conflictOf(result.output.join('\n'));
    if (conflict === undefined || attempt === ATTEMPTS || !after.pending[0]?.transactional) {
      throw engineFailure(run.settings, result, after, plan, conflict);
    }
    const seconds = 2 ** attempt;
    run.print(`'${after.pending[0].name}' met a lock (${conflict}) and was rolled back; next try in ${seconds} s`);
    await sleep(seconds * 1000, undefined, { signal: run.stop.signal }).catch(() => run.stop.signal.throwIfAborted());
  }
}

async function runOnce(run: MigrationRun): Promise<EngineResult> {
  const { dialect, settings, environment, caFile, home, stop, print } = run;
  stop.signal.throwIfAborted();
  const result = await runEngine({
    program: settings.engine,
    arguments: engineArguments(settings),
    environment: engineEnvironment(dialect, settings, environment, caFile, home),
    directory: home,
    stopSeconds: settings.stopSeconds,
  }, print, stop.signal);
  stop.signal.throwIfAborted();
  return result;
}

function engineFailure({ engine }: RunnerSettings, result: EngineResult, after: MigrationState, plan: readonly PlannedFile[], conflict?: string): RunnerFailure {
  const [failed] = after.pending;
  const ended = result.exitCode === undefined ? 'was killed' : `ended with exit code ${result.exitCode}`;
  const state = `the database is at version ${after.version ?? 'none'}, and ${after.pending.length} of ${plan.length} files are not applied`;
  if (!failed) {
    return new RunnerFailure(RunnerExit.ENGINE_FAILED, `${engine} ${ended}, although its version table lists every file; ${state}. The last file may be applied in part. Complete what is missing, then run the migrations again.`);
  }
  const { name } = failed;
  const tried = conflict && failed.transactional ? `, after ${ATTEMPTS} lock conflicts (${conflict})` : '';
  const partly = failed.transactional ? `The file was rolled back${tried}.` : 'The file runs without a transaction, so a part may be applied, and an index may be INVALID: clean up first.';
  return new RunnerFailure(RunnerExit.ENGINE_FAILED, `${engine} ${ended}, and '${name}' is not applied, whatever the output shows; ${state}. ${partly} Correct the file or the data, then run the migrations again.`);
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
