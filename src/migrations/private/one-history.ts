import type { IConstruct } from 'constructs';
import type { IDatabase } from '../../binding';
import { InvalidBackendError } from '../../private/errors';
import type { MigrationSourceConfig } from '../migration-source';

/** Tasks by the version table that their engine writes, for each database. */
const WRITERS = new WeakMap<IDatabase, Map<string, IConstruct>>();

/** Two directories would share one version table: what one has applied counts as applied for the other. */
export function claimHistory(scope: IConstruct, database: IDatabase, source: MigrationSourceConfig): void {
  if (!source.usesRunner) return;
  const writers = WRITERS.get(database) ?? new Map<string, IConstruct>();
  WRITERS.set(database, writers);
  for (const table of source.protectedTables) {
    const other = writers.get(table);
    if (other !== undefined) {
      throw new InvalidBackendError(
        scope,
        `'${other.node.path}' migrates database '${database.node.path}' with the same engine already, and both would keep their versions in ${table}: a version of one would count as applied for the other. `
        + 'Put the migrations into one directory, or into databases of their own.',
      );
    }
    writers.set(table, scope);
  }
}
