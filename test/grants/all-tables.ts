import { readdirSync } from 'fs';
import * as path from 'path';
import type { GrantTable } from './grant-table';

const FOLDER = path.join(__dirname, 'tables');

/** The tables of all files in `tables/`, each of which exports `tables`. */
export function allTables(): GrantTable[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith('.ts')).sort()
    .flatMap((name) => (jest.requireActual(path.join(FOLDER, name)) as { tables: GrantTable[] }).tables);
}
