import { Token } from 'aws-cdk-lib';
import { InvalidBackendError } from '../private/errors';

/**
 * Version of PostgreSQL.
 *
 * A major version alone lets RDS choose the minor version and keep it current. Going to another major version needs
 * `allowMajorVersionUpgrade` and a full version, like `PostgresVersion.of('17.9')`, which the current version can be upgraded to
 * (`ValidUpgradeTarget` of `aws rds describe-db-engine-versions`); going back is impossible.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
 */
export class PostgresVersion {
  /** PostgreSQL 15, the least that this library knows. */
  public static readonly VER_15 = PostgresVersion.of('15');
  /** PostgreSQL 16. */
  public static readonly VER_16 = PostgresVersion.of('16');
  /** PostgreSQL 17. */
  public static readonly VER_17 = PostgresVersion.of('17');
  /** PostgreSQL 18. Look up whether Aurora offers it in your region. */
  public static readonly VER_18 = PostgresVersion.of('18');

  /**
   * Another version.
   *
   * @param fullVersion like `17.9`, or `17`
   * @param majorVersion like `17`; needed where the full version is a token
   * @throws when the version is no version, below 15, or a token without a major version
   */
  public static of(fullVersion: string, majorVersion?: string): PostgresVersion {
    // Before anything is cut off it, which would make a token unrecognisable.
    if (Token.isUnresolved(majorVersion ?? fullVersion)) {
      throw new InvalidBackendError('PostgresVersion.of()', 'PostgresVersion.tokenVersion', 'The major version isn\'t known until deployment (it\'s a token), and the family of the parameter group depends on it. Pass the major version as the second argument, such as \'17\'.');
    }
    const major = majorVersion ?? fullVersion.split('.')[0];
    if (!/^\d+$/.test(major) || Number(major) < 15 || (!Token.isUnresolved(fullVersion) && !/^\d+(\.\d+)?$/.test(fullVersion))) {
      throw new InvalidBackendError('PostgresVersion.of()', 'PostgresVersion.unsupported', `PostgreSQL version '${Token.isUnresolved(fullVersion) ? major : fullVersion}' isn't supported. Use version 15 or later, such as '17' or '17.9'.`);
    }
    return new PostgresVersion(fullVersion, major);
  }

  private constructor(
    /** The version as RDS gets it. */
    public readonly fullVersion: string,
    /** The major version, which decides the family of the parameter group. */
    public readonly majorVersion: string,
  ) {}
}
