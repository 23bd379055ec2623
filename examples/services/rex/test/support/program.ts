import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** One of the built services as its container runs it: a process of its own with nothing but its environment. */
export class Program {
  public log = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  public constructor(entry: 'api' | 'worker', environment: Record<string, string>) {
    const folder = process.env.REX_SERVICE;
    if (folder === undefined) {
      throw new Error('REX_SERVICE must be the folder of the built service: run bash .ci/tier-rex');
    }
    this.child = spawn(process.execPath, [join(folder, 'dist', `${entry}.js`)], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ...environment } });
    this.child.stdout!.on('data', (chunk) => { this.log += chunk; });
    this.child.stderr!.on('data', (chunk) => { this.log += chunk; });
    this.exited = once(this.child, 'exit');
    const end = (): void => void this.child.kill('SIGKILL');
    process.once('exit', end);
    void this.exited.then(() => process.off('exit', end));
  }

  public get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends it without a warning, as a lost host does. */
  public async kill(): Promise<void> {
    if (this.running) {
      this.child.kill('SIGKILL');
      await this.exited;
    }
  }

  /** Ends it as ECS does, and gives its exit code. */
  public async stop(): Promise<number | null> {
    if (this.running) {
      this.child.kill('SIGTERM');
      await this.exited;
    }
    return this.child.exitCode;
  }
}
