import type { IConstruct } from 'constructs';
import type { Failure } from './failure';
import type { Symptom } from './symptom';
import type { MonitorOptions } from '../monitor-options';

/** Calls back for each part with symptoms of its own. */
export type OnPart = (part: IConstruct, symptoms: Symptom[]) => void;

/** All that a construct says of itself to whoever monitors it. */
export interface Monitoring {
  readonly symptoms: Symptom[];
  readonly failures?: Failure[];
  /** Parts that come by and by, such as the routes of an ingress: those that are there and those to come. */
  readonly eachPart?: (onPart: OnPart) => void;
}

/**
 * A construct that can be monitored. Each kind has it in its own room; monitoring only draws the answers.
 *
 * @internal
 */
export interface Monitored extends IConstruct {
  /** @internal */
  _monitor(options: MonitorOptions): Monitoring;
}

/** Whether a construct says what to monitor. */
export function isMonitored(construct: IConstruct): construct is Monitored {
  return typeof (construct as Partial<Monitored>)._monitor === 'function';
}
