import { execFileSync, spawnSync } from 'child_process';
import { cpSync, mkdirSync, rmSync } from 'fs';
import { join } from 'path';
import { build } from 'esbuild';
import { findGoose } from '../../test/support/goose';
import { ROOT, WORK } from '../support/paths';

const SOURCE = join(ROOT, 'examples/services/rex');
const FOLDER = join(WORK, 'rex');

/** What is missing for measuring the service; undefined where nothing is. */
export function missingForService(): string | undefined {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    return 'redis-server is not installed';
  }
  return findGoose().reason;
}

/** Builds the service as its image does, and the bare handler beside it, so that both use the same packages; gives the folder. */
export async function buildService(): Promise<string> {
  const folder = process.env.REX_SERVICE ?? buildFromSource();
  await build({ entryPoints: [join(__dirname, 'bare.ts')], outfile: join(folder, 'bare.js'), platform: 'node', format: 'cjs', target: 'node20', logLevel: 'warning' });
  return folder;
}

function buildFromSource(): string {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'src']) {
    cpSync(join(SOURCE, name), join(FOLDER, name), { recursive: true });
  }
  const npm = (...args: string[]): void => void execFileSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund');
  npm('run', 'build');
  return FOLDER;
}
