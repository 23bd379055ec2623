import { Token } from 'aws-cdk-lib';
import type { RouteConditions } from './route-conditions';

/** Whether some request could meet the conditions of both routes. Unresolved values meet only themselves. */
export function conditionsOverlap(a: RouteConditions, b: RouteConditions): boolean {
  return anyOverlap(a.hosts, b.hosts)
    && anyOverlap(a.paths, b.paths)
    && Object.keys(a.headers).every((name) => anyOverlap(a.headers[name], b.headers[name] ?? []));
}

/** Whether some text matches a pattern of each list; an empty list matches everything. */
function anyOverlap(a: string[], b: string[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((first) => b.some((second) => patternsOverlap(first, second)));
}

/** Whether some text matches both patterns, in which `*` stands for any characters and `?` for exactly one. */
export function patternsOverlap(a: string, b: string): boolean {
  if (Token.isUnresolved(a) || Token.isUnresolved(b)) {
    return a === b;
  }
  const known = new Map<string, boolean>();
  const meet = (i: number, j: number): boolean => {
    const key = `${i},${j}`;
    const answer = known.get(key) ?? meetFrom(a, b, i, j, meet);
    known.set(key, answer);
    return answer;
  };
  return meet(0, 0);
}

function meetFrom(a: string, b: string, i: number, j: number, meet: (i: number, j: number) => boolean): boolean {
  if (a[i] === '*') {
    return meet(i + 1, j) || (j < b.length && meet(i, j + 1));
  }
  if (b[j] === '*') {
    return meet(i, j + 1) || (i < a.length && meet(i + 1, j));
  }
  if (i === a.length || j === b.length) {
    return i === a.length && j === b.length;
  }
  return (a[i] === b[j] || a[i] === '?' || b[j] === '?') && meet(i + 1, j + 1);
}
