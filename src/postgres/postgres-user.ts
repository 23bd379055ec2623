import { Lazy, RemovalPolicy, Token, Tokenization, type CfnResource, type Duration } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { AdoptExisting } from './adopt-existing';
import { brokerOf } from './engine/postgres-engine';
import { openToConductor } from '../broker/broker-policy';
import { USER_RESOURCE_TYPE } from './engine/postgres.contract';
import { PostgresAccess, PostgresUserRemoval } from './postgres-access';
import type { PostgresDatabase } from './postgres-database';
import type { IDatabaseUser, ServiceBindingConfig, ServiceBindingOptions } from '../binding';
import { UserAttributes } from '../broker/broker.contract';
import { Posture } from '../posture';
import { validateUsername } from './private/names';
import type { PostgresServer } from './private/postgres-server';
import { roleSettings, validateSettings } from './private/settings';
import { CountedConnections } from './private/user-connections';
import { userSecretBinding } from './private/user-secret';
import { describe } from '../posture/shared/describe';
import { snakeCase } from '../private/case';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { dependOnKey, shareKey } from '../private/keys';
import { LONGEST_SECRET_TEXT, textWithPath } from '../private/path-text';
import { DATABASE, requireKind } from '../private/props';
import { dependOnStackOf } from '../private/stack-order';

/** Options of a database user. */
export interface PostgresUserOptions {
  /**
   * Name of the role on the server: at most 63 printable characters of ASCII other than comma and colon, with which every client can log in. May be a token. Changing it makes a new role before
   * the old one goes; services in between get the new credentials, so they move over without a gap.
   *
   * @default - the id in snake case
   */
  readonly username?: string;

  /**
   * What the user may do in its database. A change of it ends the open sessions of the user, and replaces the tasks that use its
   * secret, so that no connection keeps rights of before. What it has prepared with PREPARE TRANSACTION stays.
   *
   * @default PostgresAccess.READ_WRITE
   */
  readonly access?: PostgresAccess;

  /**
   * Connections that the server grants this user at most; -1 for no limit. It must suffice for the services that connect as the user, and
   * the sum of all users must fit the server. A lower limit ends no session that is open.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
   * @default - computed at synth: `poolSize` × `maxTasks` × 2 (a deployment runs old and new tasks), added up over the services that connect as the
   * user; with the `maxTasks` of the posture where none does; for an owner 10 for migrations and what services need
   */
  readonly connectionLimit?: number;

  /**
   * Connections that each task may hold, given to services as `DATABASE_POOL_SIZE`.
   *
   * @default - 5 in development, 10 in production, from the posture
   */
  readonly poolSize?: number;

  /**
   * Longest time that a statement of this user may run (`statement_timeout`).
   *
   * @default - 30 seconds, from the posture; none for an owner, whose migrations may take long
   */
  readonly statementTimeout?: Duration;

  /**
   * Longest time that a statement of this user waits for a lock (`lock_timeout`).
   *
   * @default - 5 seconds for an owner, from the posture; none for others
   */
  readonly lockTimeout?: Duration;

  /**
   * More settings of the role (`ALTER ROLE … SET`), by name. Not `role`, and none that has a prop which is given too.
   *
   * @default - none
   */
  readonly settings?: { [name: string]: string };

  /**
   * What happens to a role of this name that this stack did not create. A role that is taken over keeps its password where that of a retained user
   * can be read, else it gets a new one. Settings of the role that nobody declared stay. Until a later deployment updates the user, its removal
   * gives the role back as it was, except for its password, instead of dropping it.
   *
   * @default - an error in the deployment; `AdoptExisting.takeOver()` on a server that is restored from a snapshot
   */
  readonly adoptExisting?: AdoptExisting;

  /**
   * What happens to the role, and to what it owns, when the user leaves the stack.
   *
   * @default PostgresUserRemoval.REASSIGN
   */
  readonly onRemoval?: PostgresUserRemoval;

  /**
   * Key that encrypts the user's secret.
   *
   * @default - the account's key for Secrets Manager (`aws/secretsmanager`)
   */
  readonly encryptionKey?: kms.IKey;
}

/** Properties of a database user. */
export interface PostgresUserProps extends PostgresUserOptions {
  /** The database that the user has access to. */
  readonly database: PostgresDatabase;
}

