import type { BrokerError } from '../../broker-error';
import type { DatabaseSpec, OwnerMark, SqlRequest, SqlRequestOf, UserSpec } from '../../broker.contract';

/** What became of something that was deleted. */
export interface Removal {
  /** Statements that changed something. */
  readonly changes: string[];
  /** What could not go, with the statements that an operator may run. */
  readonly left: string[];
}

/** Where there was nothing to delete. */
export const NOTHING_REMOVED: Removal = { changes: [], left: [] };

/**
 * A kind of server, for the SQL function. Requests converge, so that each may come twice: the engine starts from what is there, and
 * reads back what it made. Each method that changes something answers with the statements that did, without secrets.
 */
export interface SqlEngine<D extends DatabaseSpec = DatabaseSpec, U extends UserSpec = UserSpec> {
  /** Forms in which a password stands in statements and messages of the server, besides the password itself. */
  readonly verifiers?: RegExp;
  convergeDatabase(request: SqlRequestOf<'convergeDatabase', D, U>): Promise<string[]>;
  /** Drops a database that the resource made; refuses one with data unless it is forced. */
  deleteDatabase(request: SqlRequestOf<'deleteDatabase'>): Promise<Removal>;
  /** Ends sessions that have rights which the user has no more, after the change has come into effect, and also where an earlier attempt was cut off before that. */
  convergeUser(request: SqlRequestOf<'convergeUser', D, U>): Promise<string[]>;
  /** Drops a user that the resource made, with or without what it owns. One that changed hands in this deployment gets back what it was before, but not its password. */
  deleteUser(request: SqlRequestOf<'deleteUser'>): Promise<Removal>;
  /** The owner mark of a user; nothing where there is no such user, or no mark. Fails where the user cannot become what is declared. */
  inspectUser(request: SqlRequestOf<'inspectUser', D, U>): Promise<OwnerMark | undefined>;
  /** Whatever was thrown, in the form that users get: code, object, reason, advice. */
  explain(error: unknown, request: SqlRequest, attempt: number): BrokerError;
}
