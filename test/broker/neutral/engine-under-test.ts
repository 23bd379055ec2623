import type { SqlRequest, SqlResponse } from '../../../src/broker/broker.contract';
import type { Clock } from '../../../src/broker/handler/clock';
import type { DatabaseRemoval } from '../../../src/broker/handler/conductor/conductor-engine';
import type { Answer } from '../../../src/broker/handler/conductor/conductor-handler';

/** Credentials, as a client gives them. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** An engine, as the neutral suite needs it: its functions, its words for a declaration, and a server of its kind. */
export interface EngineUnderTest {
  /** The engine's conductor. */
  readonly conductor: Answer;
  /** The engine's SQL function. */
  readonly runSql: (request: SqlRequest) => Promise<SqlResponse>;
  /** The clock that both of them wait by. */
  readonly clock: Clock;
  readonly databaseType: string;
  readonly userType: string;
  /** Properties of a database, besides those that all engines have. */
  databaseProperties(databaseName: string, removal?: DatabaseRemoval): object;
  /** Properties of a user that may use a database, besides those that all engines have. */
  userProperties(databaseName: string): object;
  /** Properties by which the same user may do something else in the same database. */
  readonly otherRights: object;
  readonly server: ServerUnderTest;
}

/** A server, as people see it who know nothing of the broker. */
export interface ServerUnderTest {
  readonly host: string;
  readonly port: number;
  /** The admin, with its first password. */
  readonly admin: Login;
  canLogIn(login: Login, databaseName: string): Promise<boolean>;
  /** Whether anybody can be found under the name of a user, or under one of its logins. */
  userExists(username: string): Promise<boolean>;
  databaseExists(databaseName: string): Promise<boolean>;
  /** Makes a user by hand, who may use a database. Answers how it logs in. */
  makeForeignUser(username: string, databaseName: string): Promise<Login>;
  makeForeignDatabase(databaseName: string): Promise<void>;
  /** Puts data into a database. */
  fill(databaseName: string): Promise<void>;
  isFilled(databaseName: string): Promise<boolean>;
  /** Gives a login, or the admin, another password by hand. */
  changePassword(login: Login): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server for good. */
  remove(): Promise<void>;
}
