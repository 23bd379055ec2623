import * as fs from 'fs';
import * as path from 'path';
import { documents } from '../../examples/checks/documents';

const ROOT = path.join(__dirname, '../..');

describe('what the checks say, in the documents', () => {
  beforeAll(() => {
    jest.spyOn(console, 'error').mockImplementation();
  });
  afterAll(() => jest.restoreAllMocks());

  test('is what they say now; where it differs on purpose, run npm run docs:checks', () => {
    const written = documents();
    expect(written.size).toBeGreaterThan(2);
    for (const [file, text] of written) {
      expect(`${file}\n${fs.readFileSync(path.join(ROOT, file), 'utf8')}`).toBe(`${file}\n${text}`);
    }
  });

  test('holds no violation and nothing undecided of an example', () => {
    const examples = [...documents()].filter(([file]) => file.startsWith('examples/')).map(([, text]) => /<!-- checks[^]*<!-- \/checks -->/.exec(text)![0]);
    expect(examples.length).toBeGreaterThan(1);
    examples.forEach((text) => expect(text).not.toMatch(/violation|undecided/));
  });
});
