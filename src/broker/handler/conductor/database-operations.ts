import type { Operation } from './operation';
import { nameOf, physicalIdOf } from './request';
import type { Outcome } from './respond';
import { keepServerLogs } from './server-logs';
import { DatabaseAttributes } from '../../broker.contract';

/** Creates or updates a database. Another name is another database; the old one is kept or removed by its policy afterwards. */
export async function convergeDatabase(operation: Operation): Promise<Outcome> {
  const { spec, adoptExisting, planOnly } = operation.engine.parseDatabase(operation.event.ResourceProperties);
  const session = operation.session();
  const physicalId = physicalIdOf('database', spec.databaseName);
  if (!planOnly) {
    operation.started(physicalId);
  }
  await session.run({ operation: 'convergeDatabase', database: spec, adoptExisting, planOnly, settled: operation.isSettled(physicalId) });
  if (!planOnly) {
    await keepServerLogs(operation.event.ResourceProperties, operation.deps);
  }
  return { status: 'SUCCESS', physicalId, data: { [DatabaseAttributes.DATABASE_NAME]: spec.databaseName } };
}

/** Deletes a database where its policy says so. */
export async function deleteDatabase(operation: Operation): Promise<void> {
  const databaseName = nameOf('database', operation.physicalId ?? '');
  if (databaseName === undefined) {
    return;
  }
  const removal = operation.engine.databaseRemoval(operation.event.ResourceProperties);
  if (removal !== 'retain' || operation.mayHaveTaken()) {
    await operation.session().run({ operation: 'deleteDatabase', databaseName, force: removal === 'force', ...(removal === 'retain' && { keep: true }) });
  }
}
