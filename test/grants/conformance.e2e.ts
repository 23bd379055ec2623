import { ACCOUNT_ID, REGION } from './arns';
import { evaluate, type Decision, type IamRequest } from './evaluator';

/*
 * The evaluator is not AWS's. Each rule of IAM that the tables in this folder rest on is asked of it first, both ways. A rule that is
 * not here must be added before a policy uses it.
 */

const IAM = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/';
const OPERATORS = `${IAM}reference_policies_elements_condition_operators.html`;
const LOGIC = `${IAM}reference_policies_evaluation-logic_policy-eval-basics.html`;

const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:Api-AbCdEf`;
const OTHER = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:api-AbCdEf`;
const GET = 'secretsmanager:GetSecretValue';
const TRAIL = `arn:aws:cloudtrail:${REGION}:${ACCOUNT_ID}:trail/main`;

type Request = Partial<Omit<IamRequest, 'policies'>>;

interface Rule {
  readonly rule: string;
  readonly see: string;
  readonly statements: readonly Record<string, unknown>[];
  readonly cases: readonly (readonly [Decision, string, Request])[];
}

const allow = (more: Record<string, unknown>) => ({ Effect: 'Allow', Action: GET, Resource: '*', ...more });
const when = (condition: Record<string, Record<string, unknown>>) => [allow({ Condition: condition })];
const having = (key: string, value: string | string[]): Request => ({ context: { [key]: value } });

