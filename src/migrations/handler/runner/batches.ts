import { mkdtempSync, readdirSync, symlinkSync } from 'fs';
import { join, resolve } from 'path';
import type { PlannedFile } from './engine';

/** Files that one start of the engine applies. */
export interface Batch {
  readonly files: readonly PlannedFile[];
  /** Whether its statements wait for locks as long as it takes. */
  readonly patient: boolean;
}

/** The first files that are to be applied and need the same session. */
export function nextBatch(pending: readonly PlannedFile[]): Batch {
  const patient = pending[0]?.patient ?? false;
  const end = pending.findIndex((file) => file.patient !== patient);
  return { patient, files: end === -1 ? pending : pending.slice(0, end) };
}

/**
 * A directory in which a batch is the last: no engine can be asked for single files, but each passes over what is applied. Without
 * later files it is the directory itself.
 */
export function directoryOf(batch: Batch, plan: readonly PlannedFile[], directory: string, home: string): string {
  const later = new Set(plan.slice(plan.findIndex((file) => file === batch.files.at(-1)) + 1).map((file) => file.name));
  if (batch.files.length === 0 || later.size === 0) return directory;
  const folder = mkdtempSync(join(home, 'files-'));
  for (const name of readdirSync(directory).filter((entry) => !later.has(entry))) symlinkSync(join(resolve(directory), name), join(folder, name));
  return folder;
}
