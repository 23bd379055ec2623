import { Stack, Token } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { USER_ENGINE } from './private/cache-users';
import { ImportedUser } from './private/imported-user';
import { redisBinding } from './private/redis-binding';
import { createClientSecret, createPassword } from './private/user-secrets';
import { RedisAccess } from './redis-access';
import type { IRedisCache, RedisCache } from './redis-cache';
import type { IServiceBinding, ServiceBindingConfig, ServiceBindingOptions } from '../binding';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError, problem } from '../private/errors';
import { dependOnKey, shareKey } from '../private/keys';
import { requireKind, type Kind } from '../private/props';
import { dependOnStackOf } from '../private/stack-order';

/** A user of a cache, as services see it. */
export interface IRedisUser extends IConstruct, IServiceBinding {
  /** The cache that the user logs in to. */
  readonly cache: IRedisCache;

  /** Name that the user logs in with. */
  readonly username: string;

  /** The user's secret, with `password` and `url` as JSON fields; none where the user authenticates by IAM. */
  readonly secret?: secretsmanager.ISecret;
}

/** Options of a user of a cache. */
export interface RedisUserOptions {
  /**
   * Name that the user logs in with: lower-case letters, digits and hyphens. Not with `iamAuthentication`, where ElastiCache
   * wants the id of the user, which is made up.
   *
   * @default - the id in kebab case
   */
  readonly username?: string;

  /**
   * What the user may do.
   *
   * @default - RedisAccess.readWrite()
   */
  readonly access?: RedisAccess;

  /**
   * Whether the user authenticates by IAM instead of a password. The client must sign a token, at least every 12 hours, and
   * its role needs `grantConnect`.
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
   * @default false
   */
  readonly iamAuthentication?: boolean;

  /**
   * Key that encrypts the user's secrets.
   *
   * @default - the account's key for Secrets Manager (`aws/secretsmanager`)
   */
  readonly encryptionKey?: kms.IKey;
}

/** Properties of a user of a cache. */
export interface RedisUserProps extends RedisUserOptions {
  /** The cache that the user logs in to, in the same stack. */
  readonly cache: RedisCache;
}

/** A user that exists already. */
export interface RedisUserAttributes {
  /** The cache that the user logs in to. */
  readonly cache: IRedisCache;

  /** Name that the user logs in with. */
  readonly username: string;

  /** Secret with JSON fields `password` and `url`, the latter like `rediss://name:password@host:6379`. */
  readonly secret: secretsmanager.ISecret;
}

const OWN_CACHE: Kind = { members: ['_users'], advice: 'Pass a `RedisCache` of this app. A user of an imported cache is `RedisUser.fromRedisUserAttributes()`.' };

