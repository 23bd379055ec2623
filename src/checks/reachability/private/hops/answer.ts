import type { Coverage } from '../graph/filter';
import { enumerate } from '../graph/identity';

/** `every` connection must pass, wherever in its subnets each end stands, or `any` may. */
export type Mode = 'every' | 'any';

/** Whether connections pass, and if not, what stops them. */
export interface Answer {
  readonly outcome: 'reachable' | 'blocked' | 'undecided';
  /** The way, or what is in it, as the end of a sentence. */
  readonly reason: string;
  /** What to change. */
  readonly fix?: string;
  /** Subnet of the source, where it matters. */
  readonly from?: string;
  /** Name of the endpoint that a service is asked through. */
  readonly via?: string;
}

export function reachable(reason: string): Answer {
  return { outcome: 'reachable', reason };
}

export function blocked(reason: string, fix?: string): Answer {
  return { outcome: 'blocked', reason, fix };
}

export function undecided(reason: string): Answer {
  return { outcome: 'undecided', reason };
}

/** What a filter says, put in words by those who ask. */
export interface FilterWords {
  readonly stops: string;
  readonly fix: string;
  /** Where only some packets pass: `stops` is said of them, or it is open which ones they will be. */
  readonly partly: Answer;
}

/** Words are made when they are needed: most ways are open. */
export function judge({ atLeast, atMost }: Coverage, mode: Mode, passes: string, words: () => FilterWords): Answer {
  if (mode === 'any' ? atLeast !== 'none' : atLeast === 'all') {
    return reachable(passes);
  }
  const { stops, fix, partly } = words();
  if (atMost === 'none') {
    return blocked(stops, fix);
  }
  return mode === 'every' && atLeast === atMost ? partly : undecided(partly.reason);
}

/** One hop after the other: the first that blocks, else the first that is open, else the whole way. */
export function inSequence(steps: readonly (() => Answer)[]): Answer {
  const passed: string[] = [];
  let open: Answer | undefined;
  for (const step of steps) {
    const answer = step();
    if (answer.outcome === 'blocked') {
      return answer;
    }
    if (answer.outcome === 'undecided') {
      open ??= answer;
    } else if (answer.reason !== '') {
      passed.push(answer.reason);
    }
  }
  return open ?? reachable(passed.join(', '));
}

const WORST = { blocked: 0, undecided: 1, reachable: 2 };

/** The answers of several pairs of subnets, or several ways, together: the worst where every one must pass, else the best. */
export function combine(answers: readonly Answer[], mode: Mode): Answer {
  const direction = mode === 'every' ? 1 : -1;
  const first = answers.reduce((best, next) => ((WORST[next.outcome] - WORST[best.outcome]) * direction < 0 ? next : best));
  if (first.outcome === 'reachable') {
    return first;
  }
  const alike = answers.filter(({ outcome, reason }) => outcome === first.outcome && reason === first.reason);
  const from = [...new Set(alike.map((answer) => answer.from).filter((name): name is string => name !== undefined))];
  return { ...first, from: from.length === 0 ? undefined : enumerate(from) };
}

/** The best of several ways; those after one that is reachable are not looked at. */
export function anyOf(ways: readonly (() => Answer)[]): Answer {
  const answers: Answer[] = [];
  for (const way of ways) {
    const answer = way();
    if (answer.outcome === 'reachable') {
      return answer;
    }
    answers.push(answer);
  }
  return combine(answers, 'any');
}

/** The answer as a clause, with the subnets that it is about. */
export function explain({ reason, from }: Answer): string {
  return from === undefined ? reason : `from ${from.includes(' and ') ? 'subnets' : 'subnet'} ${from}: ${reason}`;
}
