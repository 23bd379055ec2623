import * as fs from 'fs';
import * as path from 'path';

/**
 * Asserts that a page of the documentation is what it is generated from; with UPDATE_DOCS in the environment, writes it.
 *
 * @param page path below the repository's root
 */
export function expectPage(page: string, content: string): void {
  const file = path.join(__dirname, '..', '..', page);
  if (process.env.UPDATE_DOCS !== undefined) {
    fs.writeFileSync(file, content);
  }
  expect(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : `${page} is missing: run this test with UPDATE_DOCS=1`).toBe(content);
}
