import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_RULES, WARNING_RULES } from '../../src/migrations/shared/lint/lint-rules';
import { RunnerExit } from '../../src/migrations/shared/runner.contract';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'migrations.md'), 'utf8');
const classDoc = /\/\*\*(?:(?!\*\/)[^])*\*\/\s*export class MigrationTask\b/.exec(readFileSync(join(root, 'src', 'migrations', 'migration-task.ts'), 'utf8'))![0]
  .replace(/\n \*/g, ' ').replace(/ +/g, ' ');
const tests = ['../fargate/run-task/run-task', '../fargate/run-task/outcome', '../fargate/run-task/text', 'migration-task', 'migration-task-order', 'migration-task-permissions', 'migration-task-docs']
  .map((name) => readFileSync(join(__dirname, `${name}.test.ts`), 'utf8')).join('\n');
const PITFALLS = Array.from({ length: 16 }, (_, index) => index + 1);

function row(pitfall: number): string {
  const rows = page.split('\n').filter((line) => line.startsWith(`| ${pitfall} | **`));
  expect(rows).toHaveLength(1);
  return rows[0];
}

test.each(PITFALLS)('the page says how pitfall %d is handled or documented, and a test names it', (pitfall) => {
  expect(row(pitfall)).toMatch(/\| (handled|documented): /);
  expect(tests).toMatch(new RegExp(`test(\\.each\\([^]*?\\))?\\(\\s*'pitfall ${pitfall}: `));
});

test('pitfall 10: class and page say that a rollback does not migrate back', () => {
  expect(classDoc).toContain('**A rollback does not migrate back.**');
  expect(page).toContain('Nothing runs *down* migrations by itself');
});

test('pitfall 13: class and page explain expand and contract, because old code serves during and after a migration', () => {
  expect(classDoc).toMatch(/old code serves during and after a migration\..*two deployments: \*expand\*.*\*contract\*/);
  expect(page).toMatch(/\*\*Expand, then contract\*\*, in two deployments/);
});

test('pitfall 14: class and page warn about hotswap', () => {
  expect(classDoc).toContain('**`cdk deploy --hotswap` starts new code without migrating.**');
  expect(page).toContain('**`cdk deploy --hotswap` starts new code without migrating.**');
});

test('pitfall 16: class, page and decision record say why the lifecycle hook of ECS is not used', () => {
  expect(classDoc).toContain('`PRE_SCALE_UP`');
  expect(row(16)).toContain('`PRE_SCALE_UP`');
  expect(readFileSync(join(root, 'docs', 'adr', '0004-one-function-runs-migrations.md'), 'utf8')).toContain('`PRE_SCALE_UP`');
});

test('the class documentation has the four headings', () => {
  for (const heading of ['What it makes', 'Defaults that matter', 'Security considerations', 'Cost']) {
    expect(classDoc).toContain(`## ${heading}`);
  }
});

test('the page has every rule of the lint in the right table, and no other', () => {
  const table = (name: string) => (new RegExp(`\\| ${name} \\|[^]*?\\n\\n`).exec(page)![0].match(/^\| (`[^|]*`) \|/gm) ?? []).flatMap((line) => [...line.matchAll(/`([a-z-]+)`/g)].map(([, rule]) => rule));

  expect(table('error').sort()).toEqual([...ERROR_RULES].sort());
  expect(table('warning').sort()).toEqual([...WARNING_RULES].sort());
});

test('the page explains every exit code of the runner that a deployment can show', () => {
  for (const code of Object.values(RunnerExit).filter((value) => value !== RunnerExit.OK && value !== RunnerExit.INTERRUPTED)) {
    expect(page).toContain(`| ${code} | `);
  }
});
