import type * as kms from 'aws-cdk-lib/aws-kms';

/** Options of the admin's secret. */
export interface AdminSecretOptions {
  /**
   * Key that encrypts the secret.
   *
   * @default - the account's key for Secrets Manager (`aws/secretsmanager`)
   */
  readonly encryptionKey?: kms.IKey;
}

/** Who makes and keeps the password of a server's admin. Changing the kind on a living server changes the password, in place. */
export class AdminSecret {
  /**
   * RDS makes the secret and rotates it every seven days. It holds no host name. Not for read replicas of instances, nor
   * for Blue/Green deployments.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
   */
  public static rdsManaged(options: AdminSecretOptions = {}): AdminSecret {
    return new AdminSecret(true, options.encryptionKey);
  }

  /** A secret in the stack, with a password that Secrets Manager generated once. Nothing rotates it. */
  public static generated(options: AdminSecretOptions = {}): AdminSecret {
    return new AdminSecret(false, options.encryptionKey);
  }

  private constructor(
    /** Whether RDS makes and rotates the secret. */
    public readonly managedByRds: boolean,
    /** Key that encrypts the secret; none: the account's key for Secrets Manager. */
    public readonly encryptionKey: kms.IKey | undefined,
  ) {}
}
