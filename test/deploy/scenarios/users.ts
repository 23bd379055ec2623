import { setTimeout as sleep } from 'timers/promises';
import { checkDeployed } from './events';
import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';

async function roles(backend: Backend): Promise<string[]> {
  return (await backend.query('postgres', 'SELECT rolname FROM pg_roles')).map(({ rolname }) => String(rolname));
}

/** 6. A new user appears; a removed one goes, although it owns tables, and they stay. */
export async function usersComeAndGo(report: Report, backend: Backend): Promise<void> {
  const added = await backend.deploy({ context: { users: 'Reports' } });
  checkDeployed(report, added, 'cdk deploy with a user more succeeds');
  const { reports } = await backend.users();
  report.check((await backend.queryAs(reports, 'SELECT count(*) FROM people')).length === 1, "'reports' logs in and reads");
  report.check(added.tasks.length === 0, 'no migration runs for it');

  await backend.query('hello', 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1), (2); ALTER TABLE kept OWNER TO reports; CREATE SCHEMA reporting AUTHORIZATION reports');
  const removed = await backend.deploy();
  checkDeployed(report, removed, 'cdk deploy without it succeeds, although it owns a table and a schema');
  report.check(!(await roles(backend)).includes('reports'), "'reports' is gone");
  const [table] = await backend.query('hello', "SELECT pg_get_userbyid(relowner) AS owner, (SELECT count(*) FROM kept) AS rows FROM pg_class WHERE relname = 'kept'");
  const [database] = await backend.query('hello', "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'hello'");
  report.check(table.owner === database.owner && table.rows === '2', `the table has its rows, and belongs to '${String(database.owner)}' now`);
}

/** 7. The admin's password changes during a deployment, in the order in which RDS does it: the secret first, the server later. */
export async function rotation(report: Report, backend: Backend): Promise<void> {
  const { server, adminSecretArn } = backend;
  const password = 'rotated-for-tests';
  await backend.world.cloud.putSecret(adminSecretArn, { username: server.admin.username, password });
  const refused = server.log().split('password authentication failed').length;
  const deploying = backend.deploy({ context: { users: 'Analyst' } });
  const finished = deploying.then(() => true);
  while (server.log().split('password authentication failed').length === refused && !await Promise.race([finished, sleep(50, false)]));
  report.check(server.log().split('password authentication failed').length > refused, 'the server refuses the new password at first');
  await backend.query('postgres', `ALTER ROLE ${server.admin.username} PASSWORD '${password}'`);
  checkDeployed(report, await deploying, 'cdk deploy succeeds once the server has it');
  const { analyst } = await backend.users();
  report.check((await backend.queryAs(analyst, 'SELECT 1')).length === 1, "'analyst' logs in");
}
