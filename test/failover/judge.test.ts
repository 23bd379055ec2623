import { longestStall, lostRows, median, readLog } from './writers/judge';

test('the log of a writer has a time and a row in each line', () => {
  expect(readLog('1000 1\n1005 2\n')).toEqual([{ at: 1000, row: 1 }, { at: 1005, row: 2 }]);
  expect(readLog('')).toEqual([]);
});

test('the last line counts only with its end', () => {
  expect(readLog('1000 1\n1005 1')).toEqual([{ at: 1000, row: 1 }]);
});

test('fails where a line of the log is something else', () => {
  expect(() => readLog('1000 1\nERROR\n')).toThrow("'ERROR' is no line of a writer's log.");
});

test('lost are the rows that were acknowledged and are not stored, and no others', () => {
  const acknowledged = readLog('1 1\n2 2\n3 4\n');
  expect(lostRows(acknowledged, new Set([1, 2, 3, 4]))).toEqual([]);
  expect(lostRows(acknowledged, new Set([1, 3]))).toEqual([2, 4]);
});

test('the longest stall is the longest time between acknowledgements', () => {
  const acknowledged = readLog('1000 1\n1010 2\n4010 3\n4020 4\n9020 5\n');
  expect(longestStall(acknowledged, 1000, 4030)).toBe(3000);
  expect(longestStall(acknowledged, 1000, 9030)).toBe(5000);
});

test('a stall that began before the fault counts from the fault, and one that does not end, to the end', () => {
  const acknowledged = readLog('1000 1\n6000 2\n');
  expect(longestStall(acknowledged, 4000, 6001)).toBe(2000);
  expect(longestStall(acknowledged, 4000, 20_000)).toBe(14_000);
  expect(longestStall([], 4000, 20_000)).toBe(16_000);
});

test('the median of an even number of values is between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow('There is no median of nothing.');
});
