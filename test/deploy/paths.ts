import * as path from 'path';

/** Root of the repository. */
export const ROOT = path.join(__dirname, '..', '..');

export const EXAMPLES = path.join(ROOT, 'examples');
