import { checkDeployed, checkFailed, lastRequest, precedes } from './events';
import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';
import type { Template } from '../filter';
import { deliverAgain } from './duplicates';

const MIGRATION = 'Custom::Migration';
const SERVICE = 'AWS::ECS::Service';

/** Writes a migration of the copied example 02. */
function writeMigration(backend: Backend, file: string, up: string): void {
  backend.write(`migrations/${file}`, `-- migrate:up\n${up}\n\n-- migrate:down\n`);
}

/** New code of the service, so that its task definition changes. */
function changeService(backend: Backend, text: string): void {
  backend.write('../services/hello-birthday/src/release.ts', `export const RELEASE = '${text}';\n`);
}

async function columns(backend: Backend): Promise<string[]> {
  const rows = await backend.query('hello', "SELECT column_name FROM information_schema.columns WHERE table_name = 'people'");
  return rows.map(({ column_name: name }) => String(name));
}

async function versions(backend: Backend): Promise<string[]> {
  return (await backend.query('hello', 'SELECT version FROM schema_migrations ORDER BY version')).map(({ version }) => String(version));
}

/** 3 and 9. A new migration runs once, before the service is updated, although its request is delivered twice meanwhile. */
export async function newMigration(report: Report, backend: Backend): Promise<void> {
  const [before] = await backend.serviceTaskDefinitions();
  const ran = backend.world.ecs.ran.length;
  writeMigration(backend, '20260201000000_add_email.sql', 'ALTER TABLE people ADD COLUMN email text;\nSELECT pg_sleep(4);');
  changeService(backend, 'email');
  const running = backend.world.ecs.nextTask();
  const deploying = backend.deploy();
  await Promise.race([running, deploying]);
  const duplicate = deliverAgain(backend.world, lastRequest(backend.world, MIGRATION));
  const deployed = await deploying;
  checkDeployed(report, deployed);
  const { Status } = await duplicate;
  const tasks = backend.world.ecs.ran.slice(ran);
  report.check(tasks.length === 1 && tasks[0].exitCode === 0, 'one task ran', tasks.flatMap(({ lines }) => lines).join(' ⏎ '));
  report.check(Status === 'SUCCESS', 'the request, delivered a second time while it ran, followed that task to its end');
  report.check((await columns(backend)).includes('email') && (await versions(backend)).length === 2, 'the column is there, and the version is written down', (await versions(backend)).join(', '));
  report.check(precedes(deployed.events, [MIGRATION, /^UPDATE_COMPLETE/], [SERVICE, /^UPDATE_IN_PROGRESS/]), 'the service is updated after that');
  const [after] = await backend.serviceTaskDefinitions();
  report.check(after !== before, 'the service has its new task definition', after);
}

/** 4. A broken migration stops the deployment and says why; once it is repaired, the deployment goes through. */
export async function brokenMigration(report: Report, backend: Backend): Promise<void> {
  const file = '20260301000000_add_phone.sql';
  const [before] = await backend.serviceTaskDefinitions();
  writeMigration(backend, file, 'ALTER TABLE people ADD COLUMN phone text;\nALTER TABLE nowhere ADD COLUMN phone text;');
  changeService(backend, 'phone');
  const broken = await backend.deploy();
  checkFailed(report, broken, MIGRATION, /exit code 1[^]*20260301000000_add_phone[^]*relation "nowhere" does not exist/);
  report.check(broken.tasks.length === 1, 'it ran once, and the rollback ran nothing', `${broken.tasks.length} task(s)`);
  report.check(await backend.status() === 'UPDATE_ROLLBACK_COMPLETE', 'the stack has rolled back', await backend.status());
  report.check((await backend.serviceTaskDefinitions())[0] === before, 'the service keeps its old task definition', before);
  report.check(!(await columns(backend)).includes('phone'), 'nothing of the migration is in the database');

  writeMigration(backend, file, 'ALTER TABLE people ADD COLUMN phone text;');
  const repaired = await backend.deploy();
  checkDeployed(report, repaired, 'with the file repaired, cdk deploy succeeds');
  report.check((await columns(backend)).includes('phone') && repaired.tasks.length === 1, 'and the column is there');
  report.check((await backend.serviceTaskDefinitions())[0] !== before, 'and the service has its new task definition');
}

/** 5. When a later resource fails, the service goes back, the schema stays, and the old migrations are not run on it. */
export async function laterFailure(report: Report, backend: Backend): Promise<void> {
  const [before] = await backend.serviceTaskDefinitions();
  writeMigration(backend, '20260401000000_add_city.sql', 'ALTER TABLE people ADD COLUMN city text;');
  changeService(backend, 'city');
  const failed = await backend.deploy({ context: { failing: 'true' } });
  checkFailed(report, failed, 'Custom::Failing', /ServiceToken/);
  report.check(precedes(failed.events, [SERVICE, /^UPDATE_COMPLETE/], ['Custom::Failing', /_FAILED$/]), 'by then the service was updated');
  report.check(await backend.status() === 'UPDATE_ROLLBACK_COMPLETE', 'the stack has rolled back', await backend.status());
  report.check((await backend.serviceTaskDefinitions())[0] === before, 'the service has its old task definition again', before);
  const request = lastRequest(backend.world, MIGRATION);
  const [image] = failed.tasks;
  const asked = image !== undefined && image.image.endsWith(request.OldResourceProperties?.Revision ?? '-') && request.OldResourceProperties?.Revision !== request.ResourceProperties.Revision;
  report.check(asked, 'the rollback asked for the old migrations');
  report.check(failed.tasks.length === 1, 'and no task ran them', `${failed.tasks.length} task(s)`);
  report.check((await columns(backend)).includes('city'), 'the schema stays as the new migration left it');

  const again = await backend.deploy();
  checkDeployed(report, again, 'without that resource, cdk deploy succeeds');
  report.check(/nothing to apply/.test(again.tasks.at(-1)?.lines.at(-1) ?? ''), 'and the migration finds nothing to do', again.tasks.at(-1)?.lines.at(-1));
}

/** 8. A task that never ends is stopped at the deadline. */
export async function endlessTask(report: Report, backend: Backend): Promise<void> {
  const file = '20260501000000_endless.sql';
  const [before] = await backend.serviceTaskDefinitions();
  writeMigration(backend, file, 'ALTER TABLE people ADD COLUMN endless text;\nSELECT pg_sleep(3600);');
  changeService(backend, 'endless');
  const failed = await backend.deploy({ edit: (template) => setTimeout(template, '10') });
  checkFailed(report, failed, MIGRATION, /didn't finish within[^]*the task was stopped/);
  const [task] = failed.tasks;
  report.check(failed.tasks.length === 1 && task.stopCode === 'UserInitiated' && task.exitCode === 143, 'its task was stopped by SIGTERM, and no other was started', `${task?.stopCode}, exit code ${task?.exitCode}`);
  report.check(!(await columns(backend)).includes('endless'), 'nothing of the migration is in the database');
  report.check((await backend.serviceTaskDefinitions())[0] === before, 'the service keeps its old task definition');
  const sessions = await backend.query('hello', "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid() AND state = 'active'");
  report.check(sessions.length === 0, 'no statement of it is left on the server', `${sessions.length} session(s)`);
  backend.remove(`migrations/${file}`);
}

/** The shortest timeout that the construct takes is a minute. */
function setTimeout({ Resources }: Template, seconds: string): void {
  Object.values(Resources).filter(({ Type }) => Type === MIGRATION).forEach(({ Properties = {} }) => (Properties.TimeoutSeconds = seconds));
}
