import { spawnSync } from 'child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { delimiter, join } from 'path';

/** The version that the library pins. */
export const GOOSE_VERSION = '3.27.3';

const TAGS = 'no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb';

/** Where goose is, or why there is none. */
export interface GooseLookup {
  /** Folder to put into PATH. */
  readonly directory?: string;
  readonly reason?: string;
}

/** Finds goose of the pinned version in PATH, else builds it once with Go; later calls, also of other processes, reuse it. */
export function findGoose(): GooseLookup {
  const installed = (process.env.PATH ?? '').split(delimiter).find((directory) => isPinned(join(directory, 'goose')));
  if (installed) return { directory: installed };
  const cache = join(process.env.CDK_PRIVATE_BACKEND_CACHE ?? tmpdir(), `cdk-private-backend-goose-${process.getuid?.() ?? 'user'}`, GOOSE_VERSION);
  if (existsSync(join(cache, 'goose'))) return { directory: cache };
  return build(cache);
}

function isPinned(path: string): boolean {
  return existsSync(path) && spawnSync(path, ['-version'], { encoding: 'utf8' }).stdout.includes(`v${GOOSE_VERSION}`);
}

function build(cache: string): GooseLookup {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    const built = spawnSync('go', ['install', `-tags=${TAGS}`, `github.com/pressly/goose/v3/cmd/goose@v${GOOSE_VERSION}`], {
      encoding: 'utf8', env: { ...process.env, GOBIN: draft, CGO_ENABLED: '0' }, timeout: 240_000,
    });
    if (built.error) return { reason: `goose is not installed, and Go is not there to build it: ${built.error.message}` };
    if (built.status !== 0) return { reason: `goose is not installed and does not build: ${built.stderr.trim().split('\n').pop()}` };
    renameSync(join(draft, 'goose'), join(cache, 'goose'));
    return { directory: cache };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
