import { spawnSync } from 'node:child_process';
import { DBMATE } from '../../../src/migrations/private/engines';

/** Taken where the module proxy does not serve the default version. Same Dockerfile, another build argument. */
const OTHER_VERSION = '2.35.1';

/**
 * Puts the source of dbmate into a module cache, from which the build then takes it: some proxies serve a version and no list of
 * versions, which `go install` asks for. Answers with the version.
 */
export function fetchDbmate(cache: string): string {
  const failures: string[] = [];
  for (const version of [DBMATE.defaultVersion, OTHER_VERSION]) {
    const { status, stderr, error } = spawnSync('go', ['mod', 'download', `github.com/amacneil/dbmate/v2@v${version}`], { encoding: 'utf8', env: { ...process.env, GOMODCACHE: cache, GOFLAGS: '-modcacherw' }, cwd: '/' });
    if (status === 0) return version;
    failures.push(`dbmate ${version} is not to be had here: ${error?.message ?? stderr.trim()}`);
    process.stderr.write(`${failures.at(-1)}\n`);
  }
  throw new Error(failures.join('\n'));
}
