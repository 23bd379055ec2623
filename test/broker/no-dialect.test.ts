import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const BROKER = resolve(__dirname, '../../src/broker');
const DIALECT = /postgres|mysql|\bpg_|\bpsql\b|sqlstate|scram|superuser|\b(ALTER|CREATE|DROP) (ROLE|USER|DATABASE)\b/gi;

/** Lines that name an engine or speak its dialect. */
function dialect(text: string): string[] {
  return text.split('\n').filter((line) => line.match(DIALECT) !== null);
}

test('the broker names no engine and speaks no dialect', () => {
  const files = readdirSync(BROKER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap((path) => dialect(readFileSync(join(BROKER, path), 'utf8')).map((line) => `${path}: ${line.trim()}`))).toEqual([]);
});

test('the suite for all engines, and the tiny engine that it runs on, do not either', () => {
  const files = ['neutral-suite.ts', 'tiny-engine.ts', 'tiny-server.ts', ...readdirSync(join(__dirname, 'neutral')).map((path) => `neutral/${path}`)];
  expect(files.length).toBeGreaterThan(6);
  expect(files.flatMap((path) => dialect(readFileSync(join(__dirname, path), 'utf8')))).toEqual([]);
});

test.each(['const type = "Custom::PostgresUser";', '// a SQLSTATE', 'SELECT FROM pg_roles', 'ALTER ROLE x', 'a MySQL server'])('%s would be found', (line) => {
  expect(dialect(line)).toEqual([line]);
});
