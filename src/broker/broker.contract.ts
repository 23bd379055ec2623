/** All that the broker's constructs, its conductor and its SQL function agree on, whatever the engine. No behaviour lives here. */

/** Environment variables of the conductor. */
export const ConductorEnv = {
  /** Name or ARN of the SQL function. */
  SQL_FUNCTION: 'SQL_FUNCTION',
  /** Name of the SQL function's log group, for messages that send people there. */
  SQL_LOG_GROUP: 'SQL_LOG_GROUP',
  /** Host name of the server's writer endpoint. */
  HOST: 'HOST',
  /** TCP port of the server. */
  PORT: 'PORT',
  /** ARN of the secret that holds the admin's password; its `host`, if any, is ignored. */
  ADMIN_SECRET_ARN: 'ADMIN_SECRET_ARN',
  /** User name of the admin, where the secret has no `username`. */
  ADMIN_USERNAME: 'ADMIN_USERNAME',
  /** What to describe to find out what became of a server that does not answer: `instance`, `cluster`, or nothing for `self-hosted` and `imported`. */
  SERVER_KIND: 'SERVER_KIND',
  /** Identifier of what is described, or the name of a self-hosted cluster. */
  SERVER_IDENTIFIER: 'SERVER_IDENTIFIER',
  /** `true` where this library made the server, and so may restrict what others would use of it. */
  SERVER_OWNED: 'SERVER_OWNED',
} as const;

/** Environment variables of the SQL function. */
export const SqlEnv = {
  /** Host name of the server's writer endpoint. */
  HOST: 'HOST',
  /** TCP port of the server. */
  PORT: 'PORT',
} as const;

/** Properties of all resource types of all engines, as CloudFormation delivers them: every scalar is a string. */
export interface CommonProperties {
  readonly ServiceToken: string;
  /** `true` to take over an object that has no owner mark, or that of another stack. */
  readonly AdoptExisting?: string;
  /** PEM certificate authorities to verify the server with; default: the RDS roots of the region. */
  readonly CaBundle?: string;
  /** Host name of the server. No handler reads it: when the server is replaced it changes, and so everything is converged again. */
  readonly Server?: string;
  /** Any text of the declaration. No handler reads it: when it changes, everything is converged again. */
  readonly RepairRevision?: string;
}

/** Properties of the databases of all engines. */
export interface CommonDatabaseProperties extends CommonProperties {
  /** Log groups that the server exports to, in the server's first database. */
  readonly LogGroups?: string[];
  /** Days that their events are kept, as a number of CloudWatch Logs; 9999 where they never expire. */
  readonly LogRetention?: string;
}

/** Properties of the users of all engines. */
export interface CommonUserProperties extends CommonProperties {
  readonly Username: string;
  /** The secret that the conductor fills; made by the template without a value. None where the user has no password. */
  readonly SecretArn?: string;
  /** Addresses of the nodes of the server, of which any may be the writer, for clients that can choose. None where its endpoint is the only way. */
  readonly Hosts?: string[];
}

/** Attributes that a user resource answers with. */
export const UserAttributes = {
  /** ARN of the secret, known only once the user can log in. */
  SECRET_ARN: 'SecretArn',
  USERNAME: 'Username',
  /** Version of the secret. It changes with the user's name and with its rights, so services that refer to it are replaced before an old login goes. */
  SECRET_VERSION_ID: 'SecretVersionId',
} as const;

/** Attributes that a database resource answers with. */
export const DatabaseAttributes = {
  DATABASE_NAME: 'DatabaseName',
} as const;

/** How the SQL function reaches the server. */
export interface ServerConnection {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly ca: string;
  /** Whether this library made the server, and so may restrict what others would use of it. */
  readonly owned: boolean;
}

/** Where clients find the server. */
export interface ServerEndpoints {
  /** Names of the server, of which any may be the writer; one where the endpoint follows the writer. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Name under which copies answer that only read. */
  readonly readerHost?: string;
  /** Addresses of its nodes, of which any may be the writer, for clients that can choose instead of using the endpoint. */
  readonly nodes?: readonly string[];
}

