import * as fc from 'fast-check';
import type { RouteConditions } from '../../src/ingress/private/route-conditions';
import { CLASS_SIZE, classOf, MAX_PRIORITY, PRIORITY_CLASSES, priorityOf } from '../../src/ingress/private/route-priority';

const NONE: RouteConditions = { paths: [], hosts: [], headers: {} };

const segment = fc.constantFrom('a', 'orders', 'v1', 'b?', '*', '*.php', 'x*');
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const conditions: fc.Arbitrary<RouteConditions> = fc.record({
  paths: fc.array(path, { maxLength: 3 }),
  hosts: fc.array(fc.constantFrom('api.example.com', '*.example.com'), { maxLength: 2 }),
  headers: fc.dictionary(fc.constantFrom('x-version', 'x-tenant'), fc.constant(['1']), { maxKeys: 2 }),
});

describe('classOf', () => {
  test.each<[string, Partial<RouteConditions>, number]>([
    ['a host and an exact path', { hosts: ['a.b'], paths: ['/orders'] }, 0],
    ['a host and a deep prefix', { hosts: ['a.b'], paths: ['/orders/items/*'] }, 1],
    ['a host and a prefix', { hosts: ['a.b'], paths: ['/orders/*'] }, 2],
    ['a host', { hosts: ['a.b'], paths: ['/*'] }, 3],
    ['a host without any path', { hosts: ['a.b'] }, 3],
    ['an exact path', { paths: ['/orders'] }, 4],
    ['the root as exact path', { paths: ['/'] }, 4],
    ['a deep prefix', { paths: ['/orders/items/*'] }, 5],
    ['a prefix', { paths: ['/orders/*'] }, 6],
    ['a part of a segment', { paths: ['/orders*'] }, 6],
    ['an ending', { paths: ['/*.php'] }, 6],
    ['every request', { paths: ['/*'] }, 7],
    ['every request, written otherwise', { paths: ['*'] }, 7],
    ['several paths, of which the least specific counts', { paths: ['/orders', '/orders/*'] }, 6],
    ['a header, one step more specific than without', { headers: { 'x-a': ['1'] }, paths: ['/*'] }, 6],
    ['a header on an exact path', { headers: { 'x-a': ['1'] }, paths: ['/orders'] }, 4],
    ['only a header', { headers: { 'x-a': ['1'] } }, 6],
  ])('is for %s: class %#', (_name, given, expected) => {
    expect(classOf({ ...NONE, ...given })).toBe(expected);
  });

  test('is one of eight, for any conditions', () => {
    fc.assert(fc.property(conditions, (any) => {
      expect(classOf(any)).toBeGreaterThanOrEqual(0);
      expect(classOf(any)).toBeLessThan(PRIORITY_CLASSES);
    }));
  });

  test('never gets less specific by a host, a header, or a deeper path', () => {
    fc.assert(fc.property(conditions, (any) => {
      expect(classOf({ ...any, hosts: ['a.b'] })).toBeLessThanOrEqual(classOf(any));
      expect(classOf({ ...any, headers: { 'x-a': ['1'] } })).toBeLessThanOrEqual(classOf(any));
      expect(classOf({ ...any, paths: any.paths.map((one) => `/deeper${one}`) })).toBeLessThanOrEqual(classOf(any));
    }));
  });

  test('does not depend on the order of values', () => {
    fc.assert(fc.property(conditions, (any) => classOf({ ...any, paths: [...any.paths].reverse() }) === classOf(any)));
  });
});

describe('priorityOf', () => {
  test('is what a listener takes, for any id and conditions', () => {
    fc.assert(fc.property(fc.string(), conditions, (id, any) => {
      const priority = priorityOf(id, any);
      expect(Number.isInteger(priority)).toBe(true);
      expect(priority).toBeGreaterThanOrEqual(1);
      expect(priority).toBeLessThanOrEqual(MAX_PRIORITY);
    }));
  });

  test('puts every route of a more specific class before every route of a less specific one', () => {
    fc.assert(fc.property(fc.string(), conditions, fc.string(), conditions, (id, any, otherId, other) => {
      fc.pre(classOf(any) < classOf(other));
      expect(priorityOf(id, any)).toBeLessThan(priorityOf(otherId, other));
    }));
  });

  test('follows from id and class alone, so no other route can change it', () => {
    fc.assert(fc.property(fc.string(), conditions, conditions, (id, any, other) => {
      fc.pre(classOf(any) === classOf(other));
      expect(priorityOf(id, any)).toBe(priorityOf(id, other));
    }));
  });

  test('stays what it is from version to version', () => {
    expect(priorityOf('Backend/Api:Api', { ...NONE, paths: ['/*'] })).toBe(48_149);
    expect(priorityOf('Backend/Api:Api', { ...NONE, paths: ['/orders/*'] })).toBe(48_149 - CLASS_SIZE);
    expect(priorityOf('Backend/Api:Api', { ...NONE, hosts: ['a.b'], paths: ['/orders'] })).toBe(48_149 - 7 * CLASS_SIZE);
  });
});
