import * as path from 'path';

/** Root of the repository. */
export const ROOT = path.resolve(__dirname, '../..');

/** Everything that the benchmarks write. */
export const WORK = path.join(ROOT, 'bench/.work');
