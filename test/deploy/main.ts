import { setTimeout as sleep } from 'timers/promises';
import { Backend } from './backend';
import { lateDuplicates } from './scenarios/duplicates';
import { firstDeployment } from './scenarios/first-deployment';
import { brokenMigration, endlessTask, laterFailure, newMigration } from './scenarios/migrations';
import { destroyed, noChange } from './scenarios/quiet';
import { rotation, stoppedDatabase, usersComeAndGo } from './scenarios/users';
import { cleanUp, createWorld } from './world';
import { Report } from '../../examples/demo/report';

async function main(): Promise<number> {
  const report = new Report();
  report.heading('Start');
  const world = await createWorld((text) => report.note(text));
  const backend = await Backend.create(world, '02-hello-birthday', 'development');
  const scenarios: [string, (report: Report, backend: Backend) => Promise<void>][] = [
    ['first deployment', firstDeployment],
    ['nothing changed', noChange],
    ['a new migration', newMigration],
    ['requests delivered again', lateDuplicates],
    ['a broken migration', brokenMigration],
    ['a later resource fails', laterFailure],
    ['users come and go', usersComeAndGo],
    ['the admin secret is rotated', rotation],
    ['a task that never ends', endlessTask],
    ['the database is stopped', stoppedDatabase],
    ['destroyed', destroyed],
  ];
  for (const [name, scenario] of scenarios) {
    report.heading(`${backend.name}: ${name}`);
    await scenario(report, backend).catch((error: Error) => report.check(false, 'the scenario could be played to its end', error.stack));
  }
  return report.summary();
}

/** The exit code that the first signal asks for. Later ones change nothing: an impatient Ctrl-C must not skip the cleaning up. */
function signalled(): Promise<number> {
  return new Promise((resolve) => {
    Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }).forEach(([signal, code]) => process.on(signal, () => resolve(code)));
  });
}

/** A program that got the same Ctrl-C may be what failed; then there is nothing to explain. */
async function explain(error: Error): Promise<number> {
  const code = await Promise.race([interrupted, sleep(100, 1)]);
  if (code === 1) {
    console.error(`\n${error.stack}`);
  }
  return code;
}

const interrupted = signalled();
void Promise.race([main().catch(explain), interrupted]).then(async (code) => {
  await cleanUp();
  process.exit(code);
});
