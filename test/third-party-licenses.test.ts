import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPackages, noticeFor, thirdPartyLicenses } from '../projenrc/third-party-licenses';

const ROOT = join(__dirname, '..');
const FILE = readFileSync(join(ROOT, 'THIRD-PARTY-LICENSES'), 'utf8');
const TITLES = [...FILE.matchAll(/^-{80}\n\n(\S+) (\S+) \(\S+\)$/gm)].map(([, name]) => name);

test('THIRD-PARTY-LICENSES is what the bundles make it', () => {
  expect(thirdPartyLicenses()).toBe(FILE);
});

test('names each package of which the bundles hold something, and no other', () => {
  const names = bundledPackages().map((folder) => (JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as { name: string }).name);
  expect(names).toEqual(expect.arrayContaining(['pg', 'pg-protocol', 'pgpass', 'split2']));
  expect(TITLES).toEqual(names);
});

test('sees a package that a handler begins to use, and none of which nothing is left in the bundle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-private-backend-licence-'));
  const entry = join(folder, 'entry.ts');
  writeFileSync(entry, `import { LRUCache } from '${ROOT}/node_modules/lru-cache'; import { types } from '${ROOT}/node_modules/pg'; console.log(LRUCache); export type T = typeof types;`);
  expect(bundledPackages([['esbuild', '--bundle', entry, '--platform=node', `--outfile=${folder}/index.js`]])).toEqual(['node_modules/lru-cache']);
  rmSync(folder, { recursive: true });
});

test('holds the notice that each licence asks for', () => {
  const parts = FILE.split(/^-{80}\n/m).slice(1);
  expect(parts).toHaveLength(TITLES.length);
  expect(parts.filter((part) => !/copyright/i.test(part) || !/permission (?:is hereby granted|to use, copy)|redistribution and use in source|apache license/i.test(part))).toEqual([]);
});

describe('a package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-private-backend-licence-'));
  const manifest = (license: unknown) => writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'left', version: '1.0.0', license }));

  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(['AGPL-3.0', 'GPL-3.0-or-later', '(MIT OR GPL-3.0)', 'SEE LICENSE IN LICENSE', 'UNLICENSED', undefined, { type: 'MIT' }])('fails with the licence %p', (license) => {
    manifest(license);
    writeFileSync(join(folder, 'LICENSE'), 'Permission is hereby granted.');
    expect(() => noticeFor(folder)).toThrow(/left 1\.0\.0 has the licence .*, which is not in projenrc\/licenses\.ts/);
  });

  test('has the text of its file and, without one, of the last section of its README', () => {
    manifest('MIT');
    writeFileSync(join(folder, 'LICENSE'), 'Copyright\r\nPermission is hereby granted.\n');
    expect(noticeFor(folder)).toBe('left 1.0.0 (MIT)\n\nCopyright\nPermission is hereby granted.\n');
    rmSync(join(folder, 'LICENSE'));
    writeFileSync(join(folder, 'README.md'), '# left\n\n## License\n\nPermission, says the README.\n\n## Links\n\nnone\n');
    expect(noticeFor(folder)).toBe('left 1.0.0 (MIT)\n\nPermission, says the README.\n');
  });

  test.each(['# left\n', '## License\n\nMIT\n'])('fails where nothing holds the text: %p', (readme) => {
    manifest('MIT');
    writeFileSync(join(folder, 'README.md'), readme);
    expect(() => noticeFor(folder)).toThrow(/has no text of its licence/);
  });
});
