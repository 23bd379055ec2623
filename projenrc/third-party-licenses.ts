import { spawnSync } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { PERMISSIVE_LICENSES } from './licenses';

/**
 * Writes `THIRD-PARTY-LICENSES`: the packages of others whose code is in `assets/`, with their licences, which ask for it. The bundler
 * says which packages they are. Runs after the bundling; the file is committed, so that a new package is seen in a review.
 */
const TARGET = 'THIRD-PARTY-LICENSES';

interface Metafile {
  readonly outputs: { readonly [path: string]: { readonly inputs: { readonly [path: string]: { readonly bytesInOutput: number } } } };
}

interface Step {
  readonly execArgs?: string[];
}

/** The commands that bundle, as the tasks run them. */
function bundleCommands(): string[][] {
  const { tasks } = JSON.parse(fs.readFileSync('.projen/tasks.json', 'utf8')) as { tasks: { [name: string]: { steps?: Step[] } } };
  return Object.entries(tasks).filter(([name]) => name.startsWith('bundle:') && !name.endsWith(':watch')).flatMap(([, { steps }]) => steps ?? []).flatMap(({ execArgs }) => (execArgs === undefined ? [] : [execArgs]));
}

/** Folders of the packages of which at least a byte is in what these commands bundle. */
export function bundledPackages(commands: string[][] = bundleCommands()): string[] {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-private-backend-licences-'));
  try {
    const metafile = path.join(directory, 'meta.json');
    const inputs = commands.flatMap(([command, ...parameters]) => {
      const own = parameters.filter((parameter) => !parameter.startsWith('--outfile='));
      const { status, stderr } = spawnSync(path.join('node_modules', '.bin', command), [...own, `--outfile=${path.join(directory, 'index.js')}`, `--metafile=${metafile}`, '--log-level=warning'], { encoding: 'utf8' });
      if (status !== 0) {
        throw new Error(`${command} failed: ${stderr}`);
      }
      return Object.values((JSON.parse(fs.readFileSync(metafile, 'utf8')) as Metafile).outputs).flatMap((output) => Object.entries(output.inputs));
    });
    const folders = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).flatMap(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
    return [...new Set(folders)].sort();
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

/** The notice of a package: a file of that name or, as some have it, the last section of the README. */
function noticeOf(folder: string): string {
  const files = fs.readdirSync(folder).filter((name) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(name)).sort();
  if (files.length > 0) {
    return files.map((name) => fs.readFileSync(path.join(folder, name), 'utf8').trim()).join('\n\n');
  }
  const readme = fs.readdirSync(folder).find((name) => /^readme\.md$/i.test(name));
  const section = readme === undefined ? undefined : /^#+ *licen[cs]e *\n([^]+?)(?=^#|(?![^]))/im.exec(fs.readFileSync(path.join(folder, readme), 'utf8'))?.[1].trim();
  if (section === undefined || !/permission|redistribution|licensed under/i.test(section)) {
    throw new Error(`${folder} has no text of its licence. Bundle something else, or add its text here.`);
  }
  return section;
}

/** The part about one package. Fails for a licence that is not in the list: it may ask for more than a notice. */
export function noticeFor(folder: string): string {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as { name: string; version: string; license?: unknown };
  if (typeof license !== 'string' || !PERMISSIVE_LICENSES.includes(license)) {
    throw new Error(`${name} ${version} has the licence ${JSON.stringify(license)}, which is not in projenrc/licenses.ts.`);
  }
  return `${name} ${version} (${license})\n\n${noticeOf(folder).replace(/\r/g, '').replace(/[ \t]+$/gm, '')}\n`;
}

/** The whole file. */
export function thirdPartyLicenses(): string {
  const head = 'The functions and programs in assets/ contain code of these packages. Each has its own licence:\n';
  return [head, ...bundledPackages().map(noticeFor)].join(`\n${'-'.repeat(80)}\n\n`);
}

if (require.main === module) {
  fs.writeFileSync(TARGET, thirdPartyLicenses());
}
