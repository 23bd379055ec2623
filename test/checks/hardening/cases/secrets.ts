import { CfnParameter, SecretValue, type Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { casesOf, one, raw, type Build, type Case } from '../judge';

type Variables = Record<string, string>;

function container(environment: Variables | ((stack: Stack) => Variables), secrets?: (stack: Stack) => Record<string, ecs.Secret>): Build {
  return (stack) => void new ecs.FargateTaskDefinition(stack, 'Task').addContainer('web', {
    image: ecs.ContainerImage.fromRegistry('nginx'), environment: typeof environment === 'function' ? environment(stack) : environment, secrets: secrets?.(stack),
  });
}

function handler(environment: Variables): Build {
  return (stack) => void new lambda.Function(stack, 'Function', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 0'), environment });
}

const generated = (stack: Stack) => new secretsmanager.Secret(stack, 'Secret');
const parameter = (stack: Stack) => new CfnParameter(stack, 'Given', { noEcho: true }).valueAsString;
const fake = (...parts: string[]) => parts.join('');

/** Made up here, in pieces, so that no scanner takes them for real ones. */
const KEYS: Record<string, string> = {
  'an AWS access key': fake('AKIA', 'ABCDEFGHIJKLMNOP'),
  'a GitHub token': fake('ghp_', 'abcdefghijklmnopqrstuvwxyz0123456789'),
  'a GitLab token': fake('glpat-', 'abcdefghij0123456789'),
  'a Stripe key': fake('sk_', 'live_', 'abcdefghij0123456789'),
  'a Slack token': fake('xoxb-', '0123456789-abcdef'),
  'a Google API key': fake('AIza', 'abcdefghijklmnopqrstuvwxyz012345678'),
  'a SendGrid key': fake('SG.', 'abcdefghijklmnopqrstuv', '.', 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq'),
  'an npm token': fake('npm_', 'abcdefghijklmnopqrstuvwxyz0123456789'),
  'an API key of a language model': fake('sk-', 'proj-', 'abcdefghij0123456789'),
  'a signed token': fake('eyJ', 'hbGciOiJIUzI1NiJ9', '.', 'eyJ', 'zdWIiOiIxMjM0In0', '.', 'abcdefghij_klm'),
  'a private key': fake('-----BEGIN RSA PRIV', 'ATE KEY-----\nabc\n'),
  'a URL with a password': 'postgres://app:correct-horse@db.example.com:5432/app',
};

const LEAKS = Object.entries(KEYS).map(([kind, value]) => [kind, [container({ SOMETHING: value }), new RegExp(`variable SOMETHING holds ${kind}\\.$`)]] as const);

export const SECRET_CASES: readonly Case[] = [
  ...casesOf('hardening-secret-in-environment', {
    'holds': {
      'secrets of the container': container({ LOG_LEVEL: 'info' }, (stack) => ({ DB_PASSWORD: ecs.Secret.fromSecretsManager(generated(stack)) })),
      'where a secret is found': container((stack) => ({ DB_SECRET_ARN: generated(stack).secretArn, TOKEN_URL: 'https://example.com/token', PASSWORD_FILE: '/run/password', SECRET_NAME: 'app/db' })),
      'the ARN of a secret under a secret\'s name': handler({ DB_SECRET: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:db' }),
      'numbers of tokens': container({ MAX_TOKENS: '4096', USE_PASSWORD: 'false' }),
      'a URL that an application fills in': container({ DATABASE_URL: 'postgres://app:${DB_PASSWORD}@db/app', PROXY: 'https://user:$PASS@proxy' }),
      'names of resources': container({ TABLE: 'PrivateBackendOrdersTable0123456789ABCDEF', HASH: '0123456789abcdef0123456789abcdef01234567' }),
    },
    'violation': {
      ...Object.fromEntries(LEAKS),
      'a password': [container({ DB_PASSWORD: 'correct-horse' }), /DB_PASSWORD is named like a secret/],
      'a password as a number': handler({ PGPASSWORD: '123456' }),
      'a key of an API': handler({ STRIPE_API_KEY: 'abc' }),
      'a key that encrypts': handler({ ENCRYPTION_KEY: 'correct-horse' }),
      'a name in camel case': handler({ clientSecret: 'abc' }),
      'a secret that is resolved at deployment': [container((stack) => ({ ANYTHING: generated(stack).secretValue.unsafeUnwrap() })), /filled with a secret at deployment/],
      'a URL with one': container((stack) => ({ URL: `postgres://app:${generated(stack).secretValue.unsafeUnwrap()}@db/app` })),
      'the key of a user': [container((stack) => ({ KEY: new iam.CfnAccessKey(stack, 'Key', { userName: 'user' }).attrSecretAccessKey })), /secret access key/],
      'a project of CodeBuild': one('AWS::CodeBuild::Project', { Environment: { EnvironmentVariables: [{ Name: 'NPM_TOKEN', Type: 'PLAINTEXT', Value: 'abc' }] } }),
    },
    'undecided': {
      'a password from a parameter': [container((stack) => ({ DB_PASSWORD: parameter(stack) })), /parameter 'Given'/],
      'a random-looking value': [container({ SEED: fake('dGhpc0lzQVJhbmRvbUxvb2tpbmc', '1N3ZxYkWqP0uTvR8') }), /random-looking/],
    },
    'does not apply': {
      'a function without environment': handler({}),
      'a secret of CodeBuild': one('AWS::CodeBuild::Project', { Environment: { EnvironmentVariables: [{ Name: 'NPM_TOKEN', Type: 'SECRETS_MANAGER', Value: 'npm' }] } }),
    },
  }),
  ...casesOf('hardening-secret-in-template', {
    holds: {
      'a generated secret': (stack) => void new secretsmanager.Secret(stack, 'Secret', { generateSecretString: { secretStringTemplate: '{"username":"app"}', generateStringKey: 'password' } }),
      'a reference to one': one('AWS::AmazonMQ::Broker', { Users: [{ Username: 'app', Password: '{{resolve:secretsmanager:mq:SecretString:password}}' }] }),
      'settings about passwords': one('AWS::RDS::DBParameterGroup', { Family: 'postgres17', Description: 'Group', Parameters: { 'rds.accepted_password_auth_method': 'scram' } }),
      'the name of a key': one('AWS::CodeBuild::Project', { EncryptionKey: 'alias/aws/s3' }),
      'the function of a custom resource': one('Custom::Thing', { ServiceToken: 'arn:aws:lambda:eu-west-1:1:function:a' }),
    },
    violation: {
      'a user\'s password': [one('AWS::AmazonMQ::Broker', { Users: [{ Username: 'app', Password: 'correct-horse' }] }), /Users\.0\.Password has a secret's value/],
      'the content of a secret': (stack) => void new secretsmanager.Secret(stack, 'Secret', { secretStringValue: SecretValue.unsafePlainText('correct-horse') }),
      'a parameter that is a secret': one('AWS::SSM::Parameter', { Name: '/app/api_key', Type: 'String', Value: 'abc' }),
      'a key in user data': [one('AWS::EC2::LaunchTemplate', { LaunchTemplateData: { UserData: `export AWS_ACCESS_KEY_ID=${KEYS['an AWS access key']}` } }), /UserData holds an AWS access key/],
      'a URL in a text that is known in part': [(stack) => void raw(stack, 'Thing', 'Custom::Thing', { Url: `postgres://app:correct-horse@${stack.region}.example.com/app` }), /a URL with a password/],
      'a secret of an identity provider': one('AWS::Cognito::UserPoolIdentityProvider', { ProviderDetails: { client_id: 'a', client_secret: 'b' } }),
    },
  }),
];