/**
 * A login on a PostgreSQL server with declared access to one database, and a secret with all that a client needs.
 *
 * `database.addUser()` makes one in the database's stack. Created directly, it may live in the stack of the service that
 * uses it. That stack depends on the server's, never the reverse.
 *
 * ## What it makes
 *
 * A secret without a value, with a tag by which the broker may fill it; and a CloudFormation resource that
 * converges the role and writes the secret: `engine, host, port, dbname, username, password, sslmode, url, urlWithCaFile, jdbcUrl, ca`,
 * and of a server with several nodes `hosts, multiHostUrl`, all in one version.
 *
 * ## Defaults that matter
 *
 * `secret` is an attribute of that resource, so whoever refers to it waits until the user can log in. Statements end
 * after 30 seconds. When the user leaves the stack, its objects go to the owner of the database (`onRemoval`).
 *
 * ## Security considerations
 *
 * The password exists in the secret only: the server gets a SCRAM verifier, templates and logs get nothing. Clients
 * verify the server's certificate (`verify-full`) with the roots that services receive as a file. The user has no rights
 * on any other database of the server and cannot create objects, unless it is an owner.
 *
 * ## Cost
 *
 * One secret: 0.40 USD a month.
 *
 * @example
 * import { PostgresAccess, PrivatePostgres } from 'cdk-private-backend';
 * declare const postgres: PrivatePostgres;
 *
 * const reports = postgres.database.addUser('Reports', { access: PostgresAccess.READ_ONLY });
 */
export class PostgresUser extends Construct implements IDatabaseUser {
  /** The database that the user has access to. */
  public readonly database: PostgresDatabase;

  /** Name of the role on the server. */
  public readonly username: string;

  /** What the user may do in its database. */
  public readonly access: PostgresAccess;

  /** Connections that each task may hold. */
  public readonly poolSize: number;

  /** Connections that the server grants this user at most; -1 for no limit. A token where it is computed from the services, which is done at synth. */
  public readonly connectionLimit: number;

  private readonly counted: CountedConnections;
  private readonly credentials: secretsmanager.ISecret;
  private readonly resource: CfnResource;

  /**
   * Declares a user.
   *
   * @throws when the name is reserved, longer than 63 bytes, or declared twice on the server; when a limit is out of
   * range; when a setting is no name or given twice; when the server's stack depends on this one, or is in another account or
   * region
   */
  constructor(scope: Construct, id: string, props: PostgresUserProps) {
    super(scope, id);
    requireKind(this, 'database', props.database, DATABASE);
    const posture = Posture.of(this);
    this.database = props.database;
    this.username = props.username ?? snakeCase(id);
    this.access = props.access ?? PostgresAccess.READ_WRITE;
    this.poolSize = props.poolSize ?? posture.poolSize;
    this.validateProps(props);
    this.counted = new CountedConnections(this, { isOwner: this.isOwner, poolSize: this.poolSize, connectionLimit: props.connectionLimit });
    this.connectionLimit = props.connectionLimit ?? Lazy.number({ produce: () => this.counted.computed?.needed });
    this.reserve();
    const secret = this.createSecret(props);
    this.resource = this.createResource(props, posture, secret);
    this.credentials = shareKey(secretsmanager.Secret.fromSecretAttributes(this, 'LoginSecret', {
      secretCompleteArn: this.resource.getAtt(UserAttributes.SECRET_ARN).toString(),
      encryptionKey: props.encryptionKey,
    }));
    this.database._declare(this.resource);
    this.describeAs(secret);
  }

  /** The secret with the credentials of the user. Whoever refers to it waits until the user can log in. */
  public get secret(): secretsmanager.ISecret | undefined {
    return this.credentials;
  }

