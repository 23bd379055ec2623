import { spawn, type ChildProcess } from 'child_process';
import { existsSync, readFileSync, readdirSync } from 'fs';
import * as path from 'path';
import { createInterface } from 'readline';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { signalGroup } from './process';
import { RunnerPaths } from '../../src/migrations/shared/runner.contract';

/** A container's program. */
export interface Program {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
}

/**
 * What a container of an image that was staged but never built runs: the entry point of its Dockerfile with the container's
 * command and environment, the engine's own binary on its PATH, and the image's folder where it was staged.
 */
export function programOf(container: ContainerDefinition, secrets: Record<string, string>, image: string, engines: string): Program {
  const local = (text: string) => text.replaceAll(path.dirname(RunnerPaths.ENTRYPOINT), image);
  const [command, ...args] = [...container.entryPoint ?? entryPointOf(image), ...container.command ?? []].map(local);
  const environment = Object.fromEntries((container.environment ?? []).map(({ name = '', value = '' }) => [name, local(value)]));
  return {
    command: command === 'node' ? process.execPath : command,
    args,
    cwd: image,
    env: { PATH: `${engines}${path.delimiter}${process.env.PATH}`, NODE_ENV: 'production', HOME: '/tmp', ...environment, ...secrets },
  };
}

/** The staged build context of an image: its tag is the hash that ends the name of the staged folder. */
export function stagedImage(image: string, assemblies: string): string | undefined {
  const tag = /:([0-9a-f]{64})$/.exec(image)?.[1];
  return readdirSync(assemblies).map((assembly) => path.join(assemblies, assembly, `asset.${tag}`)).find((folder) => existsSync(folder));
}

function entryPointOf(image: string): string[] {
  const line = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(path.join(image, 'Dockerfile'), 'utf8'));
  return JSON.parse(line?.[1] ?? '[]') as string[];
}

/** A container that runs as a process. */
export class ContainerProcess {
  public readonly lines: string[] = [];
  /** Exit code as a container has it, once it has ended. */
  public readonly ended: Promise<number>;
  private readonly child: ChildProcess;

  constructor({ command, args, env, cwd }: Program) {
    this.child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => this.lines.push(line));
    }
    this.ended = new Promise((done, failed) => this.child
      .once('error', failed)
      .once('close', (code, signal) => done(code ?? 128 + (signal === 'SIGTERM' ? 15 : 9))));
  }

  /** SIGTERM, then SIGKILL for what takes too long. */
  public async stop(seconds: number): Promise<void> {
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.kill(), seconds * 1000);
    await this.ended;
    clearTimeout(impatience);
  }

  public kill(): void {
    signalGroup(this.child.pid, 'SIGKILL');
  }
}
