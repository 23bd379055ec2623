import { connectWithPg, type Connect } from './session';

/** What running SQL needs from outside; replaced in tests. */
export interface SqlDependencies {
  readonly connect: Connect;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** The real ones. */
export const realDependencies: SqlDependencies = {
  connect: connectWithPg,
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
