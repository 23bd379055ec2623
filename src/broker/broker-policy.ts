import { Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { CfnResourcePolicy, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import type { Broker } from './broker';
import { READ_SECRET_ACTIONS, USER_SECRET_ACTIONS } from './conductor.contract';

/**
 * Lets the conductor fill the secret of a user.
 *
 * The policy stands in the user's stack, because a statement in the role's own policy would make the server's stack
 * depend on the user's.
 */
export function grantConductor(user: Construct, broker: Broker, secretArn: string, encryptionKey?: kms.IKey): iam.Policy {
  return new iam.Policy(user, 'ConductorPolicy', {
    policyName: inlinePolicyName(user),
    roles: [broker.conductorRole],
    statements: [
      new iam.PolicyStatement({ actions: USER_SECRET_ACTIONS, resources: [secretArn] }),
      ...throughSecretsManager(user, ['kms:Decrypt', 'kms:GenerateDataKey'], encryptionKey),
    ],
  });
}

/**
 * Lets the conductor read a secret that outlives its stack, so that the stack which takes the user over gets its password.
 *
 * A policy in the conductor's role would have to outlive the stack too, and then be in the way of the role's own deletion.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/determine-acccess_examine-iam-policies.html
 */
export function keepReadable(user: Construct, broker: Broker, secretArn: string): CfnResourcePolicy {
  const policy = new CfnResourcePolicy(user, 'RetainedSecretPolicy', {
    secretId: secretArn,
    blockPublicPolicy: true,
    resourcePolicy: new iam.PolicyDocument({
      statements: [new iam.PolicyStatement({ principals: [broker.conductorRole], actions: READ_SECRET_ACTIONS, resources: ['*'] })],
    }),
  });
  policy.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return policy;
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

/**
 * The default name is the logical id, which two stacks may share. On one role the second would replace the first.
 */
function inlinePolicyName(user: Construct): string {
  return `${Names.uniqueResourceName(user, { maxLength: 100 })}-${user.node.addr.slice(-8)}`;
}
