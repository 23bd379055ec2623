import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { PemFile } from 'cdk-private-backend';
import { converge, migrate, placeOn, startServer, type RunningBackend } from './backend';
import { showRefusals } from './refusals';
import { Report } from './report';
import { startService, useService } from './service';
import { synthesise } from './synth';
import { findGoose } from '../../test/support/goose';
import type { PostgresServer } from '../../test/support/postgres-server';
import { PrivateBackendStack } from '../01-private-backend/private-backend-stack';
import { HelloBirthdayStack } from '../02-hello-birthday/hello-birthday-stack';

/** What must be undone at the end, newest first. */
const cleanups: (() => Promise<void> | void)[] = [];

async function demo(report: Report, workDir: string): Promise<RunningBackend & { url: string }> {
  const server = await beginServer(report);

  report.heading('1. Synthesise example 02 in both postures, with the built-in validator strict and the three checks');
  const production = synthesise(HelloBirthdayStack, 'production', path.join(workDir, 'production'));
  report.check(true, 'production', `${Object.keys(production.template.Resources).length} resources`);
  production.checks.forEach((sentence) => report.note(sentence));
  const development = synthesise(HelloBirthdayStack, 'development', path.join(workDir, 'development'), PemFile.fromText(server.ca));
  report.check(true, 'development', `${Object.keys(development.template.Resources).length} resources; this one runs now`);
  development.checks.forEach((sentence) => report.note(sentence));

  report.heading('2. Replay the custom-resource requests of the template through the broker');
  const backend = placeOn(server, 'HelloBirthday', development, path.join(workDir, 'hello'));
  cleanups.unshift(() => backend.containers.stop());
  await converge(report, backend);

  report.heading('3. Apply the migrations of example 02 with dbmate, then those of example 01 with goose');
  const dbmate = path.dirname(require.resolve(`@dbmate/${process.platform}-${process.arch}/package.json`));
  await migrate(report, backend, 'dbmate', path.join(dbmate, 'bin'));
  await runGooseExample(report, workDir);

  report.heading('4. Start the service with what its task definition declares, and use it');
  const url = await startService(report, backend, workDir);
  await useService(report, url);

  report.heading('5. What must be refused is refused');
  await showRefusals(report, backend, 'schema_migrations');

  report.heading('6. Replay everything: nothing changes');
  for (const { name, changes } of await converge(report, backend)) {
    report.check(changes.length === 0, `no change to '${name}'`, changes.join('; '));
  }
  const again = await migrate(report, backend, 'dbmate', path.join(dbmate, 'bin'));
  report.check(/nothing to apply/.test(again.trim().split('\n').at(-1) ?? ''), 'no migration was applied again');
  return { ...backend, url };
}

async function runGooseExample(report: Report, workDir: string): Promise<void> {
  report.note('Example 01 wants goose: the one in PATH, or one that Go builds now and keeps, which takes up to a minute');
  const goose = findGoose();
  if (goose.directory === undefined) {
    report.note(`Example 01 was not migrated: ${goose.reason}. Install goose or Go to see it.`);
    return;
  }
  const server = await beginServer(report);
  const synthesised = synthesise(PrivateBackendStack, 'development', path.join(workDir, 'goose'), PemFile.fromText(server.ca));
  const backend = placeOn(server, 'PrivateBackend', synthesised, path.join(workDir, 'private'));
  await converge(report, backend);
  await migrate(report, backend, 'goose', goose.directory);
}

async function beginServer(report: Report): Promise<PostgresServer> {
  const server = await startServer(report);
  cleanups.push(() => server.remove());
  return server;
}

async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0)) {
    await cleanup();
  }
}

async function main(): Promise<number> {
  const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-private-backend-demo-'));
  cleanups.push(() => fs.rmSync(workDir, { recursive: true, force: true }));
  const report = new Report();
  report.heading('A private backend, end to end');
  const { url, containers } = await demo(report, workDir);
  const code = report.summary();
  if (process.argv.includes('--keep')) {
    const { DATABASE_URL, PGSSLROOTCERT } = containers.serviceEnvironment();
    console.log(`\nStill running; Ctrl-C ends it.\n  ${url}/hello/ada\n  PGSSLROOTCERT='${PGSSLROOTCERT}' psql '${DATABASE_URL}'`);
    await interrupted;
  }
  return code;
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
