import { findingsOf, type Finding } from './findings';
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

test('there are thirty, each with a source of its own', () => {
  expect(new Set(MISTAKES.map(({ id }) => id)).size).toBe(30);
  expect(new Set(MISTAKES.map(({ source }) => source)).size).toBe(30);
});

test('at least 26 are caught', () => {
  expect(MISTAKES.filter(isCaught).length).toBeGreaterThanOrEqual(26);
});

describe.each(MISTAKES)('$id', (mistake) => {
  let found: Finding[];

  test('synthesises without the mistake', () => {
    found = findingsOf(mistake);
  });

  expectationsOf(mistake).forEach(([catcher, rule]) => test(`is found by ${catcher}: ${rule}`, () => {
    expect(found.filter((finding) => finding.catcher === catcher).map((finding) => finding.rule)).toContainEqual(expect.stringContaining(rule));
  }));
});

test('the page says who catches what', () => {
  expectPage('docs/seeded-mistakes.md', renderMistakes());
});

function expectationsOf({ caughtBy }: Mistake): [Catcher, string][] {
  return (Object.entries(caughtBy) as [Catcher, string][]).filter(([catcher]) => !ELSEWHERE.includes(catcher));
}
