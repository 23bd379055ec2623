import * as fs from 'fs';
import * as path from 'path';
import { buildSync } from 'esbuild';
import { ACCOUNT, REGION } from './emulator';
import { filterTemplate, type FilterOptions, type Template } from './filter';
import { ROOT } from './paths';
import { run, runOrThrow, unlessEnding, type ProgramResult } from './process';

/** What a stack is synthesised from. */
export interface SynthOptions {
  /** Folder of the example, beside the others and the list of their apps. */
  readonly example: string;
  readonly posture: 'development' | 'production';
  /** File with the certificate authority of the database server. */
  readonly caFile: string;
  readonly context?: Record<string, string>;
}

/** A filtered cloud assembly, ready to be deployed. */
export interface Assembly {
  readonly directory: string;
  readonly stackNames: string[];
  readonly changes: Record<string, string[]>;
}

const NPM_PACKAGE = 'aws-cdk@2.1148.1';

/** The real CDK CLI, against the emulator. */
export class Cdk {
  /** Finds the CLI of the pinned version: the installed one, else the one that npm fetches. */
  public static async find(endpoint: string, assemblies: string): Promise<Cdk> {
    const output = await runOrThrow('npx', ['--yes', '--package', NPM_PACKAGE, '--call', 'command -v cdk'], { cwd: ROOT });
    return new Cdk(output.trim().split('\n').at(-1) ?? '', endpoint, assemblies);
  }

  private count = 0;

  private constructor(private readonly program: string, private readonly endpoint: string, private readonly assemblies: string) {}

  public async bootstrap(): Promise<void> {
    await this.orThrow('bootstrap', `aws://${ACCOUNT}/${REGION}`);
  }

  /** Synthesises with the CLI, and filters what it made. */
  public async synth({ example, posture, caFile, context = {} }: SynthOptions, filter: FilterOptions): Promise<Assembly> {
    const directory = path.join(this.assemblies, String(++this.count));
    const app = `${process.execPath} --require ${require.resolve('tsx/cjs')} ${path.join(__dirname, 'app.ts')}`;
    const all = Object.entries({ example, posture, ca: caFile, ...context }).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
    await this.orThrow('synth', '--quiet', '--app', app, '--output', directory, ...all);
    return filterAssembly(directory, filter);
  }

  public async deploy({ directory }: Assembly): Promise<ProgramResult> {
    return this.run('deploy', '--all', '--app', directory, '--require-approval', 'never', '--progress', 'events');
  }

  public async destroy({ directory }: Assembly): Promise<ProgramResult> {
    return this.run('destroy', '--all', '--app', directory, '--force');
  }

  private async run(...args: string[]): Promise<ProgramResult> {
    const result = await run(process.execPath, [this.program, ...args, '--no-color', '--no-notices', '--no-version-reporting'], {
      cwd: this.assemblies,
      env: {
        PATH: process.env.PATH,
        HOME: this.assemblies,
        TMPDIR: this.assemblies,
        CI: 'true',
        AWS_ENDPOINT_URL: this.endpoint,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_REGION: REGION,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        CDK_DISABLE_VERSION_CHECK: 'true',
        // The suite of the examples runs it.
        CDK_VALIDATION: 'false',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        TSX_TSCONFIG_PATH: path.join(ROOT, 'examples', 'tsconfig.json'),
      },
    });
    await unlessEnding();
    return result;
  }

  private async orThrow(...args: string[]): Promise<void> {
    const { code, output } = await this.run(...args);
    if (code !== 0) throw new Error(`cdk ${args.join(' ')} ended with ${code}:\n${output}`);
  }
}

/** The functions answer to AWS only, so those that answer to CloudFormation are bundled again for the emulator. */
const ANSWERING = ['certificates/issue-authority.lambda', 'postgres/engine/conductor.lambda', 'fargate/run-task.lambda'];

/** Puts bundles that also answer to the emulator in the place of those that are published. */
export function emulateCloud(directory: string): void {
  const published = new Map(ANSWERING.map((name) => [fs.readFileSync(path.join(ROOT, 'assets', name, 'index.js'), 'utf8'), name]));
  for (const folder of fs.readdirSync(directory).filter((name) => name.startsWith('asset.'))) {
    const outfile = path.join(directory, folder, 'index.js');
    const name = fs.existsSync(outfile) ? published.get(fs.readFileSync(outfile, 'utf8')) : undefined;
    if (name !== undefined) {
      buildSync({
        entryPoints: [path.join(ROOT, 'src', `${name}.ts`)],
        outfile,
        bundle: true,
        platform: 'node',
        target: 'node20',
        external: ['@aws-sdk/*'],
        allowOverwrite: true,
        logLevel: 'error',
        define: { EMULATED_CLOUD: '"http://127.0.0.1 http://localhost"' },
      });
    }
  }
}

/** Filters the templates, and takes images out of what is published: there is no Docker to build them. */
function filterAssembly(directory: string, options: FilterOptions): Assembly {
  const stackNames = fs.readdirSync(directory).filter((name) => name.endsWith('.template.json')).map((name) => name.replace(/\.template\.json$/, ''));
  const edit = <T>(name: string, change: (content: T) => T) => {
    const file = path.join(directory, name);
    fs.writeFileSync(file, JSON.stringify(change(JSON.parse(fs.readFileSync(file, 'utf8')) as T), undefined, 1));
  };
  emulateCloud(directory);
  const changes: Record<string, string[]> = {};
  const note = (what: string, where: string[]) => where.length > 0 && (changes[what] ??= []).push(...where);
  for (const stackName of stackNames) {
    edit<Template>(`${stackName}.template.json`, (template) => {
      const filtered = filterTemplate(template, options);
      Object.entries(filtered.changes).forEach(([what, where]) => note(what, where));
      options.edit?.(filtered.template);
      return filtered.template;
    });
    edit<{ dockerImages: Record<string, { displayName: string }> }>(`${stackName}.assets.json`, (assets) => {
      note('container image', Object.values(assets.dockerImages).map(({ displayName }) => displayName));
      return { ...assets, dockerImages: {} };
    });
  }
  return { directory, stackNames, changes };
}
