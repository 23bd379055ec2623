import type { IConstruct } from 'constructs';
import type { Failure } from './failure';
import type { Symptom } from './symptom';
import type { WatchOptions } from '../watch-options';

/** Calls back for each part with symptoms of its own. */
export type OnPart = (part: IConstruct, symptoms: Symptom[]) => void;

/** All that a construct says of itself to whoever watches it. */
export interface Watch {
  readonly symptoms: Symptom[];
  readonly failures?: Failure[];
  /** Parts that come by and by, such as the routes of an edge: those that are there and those to come. */
  readonly eachPart?: (onPart: OnPart) => void;
}

/**
 * A construct that can be watched. Each kind has it in its own room; monitoring only draws the answers.
 *
 * @internal
 */
export interface Watched extends IConstruct {
  /**
   * @param home where errors and warnings about the options stand
   * @internal
   */
  _watch(home: IConstruct, options: WatchOptions): Watch;
}

/** Whether a construct says what to watch. */
export function isWatched(construct: IConstruct): construct is Watched {
  return typeof (construct as Partial<Watched>)._watch === 'function';
}
