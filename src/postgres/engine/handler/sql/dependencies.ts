import { connectWithPg, type Connect } from './session';
import { type Clock, systemClock } from '../../../../broker/handler/clock';

/** What running SQL needs from outside; replaced in tests. */
export interface SqlDependencies extends Clock {
  readonly connect: Connect;
}

/** The real ones. */
export const realDependencies: SqlDependencies = { connect: connectWithPg, ...systemClock };
