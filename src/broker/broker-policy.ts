import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { CfnSecret, ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import type { Broker } from './broker';
import { READ_SECRET_ACTIONS, STACK_TAG, USER_SECRET_ACTIONS } from './conductor.contract';

/** Tag of a user's secret with the ARN of the one role that may use it. */
const ROLE_TAG = 'cdk-private-backend:broker-role';

/**
 * Lets the conductor use the secrets of users, of whatever stack: those that CloudFormation made, and that have the conductor's tag.
 * One statement for all, since a role takes 10,240 characters of policies, which 30 users with a policy each would fill.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access-abac.html
 */
export function userSecretStatement(role: iam.IRole): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: USER_SECRET_ACTIONS,
    resources: [Stack.of(role).formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
    conditions: {
      StringEquals: { [`aws:ResourceTag/${ROLE_TAG}`]: role.roleArn },
      Null: { [`aws:ResourceTag/${STACK_TAG}`]: 'false' },
    },
  });
}

/** Opens the secret of a user to the conductor of its server, and to no other. */
export function openToConductor(secret: CfnSecret, broker: Broker): void {
  secret.tags.setTag(ROLE_TAG, broker.conductorRole.roleArn);
}

/** Lets the conductor use a key with which users' secrets of this stack are encrypted. */
export function keyPolicy(stack: Stack, id: string, role: iam.IRole, key: kms.IKey): iam.Policy {
  return new iam.Policy(stack, id, {
    // The default is the logical id, which two stacks may share. On one role the second would replace the first.
    policyName: `${id}-${stack.node.addr.slice(-8)}`,
    roles: [role],
    statements: throughSecretsManager(stack, ['kms:Decrypt', 'kms:GenerateDataKey'], key),
  });
}

/** Lets the conductor read the admin's secret. */
export function adminSecretStatements(scope: IConstruct, secret: ISecret, encryptionKey?: kms.IKey): iam.PolicyStatement[] {
  return [
    // An imported secret may be known without the six characters that Secrets Manager adds to its name.
    new iam.PolicyStatement({ actions: READ_SECRET_ACTIONS, resources: [secret.secretFullArn ?? `${secret.secretArn}-??????`] }),
    ...throughSecretsManager(scope, ['kms:Decrypt'], encryptionKey),
  ];
}

/** Use of a key, through Secrets Manager only. */
function throughSecretsManager(scope: IConstruct, actions: string[], key?: kms.IKey): iam.PolicyStatement[] {
  if (key === undefined) {
    return [];
  }
  const { region, urlSuffix } = Stack.of(scope);
  return [new iam.PolicyStatement({
    actions,
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` } },
  })];
}
