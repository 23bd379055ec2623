import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImageList } from '../pinned-images';
import { type Architecture, type Buildah, HOST, OTHER } from './buildah';

const PATH = '/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Names of the bases that are made here, and what they hold on this machine's architecture. */
const CONTENT: Record<string, (root: string) => void> = { busybox: addBusybox, golang: addBusybox, node: addNode, static: () => undefined };

/** What stands for each image of the list that a Dockerfile builds on. */
export function standIns({ images }: ImageList): Map<string, string> {
  const names = images.filter(({ files }) => files.some((file) => /(^|[./])Dockerfile$/.test(file))).map(({ name, tag, digest }): [string, string] => {
    const base = Object.keys(CONTENT).find((candidate) => name.split('/').at(-1)?.startsWith(candidate));
    if (base === undefined) throw new Error(`Nothing of this machine stands for the image ${name}; test/images/build/bases.ts has those that something does.`);
    return [`${name}:${tag}@${digest}`, base];
  });
  return new Map(names);
}

/** Folders and files of this machine that commands of a build see: Go, caches, certificates, and how npm is configured. */
export function volumes(cache: string): string[] {
  ['go', 'npm'].forEach((name) => mkdirSync(join(cache, name), { recursive: true }));
  return [
    `${setting('go', 'env', 'GOROOT')}:/usr/local/go:ro`, `${join(cache, 'go')}:/gocache`, `${join(cache, 'npm')}:/root/.npm`,
    ...[[join(homedir(), '.npmrc'), '/root/.npmrc'], [setting('npm', 'config', 'get', 'globalconfig'), '/usr/local/etc/npmrc'], ['/etc/ssl/certs', '/etc/ssl/certs'], ['/usr/share/ca-certificates', '/usr/share/ca-certificates']]
      .filter(([from]) => existsSync(from)).map(([from, to]) => `${from}:${to}:ro`),
  ];
}

/**
 * Makes the bases, each for both architectures. For this machine they have real programs. For the other one they have a shell that
 * fails, also where an emulator is installed: nothing may be started there.
 */
export function makeBases(buildah: Buildah, folder: string, bases: ReadonlySet<string>): void {
  mkdirSync(folder, { recursive: true });
  const trap = buildTrap(folder);
  for (const base of bases) {
    const images = [HOST, OTHER].map((architecture) => {
      const context = join(folder, `${base}-${architecture}`);
      const root = join(context, 'root');
      addSystem(root);
      if (architecture === HOST) CONTENT[base](root);
      else if (base !== 'static') addTrap(root, trap);
      writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nCOPY root/ /\nENV ${variablesOf(base, architecture)}\n`);
      return buildah.base(base, architecture, context);
    });
    buildah.join(base, images);
  }
}

function variablesOf(base: string, architecture: Architecture): string {
  // Modules and what was compiled are kept between runs. Go compares what its own cache serves like any other source.
  const go = { GOPATH: '/go', GOMODCACHE: '/gocache/mod', GOCACHE: '/gocache/build', GOPROXY: `file:///gocache/mod/cache/download,${setting('go', 'env', 'GOPROXY')}` };
  return Object.entries({ PATH, ...(base === 'golang' && architecture === HOST ? go : {}) }).map(([key, value]) => `${key}=${value}`).join(' ');
}

/** How Go or npm is set on this machine. */
function setting(...[program, ...args]: string[]): string {
  const { status, stdout, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`'${program}' is missing: ${error?.message ?? status}. .ci/tier-tools installs Go.`);
  return stdout.trim();
}

function addSystem(root: string): void {
  ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'usr/bin', 'usr/local/bin'].forEach((name) => mkdirSync(join(root, name), { recursive: true }));
  chmodSync(join(root, 'tmp'), 0o1777);
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
}

function addBusybox(root: string): void {
  const file = ['/bin/busybox', '/usr/bin/busybox'].find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error("busybox is missing, as 'apt-get install busybox-static' installs it.");
  copyFileSync(file, join(root, 'bin/busybox'));
  const names = spawnSync(file, ['--list'], { encoding: 'utf8' }).stdout.split('\n').filter((name) => !['', 'busybox', 'env'].includes(name));
  names.forEach((name) => symlinkSync('busybox', join(root, 'bin', name)));
  symlinkSync('/bin/busybox', join(root, 'usr/bin/env'));
}

/** The Node.js that runs this, with the libraries that it loads, and its npm. */
function addNode(root: string): void {
  addBusybox(root);
  const programs = join(root, 'usr/local');
  copyFileSync(process.execPath, join(programs, 'bin/node'));
  const libraries = [...spawnSync('ldd', [process.execPath], { encoding: 'utf8' }).stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file);
  for (const library of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  cpSync(join(dirname(process.execPath), '../lib/node_modules/npm'), join(programs, 'lib/node_modules/npm'), { recursive: true });
  ['npm', 'npx'].forEach((name) => symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(programs, 'bin', name)));
}

/** A real program for the other architecture, which fails. */
function buildTrap(folder: string): string {
  const source = join(folder, 'trap.go');
  const trap = join(folder, 'trap');
  writeFileSync(source, 'package main\n\nimport "os"\n\nfunc main() {\n\tos.Stderr.WriteString("This program is for another architecture.\\n")\n\tos.Exit(1)\n}\n');
  const { status, stderr } = spawnSync('go', ['build', '-o', trap, source], { encoding: 'utf8', env: { ...process.env, GOOS: 'linux', GOARCH: OTHER, CGO_ENABLED: '0' } });
  if (status !== 0) throw new Error(`Go did not build a program for ${OTHER}: ${stderr}`);
  return trap;
}

function addTrap(root: string, trap: string): void {
  ['bin/sh', 'bin/mkdir', 'usr/local/bin/node'].forEach((name) => copyFileSync(trap, join(root, name)));
}
