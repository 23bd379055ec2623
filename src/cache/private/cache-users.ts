import { Lazy, RemovalPolicy, type CfnResource } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type { Construct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { physicalName, type NameOptions } from '../../private/physical-name';

/** ElastiCache takes a hundred users in a group, one of which is `default`. */
const MOST_USERS = 99;
const DEFAULT_USER = 'default';

/**
 * Engine of every user and group. Both kinds of caches take users of Redis, Redis takes no others, and it can never change.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
export const USER_ENGINE = 'redis';

/** The users of one cache, and the group of ElastiCache that holds them. */
export class CacheUsers {
  /** The group that the cache belongs to. */
  public readonly group: elasticache.CfnUserGroup;

  private readonly names = new Set<string>([DEFAULT_USER]);
  private readonly userIds: string[] = [];

  constructor(private readonly cache: Construct, private readonly removalPolicy: RemovalPolicy) {
    this.userIds.push(this.createDefaultUser().ref);
    this.group = new elasticache.CfnUserGroup(cache, 'UserGroup', {
      engine: USER_ENGINE,
      userGroupId: this.idOf(cache, { ids: ['UserGroup'] }),
      userIds: Lazy.list({ produce: () => this.userIds }),
    });
    this.group.applyRemovalPolicy(removalPolicy);
  }

  /** An id for a user or a group. One that is retained has a part of the stack's own: the stack made again would find the id taken. */
  public idOf(scope: Construct, options?: NameOptions): string {
    return physicalName(scope, { ...options, outlivesStack: this.removalPolicy !== RemovalPolicy.DESTROY });
  }

  /** Refuses a name that the cache has already, or one user too many. */
  public reserve(user: Construct, username: string): void {
    if (username === DEFAULT_USER) {
      throw new InvalidBackendError(user, 'RedisUser.defaultUsername', `\`username\` can't be '${username}', because every cache has a user of this name that nobody can log in as. Set another \`username\`.`);
    }
    if (this.names.has(username)) {
      throw new InvalidBackendError(user, 'RedisUser.duplicateUsername', `This cache has a user '${username}' already. Set another \`username\`.`);
    }
    if (this.names.size > MOST_USERS) {
      throw new InvalidBackendError(user, 'RedisCache.tooManyUsers', `A cache can have at most ${MOST_USERS} users in addition to '${DEFAULT_USER}', because ElastiCache allows ${MOST_USERS + 1}. Share users between services, or use another cache.`);
    }
    this.names.add(username);
  }

  /** Puts a user into the group. */
  public add(user: elasticache.CfnUser): void {
    user.applyRemovalPolicy(this.removalPolicy);
    this.userIds.push(user.ref);
  }

  /** Who logs in without a name would be this user, which is off. Redis refuses a group without it. */
  private createDefaultUser(): CfnResource {
    const user = new elasticache.CfnUser(this.cache, 'DefaultUser', {
      engine: USER_ENGINE,
      userId: this.idOf(this.cache, { ids: ['DefaultUser'] }),
      userName: DEFAULT_USER,
      accessString: 'off -@all',
      authenticationMode: { Type: 'no-password-required' },
    });
    user.applyRemovalPolicy(this.removalPolicy);
    return user;
  }
}
