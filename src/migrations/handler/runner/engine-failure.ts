import type { MigrationState, PlannedFile } from './engine';
import type { EngineResult } from './engine-process';
import type { EngineReport } from './engine-report';
import { RunnerFailure } from './runner-failure';
import { type EngineName, RunnerExit } from '../../shared/runner.contract';

/** An engine that has not applied everything. */
export interface FailedEngine {
  readonly engine: EngineName;
  readonly result: EngineResult;
  readonly report: EngineReport;
  readonly after: MigrationState;
  /** Number of files of the directory. */
  readonly total: number;
  /** The conflict that did not pass. */
  readonly tried?: string;
  /** Sentences about what was left behind, each after a space. */
  readonly left: string;
}

/** The cause is in it, because CloudFormation shows the end of the log, and this is its last line. */
export function engineFailure({ engine, result, report, after, total, tried, left }: FailedEngine): RunnerFailure {
  const cause = report.cause === '' ? 'the output holds no error' : report.cause;
  const ended = result.exitCode === undefined ? 'was killed' : `ended with exit code ${result.exitCode}`;
  const state = `the database is at version ${after.version ?? 'none'}, and ${after.pending.length} of ${total} files are not applied`;
  const failed = after.pending.find(({ name }) => name === report.file) ?? after.pending[0];
  if (failed === undefined) {
    return new RunnerFailure(RunnerExit.ENGINE_FAILED, `${engine} ${ended}, although its version table lists every file: ${cause}. The last file may be applied in part.${left} Complete what is missing, then run the migrations again.`);
  }
  return new RunnerFailure(RunnerExit.ENGINE_FAILED, `'${failed.name}' isn't applied, whatever the output shows: ${cause}. ${engine} ${ended}; ${state}. ${remains(failed, report, tried)}${left} Correct the file or the data, then run the migrations again.`);
}

/** What is left of the file. Only what had begun can have been rolled back. */
function remains({ transactional }: PlannedFile, { begun }: EngineReport, tried?: string): string {
  if (begun === false) return 'The engine had not begun the file.';
  if (!transactional) return 'The file runs without a transaction, so a part may be applied: clean up first.';
  const after = tried === undefined ? '' : `, the last time after several conflicts (${tried})`;
  return begun ? `The file was rolled back${after}.` : 'Nothing of the file is applied.';
}
