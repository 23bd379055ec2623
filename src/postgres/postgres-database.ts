import type { CfnResource, Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { AdoptExisting } from './adopt-existing';
import type { DatabaseEngine, ILogicalDatabase, IDatabaseServer, IDatabaseUser } from '../binding';
import { POSTGRES_DIALECT } from './engine/migrations/postgres-dialect';
import { brokerOf, POSTGRES_ENGINE } from './engine/postgres-engine';
import { DATABASE_RESOURCE_TYPE, type DatabaseRemovalName } from './engine/postgres.contract';
import type { IPostgres } from './postgres';
import { PostgresAccess, PostgresDatabaseRemoval } from './postgres-access';
import { PostgresUser, type PostgresUserOptions } from './postgres-user';
import type { Migratable } from '../migrations/shared/migratable';
import { Posture } from '../posture';
import { describe } from '../posture/shared/describe';
import { InvalidBackendError } from '../private/errors';
import { validateExtensions } from './private/extensions';
import { ownerUsername, validateDatabaseName } from './private/names';
import type { PostgresServer } from './private/postgres-server';
import { databaseSettings, defaultSettings, validateSettings } from './private/settings';
import type { MigrationDialect } from '../migrations/shared/migration-dialect';
import { requireNewId } from '../private/props';

/** The broker's words, which are the same for every engine. */
const REMOVAL: Readonly<Record<PostgresDatabaseRemoval, DatabaseRemovalName>> = {
  [PostgresDatabaseRemoval.RETAIN]: 'retain',
  [PostgresDatabaseRemoval.DROP_IF_EMPTY]: 'destroy',
  [PostgresDatabaseRemoval.DROP]: 'force',
};

/** Tables in which goose and dbmate remember what was applied. Users get no rights on them. */
const VERSION_TABLES = ['goose_db_version', 'schema_migrations'];

/** Options of a database. */
export interface PostgresDatabaseOptions {
  /**
   * Name of the database: at most 63 letters of ASCII, digits and `-._~!$&()*+;=@`, which every client can read in a URL. May be a token.
   * Changing it creates another, empty database; the old one is treated as `onRemoval` says.
   *
   * @default - the id
   */
  readonly databaseName?: string;

  /**
   * Extensions that the admin creates in the database, like `pgcrypto`. An extension that leaves the list is not dropped.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-extensions.html
   * @default - none
   */
  readonly extensions?: string[];

  /**
   * Locale of the database (`LC_COLLATE` and `LC_CTYPE`), like `en_US.UTF-8`. Cannot change later: another locale than
   * that of the existing database is an error in the deployment.
   *
   * @default - the server's
   */
  readonly locale?: string;

  /**
   * Longest time a session may stay idle inside a transaction (`idle_in_transaction_session_timeout`).
   *
   * @default - 60 seconds, from the posture; what it was for a database that was taken over
   */
  readonly idleInTransactionSessionTimeout?: Duration;

  /**
   * More settings of the database (`ALTER DATABASE … SET`), by name. They hold for every user that does not set its own.
   * None that has a prop which is given too.
   *
   * @default - none
   */
  readonly settings?: { [name: string]: string };

  /**
   * Tables that users other than owners get no rights on: the version tables of migration engines.
   *
   * @default - goose_db_version and schema_migrations
   */
  readonly protectedTables?: string[];

  /**
   * Name of the login that `owner` is, at most 63 bytes. Changing it makes a new login before the old one goes.
   *
   * @default - `<databaseName>_migrator`; where that is longer than 63 bytes, the database's name is cut and a hash of it follows
   */
  readonly ownerUsername?: string;

  /**
   * Key that encrypts the secret of `owner`.
   *
   * @default - the account's key for Secrets Manager (`aws/secretsmanager`)
   */
  readonly ownerEncryptionKey?: kms.IKey;

  /**
   * What happens to a database of this name that this stack did not create. Until a later deployment updates a database that was taken over,
   * its removal gives the database back, whatever `onRemoval` says.
   *
   * @default - an error in the deployment; `AdoptExisting.takeOver()` on a server that is restored from a snapshot
   */
  readonly adoptExisting?: AdoptExisting;

  /**
   * Whether `PUBLIC`, which means every role of the server, loses its rights on a database that was taken over, on its schema `public` and on its
   * routines. A database that this library creates never has any, so there it changes nothing. A rollback of the take-over gives
   * these rights back; a rollback of a later change of this prop does not.
   *
   * @default false
   */
  readonly revokePublic?: boolean;

  /**
   * What happens to the database when it leaves the stack.
   *
   * @default PostgresDatabaseRemoval.RETAIN
   */
  readonly onRemoval?: PostgresDatabaseRemoval;
}

/** Properties of a database. */
export interface PostgresDatabaseProps extends PostgresDatabaseOptions {
  /** The server that the database is on. */
  readonly server: IPostgres;
}

/**
 * One logical database on a PostgreSQL server.
 *
 * `server.addDatabase()` makes one in the server's stack. Created directly, it may live in any stack that depends on the
 * server's, never the reverse.
 *
 * ## What it makes
 *
 * A CloudFormation resource that converges the database: the database itself, three roles without login that hold every
 * grant (owner, read-write, read-only), default privileges, extensions and settings.
 *
 * ## Defaults that matter
 *
 * The database survives the removal of this construct (`onRemoval`). Tables made later by the owner are usable by the
 * other users at once.
 *
 * ## Security considerations
 *
 * `PUBLIC` loses every right on the database and on its schema `public`, unless the database was taken over (`revokePublic`). Users get rights only through a role, and none
 * on the tables in which migration engines remember what was applied.
 *
 * ## Cost
 *
 * None.
 */
export class PostgresDatabase extends Construct implements ILogicalDatabase, Migratable {
  /** PostgreSQL. */
  public readonly engine: DatabaseEngine = POSTGRES_ENGINE;

  /** The server that the database is on. */
  public readonly server: IDatabaseServer;

  /** Name of the database. */
  public readonly databaseName: string;

  private readonly protectedTables: string[];
  private readonly ownerOptions: Pick<PostgresDatabaseOptions, 'ownerUsername' | 'ownerEncryptionKey'>;
  private readonly declared: CfnResource[] = [];
  private readonly observers: Array<(resource: CfnResource) => void> = [];

  /**
   * Declares a database.
   *
   * @throws when the name is reserved, longer than 63 bytes, or declared twice on the server; when an extension's name is
   * not one, or a setting's; when the server's stack depends on this one, or is in another account or region
   */
  constructor(scope: Construct, id: string, props: PostgresDatabaseProps) {
    super(scope, id);
    this.server = props.server;
    this.databaseName = props.databaseName ?? id;
    this.protectedTables = props.protectedTables ?? VERSION_TABLES;
    this.ownerOptions = props;
    validateDatabaseName(this, this.databaseName);
    validateExtensions(this, props.extensions ?? []);
    (props.server as Partial<PostgresServer>)._judgeExtensions?.(this, props.extensions ?? [], this.databaseName);
    validateSettings(this, props.settings, { idleInTransactionSessionTimeout: props.idleInTransactionSessionTimeout });
    if (props.locale === '') {
      throw new InvalidBackendError(this, 'PostgresDatabase.locale', '`locale` must not be empty. Remove it to use the server\'s locale.');
    }
    this._declare(this.createResource(props));
    const { databaseName, engine: { engineName: engine }, server } = this;
    describe(this, this, () => ({ kind: 'database', databaseName, engine, server }));
  }

  /**
   * The user that migrations run as: a login that acts as the owner of the database. Made when first used, in the
   * database's stack, with the name `ownerUsername` and a secret that `ownerEncryptionKey` encrypts.
   *
   * @throws when `ownerUsername` is reserved, longer than 63 bytes, or declared twice on the server
   */
  public get owner(): IDatabaseUser {
    return (this.node.tryFindChild('Owner') as PostgresUser | undefined) ?? this.createOwner();
  }

  /**
   * Declares a user with its own role, password and secret, in the database's stack. Use `new PostgresUser()` to declare
   * it in another.
   *
   * @throws when the database has a user with this id already, and for whatever PostgresUser refuses
   */
  public addUser(id: string, options: PostgresUserOptions = {}): PostgresUser {
    const users = this.node.tryFindChild('Users') ?? new Construct(this, 'Users');
    requireNewId(this, 'addUser', id, users);
    return new PostgresUser(users as Construct, id, { ...options, database: this });
  }

  /**
   * Calls back for each CloudFormation resource of this database and its users, those there are and those to come.
   * Whoever waits for them takes those of its own stack.
   *
   * @internal
   */
  public _onResourceDeclared(callback: (resource: CfnResource) => void): void {
    this.observers.push(callback);
    this.declared.forEach(resource => callback(resource));
  }

  /** @internal */
  public _declare(resource: CfnResource): void {
    this.declared.push(resource);
    this.observers.forEach(callback => callback(resource));
  }

  /** @internal */
  public get _migrations(): MigrationDialect {
    return POSTGRES_DIALECT;
  }

  /** @internal */
  public get _protectedTables(): string[] {
    return this.protectedTables;
  }

  /**
   * The resource that users of this database wait for.
   *
   * @internal
   */
  public get _resource(): CfnResource {
    return this.declared[0];
  }

  private createResource(props: PostgresDatabaseProps): CfnResource {
    const posture = Posture.of(this);
    const broker = brokerOf(this.server);
    broker.reserveDatabase(this, this.databaseName);
    return broker.declareResource(this, DATABASE_RESOURCE_TYPE, {
      DatabaseName: this.databaseName,
      Extensions: props.extensions?.length ? [...props.extensions].sort() : undefined,
      Locale: props.locale,
      Settings: databaseSettings(props.settings, props.idleInTransactionSessionTimeout ?? posture.idleInTransactionSessionTimeout),
      ProtectedTables: this.protectedTables,
      DefaultSettings: defaultSettings(props.settings, props.idleInTransactionSessionTimeout),
      AdoptExisting: broker.adoptExisting(AdoptExisting._word(this, props.adoptExisting)),
      MaxConnections: (props.server as Partial<PostgresServer>)._limits?.().declaredConnections,
      ...(props.server as Partial<PostgresServer>)._exportedLogs?.(this),
      RevokePublic: props.revokePublic ? 'true' : undefined,
      RemovalPolicy: REMOVAL[props.onRemoval ?? PostgresDatabaseRemoval.RETAIN],
    });
  }

  private createOwner(): PostgresUser {
    return new PostgresUser(this, 'Owner', {
      database: this,
      username: this.ownerOptions.ownerUsername ?? ownerUsername(this.databaseName),
      access: PostgresAccess.OWNER,
      encryptionKey: this.ownerOptions.ownerEncryptionKey,
    });
  }
}
