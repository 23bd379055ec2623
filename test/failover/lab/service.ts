import type { ChildProcess } from 'child_process';
import { mkdtempSync, readFileSync } from 'fs';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { buildSync } from 'esbuild';
import { until } from './cluster';
import { CLEAN_ENVIRONMENT, start } from './commands';
import { GATEWAY } from './constants';
import type { Lab } from './lab';
import { portOf, ServiceBalancer } from './service-balancer';
import { createServiceDatabase, databaseUrl, withNames, type ServiceFiles } from './service-database';

const SOURCE = join(__dirname, '..', '..', '..', 'examples', 'services', 'hello-birthday', 'src', 'main.ts');

/** Seconds between deregistration and SIGTERM, for which ECS waits a minute. */
const DEREGISTRATION = 10;

/** Seconds after SIGTERM after which ECS kills a container of the example. */
const STOP_TIMEOUT = 60;

async function isHealthy(port: number): Promise<boolean> {
  return fetch(`http://${GATEWAY}:${port}/healthz`).then(({ ok }) => ok, () => false);
}

/** How a process of the service ended. */
export interface Ending {
  readonly code: number | null;
  readonly seconds: number;
}

/** hello-birthday as example 02 runs it: two tasks behind a balancer, a database behind another one. */
export class Service {
  public static async start(lab: Lab): Promise<Service> {
    const folder = mkdtempSync(join(lab.work, 'service-'));
    const bundle = join(folder, 'hello-birthday.cjs');
    buildSync({ entryPoints: [SOURCE], bundle: true, platform: 'node', target: 'node20', outfile: bundle, external: ['pg-native'], logLevel: 'error' });
    const service = new Service(folder, bundle, await createServiceDatabase(lab), ServiceBalancer.start(folder));
    try {
      await service.launch();
      await service.launch();
    } catch (error) {
      service.stop();
      throw error;
    }
    return service;
  }

  private readonly processes = new Map<number, ChildProcess>();

  private constructor(private readonly folder: string, private readonly bundle: string, private readonly files: ServiceFiles, private readonly balancer: ServiceBalancer) {}

  /** Replaces every process under load as ECS does: a new one first; then one of the old is deregistered, waits, gets SIGTERM, and ends. */
  public async release(): Promise<Ending[]> {
    const endings: Ending[] = [];
    for (const old of [...this.processes.keys()]) {
      await this.launch();
      await this.balancer.deregister(old);
      await sleep(DEREGISTRATION * 1000);
      endings.push(await this.end(old));
      await this.balancer.free(old);
    }
    return endings;
  }

  public stop(): void {
    this.balancer.stop();
    this.processes.forEach((child) => child.kill('SIGKILL'));
  }

  /** What every process has logged. */
  public log(): string {
    return [...Array(4).keys()].map((index) => this.logOf(index + 1)).map((file) => readFileSync(file, { encoding: 'utf8', flag: 'a+' })).join('');
  }

  /** Starts a process at a free place, and gives it requests when it is healthy. */
  private async launch(): Promise<void> {
    const place = [1, 2, 3, 4].find((each) => !this.processes.has(each)) as number;
    const child = start(...withNames(this.files, [process.execPath, this.bundle]), {
      log: this.logOf(place),
      env: { ...CLEAN_ENVIRONMENT, NODE_ENV: 'production', DATABASE_URL: databaseUrl(this.files), HOST: GATEWAY, PORT: String(portOf(place)), LOG_LEVEL: 'warn' },
    });
    this.processes.set(place, child);
    await until(`the process at place ${place} is healthy`, () => isHealthy(portOf(place)), 60);
    await this.balancer.register(place);
  }

  private async end(place: number): Promise<Ending> {
    const child = this.processes.get(place) as ChildProcess;
    const since = Date.now();
    const ended = new Promise<number | null>((done) => child.once('close', done));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT * 1000);
    const code = await ended;
    clearTimeout(timer);
    this.processes.delete(place);
    return { code, seconds: (Date.now() - since) / 1000 };
  }

  private logOf(place: number): string {
    return join(this.folder, `place-${place}.log`);
  }
}
