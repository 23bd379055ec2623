import { isUpToDate, markAfterHandOver, markComment, markOfTaker, NOBODY, readMark } from '../../src/broker/handler/sql/owner-mark';

const ONE = { stackId: 'one', logicalId: 'Api', secretArn: 'secret-of-one' };
const OTHER = { stackId: 'other', logicalId: 'Api' };
const BEFORE = { limit: 3 };

describe('the mark of whoever takes', () => {
  test('something new is its own, without a past', () => {
    expect(markOfTaker(undefined, ONE, false, BEFORE)).toEqual(ONE);
  });

  test('what nobody owned says so for good, and holds what it was until a later deployment', () => {
    const taken = markOfTaker(NOBODY, ONE, false, BEFORE);
    expect(taken).toEqual({ ...ONE, adopted: true, previous: NOBODY, before: BEFORE });
    expect(markOfTaker(taken, ONE, false, { limit: 9 })).toEqual(taken);
    expect(markOfTaker(taken, ONE, true)).toEqual({ ...ONE, adopted: true });
  });

  test('what another resource owned holds what it was, and whether that had taken it over', () => {
    expect(markOfTaker(ONE, OTHER, false, BEFORE)).toEqual({ ...OTHER, previous: ONE, before: BEFORE });
    expect(markOfTaker({ ...ONE, adopted: true }, OTHER, false, BEFORE)).toEqual({ ...OTHER, adopted: true, previous: ONE, before: BEFORE });
  });

  test('keeps that sessions are yet to be ended', () => {
    for (const settled of [true, false]) {
      expect(markOfTaker({ ...ONE, endSessions: true }, ONE, settled)).toEqual({ ...ONE, endSessions: true });
    }
  });
});

describe('what is left after a hand-over', () => {
  test('is the mark of the former owner, without a record, where the taker goes', () => {
    expect(markAfterHandOver(markOfTaker(ONE, OTHER, false, BEFORE), OTHER)).toEqual(ONE);
    expect(markAfterHandOver(markOfTaker({ ...ONE, adopted: true }, OTHER, false, BEFORE), OTHER)).toEqual({ ...ONE, adopted: true });
    expect(markAfterHandOver(markOfTaker(NOBODY, OTHER, false, BEFORE), OTHER)).toEqual(NOBODY);
  });

  test('is the mark of the taker, without a record, where the former owner goes', () => {
    expect(markAfterHandOver({ ...markOfTaker(ONE, OTHER, false, BEFORE), groupOf: 'app' }, ONE)).toEqual({ ...OTHER, groupOf: 'app' });
  });
});

test('a mark is read as it was written, and keeps what somebody else had written below it', () => {
  const mark = { ...ONE, previous: NOBODY, groupOf: 'app', adopted: true as const, before: BEFORE, endSessions: true as const };
  const comment = markComment(mark, 'ask Ann');
  expect(readMark(comment)).toEqual(mark);
  expect(markComment({ ...mark, before: undefined }, comment)).toMatch(/\nask Ann$/);
});

test('a mark with a record is up to date until the deployment is settled', () => {
  const taken = markOfTaker(NOBODY, ONE, false, BEFORE);
  expect([isUpToDate(taken, ONE), isUpToDate(taken, ONE, true), isUpToDate(markOfTaker(taken, ONE, true), ONE, true)]).toEqual([true, false, true]);
});
