/** What the broker's constructs, its conductor and its SQL function agree on. No behaviour lives here. */

/** CloudFormation resource type of a database. */
export const DATABASE_RESOURCE_TYPE = 'Custom::PostgresDatabase';
/** CloudFormation resource type of a user. */
export const USER_RESOURCE_TYPE = 'Custom::PostgresUser';

/** Environment variables of the conductor. */
export const ConductorEnv = {
  /** Name or ARN of the SQL function. */
  SQL_FUNCTION: 'SQL_FUNCTION',
  /** Host name of the server's writer endpoint. */
  HOST: 'HOST',
  /** TCP port of the server. */
  PORT: 'PORT',
  /** ARN of the secret that holds the admin's password; its `host`, if any, is ignored. */
  ADMIN_SECRET_ARN: 'ADMIN_SECRET_ARN',
  /** User name of the admin, where the secret has no `username`. */
  ADMIN_USERNAME: 'ADMIN_USERNAME',
  /** `instance`, `cluster` or `imported`: how to find out what became of a server that does not answer. */
  SERVER_KIND: 'SERVER_KIND',
  /** Identifier of the RDS instance or cluster; absent for `imported`. */
  SERVER_IDENTIFIER: 'SERVER_IDENTIFIER',
  /** `true` where this library made the server, and so may restrict its `postgres` database too. */
  SERVER_OWNED: 'SERVER_OWNED',
} as const;

/** What a user may do in its database. The values stand in templates. */
export type AccessName = 'READ_WRITE' | 'READ_ONLY' | 'OWNER';

/** What happens to the role and its objects when the user leaves the stack. */
export type UserRemovalName = 'REASSIGN' | 'DROP_OWNED' | 'RETAIN';

/** Properties of both resource types, as CloudFormation delivers them: every scalar is a string. */
export interface CommonProperties {
  readonly ServiceToken: string;
  /** `true` to take over an object that has no owner mark, or that of another stack. */
  readonly AdoptExisting?: string;
  /** PEM certificate authorities to verify the server with; default: the RDS roots of the region. */
  readonly CaBundle?: string;
  /** Host name of the server. No handler reads it: when the server is replaced it changes, and so everything is converged again. */
  readonly Server?: string;
}

/** Properties of `Custom::PostgresDatabase`. */
export interface DatabaseProperties extends CommonProperties {
  readonly DatabaseName: string;
  readonly Extensions?: string[];
  readonly Locale?: string;
  /** Settings of the database (`ALTER DATABASE … SET`), by name. */
  readonly Settings?: Record<string, string>;
  /** Version tables of migration engines, which users get no rights on. */
  readonly ProtectedTables?: string[];
  /** `retain` (default), `destroy` (only while it holds no tables) or `force`. */
  readonly RemovalPolicy?: string;
}

/** Properties of `Custom::PostgresUser`. */
export interface UserProperties extends CommonProperties {
  readonly Username: string;
  readonly DatabaseName: string;
  readonly Access: AccessName;
  /** The secret that the conductor fills; made by the template without a value. */
  readonly SecretArn: string;
  /** `-1` for no limit. */
  readonly ConnectionLimit?: string;
  /** Settings of the role (`ALTER ROLE … SET`), by name. */
  readonly Settings?: Record<string, string>;
  readonly OnRemoval?: UserRemovalName;
  /** Which RDS roots the release knows. No handler reads it: when it changes, users are converged again, so their secrets get the roots. */
  readonly RdsRoots?: string;
  /** Version tables of migration engines, which users get no rights on. */
  readonly ProtectedTables?: string[];
}

/** Attributes that a user resource answers with. */
export const UserAttributes = {
  /** ARN of the secret, known only once the user can log in. */
  SECRET_ARN: 'SecretArn',
  USERNAME: 'Username',
  /** Version of the secret. It changes with the user's name, so services that refer to it are replaced before an old role goes. */
  SECRET_VERSION_ID: 'SecretVersionId',
} as const;

/** Attributes that a database resource answers with. */
export const DatabaseAttributes = {
  DATABASE_NAME: 'DatabaseName',
} as const;

/** Keys of a user's secret; all are written in one version. */
export interface UserSecretValue {
  readonly engine: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly username: string;
  readonly password: string;
  readonly sslmode: 'verify-full';
  /** Percent-encoded `postgresql://…?sslmode=verify-full&sslrootcert=<CA_FILE>`. */
  readonly url: string;
  /** `jdbc:postgresql://…` with the same meaning; the password is a parameter. */
  readonly jdbcUrl: string;
  /** PEM certificate authorities that the server's certificate chains to. */
  readonly ca: string;
}

/** How the SQL function reaches the server. */
export interface ServerConnection {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly ca: string;
  /** Whether this library made the server: then CONNECT on database `postgres` is taken from PUBLIC. */
  readonly owned: boolean;
}

/** Who owns a role or database: kept as a comment on it. */
export interface OwnerMark {
  /** ARN of the stack, with its unique id. */
  readonly stackId: string;
  /** Logical id of the custom resource. */
  readonly logicalId: string;
  /** Secret with the password of a user: whoever takes the role over carries the password on, so that running tasks stay logged in. */
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
}

export interface DatabaseSpec {
  readonly databaseName: string;
  readonly extensions: string[];
  readonly locale?: string;
  readonly settings: Record<string, string>;
  readonly protectedTables: string[];
}

export interface UserSpec {
  readonly username: string;
  readonly databaseName: string;
  readonly access: AccessName;
  readonly connectionLimit: number;
  readonly settings: Record<string, string>;
  readonly protectedTables: string[];
}

/** What the conductor asks of the SQL function. */
export type SqlRequest =
  | (RequestBase & Permissions & { readonly operation: 'convergeDatabase'; readonly database: DatabaseSpec })
  | (RequestBase & { readonly operation: 'deleteDatabase'; readonly databaseName: string; readonly force: boolean })
  | (RequestBase & Permissions & { readonly operation: 'convergeUser'; readonly user: UserSpec; readonly password: string })
  | (RequestBase & { readonly operation: 'deleteUser'; readonly username: string; readonly policy: 'REASSIGN' | 'DROP_OWNED' })
  /** Reads only: who owns the role now, if it exists and has an owner mark. */
  | (RequestBase & { readonly operation: 'inspectUser'; readonly username: string });

/** How a request failed. */
export interface SqlFailure {
  /** SQLSTATE, Node network error code (`ECONNREFUSED`, `ENOTFOUND`, …) or one of this library's own (`NOT_OWNED`, …). */
  readonly code: string;
  /** One paragraph: the object, what is wrong, what to do. Never holds a password. */
  readonly message: string;
  /** Whether the server was never reached or refused logins until the deadline. */
  readonly unreachable: boolean;
  /** Whether the server refused the admin's password (28P01), so that the secret should be read again. */
  readonly wrongPassword: boolean;
}

/** What the SQL function answers. It never throws for a failed request. */
export type SqlResponse =
  | {
    readonly ok: true;
    /** Statements that changed something; empty when all was there already. */
    readonly changes: string[];
    /** `inspectUser`: the owner mark found on the role. */
    readonly mark?: OwnerMark;
  }
  | { readonly ok: false; readonly error: SqlFailure };
