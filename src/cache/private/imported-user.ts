import { Token } from 'aws-cdk-lib';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { redisBinding } from './redis-binding';
import type { ServiceBindingConfig, ServiceBindingOptions } from '../../binding';
import { InvalidBackendError } from '../../private/errors';
import { dependOnStackOf } from '../../private/stack-order';
import type { IRedisCache } from '../redis-cache';
import type { IRedisUser, RedisUserAttributes } from '../redis-user';

/** A user that others made. */
export class ImportedUser extends Construct implements IRedisUser {
  public readonly cache: IRedisCache;
  public readonly username: string;
  public readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, { cache, username, secret }: RedisUserAttributes) {
    super(scope, id);
    if (!Token.isUnresolved(username) && username.trim() === '') {
      throw new InvalidBackendError(this, 'RedisUser.importedUsername', '`username` must not be empty. Set the name that the user logs in with. In a cache without users of its own, the name is \'default\'.');
    }
    this.cache = cache;
    this.username = username;
    this.secret = secret;
  }

  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    dependOnStackOf(scope, this.cache, 'Services depend on their caches, never the reverse.');
    return redisBinding(this, options.prefix);
  }
}
