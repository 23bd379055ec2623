import { existsSync, readdirSync, readFileSync } from 'fs';

/** An ELF file of nobody's machine here. */
export function foreignProgram(): string {
  const machine = process.arch === 'arm64' ? 62 : 183;
  return Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, machine, 0]), Buffer.alloc(44)]).toString('latin1');
}

/** Processes that a process has started, and theirs. */
export function descendantsOf(pid: string): string[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((child) => child !== '');
    return [...children, ...children.flatMap((child) => descendantsOf(child))];
  } catch {
    return [];
  }
}

/** Processes that have the folder in their command line, or are in a container of it. */
export function processesOf(text: string): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid)).filter((pid) => {
    const read = (file: string) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'utf8');
      } catch {
        return '';
      }
    };
    return existsSync(`/proc/${pid}`) && (read('cmdline').includes(text) || read('mounts').includes(text));
  });
}

/** Resolves once something holds; it is an error where that takes five seconds. */
export async function eventually(holds: () => boolean): Promise<void> {
  const giveUp = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > giveUp) throw new Error(`Not within five seconds: ${String(holds)}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}
