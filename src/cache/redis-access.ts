import { Token } from 'aws-cdk-lib';
import { InvalidBackendError } from '../private/errors';

/** What the access of a user is limited to. */
export interface RedisAccessOptions {
  /**
   * What the names of the user's keys and channels begin with, such as `bull:`. No spaces and no wildcards.
   *
   * @default - every key and channel
   */
  readonly keyPrefixes?: string[];
}

/**
 * What a user of a cache may do: an access string of Redis.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html#Access-string
 */
export class RedisAccess {
  /**
   * Every command but the dangerous ones: not FLUSHALL, KEYS, CONFIG or SHUTDOWN. INFO is allowed, which clients and
   * queues ask before they start.
   *
   * @throws InvalidBackendError for a prefix with spaces or wildcards
   */
  public static readWrite(options: RedisAccessOptions = {}): RedisAccess {
    return new RedisAccess(`on ${patterns('readWrite', options)} +@all -@dangerous +info`);
  }

  /**
   * Commands that read, but for the dangerous ones.
   *
   * @throws InvalidBackendError for a prefix with spaces or wildcards
   */
  public static readOnly(options: RedisAccessOptions = {}): RedisAccess {
    return new RedisAccess(`on ${patterns('readOnly', options)} -@all +@read +@connection -@dangerous +info`);
  }

  /**
   * Any other access string.
   *
   * @param accessString rules like `on ~orders:* &* +@all -@dangerous`, without passwords; may be a token
   * @throws InvalidBackendError for a string that does not turn the user on, or has rules on passwords
   */
  public static of(accessString: string): RedisAccess {
    if (!Token.isUnresolved(accessString)) {
      validate(accessString.trim().split(/\s+/), accessString);
    }
    return new RedisAccess(accessString);
  }

  private constructor(
    /** The rules, as Redis writes them. */
    public readonly accessString: string,
  ) {}
}

function patterns(factory: 'readWrite' | 'readOnly', { keyPrefixes }: RedisAccessOptions): string {
  if (keyPrefixes === undefined) {
    return '~* &*';
  }
  const wrong = keyPrefixes.find((prefix) => !Token.isUnresolved(prefix) && !/^[^\s*?[\]\\]+$/.test(prefix));
  if (keyPrefixes.length === 0) {
    throw new InvalidBackendError(`RedisAccess.${factory}()`, 'RedisAccess.noKeyPrefixes', '`keyPrefixes` must not be empty. Remove it to allow every key.');
  }
  if (wrong !== undefined) {
    throw new InvalidBackendError(`RedisAccess.${factory}()`, 'RedisAccess.keyPrefixes', `\`keyPrefixes\` contains '${wrong}'. A prefix must be at least one character, without spaces, '*', '?', brackets and backslashes.`);
  }
  return [...keyPrefixes.map((prefix) => `~${prefix}*`), ...keyPrefixes.map((prefix) => `&${prefix}*`)].join(' ');
}

function validate(rules: string[], accessString: string): void {
  const forbidden = rules.find((rule) => /^([<>#!].*|nopass|resetpass|reset)$/.test(rule));
  if (forbidden !== undefined) {
    throw new InvalidBackendError('RedisAccess.of()', 'RedisAccess.passwordRule', `The access string contains the rule '${forbidden.replace(/^([<>#!]).*/, '$1…')}', but ElastiCache keeps passwords itself. Remove the rule from the access string.`);
  }
  if (!rules.includes('on') || rules.includes('off')) {
    throw new InvalidBackendError('RedisAccess.of()', 'RedisAccess.off', `The access string '${accessString}' doesn't turn the user on, so the user could never log in. Add 'on', and remove 'off'.`);
  }
}
