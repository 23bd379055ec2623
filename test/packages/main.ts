/**
 * Packages the library for npm, Python, Java and Go, installs each package as a user would, and synthesises example 01, the
 * first sample of the README and a self-hosted cluster in each language. The templates and asset hashes that TypeScript gives, the others must give byte for byte.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { differences } from './compare';
import { OTHERS, TYPESCRIPT, type Language } from './languages';
import { copyRepository, packageAll, versions } from './packages';
import { sampleOf } from './readme';
import { shell, step } from './shell';

const ROOT = resolve(__dirname, '../..');
/** Pages whose samples are synthesised too. */
const PAGES: { readonly [name: string]: string } = { 'README': 'README.md', 'self-hosted': 'test/packages/self-hosted.md' };
const VERSIONS = versions(ROOT);
const CASES = ['development', 'production', ...Object.keys(PAGES)];
const TOOLS = 'javac -version; mvn --version | sed -n 1p; python3 --version; go version; python3 -c "import sys, venv, ensurepip; assert sys.version_info >= (3, 10)"';

const WORK = mkdtempSync(join(tmpdir(), 'cdk-private-backend-packages-'));
const EXAMPLES = join(WORK, 'examples');
const EXAMPLE = join(EXAMPLES, '01-private-backend');
// A local repository of its own: the user's holds no unreleased version afterwards.
const MAVEN_REPOSITORY = join(WORK, 'maven');
const ENVIRONMENT = {
  EXAMPLE,
  DIST: join(WORK, 'repository/dist'),
  CDK: VERSIONS['aws-cdk'],
  CDK_LIB: VERSIONS['aws-cdk-lib'],
  CONSTRUCTS: VERSIONS.constructs,
  TSX: VERSIONS.tsx,
  TMPDIR: join(WORK, 'tmp'),
  CDK_DISABLE_VERSION_CHECK: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  MAVEN_OPTS: `${process.env.MAVEN_OPTS ?? ''} -Dmaven.repo.local=${MAVEN_REPOSITORY} -Djava.io.tmpdir=${join(WORK, 'tmp')}`,
};

const assembly = (language: Language, name: string) => join(WORK, 'assemblies', `${language.fence}-${name}`);

async function synthesise(language: Language, name: string, folder: string, app: string, context = ''): Promise<void> {
  const cdk = join(EXAMPLES, 'node_modules/.bin/cdk');
  await step(`${language.name}, ${name}: synthesised`, () =>
    shell(`'${cdk}' synth --quiet --no-notices --app '${app}' --output '${assembly(language, name)}' ${context}`, folder, ENVIRONMENT));
}

/** The sample of a page in an empty app, with what its reader has: migrations for goose and a service with a Dockerfile. */
async function synthesiseSample(language: Language, name: string): Promise<void> {
  const code = sampleOf(readFileSync(join(ROOT, PAGES[name]), 'utf8'), language.fence);
  if (code === undefined) {
    throw new Error(`${PAGES[name]} has no sample in ${language.name} under "## Sample".`);
  }
  const folder = join(EXAMPLES, `${name}-${language.fence}`);
  cpSync(join(EXAMPLE, 'migrations'), join(folder, 'migrations'), { recursive: true });
  cpSync(join(EXAMPLES, 'services/go-api'), join(folder, 'service'), { recursive: true });
  const file = join(folder, language.sampleFile(code));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
  writeFileSync(join(folder, 'cdk.json'), '{ "versionReporting": false }\n');
  await shell(language.sampleInstall, folder, ENVIRONMENT);
  await synthesise(language, name, folder, language.sampleApp(code));
}

/** Runs all cases of a language. One that fails is printed and gives no assembly; without TypeScript's nothing can be compared. */
async function runLanguage(language: Language): Promise<void> {
  await step(`${language.name}: installed`, () => shell(language.install, EXAMPLE, ENVIRONMENT));
  for (const name of CASES) {
    try {
      await (name in PAGES ? synthesiseSample(language, name) : synthesise(language, name, EXAMPLE, language.app, `-c posture=${name}`));
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

/** Prints what differs from TypeScript's; returns for each comparison whether it held. */
function compareAll(): boolean[] {
  return CASES.flatMap((name) => OTHERS.map((language) => {
    const found = existsSync(assembly(language, name)) ? differences(assembly(TYPESCRIPT, name), assembly(language, name)) : ['It gave no assembly.'];
    console.log(`${found.length === 0 ? 'held    ' : 'NOT HELD'}  ${name}: templates, assets and findings from ${language.name} are those from TypeScript`);
    found.forEach((difference) => console.log(difference));
    return found.length === 0;
  }));
}

async function main(): Promise<boolean[]> {
  mkdirSync(ENVIRONMENT.TMPDIR);
  console.log(await shell(TOOLS, ROOT).catch((error: Error) => {
    throw new Error(`Needed: a JDK, Maven, Go, and Python 3.10 or newer with venv.\n${error.message}`);
  }));
  await step('packaged for npm, Python, Java and Go', () => packageAll(ROOT, WORK, MAVEN_REPOSITORY));
  for (const folder of ['01-private-backend', 'services']) {
    await copyRepository(join(ROOT, 'examples', folder), join(EXAMPLES, folder));
  }
  await runLanguage(TYPESCRIPT);
  await runOthers();
  return compareAll();
}

process.on('exit', () => rmSync(WORK, { recursive: true, force: true }));
['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, () => process.exit(1)));

main().catch((error: Error) => {
  console.error(error.message);
  return CASES.flatMap(() => OTHERS.map(() => false));
}).then((held) => {
  const kept = held.filter((one) => one).length;
  console.log(`${kept} held, ${held.length - kept} did not`);
  process.exitCode = kept === held.length ? 0 : 1;
}, () => process.exit(1));
