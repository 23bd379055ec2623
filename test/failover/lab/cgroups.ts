import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'fs';
import { join, relative } from 'path';
import { setTimeout as sleep } from 'timers/promises';

/** Where control groups of version 2 are, also beside those of version 1. */
function mountPoint(): string {
  const line = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').find((mount) => mount.includes(' - cgroup2 '));
  if (line === undefined) throw new Error('This machine has no control groups of version 2, in which the hosts of the lab live.');
  return line.split(' ')[4];
}

/** Group of the processes of one lab. */
export function groupOf(lab: string): string {
  return join(mountPoint(), `cdk-private-backend-${lab}`);
}

/** Where control groups of version 1 are that limit what is written to devices. */
const BLKIO = '/sys/fs/cgroup/blkio';

/** Group of version 1 for the processes of a group of version 2. */
function limitedOf(group: string): string {
  return join(BLKIO, relative(mountPoint(), group));
}

function writeControl(group: string, file: string, value: string): void {
  writeFileSync(join(group, file), value);
}

/** Makes a group, and removes what an earlier one left there. */
export async function createGroup(group: string): Promise<void> {
  await removeGroup(group);
  mkdirSync(group);
}

/** Kills all processes of a group and of those below it, at once. */
export async function killGroup(group: string): Promise<void> {
  if (!existsSync(group)) return;
  const populated = () => readFileSync(join(group, 'cgroup.events'), 'utf8').includes('populated 1');
  for (let attempt = 0; populated(); attempt += 1) {
    if (attempt === 100) throw new Error(`Processes in ${group} don't end.`);
    writeControl(group, 'cgroup.kill', '1');
    await sleep(50);
  }
}

/** Kills all processes of a group, and removes it. */
export async function removeGroup(group: string): Promise<void> {
  await killGroup(group);
  const remove = (folder: string) => {
    readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).forEach((entry) => remove(join(folder, entry.name)));
    rmdirSync(folder);
  };
  [limitedOf(group), group].filter(existsSync).forEach(remove);
}

/** Processes of a group and of those below it. */
function processesOf(group: string): string[] {
  const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap(({ name }) => processesOf(join(group, name)));
  return [...readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter((pid) => pid !== ''), ...below];
}

/** Processes that a group has now, and those that they start, together write so many bytes in a second to a device; 0 is no limit. */
export function limitWrites(group: string, device: string, bytes: number): void {
  if (!existsSync(join(BLKIO, 'blkio.throttle.write_bps_device'))) throw new Error(`This machine has no control groups of version 1 in ${BLKIO}, which slow a disk.`);
  const limited = limitedOf(group);
  mkdirSync(limited, { recursive: true });
  writeControl(limited, 'blkio.throttle.write_bps_device', `${device} ${bytes}`);
  for (const pid of processesOf(group)) {
    try {
      writeControl(limited, 'cgroup.procs', pid);
    } catch {
      // It has ended.
    }
  }
}

/** Stops every process of a group where it stands, until it is thawed. */
export function freezeGroup(group: string): void {
  writeControl(group, 'cgroup.freeze', '1');
}

export function thawGroup(group: string): void {
  writeControl(group, 'cgroup.freeze', '0');
}

/** Command that puts itself into a group and becomes another one. */
export function inGroup(group: string, command: string[]): [string, string[]] {
  return ['bash', ['-c', 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"', 'in-group', group, ...command]];
}
