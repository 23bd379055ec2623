import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { Posture } from '../../posture';
import { dataRemovalPolicy } from '../../posture/shared/data-removal';
import { IssueAuthorityFunction } from '../issue-authority-function';
import { SignCertificateFunction } from '../sign-certificate-function';

/** The function that issues the certificate of an authority in deployments. Nobody but CloudFormation invokes it. */
export function createIssuer(scope: Construct, key: kms.IKey): lambda.Function {
  return new IssueAuthorityFunction(scope, 'Issuer', {
    ...commonProps(scope, 'Issuer', key, ['kms:GetPublicKey', 'kms:Sign']),
    description: 'Issues the certificate of an authority whose key is in KMS',
    timeout: Duration.minutes(1),
    // CloudFormation waits as long for an answer that could not be sent.
    maxEventAge: Duration.minutes(10),
  });
}

/** The function that signs certificates of nodes. Only its aliases stand for names. */
export function createSigner(scope: Construct, key: kms.IKey, environment: { [name: string]: string }): lambda.Function {
  return new SignCertificateFunction(scope, 'Signer', {
    ...commonProps(scope, 'Signer', key, ['kms:Sign']),
    description: 'Signs certificates for the names of the alias by which it is invoked',
    // Below the 60 seconds after which the AWS CLI gives up an invocation and makes another.
    timeout: Duration.seconds(45),
    retryAttempts: 0,
    environment,
  });
}

/** Outside the network: both call KMS, and nothing else but CloudFormation's answer. */
function commonProps(scope: Construct, id: string, key: kms.IKey, keyActions: string[]): lambda.FunctionOptions {
  const logGroup = new logs.LogGroup(scope, `${id}Logs`, { retention: Posture.of(scope).logRetention, removalPolicy: dataRemovalPolicy(scope) });
  const role = new iam.Role(scope, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }));
  role.addToPolicy(new iam.PolicyStatement({ actions: keyActions, resources: [key.keyArn] }));
  return { role, logGroup, architecture: lambda.Architecture.ARM_64, memorySize: 256 };
}
