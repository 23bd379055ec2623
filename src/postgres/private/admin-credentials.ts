import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { ServerSettings } from './server-settings';
import { companionRemovalPolicy } from '../../posture/shared/data-removal';
import { referWeakly } from '../../private/cross-stack';

/** How an instance or cluster gets its admin. */
export interface AdminCredentials {
  readonly masterUsername?: string;
  readonly manageMasterUserPassword?: boolean;
  readonly masterUserSecret?: { readonly kmsKeyId?: string };
  readonly masterUserPassword?: string;
}

/** A restored server has the admin that the snapshot has; only its password is set. */
export function adminCredentials(scope: Construct, settings: ServerSettings): AdminCredentials {
  const { adminSecret, adminUsername, snapshotIdentifier } = settings;
  const masterUsername = snapshotIdentifier === undefined ? adminUsername : undefined;
  if (adminSecret.managedByRds) {
    const kmsKeyId = adminSecret.encryptionKey?.keyArn;
    return { masterUsername, manageMasterUserPassword: true, masterUserSecret: kmsKeyId === undefined ? undefined : { kmsKeyId } };
  }
  const secret = createSecret(scope, settings);
  return { masterUsername, masterUserPassword: `{{resolve:secretsmanager:${secret.ref}:SecretString:password::}}` };
}

/** The secret of the admin, as others see it. */
export function adminSecretOf(scope: Construct, settings: ServerSettings, managedSecretArn: string): secretsmanager.ISecret {
  const generated = scope.node.tryFindChild('AdminSecret') as secretsmanager.CfnSecret | undefined;
  return secretsmanager.Secret.fromSecretAttributes(scope, 'AdminLogin', {
    secretCompleteArn: generated?.ref ?? managedSecretArn,
    encryptionKey: settings.adminSecret.encryptionKey,
  });
}

/** Any change of what is generated would generate another password, so a test holds these values. */
function createSecret(scope: Construct, { adminSecret, adminUsername, removalPolicy }: ServerSettings): secretsmanager.CfnSecret {
  const secret = new secretsmanager.CfnSecret(scope, 'AdminSecret', {
    description: 'Admin of a PostgreSQL server',
    kmsKeyId: adminSecret.encryptionKey?.keyArn,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ username: adminUsername }),
      generateStringKey: 'password',
      passwordLength: 40,
      excludePunctuation: true,
    },
  });
  secret.applyRemovalPolicy(companionRemovalPolicy(removalPolicy));
  referWeakly(secret);
  return secret;
}