  /**
   * Gives a service the user's credentials, the pool size, and the file of certificate authorities.
   *
   * Secrets: `DATABASE_URL`, `JDBC_DATABASE_URL`, `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`, and of a server with several nodes
   * `DATABASE_MULTI_HOST_URL`, which node-postgres cannot read. Environment:
   * `PGSSLMODE`, `PGSSLROOTCERT`, `NODE_EXTRA_CA_CERTS`, `DATABASE_POOL_SIZE`, and `DATABASE_SECRET_VERSION`, which changes with
   * the credentials. A prefix goes before each name; the two variables that name the file are always there without one too.
   *
   * The connections of the service are counted towards `connectionLimit`, by its `maxTasks`.
   *
   * @throws when `maxTasks` is a token and the user has no `connectionLimit`
   */
  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    dependOnStackOf(scope, this, 'Services depend on their database users, never the reverse.');
    this.counted.add(scope, options);
    return {
      ...userSecretBinding({
        field: name => ecs.Secret.fromSecretsManager(this.credentials, name),
        versionId: this.resource.getAtt(UserAttributes.SECRET_VERSION_ID).toString(),
        poolSize: this.poolSize,
        multiHost: this.hosts.length > 0,
      }, options.prefix),
      targets: [this.database.server],
    };
  }

  /**
   * Lets a principal read the secret of this user, with its key where it has one of its own. Not change it, and no other secret.
   *
   * @param grantee a role, user or group that can reach the server by other means: a binding, or a tunnel
   */
  public grantReadSecret(grantee: iam.IGrantable): iam.Grant {
    return this.credentials.grantRead(grantee);
  }

  private describeAs(secret: secretsmanager.CfnSecret): void {
    const { access, database, username } = this;
    const { databaseName, engine: { engineName: engine }, server } = database;
    describe(this, this.resource, () => ({ kind: 'database-user', access, database, databaseName, engine, host: server.endpoint, secret, server, username }));
  }

  private get hosts(): string[] {
    return (this.database.server as Partial<PostgresServer>)._hosts?.() ?? [];
  }

  private get isOwner(): boolean {
    return this.access === PostgresAccess.OWNER;
  }

  private validateProps(props: PostgresUserProps): void {
    validateUsername(this, this.username);
    validateSettings(this, props.settings, { statementTimeout: props.statementTimeout, lockTimeout: props.lockTimeout });
    if (!Token.isUnresolved(this.poolSize) && (!Number.isInteger(this.poolSize) || this.poolSize < 1)) {
      throw new InvalidBackendError(this, 'PostgresUser.poolSize', `\`poolSize\` must be a whole number of at least 1, got ${this.poolSize}.`);
    }
    const limit = props.connectionLimit;
    if (limit !== undefined && !Token.isUnresolved(limit) && (!Number.isInteger(limit) || limit === 0 || limit < -1)) {
      throw new InvalidBackendError(this, 'PostgresUser.connectionLimit', `\`connectionLimit\` must be a whole number of at least 1, or -1 for no limit, got ${limit}.`);
    }
  }

  private reserve(): void {
    const { connectionLimit, counted: { computed } } = this;
    brokerOf(this.database.server).reserveUser(this, [this.username], { connectionLimit, computed });
  }

  /** Computed as text, which CloudFormation has it as in templates of before. */
  private renderLimit(): string {
    const { computed } = this.counted;
    return computed === undefined ? Tokenization.stringifyNumber(this.connectionLimit) : Lazy.string({ produce: () => String(computed.needed) });
  }

  private createSecret(props: PostgresUserProps): secretsmanager.CfnSecret {
    dependOnKey(this, props.encryptionKey);
    const secret = new secretsmanager.CfnSecret(this, 'Secret', {
      description: textWithPath(LONGEST_SECRET_TEXT, 'PostgreSQL user of ', this),
      kmsKeyId: props.encryptionKey?.keyArn,
    });
    secret.applyRemovalPolicy(props.onRemoval === PostgresUserRemoval.RETAIN ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    openToConductor(secret, brokerOf(this.database.server));
    referWeakly(secret);
    return secret;
  }

  private createResource(props: PostgresUserProps, posture: Posture, secret: secretsmanager.CfnSecret): CfnResource {
    const broker = brokerOf(this.database.server);
    const resource = broker.declareResource(this, USER_RESOURCE_TYPE, {
      Username: this.username,
      DatabaseName: this.database.databaseName,
      Access: this.access,
      SecretArn: secret.ref,
      Hosts: this.hosts.length > 0 ? this.hosts : undefined,
      ConnectionLimit: this.renderLimit(),
      Settings: roleSettings(
        props.settings,
        props.statementTimeout ?? (this.isOwner ? undefined : posture.statementTimeout),
        props.lockTimeout ?? (this.isOwner ? posture.lockTimeout : undefined),
      ),
      OnRemoval: props.onRemoval ?? PostgresUserRemoval.REASSIGN,
      ProtectedTables: this.database._protectedTables,
      RdsRoots: broker.rdsRoots,
      AdoptExisting: broker.adoptExisting(AdoptExisting._word(this, props.adoptExisting)),
    });
    const keyPolicies = props.encryptionKey === undefined ? [] : [broker.grantKey(this, props.encryptionKey)];
    resource.node.addDependency(...keyPolicies, this.database._resource);
    return resource;
  }
}
