import { CfnParameter, type Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { casesOf, one, raw, type Build, type Case } from '../judge';

const GITHUB = 'token.actions.githubusercontent.com';
const AUDIENCE = { [`${GITHUB}:aud`]: 'sts.amazonaws.com' };

function trusting(conditions: iam.Conditions | ((stack: Stack) => iam.Conditions), issuer = GITHUB): Build {
  return (stack) => {
    const provider = iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, 'Provider', `arn:aws:iam::111111111111:oidc-provider/${issuer}`);
    new iam.Role(stack, 'Role', { assumedBy: new iam.OpenIdConnectPrincipal(provider, typeof conditions === 'function' ? conditions(stack) : conditions) });
  };
}

const subject = (value: string | string[], operator = 'StringLike') => trusting({ [operator]: { [`${GITHUB}:sub`]: value }, 'ForAllValues:StringEquals': {} });
const ofIssuer = (issuer: string, value: string) => trusting({ StringLike: { [`${issuer}:sub`]: value } }, issuer);
const SERVICE: Build = (stack) => void new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const elsewhere = { 'Fn::GetAtt': ['Elsewhere', 'Conditions'] };

function rawTrust(Condition: unknown): Build {
  return one('AWS::IAM::Role', { AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: 'cognito-identity.amazonaws.com' }, Condition }] } });
}

/** A queue's policy for everybody, under these conditions. */
function queue(Condition?: unknown, Principal: unknown = '*'): Build {
  return one('AWS::SQS::QueuePolicy', { Queues: ['queue'], PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*', Principal, Condition }] } });
}

export const TRUST_CASES: readonly Case[] = [
  ...casesOf('hardening-oidc-audience', {
    'holds': { 'the audience of STS': trusting({ StringEquals: AUDIENCE }), 'the same as a pattern without wildcards': trusting({ StringLike: AUDIENCE }) },
    'violation': { 'none': [trusting({ StringEquals: { [`${GITHUB}:sub`]: 'repo:us/ours:ref:refs/heads/main' } }), /aud is missing/], 'a pattern': trusting({ StringLike: { [`${GITHUB}:aud`]: '*' } }), 'one that may be absent': trusting({ StringEqualsIfExists: AUDIENCE }) },
    'undecided': { 'conditions from elsewhere': rawTrust(elsewhere) },
    'does not apply': { 'a role of a service': SERVICE },
  }),
  ...casesOf('hardening-oidc-subject', {
    'holds': {
      'one branch': subject('repo:us/ours:ref:refs/heads/main', 'StringEquals'),
      'any branch of one repository': subject('repo:us/ours:*'),
      'a namespace of Kubernetes': ofIssuer('oidc.eks.eu-west-1.amazonaws.com/id/1', 'system:serviceaccount:orders:*'),
      'a project of GitLab': ofIssuer('gitlab.com', 'project_path:us/ours:ref_type:branch:ref:*'),
      'a repository that is known in part': trusting((stack) => ({ StringLike: { [`${GITHUB}:sub`]: `repo:us/${new CfnParameter(stack, 'Given').valueAsString}:*` } })),
      'an identity pool': rawTrust({ 'StringEquals': { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:1' }, 'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' } }),
    },
    'violation': {
      'none': [trusting({ StringEquals: AUDIENCE }), /every subject/],
      'every repository': [subject('repo:*'), /more than one project: repo:\*/],
      'every repository of an organization': subject('repo:us/*'),
      'repositories with a prefix': subject('repo:us/our*:ref:refs/heads/main'),
      'organizations with a prefix': subject(['repo:us/ours:*', 'repo:us*/ours:*']),
      'everything': subject('*'),
      'every account of Kubernetes': ofIssuer('oidc.eks.eu-west-1.amazonaws.com/id/1', 'system:serviceaccount:*'),
      'every project of a group': ofIssuer('gitlab.com', 'project_path:us/*'),
    },
    'undecided': {
      'a parameter': trusting((stack) => ({ StringLike: { [`${GITHUB}:sub`]: new CfnParameter(stack, 'Given').valueAsString } })),
      'conditions from elsewhere': rawTrust(elsewhere),
    },
    'does not apply': { 'a role of a service': SERVICE },
  }),
  ...casesOf('hardening-oidc-reference', {
    'holds': { 'a branch': subject('repo:us/ours:ref:refs/heads/main'), 'an environment': subject('repo:us/ours:environment:production') },
    'advice': { 'any branch': [subject('repo:us/ours:*'), /Any branch/] },
    'does not apply': { 'another provider': ofIssuer('gitlab.com', 'project_path:us/ours:*') },
  }),
  ...casesOf('hardening-policy-principal', {
    'holds': {
      'a service': SERVICE,
      'a key with its account': (stack) => void new kms.Key(stack, 'Key'),
      'everybody of an account': queue({ StringEquals: { 'aws:SourceAccount': '111111111111' } }),
      'everybody of an organization, in a list': queue({ StringEquals: { 'aws:PrincipalOrgID': ['o-1'] } }, { AWS: ['*'] }),
    },
    'violation': {
      'everybody': [queue(), /Everybody, in any account, may sqs:SendMessage/],
      'everybody, in a list': queue(undefined, { AWS: ['arn:aws:iam::111111111111:root', '*'] }),
      'everybody with TLS': queue({ Bool: { 'aws:SecureTransport': 'true' } }),
      'a public bucket': (stack) => void new s3.Bucket(stack, 'Bucket', { publicReadAccess: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ACLS }),
    },
    'undecided': { 'conditions from elsewhere': queue(elsewhere) },
    'does not apply': { 'a denial': (stack) => void new s3.Bucket(stack, 'Bucket', { enforceSSL: true }), 'a repository without a policy': (stack) => void raw(stack, 'Images', 'AWS::ECR::Repository') },
  }),
];
