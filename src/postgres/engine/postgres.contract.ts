import type { CommonDatabaseProperties, CommonUserProperties, DatabaseSpec, SqlRequest, SqlRequestOf, UserSpec } from '../../broker/broker.contract';

/** All that PostgreSQL adds to the contract of the broker. No behaviour lives here. */

/** CloudFormation resource type of a database. */
export const DATABASE_RESOURCE_TYPE = 'Custom::PostgresDatabase';
/** CloudFormation resource type of a user. */
export const USER_RESOURCE_TYPE = 'Custom::PostgresUser';

/** What a user may do in its database. The values stand in templates. */
export type AccessName = 'READ_WRITE' | 'READ_ONLY' | 'OWNER';

/** What happens to the role and its objects when the user leaves the stack. */
export type UserRemovalName = 'REASSIGN' | 'DROP_OWNED' | 'RETAIN';

/** What happens to a database when it leaves the stack. */
export type DatabaseRemovalName = 'retain' | 'destroy' | 'force';

/** Properties of `Custom::PostgresDatabase`. */
export interface DatabaseProperties extends CommonDatabaseProperties {
  readonly DatabaseName: string;
  readonly Extensions?: string[];
  readonly Locale?: string;
  /** Settings of the database (`ALTER DATABASE … SET`), by name. */
  readonly Settings?: Record<string, string>;
  /** Names of settings that the user did not write: they are not for a database that was taken over. */
  readonly DefaultSettings?: string[];
  /** `true` to take from PUBLIC what it has in a database that was taken over. */
  readonly RevokePublic?: string;
  /** Version tables of migration engines, which users get no rights on. */
  readonly ProtectedTables?: string[];
  /** Connections that the server should accept, where somebody declared a number. The server takes it when it is restarted. */
  readonly MaxConnections?: string;
  /** `RETAIN` where it is missing. */
  readonly RemovalPolicy?: DatabaseRemovalName;
}

/** Properties of `Custom::PostgresUser`. */
export interface UserProperties extends CommonUserProperties {
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

/** Keys of a user's secret; all are written in one version. */
export type UserSecretValue = {
  readonly engine: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly username: string;
  readonly password: string;
  readonly sslmode: 'verify-full';
  /** `postgresql://…?sslmode=verify-full`, for clients that find the certificate authorities by a variable. */
  readonly url: string;
  /** The same with `&sslrootcert=<CA_FILE>`, for programs that take a URL and read no variables. */
  readonly urlWithCaFile: string;
  /** `jdbc:postgresql://…&sslrootcert=<CA_FILE>`; user and password are parameters. */
  readonly jdbcUrl: string;
  /** PEM certificate authorities that the server's certificate chains to. */
  readonly ca: string;
  /** Addresses of the nodes, separated by commas, where the server has several that clients may choose from. */
  readonly hosts?: string;
  /** `postgresql://…@a:5432,b:5432,c:5432/…`, where there are `hosts`, for clients that find the writer among them. */
  readonly multiHostUrl?: string;
};

/** A database, as PostgreSQL has it. */
export interface PostgresDatabaseSpec extends DatabaseSpec {
  readonly extensions: string[];
  readonly locale?: string;
  readonly settings: Record<string, string>;
  readonly defaultSettings: string[];
  readonly revokePublic: boolean;
  readonly protectedTables: string[];
  /** Connections that the server should accept. */
  readonly maxConnections?: number;
}

/** A user, as PostgreSQL has it. */
export interface PostgresUserSpec extends UserSpec {
  readonly access: AccessName;
  readonly connectionLimit: number;
  readonly settings: Record<string, string>;
  /** Names of settings that were declared until now. */
  readonly formerSettings?: string[];
  readonly protectedTables: string[];
}

/** What the conductor asks of PostgreSQL. */
export type PostgresRequest = SqlRequest<PostgresDatabaseSpec, PostgresUserSpec>;

/** One kind of request to PostgreSQL. */
export type PostgresRequestOf<Operation extends PostgresRequest['operation']> = SqlRequestOf<Operation, PostgresDatabaseSpec, PostgresUserSpec>;
