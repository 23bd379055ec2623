import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Mistake } from './mistake';
import { newTask } from './parts';

const GITHUB = 'token.actions.githubusercontent.com';

/** What works, and gives away more than it should. */
export const PERMISSION_MISTAKES: Mistake[] = [
  {
    id: 'password-in-environment',
    title: 'A password is in a container\'s environment, where everybody who may see the task definition reads it',
    source: 'https://github.com/tryretool/retool-onpremise/issues/5',
    seed: (stack, wrong) => {
      const secret = new secretsmanager.Secret(stack, 'Secret');
      newTask(stack, wrong ? { environment: { DB_PASSWORD: secret.secretValue.unsafeUnwrap() } } : { secrets: { DB_PASSWORD: ecs.Secret.fromSecretsManager(secret) } });
    },
    caughtBy: { 'HardeningCheck': 'hardening-secret-in-environment', 'cdk-nag': 'AwsSolutions-ECS2' },
  },
  {
    id: 'every-action-on-everything',
    title: 'A role may do everything with every bucket of the account',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege',
    seed: (stack, wrong) => {
      const role = newRole(stack);
      const bucket = new s3.Bucket(stack, 'Bucket');
      role.addToPolicy(new iam.PolicyStatement(wrong ? { actions: ['s3:*'], resources: ['*'] } : { actions: ['s3:GetObject'], resources: [bucket.arnForObjects('reports.csv')] }));
    },
    caughtBy: { 'HardeningCheck': 'hardening-iam-action', 'cdk-nag': 'AwsSolutions-IAM5' },
  },
  {
    id: 'any-role-may-be-passed',
    title: 'A deployment role may pass any role to any service',
    source: 'https://github.com/stelligent/cfn_nag/issues/147',
    seed: (stack, wrong) => {
      const passed = new iam.Role(stack, 'TaskRole', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
      newRole(stack).addToPolicy(new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: wrong ? ['*'] : [passed.roleArn],
        conditions: wrong ? undefined : { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }));
    },
    caughtBy: { 'HardeningCheck': 'hardening-iam-pass-role', 'cdk-nag': 'AwsSolutions-IAM5' },
  },
  {
    id: 'any-repository-may-deploy',
    title: 'A role trusts GitHub\'s tokens and does not ask of which repository they are',
    source: 'https://github.com/aws-actions/configure-aws-credentials/pull/300',
    seed: (stack, wrong) => {
      const provider = new iam.CfnOIDCProvider(stack, 'GitHub', { url: `https://${GITHUB}`, clientIdList: ['sts.amazonaws.com'] });
      new iam.Role(stack, 'Deployer', {
        assumedBy: new iam.FederatedPrincipal(provider.attrArn, {
          StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com', ...wrong ? {} : { [`${GITHUB}:sub`]: 'repo:example/backend:ref:refs/heads/main' } },
        }, 'sts:AssumeRoleWithWebIdentity'),
      });
    },
    caughtBy: { HardeningCheck: 'hardening-oidc-subject' },
  },
  {
    id: 'every-topic-of-every-cluster',
    title: 'A consumer may read every topic of every Kafka cluster',
    source: 'https://github.com/aws-samples/integration-sample-lambda-msk/pull/18',
    seed: (stack, wrong) => {
      newRole(stack).addToPolicy(new iam.PolicyStatement({
        actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
        resources: [wrong ? '*' : stack.formatArn({ service: 'kafka', resource: 'topic', resourceName: 'events/11111111-2222-3333-4444-555555555555-s1/orders' })],
      }));
    },
    caughtBy: { 'HardeningCheck': 'hardening-iam-kafka-scope', 'cdk-nag': 'AwsSolutions-IAM5' },
  },
  {
    id: 'effect-permit',
    title: 'A policy written as JSON says Permit, where IAM says Allow',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html',
    seed: (stack, wrong) => {
      new iam.CfnPolicy(stack, 'Policy', {
        policyName: 'reader',
        roles: [newRole(stack).roleName],
        policyDocument: { Version: '2012-10-17', Statement: [{ Effect: wrong ? 'Permit' : 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/reports.csv' }] },
      });
    },
    caughtBy: { 'validator': 'E3514', 'cfn-lint': 'E3510' },
  },
];

function newRole(scope: Construct): iam.Role {
  return new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
}
