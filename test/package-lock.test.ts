import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Entry {
  readonly resolved?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}
type Packages = Record<string, Entry>;

/** Dependencies, also those for other platforms, that a lock file does not hold: `npm ci` refuses such a file. */
function missing(packages: Packages): string[] {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !ancestors(path).some((ancestor) => `${ancestor}node_modules/${name}` in packages))
      .map((name) => `${path} needs ${name}`));
}

/** Where Node.js looks for what a package needs, from its own folder up. */
function ancestors(path: string): string[] {
  const parts = path === '' ? [] : path.split('/node_modules/');
  return ['', ...parts.map((_, index) => `${parts.slice(0, index + 1).join('/node_modules/')}/`)];
}

describe.each(['package-lock.json', 'examples/services/hello-birthday/package-lock.json', 'examples/services/rex/package-lock.json', 'test/clients/node/package-lock.json', '.ci/publib/package-lock.json'])('%s', (file) => {
  const { packages } = JSON.parse(readFileSync(join(__dirname, '..', file), 'utf8')) as { packages: Packages };

  test('names every package for every platform, so that npm ci works', () => {
    expect(missing(packages)).toEqual([]);
  });

  test('names no registry but the public one, which npm replaces by the one that is configured', () => {
    const addresses = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
    expect(addresses.filter((address) => !address.startsWith('https://registry.npmjs.org/'))).toEqual([]);
  });
});

test('fails on a platform that is not there', () => {
  const packages: Packages = { 'node_modules/a': { optionalDependencies: { 'a-linux': '1', 'a-mac': '1' } }, 'node_modules/a/node_modules/a-linux': {} };
  expect(missing(packages)).toEqual(['node_modules/a needs a-mac']);
});
