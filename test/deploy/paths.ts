import * as path from 'path';

/** Root of the repository. */
export const ROOT = path.join(__dirname, '..', '..');

export const EXAMPLES = path.join(ROOT, 'examples');

/** Folder with an app that is no example: its one service fails to start in many ways. */
export const REHEARSALS = 'rehearsals';
