import type { ModelResource } from '../../../private/model';
import type { CheckRule, Evaluation } from '../../../private/rule';
import { explain, type Answer } from '../hops/answer';
import type { Paths } from '../hops/paths';

/** What a rule looks at, and where it says what it found. */
export interface Judging {
  readonly paths: Paths;
  readonly evaluation: Evaluation;
}

/** What is said of a way that is needed. */
export interface WayWords {
  /** Where it is blocked, such as `Api does not reach Db`. */
  readonly blocked: string;
  /** Where the templates leave it open, such as `Api reaches Db`. */
  readonly question: string;
}

/** Says that a way is needed: holds where it is there, is open where the answer is. */
export function requireWay(evaluation: Evaluation, rule: CheckRule, resource: ModelResource, words: WayWords, answer: Answer): void {
  if (answer.outcome === 'reachable') {
    evaluation.holds(rule, resource);
  } else if (answer.outcome === 'blocked') {
    evaluation.violates(rule, resource, `${words.blocked}: ${explain(answer)}.`, { fix: answer.fix ?? rule.fix });
  } else {
    evaluation.leavesOpen(rule, resource, `whether ${words.question} is not known: ${explain(answer)}.`);
  }
}

interface Refused {
  readonly answer: Answer;
  readonly what: string;
}

/** Says that there must be no way. */
export function refuseWay(evaluation: Evaluation, rule: CheckRule, resource: ModelResource, answers: readonly Refused[]): void {
  const open = answers.filter(({ answer }) => answer.outcome === 'reachable');
  const unknown = answers.filter(({ answer }) => answer.outcome === 'undecided');
  if (open.length > 0) {
    open.forEach(({ answer, what }) => evaluation.violates(rule, resource, `${what}: the way is ${explain(answer)}.`));
  } else if (unknown.length > 0) {
    evaluation.leavesOpen(rule, resource, `${unknown[0].what}, unless something unknown stops it: ${explain(unknown[0].answer)}.`);
  } else {
    evaluation.holds(rule, resource);
  }
}