const RULES: Rule[] = [
  {
    rule: 'nothing is allowed by itself',
    see: LOGIC,
    statements: [],
    cases: [['denied', 'no statement', {}]],
  },
  {
    rule: 'actions are compared without case, and may have wildcards',
    see: `${IAM}reference_policies_elements_action.html`,
    statements: [allow({ Action: ['secretsmanager:get*', 'ecr:Put?mage'] })],
    cases: [['allowed', 'another case', {}], ['allowed', 'one character', { action: 'ecr:PutImage' }], ['denied', 'another action', { action: 'secretsmanager:PutSecretValue' }],
      ['denied', 'another service', { action: 'ssm:GetParameter' }]],
  },
  {
    rule: 'resources are compared with case',
    see: `${IAM}reference_policies_elements_resource.html`,
    statements: [allow({ Resource: SECRET })],
    cases: [['allowed', 'the same', { resources: [SECRET] }], ['denied', 'another case', { resources: [OTHER] }],
      ['denied', 'a longer name', { resources: [`${SECRET}x`] }], ['denied', 'all resources', { resources: ['*'] }]],
  },
  {
    rule: 'a wildcard at the end of a resource runs over slashes and colons',
    see: `${IAM}reference_policies_elements_resource.html`,
    statements: [allow({ Resource: 'arn:aws:s3:::bucket/AWSLogs/*' })],
    cases: [['allowed', 'below', { resources: ['arn:aws:s3:::bucket/AWSLogs/a/b:c'] }], ['denied', 'beside', { resources: ['arn:aws:s3:::bucket/Logs/a'] }]],
  },
  {
    rule: 'an action on several resources needs all of them',
    see: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html',
    statements: [allow({ Resource: SECRET })],
    cases: [['denied', 'one of two', { resources: [SECRET, OTHER] }], ['allowed', 'both the same', { resources: [SECRET, SECRET] }]],
  },
  {
    rule: 'several statements of several policies add up',
    see: LOGIC,
    statements: [allow({ Resource: SECRET }), allow({ Resource: OTHER })],
    cases: [['allowed', 'one by each', { resources: [SECRET, OTHER] }]],
  },
  {
    rule: 'a deny wins, wherever it stands',
    see: LOGIC,
    statements: [{ Effect: 'Deny', Action: '*', Resource: OTHER }, allow({})],
    cases: [['denied', 'what is denied', { resources: [OTHER] }], ['allowed', 'the rest', { resources: [SECRET] }]],
  },
  {
    rule: 'a deny whose condition does not hold denies nothing',
    see: LOGIC,
    statements: [{ Effect: 'Deny', Action: '*', Resource: '*', Condition: { ArnLike: { 'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:*` } } }, allow({})],
    cases: [['allowed', 'without the key', {}], ['denied', 'with it', having('lambda:SourceFunctionArn', `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:f`)]],
  },
  {
    rule: 'NotAction is everything else',
    see: `${IAM}reference_policies_elements_notaction.html`,
    statements: [{ Effect: 'Allow', NotAction: 'secretsmanager:Get*', Resource: '*' }],
    cases: [['denied', 'what is named', {}], ['allowed', 'the rest', { action: 'ssm:GetParameter' }]],
  },
  {
    rule: 'NotResource is everything else',
    see: `${IAM}reference_policies_elements_notresource.html`,
    statements: [{ Effect: 'Allow', Action: GET, NotResource: SECRET }],
    cases: [['denied', 'what is named', { resources: [SECRET] }], ['allowed', 'the rest', { resources: [OTHER] }]],
  },
  {
    rule: 'values of StringEquals are compared with case, keys without',
    see: OPERATORS,
    statements: when({ StringEquals: { 'AWS:ResourceTag/Stage': ['prod', 'test'] } }),
    cases: [['allowed', 'one of them', having('aws:resourcetag/stage', 'prod')], ['denied', 'another case', having('aws:ResourceTag/Stage', 'Prod')],
      ['denied', 'a key that is missing', {}], ['denied', 'a wildcard', having('aws:ResourceTag/Stage', '*')]],
  },
  {
    rule: 'StringNotEquals holds for a key that is missing',
    see: OPERATORS,
    statements: when({ StringNotEquals: { 'aws:ResourceTag/Stage': ['prod', 'test'] } }),
    cases: [['allowed', 'missing', {}], ['allowed', 'another', having('aws:ResourceTag/Stage', 'dev')], ['denied', 'one of them', having('aws:ResourceTag/Stage', 'test')]],
  },
  {
    rule: 'StringLike has wildcards and compares with case',
    see: OPERATORS,
    statements: when({ StringLike: { 'kms:EncryptionContext:SecretARN': 'arn:*:secret:Api-??????' } }),
    cases: [['allowed', 'a match', having('kms:EncryptionContext:SecretARN', SECRET)], ['denied', 'another case', having('kms:EncryptionContext:SecretARN', OTHER)], ['denied', 'missing', {}]],
  },
  {
    rule: 'Bool compares words, also of JSON',
    see: OPERATORS,
    statements: when({ Bool: { 'aws:SecureTransport': false } }),
    cases: [['allowed', 'false', having('aws:SecureTransport', 'false')], ['denied', 'true', having('aws:SecureTransport', 'true')]],
  },
  {
    rule: 'Bool does not hold for a key that is missing',
    see: OPERATORS,
    statements: when({ Bool: { 'ssm:SessionDocumentAccessCheck': 'true' } }),
    cases: [['denied', 'missing', {}], ['allowed', 'true', having('ssm:SessionDocumentAccessCheck', 'true')]],
  },
  {
    rule: '…IfExists holds for a key that is missing',
    see: OPERATORS,
    statements: when({ BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' } }),
    cases: [['allowed', 'missing', {}], ['allowed', 'true', having('ssm:SessionDocumentAccessCheck', 'true')], ['denied', 'false', having('ssm:SessionDocumentAccessCheck', 'false')]],
  },
  {
    rule: 'Null true wants no key, Null false wants one',
    see: OPERATORS,
    statements: when({ Null: { 'ecs:task-definition': 'true', 'ecs:cluster': 'false' } }),
    cases: [['allowed', 'as wanted', having('ecs:cluster', 'c')], ['denied', 'one too many', { context: { 'ecs:cluster': 'c', 'ecs:task-definition': 't' } }], ['denied', 'one missing', {}]],
  },
  {
    rule: 'ArnEquals and ArnLike both have wildcards, compare with case, and fail for a key that is missing',
    see: OPERATORS,
    statements: when({ ArnEquals: { 'aws:SourceArn': TRAIL }, ArnLike: { 'ecs:cluster': `arn:aws:ecs:${REGION}:${ACCOUNT_ID}:cluster/Main*` } }),
    cases: [['allowed', 'a match', { context: { 'aws:SourceArn': TRAIL, 'ecs:cluster': `arn:aws:ecs:${REGION}:${ACCOUNT_ID}:cluster/Main-1` } }],
      ['denied', 'another case', { context: { 'aws:SourceArn': TRAIL, 'ecs:cluster': `arn:aws:ecs:${REGION}:${ACCOUNT_ID}:cluster/main-1` } }],
      ['denied', 'missing', having('aws:SourceArn', TRAIL)]],
  },
  {
    rule: 'all operators and keys must hold, one of the values',
    see: `${IAM}reference_policies_condition-logic-multiple-context-keys-or-values.html`,
    statements: when({ StringEquals: { 'aws:ResourceTag/A': '1', 'aws:ResourceTag/B': ['2', '3'] }, Bool: { 'aws:SecureTransport': 'true' } }),
    cases: [['allowed', 'all', { context: { 'aws:ResourceTag/A': '1', 'aws:ResourceTag/B': '3', 'aws:SecureTransport': 'true' } }],
      ['denied', 'one key has another value', { context: { 'aws:ResourceTag/A': '1', 'aws:ResourceTag/B': '4', 'aws:SecureTransport': 'true' } }],
      ['denied', 'one operator does not hold', { context: { 'aws:ResourceTag/A': '1', 'aws:ResourceTag/B': '3' } }]],
  },
  {
    rule: 'ForAnyValue wants one value that matches, and a key',
    see: `${IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html`,
    statements: when({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }),
    cases: [['allowed', 'one of two', having('aws:TagKeys', ['b', 'c'])], ['denied', 'none', having('aws:TagKeys', ['c'])], ['denied', 'missing', {}]],
  },
  {
    rule: 'ForAllValues wants all values to match, and holds for a key that is missing',
    see: `${IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html`,
    statements: when({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }),
    cases: [['allowed', 'all', having('aws:TagKeys', ['a'])], ['denied', 'not all', having('aws:TagKeys', ['a', 'c'])], ['allowed', 'missing', {}]],
  },
  {
    rule: 'a policy variable is the value of the request, and matches nothing without one',
    see: `${IAM}reference_policies_variables.html`,
    statements: [allow({ Resource: 'arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*' }), allow({ Action: 'ssm:TerminateSession', Condition: { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } } })],
    cases: [['allowed', 'in a resource', { ...having('aws:PrincipalTag/team', 'web'), resources: ['arn:aws:s3:::bucket/web/a'] }],
      ['denied', 'another value', { ...having('aws:PrincipalTag/team', 'web'), resources: ['arn:aws:s3:::bucket/api/a'] }],
      ['denied', 'no value', { resources: ['arn:aws:s3:::bucket//a'] }],
      ['allowed', 'in a condition', { action: 'ssm:TerminateSession', context: { 'aws:userid': 'AROA:jane', 'ssm:resourceTag/aws:ssmmessages:session-id': 'AROA:jane' } }],
      ['denied', 'of another person', { action: 'ssm:TerminateSession', context: { 'aws:userid': 'AROA:jane', 'ssm:resourceTag/aws:ssmmessages:session-id': 'AROA:joe' } }]],
  },
  {
    rule: 'aws:ResourceAccount is the account in the ARN of the resource',
    see: `${IAM}reference_policies_condition-keys.html#condition-keys-resourceaccount`,
    statements: when({ StringEquals: { 'aws:ResourceAccount': ACCOUNT_ID } }),
    cases: [['allowed', 'this account', { resources: [SECRET] }], ['denied', 'another one', { resources: [SECRET.replace(ACCOUNT_ID, '444455556666')] }]],
  },
  {
    rule: 'a resource policy lets in the service that it names, under its conditions',
    see: `${IAM}reference_policies_elements_principal.html#principal-services`,
    statements: [allow({ Principal: { Service: ['cloudtrail.amazonaws.com'] }, Condition: { StringEquals: { 'aws:SourceArn': TRAIL } } })],
    cases: [['allowed', 'the service for its trail', { resourcePolicy: true, service: 'cloudtrail.amazonaws.com', context: { 'aws:SourceArn': TRAIL } }],
      ['denied', 'for another trail', { resourcePolicy: true, service: 'cloudtrail.amazonaws.com', context: { 'aws:SourceArn': `${TRAIL}2` } }],
      ['denied', 'another service', { resourcePolicy: true, service: 'config.amazonaws.com', context: { 'aws:SourceArn': TRAIL } }],
      ['denied', 'a role', { resourcePolicy: true, context: { 'aws:SourceArn': TRAIL, 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT_ID}:role/any` } }]],
  },
  {
    rule: 'a resource policy that names a role lets in that role only, one that names an account all of it',
    see: `${IAM}reference_policies_elements_principal.html`,
    statements: [allow({ Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:role/reader` } }), allow({ Action: 'kms:Decrypt', Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` } })],
    cases: [['allowed', 'the role', { resourcePolicy: true, context: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT_ID}:role/reader` } }],
      ['denied', 'another role', { resourcePolicy: true, context: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT_ID}:role/reader2` } }],
      ['allowed', 'the account', { resourcePolicy: true, action: 'kms:Decrypt', context: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT_ID}:role/any` } }],
      ['denied', 'another account', { resourcePolicy: true, action: 'kms:Decrypt', context: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/any' } }],
      ['denied', 'a service', { resourcePolicy: true, action: 'kms:Decrypt', service: 'events.amazonaws.com' }]],
  },
];

describe.each(RULES)('$rule ($see)', ({ statements, cases }) => {
  it.each(cases)('%s: %s', async (decision, _what, request) => {
    const asked = { policies: [{ Statement: statements }], action: GET, resources: [SECRET], context: {}, ...request };

    expect(await evaluate([asked])).toEqual([decision]);
  });
});

describe('what the evaluator does not judge as AWS does, it refuses', () => {
  it.each([
    ['a wildcard in the service, region or account of a resource', allow({ Resource: 'arn:aws:secretsmanager:*:*:secret:Api-AbCdEf' }), 'wildcard before its last part'],
    ['the same in a condition on ARNs', allow({ Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:*:eu-central-1:111122223333:x' } } }), 'wildcard before its last part'],
    ['an operator that it does not know', allow({ Condition: { StringSounds: { 'aws:SourceArn': 'x' } } }), 'does not know the operator StringSounds'],
    ['a literal asterisk as a variable', allow({ Resource: 'arn:aws:s3:::bucket/${*}' }), 'not supported'],
  ])('fails for %s', async (_what, statement, message) => {
    await expect(evaluate([{ policies: [{ Statement: [statement] }], action: GET, resources: [SECRET], context: {} }])).rejects.toThrow(message);
  });
});
