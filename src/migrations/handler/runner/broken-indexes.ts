import type { MigrationState, PlannedFile } from './engine';
import type { BrokenIndex } from './runner-dialect';
import { RunnerFailure } from './runner-failure';
import { RunnerExit } from '../../shared/runner.contract';

/** A file, and an index that it names. */
interface Named {
  readonly index: BrokenIndex;
  readonly file?: PlannedFile;
}

/**
 * Refuses a run that would count an index as made because one of its name is there, although an earlier build has left that unusable:
 * once the engine has recorded the file, correcting it comes too late.
 */
export function refuseKept(pending: readonly PlannedFile[], broken: readonly BrokenIndex[]): void {
  const left = new Set(broken);
  for (const file of pending) {
    for (const use of file.indexes) {
      const index = [...left].find((each) => use.matches(each));
      if (index !== undefined && use.action === 'keep') throw keptFailure(file, index);
      for (const each of left) if (use.action !== 'make' && use.matches(each)) left.delete(each);
    }
  }
}

/** What a run makes of unusable indexes: those that are new, or that a file names, are failures; others are worth a line. */
export class IndexCheck {
  private readonly before: ReadonlySet<string>;

  constructor(private readonly plan: readonly PlannedFile[], before: readonly BrokenIndex[]) {
    this.before = new Set(before.map(({ id }) => id));
  }

  /** Throws where the engine has applied everything, and an index can't be used all the same. */
  public judge(after: readonly BrokenIndex[], state: MigrationState, print: (line: string) => void): void {
    const failures = this.failuresOf(after);
    for (const index of after.filter((each) => !failures.some((failure) => failure.index === each))) {
      print(`${inWords({ index })}, and no file of this directory names it. ${index.busy ? 'A session is at work on it' : `Drop it with \`${index.drop}\``}`);
    }
    if (failures.length > 0) throw invalidFailure(failures, state);
  }

  /** Sentences for the failure of an engine, about what it has left behind. */
  public leftBy(after: readonly BrokenIndex[]): string {
    return this.failuresOf(after).map((failure) => ` ${inWords(failure)}: drop it with \`${failure.index.drop}\` before the file runs again.`).join('');
  }

  private failuresOf(after: readonly BrokenIndex[]): Named[] {
    const found = after.filter(({ busy }) => !busy).map((index) => ({ index, file: this.fileOf(index) }));
    return found.filter(({ index, file }) => file !== undefined || !this.before.has(index.id));
  }

  private fileOf(index: BrokenIndex): PlannedFile | undefined {
    return [...this.plan].reverse().find(({ indexes }) => indexes.some((use) => use.action !== 'unknown' && use.matches(index)));
  }
}

function keptFailure({ name }: PlannedFile, index: BrokenIndex): RunnerFailure {
  return new RunnerFailure(RunnerExit.INVALID_INDEX, `${inWords({ index })}, and '${name}' would keep it as it is, because of \`IF NOT EXISTS\`; nothing was applied. `
    + `Remove the cause, such as duplicate values, and run \`${index.drop}\` before the statement. Then run the migrations again.`);
}

function invalidFailure(failures: readonly Named[], { version }: MigrationState): RunnerFailure {
  const list = failures.map(inWords).join('; ');
  const cures = failures.map(({ index }) => `\`${index.rebuild ?? index.drop}\``).join(', ');
  return new RunnerFailure(RunnerExit.INVALID_INDEX, `${list}. The files are applied, and the database is at version ${version ?? 'none'}. Remove the cause, such as duplicate values, and run ${cures} in a new file without a transaction, or by hand.`);
}

function inWords({ index, file }: Named): string {
  return `Index ${index.name} on ${index.table}${file === undefined ? '' : ` ('${file.name}')`} is INVALID`;
}
