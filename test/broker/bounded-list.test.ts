import { bounded, BoundedList } from '../../src/broker/handler/sql/bounded-list';

const entries = (count: number) => Array.from({ length: count }, (_, index) => `entry ${index + 1}`);

test.each([0, 1, 99, 100])('a list of %i entries stays as it is', (count) => {
  expect(bounded(entries(count))).toEqual(entries(count));
});

test.each([101, 5_000])('of %i entries the last line counts those that are missing', (count) => {
  expect(bounded(entries(count))).toEqual([...entries(99), `… and ${count - 99} more`]);
});

test('a list that was bounded already stays as it is', () => {
  expect(bounded(bounded(entries(300)))).toEqual(bounded(entries(300)));
});

test('a long entry is cut', () => {
  expect(bounded(['x'.repeat(10_000)])[0]).toHaveLength(600);
});

test('entries that were counted but not read are missing too, and what comes first stays first', () => {
  const list = new BoundedList();
  list.addCounted(entries(100), 250);
  list.addFirst('about them');

  expect(list.values()).toEqual(['about them', ...entries(98), '… and 152 more']);
});
