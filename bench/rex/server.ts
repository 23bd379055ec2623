import { spawn, type ChildProcess } from 'child_process';
import { once } from 'events';
import { existsSync, readFileSync } from 'fs';
import { eventually } from '../../examples/services/rex/test/support/eventually';
import { freePort } from '../../test/support/postgres-server';

// What Linux counts processor time in, whatever the clock of the machine.
const TICKS_A_SECOND = 100;

/** A server that is measured, in a process of its own. */
export class Server {
  /** Starts it and waits until it answers. Its log is read, as a container's is, and thrown away. */
  public static async start(script: string, environment: Record<string, string>, nodeOptions: string[] = []): Promise<Server> {
    const port = await freePort();
    const child = spawn(process.execPath, [...nodeOptions, script], {
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout!.resume();
    process.once('exit', () => child.kill('SIGKILL'));
    await eventually(`${script} answers`, async () => {
      if (child.exitCode !== null) {
        throw new Error(`${script} ended with code ${child.exitCode}`);
      }
      return fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false);
    });
    return new Server(child, port);
  }

  private constructor(private readonly child: ChildProcess, public readonly port: number) {}

  /** Processor time that the process has used so far, all threads, in milliseconds; NaN where the system does not tell. */
  public processorMillis(): number {
    const file = `/proc/${this.child.pid}/stat`;
    if (!existsSync(file)) {
      return NaN;
    }
    // The name of the program, in parentheses, may have spaces.
    const fields = readFileSync(file, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_A_SECOND;
  }

  public async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
  }
}