/** Who owns a user or database: kept on the server, beside it. */
export interface OwnerMark {
  /** ARN of the stack, with its unique id. */
  readonly stackId: string;
  /** Logical id of the custom resource. */
  readonly logicalId: string;
  /** Secret with the password of a user: whoever takes the user over carries the password on, so that running tasks stay logged in. */
  readonly secretArn?: string;
  /**
   * Who had it before it changed hands, with empty ids where that was nobody, until that resource is deleted or the new
   * owner is updated. A deployment may still be rolled back: then the new owner's delete gives the object back to the
   * former instead of dropping it; the former's own delete, or a later deployment, ends the hand-over.
   */
  readonly previous?: OwnerMark;
}

/** What one request carries besides its operation. */
export interface RequestBase {
  readonly server: ServerConnection;
  readonly mark: OwnerMark;
  /** Milliseconds since the epoch at which the SQL function gives up waiting and answers. */
  readonly deadline: number;
}

/** How much a request that makes something may take from others. */
export interface Permissions {
  readonly adoptExisting: boolean;
  /** Whether an earlier deployment already had exactly this object, so that nobody gets it back by a rollback any more. */
  readonly settled?: boolean;
  /** Whether to change nothing, and fail with what a take-over would change. */
  readonly planOnly?: boolean;
}

/** What a removal leaves alone. */
export interface Removable {
  /** Whether the object stays, and is only given back where it changed hands in a deployment that is rolled back. */
  readonly keep?: boolean;
}

/** A database as every engine knows it; engines add their own. */
export interface DatabaseSpec {
  readonly databaseName: string;
}

/** Who a user is on the server. */
export interface UserIdentity {
  /** Its name, which is part of its physical id. */
  readonly username: string;
  /** Names that it logs in with: its own, or several that take turns. */
  readonly logins: readonly string[];
}

/** A user as every engine knows it; engines add their own. */
export interface UserSpec extends UserIdentity {
  readonly databaseName: string;
}

/**
 * Passwords by login: that of the login which the user's secret names. Other logins that exist keep theirs. A user without a secret, which shows in
 * the owner mark, has no password.
 */
export type Passwords = { readonly [login: string]: string | undefined };

/** What the conductor asks of the SQL function. */
export type SqlRequest<D extends DatabaseSpec = DatabaseSpec, U extends UserSpec = UserSpec> =
  | (RequestBase & Permissions & { readonly operation: 'convergeDatabase'; readonly database: D })
  | (RequestBase & Removable & { readonly operation: 'deleteDatabase'; readonly databaseName: string; readonly force: boolean })
  | (RequestBase & Permissions & {
    readonly operation: 'convergeUser';
    readonly user: U;
    readonly passwords: Passwords;
    /** Whether the user had other rights before, so that sessions which began with them are ended, once it has those of now. */
    readonly endSessions?: boolean;
  })
  /** `policy` is a word of the engine: what becomes of what the user owns. */
  | (RequestBase & Removable & { readonly operation: 'deleteUser'; readonly user: UserIdentity; readonly policy: string })
  /** Changes nothing: fails where `convergeUser` would because of what exists, and answers who owns the user now, if it exists and has an owner mark. */
  | (RequestBase & Permissions & { readonly operation: 'inspectUser'; readonly user: U });

/** One kind of request. */
export type SqlRequestOf<Operation extends SqlRequest['operation'], D extends DatabaseSpec = DatabaseSpec, U extends UserSpec = UserSpec> =
  Extract<SqlRequest<D, U>, { operation: Operation }>;

/** How a request failed. */
export interface SqlFailure {
  /** Error code of the server, Node network error code (`ECONNREFUSED`, `ENOTFOUND`, …) or one of this library's own (`NOT_OWNED`, …). */
  readonly code: string;
  /** One paragraph: the object, what is wrong, what to do. Never holds a password. */
  readonly message: string;
  /** Whether the server was never reached or refused logins until the deadline. */
  readonly unreachable: boolean;
  /** Whether the server refused the admin's password, so that the secret should be read again. */
  readonly wrongPassword: boolean;
  /** Whether the message is a report, for which CloudFormation's reason has all its room. */
  readonly whole?: boolean;
}

/** What the SQL function answers. It never throws for a failed request. */
export type SqlResponse =
  | {
    readonly ok: true;
    /** Statements that changed something; empty when all was there already. At most a hundred; the last entry counts the others. */
    readonly changes: string[];
    /** What a deletion could not take along and now fails, with the statements that an operator may run. Bounded like the changes. */
    readonly left?: string[];
    /** `inspectUser`: the owner mark found on the user. */
    readonly mark?: OwnerMark;
  }
  | { readonly ok: false; readonly error: SqlFailure };