/**
 * A login on a cache with declared access, and a secret with all that a client needs.
 *
 * `cache.addUser()` makes one. It stands in the stack of its cache, because the cache lists its users.
 *
 * ## What it makes
 *
 * A user of ElastiCache, a secret with the generated password, and a secret for clients: `host, port, username, password,
 * tls, url`. With IAM authentication only the user.
 *
 * ## Defaults that matter
 *
 * Every command on every key but the dangerous ones. Whoever uses `secret` waits until the cache knows the user. The password
 * stays for the life of the user: for another one, add another user.
 *
 * ## Security considerations
 *
 * The password is in no template: CloudFormation carries it from Secrets Manager to ElastiCache. The URL is `rediss:`, so
 * clients verify the certificate of the cache, which chains to a root that every system has. Keep users apart with
 * `RedisAccess.readWrite({ keyPrefixes: […] })`.
 *
 * ## Cost
 *
 * Two secrets: 0.80 USD a month. With IAM authentication nothing.
 *
 * @example
 * import { RedisAccess, RedisCache } from 'cdk-private-backend';
 *
 * declare const cache: RedisCache;
 * const queue = cache.addUser('Queue', { access: RedisAccess.readWrite({ keyPrefixes: ['bull:'] }) });
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
export class RedisUser extends Construct implements IRedisUser {
  /**
   * Uses a user that exists already.
   *
   * @param attributes what the user is called and where its secret is
   */
  public static fromRedisUserAttributes(scope: Construct, id: string, attributes: RedisUserAttributes): IRedisUser {
    return new ImportedUser(scope, id, attributes);
  }

  /** The cache that the user logs in to. */
  public readonly cache: IRedisCache;

  /** Name that the user logs in with. */
  public readonly username: string;

  /** The user's secret. Whoever refers to it waits until the cache knows the user. None with IAM authentication. */
  public readonly secret?: secretsmanager.ISecret;

  private readonly redisCache: RedisCache;
  private readonly resource: elasticache.CfnUser;
  private isGranted = false;

  /**
   * @throws InvalidBackendError for a name that the cache has already or that is no name, for one with IAM authentication,
   * and in another stack than that of the cache
   */
  constructor(scope: Construct, id: string, props: RedisUserProps) {
    super(scope, id);
    requireKind(this, 'cache', props.cache, OWN_CACHE);
    this.cache = props.cache;
    this.redisCache = props.cache;
    const ownName = props.username ?? kebabCase(id);
    // A user can't be renamed. The new one is made before the old one goes, so the id changes with the name.
    const userId = props.cache._users.idOf(this, props.iamAuthentication === true ? undefined : { createOnly: { userName: ownName } });
    const userName = props.iamAuthentication === true ? userId : ownName;
    this.validate(props, userName);
    props.cache._users.reserve(this, userName);
    dependOnKey(this, props.encryptionKey);
    const options = { encryptionKey: props.encryptionKey, removalPolicy: props.cache._companionPolicy };
    const password = props.iamAuthentication === true ? undefined : createPassword(this, options).secretValueFromJson('password');
    this.resource = new elasticache.CfnUser(this, 'Resource', {
      engine: USER_ENGINE,
      userId,
      userName,
      accessString: (props.access ?? RedisAccess.readWrite()).accessString,
      authenticationMode: password === undefined ? { Type: 'iam' } : { Type: 'password', Passwords: [password.unsafeUnwrap()] },
    });
    props.cache._users.add(this.resource);
    referWeakly(this.resource);
    this.username = props.iamAuthentication === true ? this.resource.ref : ownName;
    if (password !== undefined) {
      const secret = shareKey(createClientSecret(this, props.cache, this.username, password, options));
      secret.node.addDependency(props.cache._users.group);
      referWeakly(secret);
      this.secret = secret;
    }
    describe(this, this.resource, () => ({ kind: 'cache-user', cache: this.cache, secret: this.secret, username: userName }));
  }

  /**
   * Gives a service the host and the user's credentials.
   *
   * Environment: `REDIS_HOST`, `REDIS_PORT`, `REDIS_USERNAME`, `REDIS_TLS` (`true`). Secrets: `REDIS_PASSWORD`, and `REDIS_URL`, which
   * has everything. With IAM authentication there is no secret, but `REDIS_CACHE_NAME`, which a token is signed for. A prefix
   * goes before each name.
   */
  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    dependOnStackOf(scope, this.cache, 'Services depend on their caches, never the reverse.');
    if (this.secret !== undefined) {
      return redisBinding({ cache: this.cache, username: this.username, secret: this.secret }, options.prefix);
    }
    this.requireGrant(scope);
    return {
      ...redisBinding({ cache: this.cache, username: this.username, cacheName: this.redisCache.cacheName }, options.prefix),
      dependencies: [this.redisCache._users.group],
    };
  }

  /**
   * Lets a grantee log in to this cache as this user, which must authenticate by IAM. Not as another user, nor to another cache.
   *
   * @param grantee a service, or a role
   * @throws InvalidBackendError for a user with a password
   */
  public grantConnect(grantee: iam.IGrantable): iam.Grant {
    if (this.secret !== undefined) {
      throw new InvalidBackendError(this, 'RedisUser.grantConnect', 'This user logs in with a password, so IAM permissions don\'t let anybody log in as it. Create the user with `iamAuthentication: true`, or use `user.secret.grantRead(service)`.');
    }
    this.isGranted = true;
    return iam.Grant.addToPrincipal({ grantee, actions: ['elasticache:Connect'], resourceArns: [this.redisCache.cacheArn, this.resource.attrArn] });
  }

  private validate(props: RedisUserProps, userName: string): void {
    if (Stack.of(this) !== Stack.of(props.cache)) {
      throw new InvalidBackendError(this, 'RedisUser.otherStack', `A user must be in its cache's stack '${Stack.of(props.cache).node.path}', because the cache lists its users. Use \`cache.addUser('${this.node.id}')\`.`);
    }
    if (props.iamAuthentication === true && props.username !== undefined) {
      throw new InvalidBackendError(this, 'RedisUser.iamUsername', '`username` can\'t be set with `iamAuthentication: true`. ElastiCache then uses the user\'s id as the name, which must be unique in the account. Remove `username`.');
    }
    if (!Token.isUnresolved(userName) && !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(userName)) {
      throw new InvalidBackendError(this, 'RedisUser.username', `\`username\` must be lower-case letters and digits, with hyphens only between them, got '${userName}'. Other characters would have to be encoded in the user's URL.`);
    }
  }

  private requireGrant(service: IConstruct): void {
    this.node.addValidation({
      validate: () => (this.isGranted ? [] : [problem('RedisUser.notGranted',
        `'${service.node.path}' connects as this user, which logs in with IAM, but nothing has permission to log in as it. Call \`user.grantConnect(service)\`.`)]),
    });
  }
}

function kebabCase(id: string): string {
  return id.replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3-$2').replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '').toLowerCase();
}
