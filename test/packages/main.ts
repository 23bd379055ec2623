import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { differences } from './compare';
import { OTHERS, TYPESCRIPT, type Language } from './languages';
import { copyRepository, packageAll, peers } from './packages';
import { sampleOf } from './readme';
import { shell, step } from './shell';

const ROOT = resolve(__dirname, '../..');
const WORK = process.env.WORK ?? '';
const APP = join(WORK, 'languages');
const EXAMPLE = join(APP, 'examples/01-private-backend');
const CDK = join(APP, 'examples/node_modules/.bin/cdk');
const CASES = ['development', 'production', 'README'] as const;

const dependencies = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { devDependencies: { tsx: string } };
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const ENVIRONMENT = {
  EXAMPLE,
  DIST: '',
  CDK_LIB: peers(ROOT)['aws-cdk-lib'],
  CONSTRUCTS: peers(ROOT).constructs,
  TSX: dependencies.devDependencies.tsx,
  CDK_DISABLE_VERSION_CHECK: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  // A local repository of its own: none of the user's holds an unreleased version afterwards.
  MAVEN_OPTS: `${process.env.MAVEN_OPTS ?? ''} -Dmaven.repo.local=${join(WORK, 'm2')}`,
};

const assembly = (language: Language, name: string) => join(WORK, 'assemblies', `${language.fence}-${name}`);

async function synthesise(language: Language, name: string, folder: string, app: string, context = ''): Promise<void> {
  await step(`${language.name}, ${name}: synthesised`, () =>
    shell(`"${CDK}" synth --quiet --no-notices --app '${app}' --output "${assembly(language, name)}" ${context}`, folder, ENVIRONMENT));
}

/** The sample of the README in an empty app, with what its reader has: migrations for goose and a service with a Dockerfile. */
async function synthesiseReadme(language: Language): Promise<void> {
  const code = sampleOf(README, language.fence);
  if (code === undefined) {
    throw new Error(`README.md has no sample in ${language.name} under "## Sample".`);
  }
  const folder = join(APP, 'examples', `readme-${language.fence}`);
  cpSync(join(EXAMPLE, 'migrations'), join(folder, 'migrations'), { recursive: true });
  cpSync(join(APP, 'examples/services/go-api'), join(folder, 'service'), { recursive: true });
  const file = join(folder, language.sampleFile(code));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
  writeFileSync(join(folder, 'cdk.json'), '{ "versionReporting": false }\n');
  await shell(language.sampleInstall, folder, ENVIRONMENT);
  await synthesise(language, 'README', folder, language.sampleApp(code));
}

/** Runs all cases of a language. One that fails is printed, has no assembly, and differs for that reason; without TypeScript's nothing can be compared. */
async function runLanguage(language: Language): Promise<void> {
  await step(`${language.name}: installed`, () => shell(language.install, EXAMPLE, ENVIRONMENT));
  for (const name of CASES) {
    try {
      await (name === 'README' ? synthesiseReadme(language) : synthesise(language, name, EXAMPLE, language.app, `-c posture=${name}`));
    } catch (error) {
      if (language === TYPESCRIPT) {
        throw error;
      }
      console.error(`${language.name}, ${name}: ${(error as Error).message}`);
    }
  }
}

/** Two at a time: most of the work of each is one process. */
async function runOthers(): Promise<void> {
  const waiting = [...OTHERS];
  const worker = async () => {
    for (let language = waiting.shift(); language; language = waiting.shift()) {
      const { name } = language;
      await runLanguage(language).catch((error: Error) => console.error(`${name}: ${error.message}`));
    }
  };
  await Promise.all([worker(), worker()]);
}

/** Prints the difference of each case from TypeScript's; returns how many cases have one. */
function report(): { readonly held: number; readonly not: number } {
  let held = 0;
  let not = 0;
  for (const name of CASES) {
    for (const language of OTHERS) {
      const found = existsSync(assembly(language, name)) ? differences(assembly(TYPESCRIPT, name), assembly(language, name)) : ['It gave no assembly.'];
      console.log(`${found.length === 0 ? 'held    ' : 'NOT HELD'}  ${name}: templates and assets from ${language.name} are those from TypeScript`);
      found.forEach((difference) => console.log(difference));
      if (found.length === 0) {
        held++;
      } else {
        not++;
      }
    }
  }
  return { held, not };
}

async function main(): Promise<void> {
  if (!existsSync(WORK)) {
    throw new Error('WORK names no folder: run .ci/tier-packages.');
  }
  ENVIRONMENT.DIST = await step('packaged for npm, Python, Java and Go', () => packageAll(ROOT, APP));
  for (const folder of ['01-private-backend', 'services']) {
    await copyRepository(join(ROOT, 'examples', folder), join(APP, 'examples', folder));
  }
  await runLanguage(TYPESCRIPT);
  await runOthers();
  const { held, not } = report();
  console.log(`${held} held, ${not} did not`);
  process.exitCode = not === 0 ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(error.message);
  console.log(`0 held, ${CASES.length * OTHERS.length} did not`);
  process.exitCode = 1;
});
