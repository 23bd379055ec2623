import { spawn, spawnSync } from 'child_process';
import { existsSync, mkdirSync, rmSync } from 'fs';
import { createServer } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { createGroup, groupOf, inGroup, removeGroup } from './lab/cgroups';
import { prepare, type Prepared } from './lab/root';
import type { Options } from './options';

/** Programs of the machine that the lab uses. `.ci/tier-failover` installs them. */
const PROGRAMS = ['debootstrap', 'haproxy', 'ip', 'losetup', 'mkfs.ext4', 'nsenter', 'openssl', 'setpriv', 'unshare'];

/** What the program outside gives to itself inside. */
const INSIDE = 'FAILOVER_LAB';

/** Where a lab is. */
export interface Place {
  readonly prepared: Prepared;
  readonly work: string;
  readonly group: string;
}

/** Whether this process is in the namespaces of the lab. */
export function isInside(): boolean {
  return process.env[INSIDE] !== undefined;
}

export function place(): Place {
  return JSON.parse(process.env[INSIDE] ?? '{}') as Place;
}

function requirePrograms(): void {
  if (process.getuid?.() !== 0) throw new Error('The failover tier makes namespaces, mounts and hosts: run it as root.');
  const missing = PROGRAMS.filter((program) => spawnSync('bash', ['-c', `command -v ${program}`]).status !== 0);
  if (missing.length > 0) throw new Error(`The failover tier needs ${missing.join(', ')}. .ci/tier-failover installs them on Debian.`);
}

/** The kernel lets go of it whenever this process ends. */
async function onlyOne(name: string): Promise<void> {
  const lock = createServer().unref();
  await new Promise<void>((done, failed) => lock.once('error', failed).listen(`\0cdk-private-backend-lab-${name}`, done)).catch(() => {
    throw new Error(`A lab named '${name}' runs on this machine. Two at once would measure each other: wait until it ends, or end it.`);
  });
}

/**
 * Starts this program again in a mount namespace and a network namespace of its own, and in a control group. Whatever happens to it, what is in them
 * goes with them: mounts, loop devices, hosts. This process only waits for it, and removes files.
 */
export async function launch({ name, nodeFiles }: Options): Promise<number> {
  requirePrograms();
  await onlyOne(name);
  const work = join(tmpdir(), `cdk-private-backend-${name}`);
  const group = groupOf(name);
  const prepared = await prepare(nodeFiles, (text) => console.log(text));
  await createGroup(group);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { mode: 0o755 });
  try {
    return await runInside({ prepared, work, group });
  } finally {
    await removeGroup(group);
    if (existsSync(work)) rmSync(work, { recursive: true, force: true });
  }
}

async function runInside(where: Place): Promise<number> {
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [command, args] = inGroup(where.group, ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--net', '--propagation', 'private', ...again]);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, [INSIDE]: JSON.stringify(where) } });
  // A Ctrl-C reaches both; a signal to this process alone is passed on.
  (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).forEach((signal) => process.on(signal, () => child.kill(signal)));
  return new Promise((done, failed) => child.once('error', failed).once('close', (code) => done(code ?? 1)));
}
