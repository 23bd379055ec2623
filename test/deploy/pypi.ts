import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { runOrThrow } from './process';

/** Installs a program from PyPI, with other packages beside it, into a virtual environment, once; later calls, also of other processes, reuse it. Answers with the folder of its programs. */
export async function installFromPypi(name: string, version: string, others: readonly string[] = []): Promise<string> {
  const cache = join(process.env.CDK_PRIVATE_BACKEND_CACHE ?? tmpdir(), `cdk-private-backend-${name}-${process.getuid?.() ?? 'user'}`);
  const ready = join(cache, [version, ...others].join('-'));
  const programs = join(ready, 'bin');
  if (existsSync(programs)) return programs;
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    await runOrThrow('python3', ['-c', `import sys; assert sys.version_info >= (3, 10), "${name} needs Python 3.10 or newer"`]);
    await runOrThrow('python3', ['-m', 'venv', draft]);
    await runOrThrow(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`, ...others]);
    if (!existsSync(ready)) renameSync(draft, ready);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return programs;
}
