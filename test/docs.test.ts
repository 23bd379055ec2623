import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
const PAGES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n').filter((path) => path !== '' && path !== 'API.md' && existsSync(resolve(ROOT, path)));
const read = (path: string) => readFileSync(resolve(ROOT, path), 'utf8');

/** Relative links of a page to files that do not exist. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return links.filter((target) => !/^(https?:|mailto:|#)/.test(target))
    .filter((target) => !existsSync(resolve(ROOT, dirname(page), target.replace(/#.*$/, ''))));
}

describe('the documentation', () => {
  test.each(PAGES)('has no broken link in %s', (page) => {
    expect(brokenLinks(page, read(page))).toEqual([]);
  });

  test('fails on a link to nowhere', () => {
    expect(brokenLinks('README.md', '[a](docs/nowhere.md) [b](LICENSE) [c](https://example.com)')).toEqual(['docs/nowhere.md']);
  });

  test('lists every decision in the index', () => {
    const records = PAGES.filter((page) => /^docs\/adr\/\d{4}-.*\.md$/.test(page)).map((page) => page.replace('docs/adr/', ''));
    expect(records.length).toBeGreaterThan(6);
    expect(records.filter((record) => !read('docs/adr/README.md').includes(`](${record})`))).toEqual([]);
  });

  test('has for every decision a number of its own, a status and the three parts', () => {
    const records = PAGES.filter((page) => /^docs\/adr\/\d{4}-/.test(page));
    expect(new Set(records.map((record) => record.slice(0, 13))).size).toBe(records.length);
    const incomplete = records.filter((record) => !/^Status: /m.test(read(record)) || !['Context', 'Decision', 'Consequences'].every((part) => read(record).includes(`## ${part}`)));
    expect(incomplete).toEqual([]);
  });
});
