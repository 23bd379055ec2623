import { failures, stacksThat } from './events';
import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';

/** 2. A deployment without a change touches nothing. */
export async function noChange(report: Report, backend: Backend): Promise<void> {
  // The server logs more than statements, such as checkpoints.
  const statements = () => backend.server.log().match(/LOG: {2}(statement|execute [^:]*): .*/g) ?? [];
  const before = statements().length;
  const { succeeded, output, events, tasks } = await backend.deploy();
  const unchanged = output.split('(no changes)').length - 1;
  report.check(succeeded && unchanged === backend.stackNames.length, 'cdk deploy of the example, synthesised again, finds no changes', succeeded ? '' : output);
  report.check(events.length === 0 && tasks.length === 0, 'no event, no task', `${events.length} events, ${tasks.length} tasks`);
  report.check(statements().length === before, 'no statement reaches the server', statements().slice(before).join(' ⏎ '));
}

/** 11. Every stack goes without an error of any custom resource. */
export async function destroyed(report: Report, backend: Backend): Promise<void> {
  const users = Object.keys(await backend.users());
  const { succeeded, output, events, tasks } = await backend.destroy();
  report.check(succeeded, 'cdk destroy succeeds', succeeded ? '' : output);
  const history = await backend.history();
  const [created, deleted] = [stacksThat(history, 'CREATE_COMPLETE'), stacksThat(history, 'DELETE_COMPLETE')];
  const references = backend.references();
  const inOrder = references.every(([user, used]) => created.indexOf(used) < created.indexOf(user) && deleted.indexOf(user) < deleted.indexOf(used));
  report.check(created.length === backend.stackNames.length && deleted.length === created.length, 'every stack is gone', deleted.join(', '));
  if (references.length > 0) report.check(inOrder, 'a stack that another refers to was made before it, and went after it', `made: ${created.join(', ')}`);
  const custom = events.filter(({ ResourceType = '' }) => ResourceType.startsWith('Custom::'));
  const failed = failures(events);
  const gone = custom.filter(({ ResourceStatus }) => ResourceStatus === 'DELETE_COMPLETE').length;
  report.check(gone > 0 && failed.length === 0, `${gone} custom resources are deleted, and nothing failed`, failed.join('; '));
  report.check(tasks.length === 0, 'no migration runs for it');
  const roles = (await backend.query('postgres', 'SELECT rolname FROM pg_roles')).map(({ rolname }) => String(rolname));
  report.check(users.every((user) => !roles.includes(user)), 'its users are gone', users.join(', '));
  for (const { DatabaseName } of backend.declared('Custom::PostgresDatabase')) {
    const tables = await backend.query(String(DatabaseName), "SELECT FROM pg_tables WHERE schemaname = 'public'");
    report.check(tables.length > 0, `database '${String(DatabaseName)}' is kept, with its ${tables.length} table(s)`);
  }
}
