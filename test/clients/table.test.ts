import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENTS, PROGRAMS, readPinned, tableRow } from './clients';

const PAGE = readFileSync(join(__dirname, '../../docs/postgres.md'), 'utf8');
const SECTION = /\n## Clients\n([^]*?)\n## /.exec(PAGE)?.[1] ?? '';

test('the documentation has a row for each client that is tested, with its version and what its program does, and no other', () => {
  const rows = SECTION.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| client'));
  expect(rows).toEqual(CLIENTS.map(tableRow));
});

test.each(CLIENTS.map((client) => [client.name, client] as const))('the program of %s does what the documentation asks for', (_name, { language, code }) => {
  expect(readPinned(language, PROGRAMS[language])).toContain(code);
});

test('each version is pinned exactly', () => {
  const { dependencies } = JSON.parse(readPinned('node', 'package.json')) as { dependencies: Record<string, string> };
  expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(readPinned('python', 'requirements.txt').trim().split('\n').filter((line) => !/^[\w-]+==[\w.]+$/.test(line))).toEqual([]);
  expect(readPinned('java', 'driver.txt')).toMatch(/^[\w.]+:\w+:[\d.]+\n$/);
});

test('the repository\'s own node-postgres is the one in the table', () => {
  const { packages } = JSON.parse(readFileSync(join(__dirname, '../../package-lock.json'), 'utf8')) as { packages: Record<string, { version: string }> };
  expect(JSON.parse(readPinned('node', 'package.json'))).toMatchObject({ dependencies: { pg: packages['node_modules/pg'].version } });
});
