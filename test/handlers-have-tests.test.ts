import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { handlersWithoutTest } from './support/source-rules';

const ROOT = resolve(__dirname, '..');
const list = (folder: string) => readdirSync(resolve(ROOT, folder), { recursive: true, encoding: 'utf8' })
  .map((path) => `${folder}/${path.replaceAll('\\', '/')}`).sort();

describe('handlers', () => {
  const entries = list('src').filter((path) => path.endsWith('.lambda.ts') || path.endsWith('/runner/entrypoint.ts'));
  const tests = new Map(list('test').filter((path) => path.endsWith('.test.ts') || path.startsWith('test/support/'))
    .filter((path) => path.endsWith('.ts')).map((path) => [path, readFileSync(resolve(ROOT, path), 'utf8')]));

  test('exist', () => {
    expect(entries.length).toBeGreaterThan(0);
  });

  test('are each loaded by a test', () => {
    expect(handlersWithoutTest(entries, tests)).toEqual([]);
  });
});

describe('the rule', () => {
  const entries = ['src/postgres/engine/sql.lambda.ts'];

  test('fails on a handler that a test mentions without loading it', () => {
    expect(handlersWithoutTest(entries, new Map([['test/a.test.ts', '// sql.lambda is fine']]))).toEqual(entries);
    expect(handlersWithoutTest(entries, new Map([['test/a.test.ts', "import { handler } from '../../src/postgres/engine/my-sql.lambda';"]]))).toEqual(entries);
  });

  test('is content with one that loads it', () => {
    expect(handlersWithoutTest(entries, new Map([['test/a.test.ts', "import { handler } from '../../../src/postgres/engine/sql.lambda';"]]))).toEqual([]);
  });
});
