import { findingsOf, type Findings } from './findings';
import { MISTAKES, type Catcher, type Mistake } from './mistakes';
import { isCaught, renderMistakes } from './render';
import { expectPage } from '../support/generated-docs';

/** cfn-lint is not a part of Node.js: `.ci/tier-cfn-lint` compares what it finds with the same list. */
const ELSEWHERE: Catcher[] = ['cfn-lint'];

const before = process.env.CDK_VALIDATION;
beforeAll(() => {
  process.env.CDK_VALIDATION = 'true';
  jest.spyOn(console, 'error').mockImplementation();
});
afterAll(() => {
  process.env.CDK_VALIDATION = before;
  jest.restoreAllMocks();
});

test('there are thirty-two, each with a source of its own', () => {
  expect(new Set(MISTAKES.map(({ id }) => id)).size).toBe(32);
  expect(new Set(MISTAKES.map(({ source }) => source)).size).toBe(32);
});

test('at least 30 are caught', () => {
  expect(MISTAKES.filter(isCaught).length).toBeGreaterThanOrEqual(30);
});

describe.each(MISTAKES)('$id', (mistake) => {
  let found: Findings;

  test('synthesises without the mistake', () => {
    found = findingsOf(mistake);
  });

  expectationsOf(mistake).forEach(([catcher, rule]) => test(`is found by ${catcher}, and only where it is: ${rule}`, () => {
    const rulesOf = (findings: Findings['rest']) => findings.filter((finding) => finding.catcher === catcher).map((finding) => finding.rule);
    expect(rulesOf(found.mistake)).toContainEqual(expect.stringContaining(rule));
    expect(rulesOf(found.rest)).not.toContain(rule);
  }));

  if (!isCaught(mistake)) {
    test('is found by nothing, so the page is right', () => {
      expect(found.mistake).toEqual([]);
    });
  }
});

test('the page says who catches what', () => {
  expectPage('docs/seeded-mistakes.md', renderMistakes());
});

function expectationsOf({ caughtBy }: Mistake): [Catcher, string][] {
  return (Object.entries(caughtBy) as [Catcher, string][]).filter(([catcher]) => !ELSEWHERE.includes(catcher));
}
