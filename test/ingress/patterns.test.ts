import { Token } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { conditionsOverlap, patternsOverlap } from '../../src/ingress/private/patterns';

const NONE = { paths: [], hosts: [], headers: {} };

/**
 * Texts over a two-letter alphabet up to a length at which patterns of four characters show all that they can: a text that two of them match
 * need not be longer than the three letters that each has beside a star.
 */
const TEXTS = texts(6);

function texts(length: number): string[] {
  return length === 0 ? [''] : texts(length - 1).flatMap((text) => (text.length === length - 1 ? [text, `${text}a`, `${text}b`] : [text]));
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replace(/\*/g, '.*').replace(/\?/g, '.')}$`).test(text);
}

describe('patternsOverlap', () => {
  test.each([
    ['/*', '/orders', true], ['/orders/*', '/orders', false], ['/orders/*', '/orders/', true], ['/orders*', '/orders', true],
    ['/a/*', '/b/*', false], ['/a/*', '/*/b', true], ['/a?', '/ab', true], ['/a?', '/a', false], ['*', '', true], ['', '', true],
    ['/*.php', '/api/*', true], ['/*.php', '/*.jpg', false], ['*.example.com', 'api.example.com', true], ['*.example.com', 'example.com', false],
  ])('tells for %s and %s: %s', (a, b, expected) => {
    expect(patternsOverlap(a, b)).toBe(expected);
    expect(patternsOverlap(b, a)).toBe(expected);
  });

  test('agrees with matching every short text, for any two patterns', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '?', '*'), { maxLength: 4 }).map((characters) => characters.join(''));
    fc.assert(fc.property(pattern, pattern, (a, b) => {
      expect(patternsOverlap(a, b)).toBe(TEXTS.some((text) => matches(a, text) && matches(b, text)));
    }), { numRuns: 1000, examples: [['*aaa', 'aab*']] });
  });

  test('answers soon for patterns full of wildcards', () => {
    expect(patternsOverlap('*a'.repeat(60), '*b'.repeat(60))).toBe(false);
  });

  test('a value that is not known yet overlaps with itself only', () => {
    const token = Token.asString({ Ref: 'Name' });
    expect(patternsOverlap(token, token)).toBe(true);
    expect(patternsOverlap(token, '/*')).toBe(false);
  });
});

describe('conditionsOverlap', () => {
  test('conditions that one side lacks exclude nothing', () => {
    expect(conditionsOverlap({ ...NONE, paths: ['/a'] }, { ...NONE, hosts: ['a.example.com'] })).toBe(true);
  });

  test('one kind of condition that excludes is enough', () => {
    expect(conditionsOverlap({ ...NONE, paths: ['/*'], hosts: ['a.example.com'] }, { ...NONE, paths: ['/*'], hosts: ['b.example.com'] })).toBe(false);
    expect(conditionsOverlap({ ...NONE, headers: { 'x-version': ['1'] } }, { ...NONE, headers: { 'x-version': ['2'] } })).toBe(false);
  });

  test('different headers can stand in one request', () => {
    expect(conditionsOverlap({ ...NONE, headers: { 'x-version': ['1'] } }, { ...NONE, headers: { 'x-tenant': ['2'] } })).toBe(true);
  });

  test('does not depend on which of the two comes first', () => {
    const list = fc.array(fc.constantFrom('/a', '/b', '/*', '/a/*'), { maxLength: 2 });
    const conditions = fc.record({ paths: list, hosts: list, headers: fc.dictionary(fc.constantFrom('x', 'y'), list) });
    fc.assert(fc.property(conditions, conditions, (a, b) => conditionsOverlap(a, b) === conditionsOverlap(b, a)));
  });
});
