import { setTimeout as sleep } from 'timers/promises';
import { Backend } from './backend';
import { firstDeployment } from './scenarios/first-deployment';
import { destroyed, noChange } from './scenarios/quiet';
import { cleanUp, createWorld } from './world';
import { Report } from '../../examples/demo/report';

async function main(): Promise<number> {
  const report = new Report();
  report.heading('Start');
  const world = await createWorld((text) => report.note(text));
  report.heading('Example 02 in development: first deployment');
  const backend = await Backend.create(world, '02-hello-birthday', 'development');
  await firstDeployment(report, backend);
  report.heading('Nothing changed');
  await noChange(report, backend);
  report.heading('Destroyed');
  await destroyed(report, backend);
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
