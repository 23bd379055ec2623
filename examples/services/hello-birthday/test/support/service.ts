import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = resolve(__dirname, '../../../../..');

/** The service as its container runs it: a process of its own with nothing but its environment. */
export class Service {
  public static async start(databaseUrl: string, environment: Record<string, string> = {}): Promise<Service> {
    const port = await freePort();
    const child = spawn(process.execPath, ['--import', 'tsx', resolve(ROOT, 'examples/services/hello-birthday/src/main.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, TZ: 'Pacific/Auckland', DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: '3', HOST: '127.0.0.1', PORT: String(port), DRAIN_SECONDS: '0', ...environment },
    });
    const service = new Service(child, `http://127.0.0.1:${port}`);
    await eventually(async () => (await service.get('/livez')).status === 200);
    return service;
  }

  public log = '';

  private constructor(public readonly child: ChildProcess, public readonly base: string) {
    child.stdout!.on('data', (chunk) => { this.log += chunk; });
  }

  public async get(path: string): Promise<Response> {
    return fetch(this.base + path);
  }

  public async put(username: string, dateOfBirth: string): Promise<Response> {
    return fetch(`${this.base}/hello/${username}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ dateOfBirth }) });
  }

  /** Sends SIGTERM and answers with the exit code. */
  public async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) {
      return this.child.exitCode;
    }
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    return (await exited)[0];
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

export async function eventually(condition: () => Promise<boolean>, milliseconds = 20_000): Promise<void> {
  const giveUp = Date.now() + milliseconds;
  while (!await condition().catch(() => false)) {
    if (Date.now() > giveUp) {
      throw new Error('It did not happen in time');
    }
    await sleep(50);
  }
}
