import { spawnSync } from 'child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'fs';
import * as path from 'path';

/** What stands for a base image: files of this machine. */
export interface Base {
  readonly kind: 'debian' | 'busybox' | 'scratch';
  readonly env: Readonly<Record<string, string>>;
}

/** Folders of Debian that images share with this machine, which is read only. */
const SHARED = ['/usr', '/etc'];

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The folder at the root that a path is in, where it is an overlay of its own. */
export function sharedFolderOf(file: string): string | undefined {
  return SHARED.find((folder) => file === folder || file.startsWith(`${folder}/`));
}

/** By the name of an image; nothing is fetched, so versions are those of this machine. */
export function baseOf(image: string): Base | undefined {
  const name = image.replace(/[@:][^/]*$/, '');
  if (name === 'scratch' || name.includes('distroless/static')) return { kind: 'scratch', env: { PATH } };
  if (/(^|\/)busybox$/.test(name)) return { kind: 'busybox', env: { PATH } };
  if (/(^|\/)(node|debian)$/.test(name)) return { kind: 'debian', env: { PATH } };
  if (/(^|\/)golang$/.test(name)) return { kind: 'debian', env: { PATH: `/usr/local/go/bin:${PATH}`, GOPATH: '/go', GOTOOLCHAIN: 'local' } };
  return undefined;
}

/** Makes the root folders of base images, once for a process. */
export class Bases {
  constructor(private readonly directory: string) {}

  /** Mounts that give a container a base image with layers above it. What a build writes becomes part of the layers. */
  public mounts({ kind }: Base, layers: string, work?: string): string[] {
    const overlay = (layer: string, below: string, where: string) => {
      const folder = path.join(layers, layer);
      if (work !== undefined) mkdirSync(folder, { recursive: true });
      const lower = work === undefined && existsSync(folder) ? `${folder}+${below}` : below;
      return `overlay:${lower}:${work === undefined ? '-' : `${folder}+${path.join(work, layer)}`}:${where}`;
    };
    const shared = kind === 'debian' ? SHARED.map((folder) => overlay(folder, folder, folder)) : [];
    return [overlay('root', this.root(kind), '/'), ...shared, 'bind:/dev:/dev:rw'];
  }

  /** Where a file of an image is in the file system of this machine. */
  public find({ kind }: Base, layers: string, file: string): string | undefined {
    const shared = kind === 'debian' ? sharedFolderOf(file) : undefined;
    const places = [shared === undefined ? path.join(layers, 'root', file) : path.join(layers, file), kind === 'debian' ? file : path.join(this.root(kind), file)];
    // Only what Debian itself would have is there in a container.
    const visible = kind !== 'debian' || /^\/(usr|etc|bin|sbin|lib)/.test(file) ? places : places.slice(0, 1);
    return visible.find((place) => existsSync(place));
  }

  private root(kind: Base['kind']): string {
    const root = path.join(this.directory, kind);
    if (existsSync(root)) return root;
    ['dev', 'proc', 'tmp', 'etc', 'run', 'var', 'root'].forEach((name) => mkdirSync(path.join(root, name), { recursive: true }));
    writeFileSync(path.join(root, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    if (kind === 'busybox') this.addBusybox(path.join(root, 'bin'));
    if (kind === 'debian') ['bin', 'sbin', 'lib', 'lib64'].forEach((name) => addLink(root, name));
    return root;
  }

  /** The real program, under each of its names. */
  private addBusybox(bin: string): void {
    const { stdout, error } = spawnSync('busybox', ['--list'], { encoding: 'utf8' });
    if (error !== undefined) throw new Error(`busybox is missing, as 'apt-get install busybox-static' installs it: ${error.message}`);
    mkdirSync(bin);
    copyFileSync(['/bin/busybox', '/usr/bin/busybox'].find((file) => existsSync(file)) ?? 'busybox', path.join(bin, 'busybox'));
    stdout.split('\n').filter((name) => name !== '' && name !== 'busybox').forEach((name) => symlinkSync('busybox', path.join(bin, name)));
  }
}

function addLink(root: string, name: string): void {
  const host = path.join('/', name);
  if (existsSync(host) && lstatSync(host).isSymbolicLink()) symlinkSync(readlinkSync(host), path.join(root, name));
}
