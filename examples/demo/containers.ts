import { execFileSync, spawn, type ChildProcess } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';
import type { Deployment } from './deployment';
import type { Template } from './template';
import { CA_DIRECTORY } from '../../src/binding/shared/trust.contract';
import { CA_FILE_VARIABLE } from '../../src/fargate/private/trust-command';
import { RunnerPaths } from '../../src/migrations/shared/runner.contract';

interface ContainerDefinition {
  readonly Name: string;
  readonly Essential?: boolean;
  readonly EntryPoint?: string[];
  readonly Command?: string[];
  readonly Environment?: { readonly Name: string; readonly Value: string }[];
  readonly Secrets?: { readonly Name: string; readonly ValueFrom: string }[];
  readonly Image: unknown;
}

const STOP_TIMEOUT_MS = 5_000;

/** What a process of the demo printed, and how it ended. */
export interface ProcessResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs containers of a template's task definitions as processes, with their own entry points, environment and secrets. */
export class Containers {
  private readonly running = new Set<ChildProcess>();

  constructor(private readonly template: Template, private readonly assembly: string, private readonly deployment: Deployment, private readonly workDir: string) {
    fs.mkdirSync(this.caDirectory(), { recursive: true });
  }

  /** Runs the migration task: the runner from the staged image, with the engine's directory put on PATH. */
  public async migrate(engineDirectory: string): Promise<ProcessResult> {
    const container = this.taskContainers('task').find(({ Image }) => this.imageDirectory(Image) !== undefined && fs.existsSync(this.inImage(Image)));
    if (container === undefined) {
      throw new Error('The template has no migration task whose image holds the runner.');
    }
    const staged = this.imageDirectory(container.Image) ?? '';
    const local = (text: string) => text.replaceAll(path.dirname(RunnerPaths.ENTRYPOINT), staged);
    const environment = mapValues(this.environment(container), local);
    const [command, ...rest] = [...container.EntryPoint ?? entryPointOf(staged), ...container.Command ?? []].map(local);
    return this.run(command === 'node' ? process.execPath : command, rest, { ...environment, PATH: `${engineDirectory}${path.delimiter}${process.env.PATH}` });
  }

  /** Runs the container that delivers certificate authorities to the service; answers with the file it wrote. */
  public deliverCertificateAuthorities(): string {
    const container = this.taskContainers('service').find(({ Essential }) => Essential === false);
    const file = path.join(this.caDirectory(), 'ca.pem');
    if (container === undefined) {
      throw new Error('The service has no container that delivers certificate authorities.');
    }
    const [shell, ...rest] = [...container.EntryPoint ?? [], ...container.Command ?? []];
    execFileSync(shell, rest, { env: { ...this.environment(container), [CA_FILE_VARIABLE]: file, PATH: process.env.PATH }, stdio: 'pipe' });
    return file;
  }

  /** Environment of the service's main container, with the mount point of certificate authorities moved to this machine. */
  public serviceEnvironment(): Record<string, string> {
    const container = this.taskContainers('service').find(({ Essential }) => Essential !== false);
    if (container === undefined) {
      throw new Error('The template has no service.');
    }
    return mapValues(this.environment(container), (text) => text
      .replaceAll(CA_DIRECTORY, this.caDirectory())
      .replaceAll(encodeURIComponent(CA_DIRECTORY), encodeURIComponent(this.caDirectory())));
  }

  /** Starts a program that goes on until `stop()`. */
  public start(command: string, args: string[], env: Record<string, string>, onOutput: (text: string) => void): ChildProcess {
    const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    child.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
    return child;
  }

  /** Ends every process that is still running, as ECS does: SIGTERM first, SIGKILL for what takes too long. */
  public async stop(): Promise<void> {
    await Promise.all([...this.running].map(async (child) => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(impatience);
    }));
  }

  private async run(command: string, args: string[], env: Record<string, string>): Promise<ProcessResult> {
    let output = '';
    const child = this.start(command, args, env, (text) => {
      output += text;
    });
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return { code, output };
  }

  /** Containers of the task definitions that a service runs, or of those that none does. */
  private taskContainers(of: 'service' | 'task'): ContainerDefinition[] {
    const resources = Object.entries(this.template.Resources);
    const services = resources.filter(([, { Type }]) => Type === 'AWS::ECS::Service').map(([, { Properties }]) => JSON.stringify(Properties));
    return resources
      .filter(([id, { Type }]) => Type === 'AWS::ECS::TaskDefinition' && services.some((service) => service.includes(`"${id}"`)) === (of === 'service'))
      .flatMap(([, { Properties }]) => this.deployment.resolve<ContainerDefinition[]>(Properties?.ContainerDefinitions));
  }

  private environment({ Environment = [], Secrets = [] }: ContainerDefinition): Record<string, string> {
    return Object.fromEntries([
      ...Environment.map(({ Name, Value }) => [Name, Value]),
      ...Secrets.map(({ Name, ValueFrom }) => [Name, this.deployment.secretField(ValueFrom)]),
    ]);
  }

  private inImage(image: unknown): string {
    return path.join(this.imageDirectory(image) ?? '', path.basename(RunnerPaths.ENTRYPOINT));
  }

  /** The staged build context of an image: its name ends with the hash that the staged directory has. */
  private imageDirectory(image: unknown): string | undefined {
    const hash = /:([0-9a-f]{64})$/.exec(String(image))?.[1];
    return hash === undefined ? undefined : path.join(this.assembly, `asset.${hash}`);
  }

  private caDirectory(): string {
    return path.join(this.workDir, 'ca');
  }
}

/** The entry point that the Dockerfile of a staged build context gives its image. */
function entryPointOf(directory: string): string[] {
  const line = /^ENTRYPOINT (\[.*\])$/m.exec(fs.readFileSync(path.join(directory, 'Dockerfile'), 'utf8'));
  return JSON.parse(line?.[1] ?? '[]') as string[];
}

function mapValues(record: Record<string, string>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
