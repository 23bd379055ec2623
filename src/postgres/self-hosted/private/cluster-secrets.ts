import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { referWeakly } from '../../../private/cross-stack';
import { shareKey } from '../../../private/keys';

/** Secrets that the nodes read at boot. */
export interface ClusterSecrets {
  /** Login of the broker's admin. */
  readonly admin: secretsmanager.ISecret;
  /** Pass that backups are encrypted with. */
  readonly cluster: secretsmanager.ISecret;
}

/** How secrets are kept. */
export interface ClusterSecretsProps {
  readonly adminUsername: string;
  readonly encryptionKey?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** Secrets that are generated once. */
interface Generated {
  readonly description: string;
  readonly template: object;
  readonly key: string;
  readonly length: number;
}

/** Any change of what is generated would generate another password, or another pass, so a test holds these values. */
export function createSecrets(scope: Construct, props: ClusterSecretsProps): ClusterSecrets {
  const admin = { description: 'Admin of a PostgreSQL cluster', template: { username: props.adminUsername }, key: 'password', length: 40 };
  const cluster = { description: 'Pass of the backups of a PostgreSQL cluster', template: {}, key: 'cipherPass', length: 64 };
  return { admin: createSecret(scope, 'AdminSecret', admin, props), cluster: createSecret(scope, 'ClusterSecret', cluster, props) };
}

/** Who has volumes or backups needs the secrets, so all stay together. */
function createSecret(scope: Construct, id: string, generated: Generated, { encryptionKey, removalPolicy }: ClusterSecretsProps): secretsmanager.ISecret {
  const secret = new secretsmanager.CfnSecret(scope, id, {
    description: generated.description,
    kmsKeyId: encryptionKey?.keyArn,
    generateSecretString: {
      secretStringTemplate: JSON.stringify(generated.template), generateStringKey: generated.key, passwordLength: generated.length, excludePunctuation: true,
    },
  });
  secret.applyRemovalPolicy(removalPolicy);
  referWeakly(secret);
  return shareKey(secretsmanager.Secret.fromSecretAttributes(scope, `${id}Value`, { secretCompleteArn: secret.ref, encryptionKey }));
}
