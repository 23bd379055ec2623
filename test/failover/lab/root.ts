import { createHash } from 'crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'fs';
import { homedir } from 'os';
import { join } from 'path';
import { runOrThrow } from './commands';
import { S3_HOST } from './constants';

/** What only the lab needs: systemd as process 1, its bus, commands for networks and processes, a clock that jumps. */
const LAB_PACKAGES = ['dbus', 'iproute2', 'libfaketime', 'nftables', 'procps', 'python3-psycopg2', 'systemd-sysv'];

/** It has no versions of objects, and its dependencies are old: it is no dependency of this project. */
const S3RVER = 's3rver@3.7.1';

const WEEK_MILLIS = 7 * 24 * 3600 * 1000;

/** What runs reuse. */
export interface Prepared {
  /** Root folder of the hosts. */
  readonly root: string;
  /** Folder with the certificate of S3. */
  readonly tls: string;
  /** Program that stands for S3. */
  readonly s3: string;
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk-private-backend', 'failover');
}

/** Removes what no run has used for a week. */
function tidy(): void {
  for (const entry of readdirSync(cacheFolder())) {
    const folder = join(cacheFolder(), entry);
    if (/^(draft|root)-/.test(entry) && statSync(folder).mtimeMs < Date.now() - WEEK_MILLIS) rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes a folder once; later calls, also of other processes, reuse it. */
async function once(folder: string, make: (draft: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return folder;
  }
  mkdirSync(cacheFolder(), { recursive: true });
  const draft = mkdtempSync(join(cacheFolder(), 'draft-'));
  try {
    await make(draft);
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

async function makeTls(folder: string): Promise<void> {
  const file = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'];
  await runOrThrow('openssl', ['req', '-x509', ...key, '-keyout', file('ca.key'), '-out', file('ca.crt'), '-subj', '/CN=S3 of the failover lab', '-addext', 'keyUsage=critical,keyCertSign']);
  await runOrThrow('openssl', ['req', '-x509', ...key, '-keyout', file('s3.key'), '-out', file('s3.crt'), '-subj', `/CN=${S3_HOST}`, '-CA', file('ca.crt'), '-CAkey', file('ca.key'),
    '-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `subjectAltName=DNS:${S3_HOST},DNS:*.${S3_HOST}`]);
}

/** Makes what is missing: it takes about a minute, packages from Debian's mirror and from npm. */
export async function prepare(nodeFiles: string, note: (text: string) => void): Promise<Prepared> {
  const install = join(nodeFiles, 'install.sh');
  const script = join(__dirname, 'build-root.sh');
  const hash = createHash('sha256').update([readFileSync(install), readFileSync(script), LAB_PACKAGES].join('\n')).digest('hex').slice(0, 16);
  const tls = await once(join(cacheFolder(), 'tls'), makeTls);
  const s3rver = await once(join(cacheFolder(), S3RVER), async (draft) => {
    note(`Installing ${S3RVER}`);
    await runOrThrow('npm', ['install', '--prefix', draft, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', S3RVER]);
  });
  const root = await once(join(cacheFolder(), `root-${hash}`), async (draft) => {
    note('Making the root of the hosts: Debian 13, then the packages of a node');
    await runOrThrow('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'bash', script, join(draft, 'root'), install, join(tls, 'ca.crt'), ...LAB_PACKAGES]);
  });
  tidy();
  return { root: join(root, 'root'), tls, s3: join(s3rver, 'node_modules', 's3rver', 'bin', 's3rver.js') };
}
