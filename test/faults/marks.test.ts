import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';

/** Known faults that nobody has mended yet. Only ever lowered: by one with each mark that a mend takes away. */
const KNOWN_FAULTS = 25;

const TESTS = join(__dirname, '..');
const texts = new Map((readdirSync(TESTS, { recursive: true, encoding: 'utf8' }))
  .filter((path) => path.endsWith('.test.ts') && path !== 'faults/marks.test.ts')
  .map((path) => [path, readFileSync(join(TESTS, path), 'utf8')]));
const marks = [...texts].flatMap(([path, text]) => text.split('\n').filter((line) => /\.failing\b/.test(line)).map((line) => ({ path, line })));

describe('the list of known faults', () => {
  test('has as many marks as there are faults left', () => {
    expect(marks).toHaveLength(KNOWN_FAULTS);
  });

  test('is the only place with tests that are marked as failing', () => {
    expect(marks.filter(({ path }) => !path.startsWith('faults/'))).toEqual([]);
  });

  test('marks only cases in which nothing but an expectation counts as the fault', () => {
    expect(marks.filter(({ line }) => !/^\s*test\.failing\('[a-z0-9-]+: .*', expecting\((async )?\(/.test(line))).toEqual([]);
  });

  test('names each fault once', () => {
    const names = [...texts].filter(([path]) => path.startsWith('faults/')).flatMap(([, text]) => [...text.matchAll(/^\s*test(?:\.failing)?\('([a-z0-9-]+): /gm)].map(([, name]) => name));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
