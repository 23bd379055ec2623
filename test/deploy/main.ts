import { existsSync, readdirSync } from 'fs';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { Backend } from './backend';
import { EXAMPLES, REHEARSALS } from './paths';
import { unlessEnding } from './process';
import { runByHand } from './scenarios/by-hand';
import { lateDuplicates } from './scenarios/duplicates';
import { firstDeployment } from './scenarios/first-deployment';
import { brokenMigration, endlessTask, laterFailure, newMigration } from './scenarios/migrations';
import { destroyed, noChange } from './scenarios/quiet';
import { badVersions, duplicateRehearsal, emptyRepository, goodVersions, lostFunction } from './scenarios/rehearsals';
import { rexParts } from './scenarios/rex';
import { servicesComeUp } from './scenarios/services';
import { destroyedByMistake, failedFirstDeployment, stoppedDatabase } from './scenarios/stuck';
import { rotation, usersComeAndGo } from './scenarios/users';
import { cleanUp, createWorld } from './world';
import { Report } from '../../examples/demo/report';
import { runProgram } from '../support/program';

const LIMIT_MINUTES = 25;

const POSTURES = ['development', 'production'] as const;

type Posture = typeof POSTURES[number];

type Scenario = (report: Report, backend: Backend) => Promise<void>;

const EVERYWHERE: Record<string, Scenario> = {
  'first deployment': firstDeployment,
  'its services come up': servicesComeUp,
  'nothing changed': noChange,
  'people run the migrations': runByHand,
  'destroyed': destroyed,
};

const ALL: Record<string, Scenario> = {
  'first deployment': firstDeployment,
  'its services come up': servicesComeUp,
  'nothing changed': noChange,
  'people run the migrations': runByHand,
  'a new migration': newMigration,
  'requests delivered again': lateDuplicates,
  'a broken migration': brokenMigration,
  'a later resource fails': laterFailure,
  'users come and go': usersComeAndGo,
  'the admin secret is rotated': rotation,
  'a task that never ends': endlessTask,
  'the database is stopped': stoppedDatabase,
  'destroyed': destroyed,
};

const REX: Record<string, Scenario> = {
  'first deployment': firstDeployment,
  'its services come up': servicesComeUp,
  'nothing changed': noChange,
  'people run the migrations': runByHand,
  'its own parts': rexParts,
  'destroyed': destroyed,
};

const REHEARSED: Record<string, Scenario> = {
  'an empty repository': emptyRepository,
  'versions that start': goodVersions,
  'versions that do not start': badVersions,
  'a request delivered twice': duplicateRehearsal,
  'a function that is lost': lostFunction,
  'destroyed': destroyed,
};

/** Every example in both postures, and the rehearsals; of those, what arguments ask for. */
function plan(): [string, Posture][] {
  const examples = readdirSync(EXAMPLES).filter((name) => /^\d\d-/.test(name) && existsSync(join(EXAMPLES, name, 'app.ts'))).sort();
  const all: [string, Posture][] = [...examples.flatMap((example) => POSTURES.map((posture): [string, Posture] => [example, posture])), [REHEARSALS, 'development']];
  const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const found = all.filter((pair) => wanted.every((text) => pair.join(' ').includes(text)));
  if (found.length === 0) throw new Error(`No example and posture matches '${wanted.join(' ')}'. There are: ${all.map((pair) => pair.join(' ')).join(', ')}.`);
  return found;
}

/** The deployments of the second are made to fail, and the first one of the first in production; the third has parts that are its alone. */
function scenariosOf(example: string, posture: Posture): Record<string, Scenario> {
  if (example === REHEARSALS) return REHEARSED;
  const usual = example === '03-rex' ? REX : example === '02-hello-birthday' && posture === 'development' ? ALL : EVERYWHERE;
  if (posture === 'development') return usual;
  const { destroyed: last, ...others } = usual;
  const first: Record<string, Scenario> = example === '01-private-backend' ? { 'a failed first deployment': failedFirstDeployment } : {};
  return { ...first, ...others, 'destroyed by mistake': destroyedByMistake, 'destroyed': last };
}

/** Without the first, which deploys, there is nothing for the others. */
async function playAll(report: Report, backend: Backend, scenarios: Record<string, Scenario>): Promise<void> {
  for (const [index, [name, scenario]] of Object.entries(scenarios).entries()) {
    report.heading(`${backend.name}: ${name}`);
    const error = await scenario(report, backend).then(() => undefined, (thrown: Error) => thrown);
    await unlessEnding();
    if (error !== undefined) {
      report.check(false, `${backend.name}: '${name}' could be played to its end`, error.stack);
      if (index === 0) return;
    }
  }
}

async function play(): Promise<number> {
  const report = new Report();
  const chosen = plan();
  report.heading('Start');
  const world = await createWorld((text) => report.note(text));
  for (const [example, posture] of chosen) {
    const scenarios = scenariosOf(example, posture);
    const backend = await Backend.create(world, example, posture);
    await playAll(report, backend, scenarios);
    await backend.close();
  }
  return report.summary();
}

/** A deployment that never ends must not hang whoever runs this. */
async function tooLong(): Promise<never> {
  await sleep(LIMIT_MINUTES * 60_000, undefined, { ref: false });
  throw new Error(`This took more than ${LIMIT_MINUTES} minutes.`);
}

void runProgram(() => Promise.race([play(), tooLong()]), cleanUp);
