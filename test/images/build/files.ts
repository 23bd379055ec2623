import { closeSync, lstatSync, openSync, readdirSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './buildah';

/** `e_machine` of ELF files. */
const MACHINES: Record<number, Architecture> = { 0x3e: 'amd64', 0xb7: 'arm64' };

/** A file or folder of an image. */
export interface ImageFile {
  readonly path: string;
  readonly kind: 'd' | 'f' | 'l' | '?';
  /** Permissions in octal, with setuid, setgid and sticky bits. */
  readonly mode: string;
  /** User and group by number. */
  readonly owner: string;
  /** Where it is a program or a library: its architecture, or a word where it is one that nobody here knows. */
  readonly machine?: Architecture | 'unknown';
}

/** What an image has and its base has not, or has otherwise, in order of the paths. */
export function addedFiles(image: string, base: string): ImageFile[] {
  const before = new Map(listFiles(base).map((file) => [file.path, file]));
  return listFiles(image).filter((file) => {
    const other = before.get(file.path);
    return other === undefined || JSON.stringify(other) !== JSON.stringify(file) || (file.kind === 'f' && lstatSync(join(image, file.path)).size !== lstatSync(join(base, file.path)).size);
  });
}

/** In one line, as `ls` has it: `d 0755 0:0 /opt`. */
export function describeFile({ path, kind, mode, owner }: ImageFile): string {
  return `${kind} ${mode} ${owner} ${path}`;
}

/** Root and everything below. */
function listFiles(root: string, path = '/'): ImageFile[] {
  const place = join(root, path);
  const stats = lstatSync(place);
  const below = stats.isDirectory() ? readdirSync(place).sort().flatMap((name) => listFiles(root, join(path, name))) : [];
  return [{ path, kind: kindOf(stats), mode: stats.mode.toString(8).slice(-4), owner: `${stats.uid}:${stats.gid}`, ...machineOf(place, stats) }, ...below];
}

function kindOf(stats: Stats): ImageFile['kind'] {
  if (stats.isDirectory()) return 'd';
  if (stats.isSymbolicLink()) return 'l';
  return stats.isFile() ? 'f' : '?';
}

function machineOf(place: string, stats: Stats): Pick<ImageFile, 'machine'> {
  if (!stats.isFile() || stats.size < 20) return {};
  const header = Buffer.alloc(20);
  const file = openSync(place, 'r');
  readSync(file, header, 0, 20, 0);
  closeSync(file);
  if (header.toString('latin1', 0, 4) !== '\x7fELF') return {};
  return { machine: MACHINES[header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18)] ?? 'unknown' };
}
