import type { Judging } from './judge';
import type { ModelResource } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { enumerate } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import { explain, type Answer } from '../hops/answer';
import type { AwsService } from '../hops/services';

/** Something that needs services of AWS. */
export interface Need {
  readonly owner: ModelResource;
  readonly source: NetworkInterface;
  /** What does not work without, such as `Api cannot start`. */
  readonly consequence: string;
  readonly services: readonly AwsService[];
}

/** One finding for services that are out of reach for one reason. */
export function requireServices({ paths, evaluation }: Judging, rule: CheckRule, need: Need): void {
  const asked = need.services.map((service) => ({ service, answer: paths.toService(need.source, service) }));
  if (asked.every(({ answer }) => answer.outcome === 'reachable')) {
    evaluation.holds(rule, need.owner);
    return;
  }
  for (const group of alike(asked)) {
    const [{ service, answer }] = group;
    const names = enumerate(group.map((each) => each.service.name), 9);
    const reason = inPlural(explain(answer), group);
    const separator = reason.startsWith('from subnet') ? ' ' : ': ';
    if (answer.outcome === 'blocked') {
      const fix = answer.fix?.split(service.endpoint).join(enumerate(group.map((each) => each.service.endpoint), 9));
      evaluation.violates(rule, need.owner, `${need.consequence}: no way to ${names}${separator}${reason}.`, { fix: fix === undefined ? undefined : inPlural(fix, group) });
    } else if (answer.outcome === 'undecided') {
      evaluation.leavesOpen(rule, need.owner, `${need.consequence} unless there is a way to ${names}, which is not known: ${reason}.`);
    }
  }
}

/** What is said of the first of several, said of all. */
function inPlural(text: string, group: readonly Asked[]): string {
  const [{ service, answer }] = group;
  const endpoints = answer.via === undefined ? text : text.split(`endpoint ${answer.via}`).join(`endpoint ${enumerate(group.map((each) => each.answer.via ?? ''), 9)}`);
  return endpoints.split(service.name).join(enumerate(group.map((each) => each.service.name), 9));
}

interface Asked { readonly service: AwsService; readonly answer: Answer }

/** Answers that differ in the name of the service only. */
function alike(asked: readonly Asked[]): Asked[][] {
  const groups = new Map<string, Asked[]>();
  for (const each of asked) {
    const { outcome, via } = each.answer;
    const key = `${outcome} ${explain(each.answer).split(`endpoint ${via}`).join('*').split(each.service.name).join('*')}`;
    groups.set(key, [...groups.get(key) ?? [], each]);
  }
  return [...groups.values()];
}
