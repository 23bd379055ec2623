import { Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { dependOnStackOf } from './stack-order';

/** Makes the stack of what is encrypted depend on the stack of its key, before CDK finds out and has only "cyclic reference" to say. */
export function dependOnKey(user: IConstruct, key: kms.IKey | undefined): void {
  if (key !== undefined) {
    dependOnStackOf(user, key, 'Data depends on its key, never the reverse.');
  }
}

/**
 * Lets whoever reads a secret use its key, too, in whatever stack the two are.
 *
 * CDK writes each reader into the policy of the key. For a reader of another stack, the stack of the key would depend on a stack that
 * depends on it: "cyclic reference"; and the policy of an imported key stays as it is. There the reader gets a permission of its own,
 * which is enough wherever the key lets its account decide, as the policies of CDK and of the console do.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function shareKey<T extends secretsmanager.ISecret>(secret: T): T {
  const key = secret.encryptionKey;
  if (key === undefined) {
    return secret;
  }
  const throughPolicy = secret.grantRead.bind(secret);
  const withoutKey = Object.create(secret, { encryptionKey: { value: undefined } }) as secretsmanager.ISecret;
  const withoutPolicy = secret.grantRead.bind(withoutKey);
  return Object.assign(secret, {
    grantRead: (grantee: iam.IGrantable, versionStages?: string[]): iam.Grant => (isInPolicy(secret, key, grantee)
      ? throughPolicy(grantee, versionStages)
      : withoutPolicy(grantee, versionStages).combine(decrypt(secret, key, grantee))),
  });
}

/** Whether the policy of a key can name a reader. Who is no resource of this app has no stack. */
function isInPolicy(secret: secretsmanager.ISecret, key: kms.IKey, { grantPrincipal }: iam.IGrantable): boolean {
  if (Token.compareStrings(Stack.of(secret).account, grantPrincipal.principalAccount ?? '') === TokenComparison.DIFFERENT) {
    return true;
  }
  const isOurs = Construct.isConstruct(grantPrincipal) && Resource.isOwnedResource(grantPrincipal);
  return Resource.isOwnedResource(key) && (!isOurs || Stack.of(grantPrincipal) === Stack.of(key));
}

function decrypt(secret: IConstruct, key: kms.IKey, grantee: iam.IGrantable): iam.Grant {
  const { region, urlSuffix } = Stack.of(secret);
  return iam.Grant.addToPrincipal({
    grantee, actions: ['kms:Decrypt'], resourceArns: [key.keyArn], conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` } },
  });
}
