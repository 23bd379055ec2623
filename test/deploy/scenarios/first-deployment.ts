import { precedes } from './events';
import type { Report } from '../../../examples/demo/report';
import type { Backend, Deployed } from '../backend';
import { checkFiltered } from '../filtered-list';

/** 1. Everything that the template declares is on the server, made through the emulator's own functions and by real tasks. */
export async function firstDeployment(report: Report, backend: Backend): Promise<void> {
  const deployed = await backend.deploy();
  checkFiltered(report, backend.name, deployed.assembly.changes);
  if (!deployed.succeeded) throw new Error(`cdk deploy failed:\n${deployed.output}`);
  report.check(true, 'cdk deploy succeeds');
  await checkDatabases(report, backend);
  await checkUsers(report, backend);
  await checkMigrations(report, backend, deployed);
  await checkSecrecy(report, backend, deployed);
}

async function checkDatabases(report: Report, backend: Backend): Promise<void> {
  for (const { DatabaseName, Extensions = [] } of backend.declared('Custom::PostgresDatabase')) {
    const name = DatabaseName as string;
    const [database] = await backend.query('postgres', `SELECT rolcanlogin, has_database_privilege('public', datname, 'CONNECT') AS public FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = '${name}'`);
    report.check(database?.rolcanlogin === false && database.public === false, `database '${name}' belongs to a role that cannot log in, and PUBLIC may not connect`);
    const extensions = (await backend.query(name, 'SELECT extname FROM pg_extension')).map(({ extname }) => extname);
    report.check((Extensions as string[]).every((extension) => extensions.includes(extension)), 'it has its extensions', extensions.join(', '));
  }
}

async function checkUsers(report: Report, backend: Backend): Promise<void> {
  for (const [username, secret] of Object.entries(await backend.users())) {
    const [session] = await backend.queryAs(secret, 'SELECT session_user AS username');
    report.check(session.username === username, `user '${username}' logs in with its secret, over verified TLS`);
  }
}

async function checkMigrations(report: Report, backend: Backend, { tasks, events }: Deployed): Promise<void> {
  const migrations = backend.declared('Custom::Migration');
  const migrated = tasks.filter(({ family }) => migrations.some(({ Family }) => Family === family));
  report.check(migrated.length === migrations.length && migrated.every(({ exitCode }) => exitCode === 0), `${migrations.length} migration task(s) ran, once`, migrated.flatMap(({ lines }) => lines.slice(-1)).join('; '));
  const rehearsals = backend.declared('Custom::Rehearsal');
  const rehearsed = tasks.filter(({ family }) => rehearsals.some(({ Family }) => Family === family)).map(({ containers }) => containers.find(({ name }) => name === 'Rehearsal'));
  const haveSucceeded = rehearsed.length === rehearsals.length && rehearsed.every((container) => container?.exitCode === 0);
  report.check(haveSucceeded, `${rehearsals.length} service(s) were rehearsed, once`, rehearsed.flatMap((container) => container?.lines.slice(-1) ?? []).join('; '));
  const services = backend.waiting('AWS::ECS::Service', 'Custom::Migration');
  const others = events.filter(({ ResourceType, LogicalResourceId = '' }) => ResourceType !== 'AWS::ECS::Service' || services.includes(LogicalResourceId));
  report.check(precedes(others, ['Custom::Migration', /^CREATE_COMPLETE/], ['AWS::ECS::Service', /^CREATE_IN_PROGRESS/]), 'services that wait for it are created after that', services.join(', '));
}

/** The server logs every statement here. */
async function checkSecrecy(report: Report, backend: Backend, { output, events, tasks }: Deployed): Promise<void> {
  const places = { 'the log of the server': backend.server.log(), 'events': JSON.stringify(events), 'the output of the CLI': output, 'the logs of tasks': JSON.stringify(tasks.map(({ lines }) => lines)) };
  const secrets = await Promise.all(Object.values(await backend.resources('AWS::SecretsManager::Secret')).map((arn) => backend.world.cloud.secretString(arn)));
  const passwords = secrets.map((secret) => secret.startsWith('{') ? (JSON.parse(secret) as { password: string }).password : secret);
  const leaks = Object.entries(places).filter(([, text]) => passwords.some((password) => text.includes(password))).map(([place]) => place);
  report.check(passwords.length > 0 && leaks.length === 0, `none of ${passwords.length} passwords is in ${Object.keys(places).join(', ')}`, leaks.join(', '));
}
