import { isGood, isRefusal, kinds, longestWait, lostPeople, type Answer } from './writers/service-judge';

const answer = (method: Answer['method'], status?: number, more: Partial<Answer> = {}): Answer => ({ method, name: 'a', since: 1000, at: 1010, status, ...more });

test.each([[answer('GET', 200)], [answer('PUT', 204)]])('an answer as usual is good', (usual) => {
  expect(isGood(usual)).toBe(true);
});

test.each<[string, Answer]>([
  ['somebody who was remembered is not known', answer('GET', 404)],
  ['the service refuses', answer('PUT', 503, { retryAfter: '10' })],
  ['the connection fails', answer('GET', undefined, { error: 'ECONNRESET' })],
  ['the method has another answer', answer('PUT', 200)],
])('fails to be good where %s', (_, other) => {
  expect(isGood(other)).toBe(false);
});

test('a refusal is 503 with a time to come back, and nothing else', () => {
  expect(isRefusal(answer('PUT', 503, { retryAfter: '10' }))).toBe(true);
  expect([answer('PUT', 503), answer('PUT', 503, { retryAfter: '0' }), answer('PUT', 500, { retryAfter: '10' }), answer('PUT', undefined, { error: 'ECONNRESET' })].some(isRefusal)).toBe(false);
});

test('lost are those whose PUT was acknowledged and who are not stored, and no others', () => {
  const answers = [answer('PUT', 204), answer('PUT', 204, { name: 'b' }), answer('PUT', 503, { name: 'c' }), answer('GET', 200, { name: 'd' })];
  expect(lostPeople(answers, new Set(['a', 'b']))).toEqual([]);
  expect(lostPeople(answers, new Set(['b', 'c']))).toEqual(['a']);
});

test('the longest wait and the kinds of answers are those of all', () => {
  const answers = [answer('PUT', 204), answer('GET', 200, { at: 4500 }), answer('GET', undefined, { error: 'socket hang up' }), answer('GET', 200)];
  expect(longestWait(answers)).toBe(3.5);
  expect(kinds(answers)).toBe('1 × PUT 204, 2 × GET 200, 1 × GET socket hang up');
});
