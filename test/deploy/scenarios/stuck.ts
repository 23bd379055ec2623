import { setTimeout as sleep } from 'timers/promises';
import { StartDBInstanceCommand, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { checkDeployed, checkFailed, failures } from './events';
import type { Report } from '../../../examples/demo/report';
import { stuckSection } from '../../support/stuck-page';
import type { Backend } from '../backend';

const PROTECTED = /cannot be deleted while TerminationProtection is enabled/;
const BROKEN = 'migrations/00099_broken.sql';
const PROTECTIONS_OFF = 'Turn both protections off';

/** Does what a section of docs/stuck.md says, in the words of its commands, for one stack. */
async function follow(report: Report, { world: { aws, cloud } }: Backend, title: string, stack: string): Promise<void> {
  for (const script of stuckSection(title).scripts) {
    // The CLI looks every 30 seconds.
    const [waits, commands] = [true, false].map((wanted) => script.split('\n').filter((line) => / cloudformation wait /.test(line) === wanted && !line.startsWith('stack=')));
    const { code, output } = await aws.script(commands.join('\n'), { stack });
    report.check(code === 0, `'${title}' of docs/stuck.md can be followed for ${stack}`, code === 0 ? '' : output);
    while (waits.length > 0 && (await cloud.stack(stack).catch(() => undefined))?.StackStatus?.endsWith('_IN_PROGRESS')) {
      await sleep(200);
    }
  }
}

/** A first deployment in production fails at its migrations, and the way out of that ends with no stack. The next scenario deploys it. */
export async function failedFirstDeployment(report: Report, backend: Backend): Promise<void> {
  backend.write(BROKEN, '-- +goose Up\nALTER TABLE nowhere ADD COLUMN nothing text;\n\n-- +goose Down\nSELECT 1;\n');
  const failed = await backend.deploy();
  backend.remove(BROKEN);
  checkFailed(report, failed, 'Custom::Migration', /relation "nowhere" does not exist/);
  const said = failures(failed.events).join(' ');
  report.check(await backend.status() === 'ROLLBACK_FAILED', 'the stack can only be deleted', await backend.status());
  report.check(/Cannot delete protected (DB Instance|Cluster)/.test(said) && /Load balancer '.*' cannot be deleted/.test(said), 'because the server and the load balancer are protected');
  const again = await backend.deploy();
  report.check(!again.succeeded && PROTECTED.test(again.output), 'the next cdk deploy wants to delete it, and is refused', again.output.split('\n').find((line) => PROTECTED.test(line)));
  const [stack] = backend.stackNames;
  await follow(report, backend, PROTECTIONS_OFF, stack);
  await follow(report, backend, 'A failed first deployment in production', stack);
  const left = await backend.world.cloud.stack(stack).catch(() => undefined);
  report.check(left === undefined || left.StackStatus === 'DELETE_COMPLETE', 'the stack is gone', left?.StackStatus);
}

/** A destroy by mistake changes nothing; one on purpose first follows the page. */
export async function destroyedByMistake(report: Report, backend: Backend): Promise<void> {
  const before = await backend.status();
  const { succeeded, output, events } = await backend.destroy();
  report.check(!succeeded && PROTECTED.test(output), 'cdk destroy is refused', output.split('\n').find((line) => PROTECTED.test(line)));
  report.check(await backend.status() === before && events.length === 0, 'nothing was begun', await backend.status());
  for (const secret of Object.values(await backend.users())) {
    report.check((await backend.queryAs(secret, 'SELECT 1')).length === 1, 'its users still log in');
  }
  for (const stack of backend.stackNames) await follow(report, backend, PROTECTIONS_OFF, stack);
}

/**
 * 10. A stopped database is named as the reason, soon. An existing user was to be changed, so the rollback needs the database too, and goes on once
 * that runs; of a new user nothing is made.
 */
export async function stoppedDatabase(report: Report, backend: Backend): Promise<void> {
  const { world: { cloud } } = backend;
  const context = { users: 'Analyst,Late', connectionLimit: '7' };
  const [DBInstanceIdentifier] = Object.values(await backend.resources('AWS::RDS::DBInstance'));
  await cloud.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
  await backend.server.stop();
  const failed = await backend.deploy({ context });
  checkFailed(report, failed, 'Custom::PostgresUser', /is stopped\. Start the server, then deploy again\./);
  report.check(await backend.status() === 'UPDATE_ROLLBACK_FAILED', 'the rollback can\'t put the user back', await backend.status());
  const refused = await backend.deploy({ context });
  report.check(!refused.succeeded && /paused fail state \(UPDATE_ROLLBACK_FAILED\)/.test(refused.output), 'the next cdk deploy is refused', refused.output.split('\n').find((line) => /paused/.test(line)));
  await backend.server.start();
  await cloud.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
  await follow(report, backend, 'A rollback that fails', backend.stackNames[0]);
  report.check(await backend.status() === 'UPDATE_ROLLBACK_COMPLETE', 'with the server started, the rollback goes on to its end', await backend.status());
  const before = await limits(backend);
  report.check(before.length === 1 && before[0] !== 7, 'no user was made or changed', before.join(', '));
  checkDeployed(report, await backend.deploy({ context }), 'and the same change is deployed');
  report.check((await limits(backend)).join() === '7,7', 'to the server', (await limits(backend)).join(', '));
}

/** Connection limits of the two users that this is about, as far as they exist. */
async function limits(backend: Backend): Promise<unknown[]> {
  return (await backend.query('postgres', "SELECT rolconnlimit FROM pg_roles WHERE rolname IN ('analyst', 'late')")).map(({ rolconnlimit: limit }) => limit);
}
