import * as fc from 'fast-check';
import { findConflicts, type RouteEntry } from '../../src/ingress/private/route-table';

function route(id: string, priority: number, paths: string[] = [`/${id}`], explicit = false): RouteEntry {
  return { id, priority, explicit, conditions: { paths, hosts: [], headers: {} } };
}

test('routes that exclude each other have no conflict', () => {
  expect(findConflicts([route('A', 1), route('B', 2), route('C', 3)])).toEqual([]);
});

test('fails where two routes have one priority, naming both and a free number', () => {
  expect(findConflicts([route('B', 7), route('A', 7), route('C', 6)])).toEqual([
    "Routes 'A' and 'B' both have priority 7, and a load balancer takes each priority once. Set `priority: 5`, which is free, on one of the two. [cdk-private-backend:IngressRoute.samePriority]",
  ]);
});

test('a free number is found after the taken one where none is before it', () => {
  expect(findConflicts([route('A', 1), route('B', 1), route('C', 2)])[0]).toContain('`priority: 3`');
});

test('fails where two equally specific routes can match one request, naming both and a free number before them', () => {
  const [conflict, ...others] = findConflicts([route('Orders', 40_000, ['/v1/*']), route('Any', 39_000, ['/*/orders'])]);
  expect(others).toEqual([]);
  expect(conflict).toMatch(/'Any' and 'Orders' can match the same request.*`priority: 38999` on the route that should win/);
});

test('where no number is free before two overlapping routes, the one after them is offered', () => {
  expect(findConflicts([route('A', 1, ['/*/a']), route('B', 2, ['/b/*'])])[0]).toMatch(/`priority: 3` on the route that should not win/);
});

test('a priority that the user chose decides between overlapping routes', () => {
  expect(findConflicts([route('Orders', 40_000, ['/v1/*']), route('Any', 38_999, ['/*/orders'], true)])).toEqual([]);
});

test('the class decides between overlapping routes of different classes', () => {
  expect(findConflicts([route('Exact', 30_000, ['/orders/list']), route('Prefix', 40_000, ['/orders/*']), route('All', 50_000, ['/*'])])).toEqual([]);
});

test('conflicts do not depend on the order of routes', () => {
  const entry = fc.record({
    id: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
    priority: fc.integer({ min: 1, max: 4 }),
    explicit: fc.boolean(),
    conditions: fc.record({ paths: fc.array(fc.constantFrom('/a', '/*', '/a/*', '/*/b'), { minLength: 1, maxLength: 2 }), hosts: fc.constant<string[]>([]), headers: fc.constant({}) }),
  });
  const routes = fc.uniqueArray(entry, { selector: (one) => one.id, maxLength: 5 });
  const shuffled = routes.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(fc.property(shuffled, ([all, other]) => {
    expect(findConflicts(other)).toEqual(findConflicts(all));
  }));
});

test('every number that is offered is free', () => {
  const routes = fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), priority: fc.integer({ min: 1, max: 5 }) }), { selector: (one) => one.id, maxLength: 6 });
  fc.assert(fc.property(routes, (all) => {
    const taken = new Set(all.map((one) => one.priority));
    for (const conflict of findConflicts(all.map((one, index) => route(one.id, one.priority, [`/${index}`])))) {
      expect(taken.has(Number(/`priority: (\d+)`/.exec(conflict)?.[1]))).toBe(false);
    }
  }));
});
