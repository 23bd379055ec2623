import type { IConstruct } from 'constructs';
import type { ILogicalDatabase } from '../../binding';
import { InvalidBackendError } from '../../private/errors';
import type { MigrationSourceConfig } from '../migration-source';

/** Tasks by the version table that their engine writes, for each database. */
const WRITERS = new WeakMap<ILogicalDatabase, Map<string, IConstruct>>();

/** Two directories would share one version table: what one has applied counts as applied for the other. */
export function claimHistory(scope: IConstruct, database: ILogicalDatabase, source: MigrationSourceConfig): void {
  if (!source.usesRunner) return;
  const writers = WRITERS.get(database) ?? new Map<string, IConstruct>();
  WRITERS.set(database, writers);
  for (const table of source.protectedTables) {
    const other = writers.get(table);
    if (other !== undefined) {
      throw new InvalidBackendError(
        scope,
        'MigrationTask.sharedHistory',
        `'${other.node.path}' already migrates database '${database.node.path}' with the same engine. Both tasks would keep their versions in '${table}', so a version of one task would count as applied for the other task. `
        + 'Put all migrations into one directory, or use a database for each task.',
      );
    }
    writers.set(table, scope);
  }
}
