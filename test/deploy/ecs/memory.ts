import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'fs';
import * as path from 'path';
import { setTimeout as sleep } from 'timers/promises';

const VERSION_1 = '/sys/fs/cgroup/memory';
const VERSION_2 = '/sys/fs/cgroup';

/** A control group with as much memory as a container may use; the kernel kills what takes more. */
export class MemoryGroup {
  /** @returns undefined where the kernel offers no memory controller; then nothing is limited */
  public static create(name: string, mebibytes: number): MemoryGroup | undefined {
    const version1 = existsSync(path.join(VERSION_1, 'memory.limit_in_bytes'));
    const folder = path.join(version1 ? VERSION_1 : VERSION_2, name);
    try {
      if (!version1) writeFileSync(path.join(VERSION_2, 'cgroup.subtree_control'), '+memory');
      mkdirSync(folder);
      writeFileSync(path.join(folder, version1 ? 'memory.limit_in_bytes' : 'memory.max'), String(mebibytes * 1024 * 1024));
      return new MemoryGroup(folder, version1 ? 'memory.oom_control' : 'memory.events');
    } catch {
      return undefined;
    }
  }

  private constructor(public readonly folder: string, private readonly events: string) {}

  /** Whether the kernel has killed a process of it. */
  public get exceeded(): boolean {
    try {
      return /^oom_kill [1-9]/m.test(readFileSync(path.join(this.folder, this.events), 'utf8'));
    } catch {
      return false;
    }
  }

  /** Its processes leave it a moment after they have ended. */
  public async remove(): Promise<void> {
    for (let tries = 0; tries < 40; tries++) {
      try {
        rmdirSync(this.folder);
        return;
      } catch {
        await sleep(25);
      }
    }
  }
}
