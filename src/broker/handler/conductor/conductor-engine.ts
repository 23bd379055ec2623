import type { RawProperties } from './raw-properties';
import type { DatabaseSpec, ServerEndpoints, UserIdentity, UserSpec } from '../../broker.contract';

/** What becomes of a database that leaves its stack: it stays, goes while it is empty, or goes with its data. */
export type DatabaseRemoval = 'retain' | 'destroy' | 'force';

/** All that a database resource asks for. */
export interface DatabaseRequest<D extends DatabaseSpec = DatabaseSpec> {
  readonly spec: D;
  readonly adoptExisting: boolean;
  /** Whether the take-over is only described. */
  readonly planOnly: boolean;
}

/** All that a user resource asks for. */
export interface UserRequest<U extends UserSpec = UserSpec> {
  readonly spec: U;
  /** The secret that gets the credentials; none where the user has no password. */
  readonly secretArn?: string;
  readonly adoptExisting: boolean;
  /** Whether the take-over is only described. */
  readonly planOnly: boolean;
}

/** What a user may do, in words that are only compared. */
export interface UserRights {
  /** Its database, which its credentials name, too. */
  readonly databaseName: string;
  /** Everything else, of which its credentials say nothing. */
  readonly access: string;
}

/** The server as the secret of a user names it. */
export interface LoginServer extends ServerEndpoints {
  /** PEM certificate authorities that clients verify the server with. */
  readonly ca: string;
}

/** All in the secret of a user that the declaration and the server decide, not chance. */
export interface LoginContent {
  readonly username: string;
  readonly [key: string]: string | number;
}

/** The whole value of the secret of a user. */
export interface LoginValue extends LoginContent {
  readonly password: string;
}

/** A kind of server, for the conductor: its resource types, and the form of its credentials. */
export interface ConductorEngine<D extends DatabaseSpec = DatabaseSpec, U extends UserSpec = UserSpec> {
  /** CloudFormation resource type of a database. */
  readonly databaseType: string;
  /** CloudFormation resource type of a user. */
  readonly userType: string;
  /** The word by which a user goes that nobody has used yet. */
  readonly leftoverRemoval: string;
  parseDatabase(properties: RawProperties): DatabaseRequest<D>;
  databaseRemoval(properties: RawProperties): DatabaseRemoval;
  /** @param former properties of the same user in an earlier deployment, whatever they are */
  parseUser(properties: RawProperties, former?: RawProperties): UserRequest<U>;
  /** What a user may do by properties that may be those of an earlier deployment. Never fails. */
  rightsOf(properties: RawProperties): UserRights;
  /** What becomes of a user that leaves its stack, as a word for the SQL engine; nothing where the user stays. */
  userRemoval(properties: RawProperties): string | undefined;
  /** Who a user of this name is, by properties that may be those of an earlier deployment. */
  identify(username: string, properties: RawProperties): UserIdentity;
  /** @param login one of the logins of the user */
  loginContent(user: U, login: string, server: LoginServer): LoginContent;
  /** The content with the password, and with what follows from both, such as a URL. */
  loginValue(content: LoginContent, password: string): LoginValue;
}
