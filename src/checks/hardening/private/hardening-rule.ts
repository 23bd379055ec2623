import type { World } from './world';
import { Text, Unknown, literalText, type ModelResource, type ModelValue } from '../../private/model';
import type { CheckRule } from '../../private/rule';

/** From which level on a rule counts: `development` rules hold everywhere. */
export type Level = 'development' | 'production';

/** One thing that is wrong with a resource, or that the templates leave open. */
export interface Problem {
  readonly message: string;
  /** Property of the resource, such as `Properties/MultiAZ`. */
  readonly location?: string;
  readonly open?: boolean;
}

/** An empty list: the rule holds. Undefined: it does not apply to the resource. */
export type Answer = readonly Problem[] | undefined;

/** A rule, the resources it looks at, and how it judges one of them. */
export interface HardeningRule extends CheckRule {
  readonly see: string;
  readonly from: Level;
  readonly types: readonly string[];
  readonly judge: (resource: ModelResource, world: World) => Answer;
}

export const HOLDS: Answer = [];

export function wrong(message: string, location?: string): Problem[] {
  return [{ message, location: location && `Properties/${location.replace(/\./g, '/')}` }];
}

export function open(message: string, location?: string): Problem[] {
  return wrong(message, location).map((problem) => ({ ...problem, open: true }));
}

/** Why a value is not known, as the end of a sentence. */
export function reasonOf(value: ModelValue): string {
  if (value instanceof Unknown) {
    return value.reason;
  }
  const unknown = value instanceof Text ? value.parts.find((part): part is Unknown => part instanceof Unknown) : undefined;
  return unknown?.reason ?? 'it is known at deployment';
}

/** What a property must be, and what its absence means. */
export interface FlagDemand {
  /** What the property is about, as the start of a sentence: `Storage encryption`. */
  readonly what: string;
  readonly demanded?: boolean;
  /** What AWS does where the property is absent. */
  readonly fallback?: boolean;
}

/** Judges a property that must be true, or false. */
export function judgeFlag(resource: ModelResource, path: string, { what, demanded = true, fallback = false }: FlagDemand): Answer {
  return judgeFlagValue(resource.value(path), path, { what, demanded, fallback });
}

export function judgeFlagValue(value: ModelValue | undefined, path: string, { what, demanded = true, fallback = false }: FlagDemand): Answer {
  if (value === undefined) {
    return fallback === demanded ? HOLDS : wrong(`${what} is ${fallback ? 'on' : 'off'}: ${path} is not set.`, path);
  }
  const text = literalText(value);
  if (text === undefined) {
    return open(`${what} is not decided: ${reasonOf(value)}.`, path);
  }
  return text === String(demanded) ? HOLDS : wrong(`${what} is ${text === 'true' ? 'on' : 'off'}: ${path} is '${text}'.`, path);
}

/** Judges a number that must not be below a bound. */
export function judgeAtLeast(resource: ModelResource, path: string, least: number, what: string, fallback: number): Answer {
  const value = resource.value(path) ?? fallback;
  const number = literalText(value);
  if (number === undefined) {
    return open(`${what} is not decided: ${reasonOf(value)}.`, path);
  }
  return Number(number) >= least ? HOLDS : wrong(`${what} is ${number}${resource.value(path) === undefined ? ', the default' : ''}; at least ${least} is asked for.`, path);
}

/** Words of a list, for a sentence. */
export function listed(items: readonly string[], limit = 6): string {
  const shown = [...new Set(items)];
  return shown.length > limit ? `${shown.slice(0, limit).join(', ')} and ${shown.length - limit} more` : shown.join(', ');
}
