import { SecretValue, Stack, Tokenization, type RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { LONGEST_SECRET_TEXT, textWithPath } from '../../private/path-text';
import type { IRedisCache } from '../redis-cache';

/** A secret of a user of a cache. */
export interface UserSecretOptions {
  readonly encryptionKey?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The password alone, which the user is made with.
 *
 * Letters and digits only, so that it stands in a URL as it is. These properties must never change: Secrets Manager would make
 * another password, and CloudFormation would not tell the user.
 */
export function createPassword(scope: Construct, options: UserSecretOptions): secretsmanager.Secret {
  return new secretsmanager.Secret(scope, 'Password', {
    description: textWithPath(LONGEST_SECRET_TEXT, 'Password of ', scope),
    generateSecretString: { passwordLength: 64, excludePunctuation: true, secretStringTemplate: '{}', generateStringKey: 'password' },
    ...options,
  });
}

/**
 * All that a client needs. The password gets in by a reference that CloudFormation resolves on its way to Secrets Manager, so that no
 * template has it (docs/adr/0014).
 */
export function createClientSecret(scope: Construct, cache: IRedisCache, username: string, password: SecretValue, options: UserSecretOptions): secretsmanager.Secret {
  const port = Tokenization.stringifyNumber(cache.port);
  const secret = password.unsafeUnwrap();
  const value = { host: cache.endpoint, port, username, password: secret, tls: 'true', url: `rediss://${username}:${secret}@${cache.endpoint}:${port}` };
  return new secretsmanager.Secret(scope, 'Secret', {
    description: textWithPath(LONGEST_SECRET_TEXT, 'Redis user of ', scope),
    secretStringValue: SecretValue.unsafePlainText(Stack.of(scope).toJsonString(value)),
    ...options,
  });
}
