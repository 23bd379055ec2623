import { connectWithPg, type Connect } from './session';
import { type Clock, systemClock } from '../../../../broker/handler/clock';

/** What running SQL needs from outside; replaced in tests. */
export interface SqlDependencies extends Clock {
  readonly connect: Connect;
  /** Writes a report into the log. */
  readonly report: (text: string) => void;
}

/** The real ones. */
export const realDependencies: SqlDependencies = { connect: connectWithPg, report: (text) => console.log(text), ...systemClock };
