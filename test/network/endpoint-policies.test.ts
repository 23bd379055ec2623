import { App, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { BackendNetwork } from '../../src/network';
import { Egress, Posture } from '../../src/posture';

const OWN = '111111111111';
const REGISTRY = '222222222222';
const ATTACKER = '999999999999';
/** ECR's own account, which signs the URLs of layers. */
const ECR = '333333333333';

interface Statement {
  readonly Effect: string;
  readonly Principal: unknown;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: { readonly StringEquals: Record<string, string | string[]> };
}

/** A request at an endpoint, with its context as IAM documents it. */
interface Request {
  readonly action: string;
  readonly resource: string;
  /** None of a request without a signature. */
  readonly principal?: string;
  /** None where IAM documents no account. */
  readonly owner?: string;
}

const HERE: StackProps = { env: { account: OWN, region: 'eu-west-1' } };

function networkOf(egress: Egress, props: StackProps = HERE) {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Stack', props);
  return { stack, ...new BackendNetwork(stack, 'Network', { egress }) };
}

/** The policy of each endpoint by the end of its service's name. */
function policiesOf(stack: Stack): Map<string, Statement[] | undefined> {
  return new Map(Object.values(Template.fromStack(stack).findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => [
    /\.(?:[a-z]{2}-[a-z]+-\d\.)?([a-z.0-9]+)"/.exec(JSON.stringify(Properties.ServiceName).replace('com.amazonaws', ''))?.[1] ?? '',
    withoutPartition(Properties.PolicyDocument)?.Statement,
  ]));
}

/** A region that is known has a partition that is not: as CloudFormation would write it. */
function withoutPartition(document: unknown): { Statement: Statement[] } | undefined {
  return document === undefined ? undefined : JSON.parse(JSON.stringify(document), (_, value) => (
    Array.isArray(value?.['Fn::Join']) ? value['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : 'aws')).join('') : value));
}

const listOf = (value: string | string[]) => [value].flat();
const matches = (patterns: string | string[], text: string) => listOf(patterns).some((pattern) => new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.?+^$()|[\]{}]/g, '\\$&')).join('.*')}$`).test(text));

/** As IAM evaluates: what no statement allows is denied, and a key that is not in the context matches no StringEquals. */
function allows(statements: Statement[], { action, resource, principal, owner }: Request): boolean {
  const context: Record<string, string | undefined> = { 'aws:PrincipalAccount': principal, 'aws:ResourceAccount': owner };
  return statements.some(({ Effect, Action, Resource, Condition }) => Effect === 'Allow' && matches(Action, action) && matches(Resource, resource)
    && Object.entries(Condition?.StringEquals ?? {}).every(([key, values]) => context[key] !== undefined && listOf(values).includes(context[key])));
}

const own = (action: string, resource: string): Request => ({ action, resource, principal: OWN, owner: OWN });
const log = (account: string) => `arn:aws:logs:eu-west-1:${account}:log-group:Api:log-stream:api/1`;
const secret = (account: string) => `arn:aws:secretsmanager:eu-west-1:${account}:secret:Api-AbCdEf`;
const repository = (account: string) => `arn:aws:ecr:eu-west-1:${account}:repository/api`;
const LAYER = 'arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/eu-west-1/layer';
const PACKAGE = 'arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/core/mirrors/latest/aarch64/mirror.list';

/** What the library's own parts do, and an application in its own account. */
const NEEDED: Record<string, Request[]> = {
  'ecr.api': [
    own('ecr:GetAuthorizationToken', '*'), { action: 'ecr:GetAuthorizationToken', resource: '*', principal: OWN },
    own('ecr:BatchGetImage', repository(OWN)), own('ecr:GetDownloadUrlForLayer', repository(OWN)),
  ],
  'ecr.dkr': [own('ecr:BatchGetImage', repository(OWN)), own('ecr:GetDownloadUrlForLayer', repository(OWN)), own('ecr:BatchCheckLayerAvailability', repository(OWN))],
  'logs': [own('logs:CreateLogStream', log(OWN)), own('logs:PutLogEvents', log(OWN))],
  'secretsmanager': [own('secretsmanager:GetSecretValue', secret(OWN))],
  'ssm': [
    own('ssm:UpdateInstanceInformation', `arn:aws:ec2:eu-west-1:${OWN}:instance/i-1`), own('ssm:GetParameters', `arn:aws:ssm:eu-west-1:${OWN}:parameter/app`),
    { action: 'ssm:GetParameter', resource: 'arn:aws:ssm:eu-west-1::parameter/aws/service/ami-amazon-linux-latest/al2023', principal: OWN },
    { action: 'ssm:GetDocument', resource: 'arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSessionToRemoteHost', principal: OWN, owner: ECR },
  ],
  'ssmmessages': ['CreateControlChannel', 'OpenControlChannel', 'CreateDataChannel', 'OpenDataChannel'].flatMap((name): Request[] => [
    { action: `ssmmessages:${name}`, resource: '*', principal: OWN }, own(`ssmmessages:${name}`, `arn:aws:ssmmessages:eu-west-1:${OWN}:*`),
  ]),
  's3': [
    { action: 's3:GetObject', resource: LAYER, principal: ECR, owner: ECR }, { action: 's3:GetObject', resource: PACKAGE, owner: ECR },
    own('s3:PutObject', 'arn:aws:s3:::own-bucket/key'), own('s3:GetObject', 'arn:aws:s3:::own-bucket/key'), own('s3:ListBucket', 'arn:aws:s3:::own-bucket'),
  ],
};

/** What a compromised task would do with keys that it brought along, or with its own towards an account of somebody else. */
const ESCAPES: Record<string, Request[]> = {
  'ecr.api': [
    { action: 'ecr:GetAuthorizationToken', resource: '*', principal: ATTACKER, owner: ATTACKER }, { action: 'ecr:PutImage', resource: repository(ATTACKER), principal: ATTACKER, owner: ATTACKER },
    { action: 'ecr:PutImage', resource: repository(ATTACKER), principal: OWN, owner: ATTACKER },
  ],
  'ecr.dkr': [{ action: 'ecr:UploadLayerPart', resource: repository(ATTACKER), principal: ATTACKER, owner: ATTACKER }, { action: 'ecr:PutImage', resource: repository(ATTACKER), principal: OWN, owner: ATTACKER }],
  'logs': [{ action: 'logs:PutLogEvents', resource: log(ATTACKER), principal: ATTACKER, owner: ATTACKER }, { action: 'logs:PutLogEvents', resource: log(ATTACKER), principal: OWN, owner: ATTACKER }],
  'secretsmanager': [
    { action: 'secretsmanager:PutSecretValue', resource: secret(ATTACKER), principal: ATTACKER, owner: ATTACKER }, { action: 'secretsmanager:PutSecretValue', resource: secret(ATTACKER), principal: OWN, owner: ATTACKER },
  ],
  'ssm': [
    { action: 'ssm:PutParameter', resource: `arn:aws:ssm:eu-west-1:${ATTACKER}:parameter/x`, principal: ATTACKER, owner: ATTACKER },
    { action: 'ssm:UpdateInstanceInformation', resource: `arn:aws:ssm:eu-west-1:${ATTACKER}:managed-instance/mi-1`, principal: ATTACKER, owner: ATTACKER },
    { action: 'ssm:GetParameter', resource: `arn:aws:ssm:eu-west-1:${ATTACKER}:parameter/x`, principal: OWN, owner: ATTACKER },
    { action: 'ssm:GetParameter', resource: 'arn:aws:ssm:eu-west-1::parameter/aws/service/x', principal: ATTACKER },
  ],
  'ssmmessages': [{ action: 'ssmmessages:OpenDataChannel', resource: '*', principal: ATTACKER, owner: ATTACKER }, { action: 'ssmmessages:OpenDataChannel', resource: '*', principal: ATTACKER }],
  's3': [
    { action: 's3:PutObject', resource: 'arn:aws:s3:::loot/key', principal: ATTACKER, owner: ATTACKER }, { action: 's3:PutObject', resource: 'arn:aws:s3:::loot/key', principal: OWN, owner: ATTACKER },
    { action: 's3:PutObject', resource: 'arn:aws:s3:::loot/key', owner: ATTACKER }, { action: 's3:GetObject', resource: 'arn:aws:s3:::loot/key', owner: ATTACKER },
    { action: 's3:PutObject', resource: LAYER, principal: ATTACKER, owner: ECR }, { action: 's3:ListBucket', resource: 'arn:aws:s3:::al2023-repos-eu-west-1-de612dc2', principal: ATTACKER, owner: ECR },
    { action: 's3:PutObject', resource: 'arn:aws:s3:::own-bucket/key', principal: ATTACKER, owner: OWN },
  ],
};

describe('with endpoints only, the policy of the endpoint', () => {
  const policies = policiesOf(networkOf(Egress.vpcEndpoints()).stack);

  test('stands at each endpoint, and each is in this table', () => {
    expect([...policies.keys()].sort()).toEqual(Object.keys(NEEDED).sort());
    expect(Object.keys(ESCAPES).sort()).toEqual(Object.keys(NEEDED).sort());
    for (const statements of policies.values()) {
      expect(statements?.every(({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal) === '{"AWS":"*"}')).toBe(true);
    }
  });

  test.each(Object.entries(NEEDED))('%s lets through what tasks, bastions and applications of the account need', (service, requests) => {
    expect(requests.filter((request) => !allows(policies.get(service) ?? [], request))).toEqual([]);
  });

  test.each(Object.entries(ESCAPES))('%s lets through no key and no resource of another account', (service, requests) => {
    expect(requests.filter((request) => allows(policies.get(service) ?? [], request))).toEqual([]);
  });

  test.each([...policies.keys()])('%s admits trusted accounts, and nobody else', (service) => {
    const trusting = policiesOf(networkOf(Egress.vpcEndpoints({ trustedAccounts: [REGISTRY] })).stack).get(service) ?? [];
    const request = (principal: string, owner: string): Request => ({ action: 'any:Action', resource: 'arn:aws:any:eu-west-1:000000000000:thing', principal, owner });
    for (const [principal, owner] of [[OWN, OWN], [OWN, REGISTRY], [REGISTRY, OWN], [REGISTRY, REGISTRY]]) {
      expect(allows(trusting, request(principal, owner))).toBe(true);
      expect(allows(policies.get(service) ?? [], request(principal, owner))).toBe(principal === OWN && owner === OWN);
    }
    for (const [principal, owner] of [[ATTACKER, ATTACKER], [ATTACKER, REGISTRY], [OWN, ATTACKER], [REGISTRY, ATTACKER]]) {
      expect(allows(trusting, request(principal, owner))).toBe(false);
    }
  });
});

describe('the policies', () => {
  test('name account, region and partition by references in a stack of any environment', () => {
    const text = JSON.stringify(Template.fromStack(networkOf(Egress.vpcEndpoints(), {}).stack).findResources('AWS::EC2::VPCEndpoint'));
    expect(text).not.toMatch(/arn:aws|\d{12}/);
    expect(text).toContain('"aws:ResourceAccount":[{"Ref":"AWS::AccountId"}]');
    expect(text).toContain('["arn:",{"Ref":"AWS::Partition"},":s3:::prod-",{"Ref":"AWS::Region"},"-starport-layer-bucket/*"]');
  });

  test('take accounts that only the deployment knows, and name the own account once', () => {
    const { stack } = networkOf(Egress.vpcEndpoints({ trustedAccounts: [Fn.importValue('RegistryAccount'), OWN] }));
    const [first] = Object.values(Template.fromStack(stack).findResources('AWS::EC2::VPCEndpoint'));
    expect(first.Properties.PolicyDocument.Statement[0].Condition.StringEquals['aws:ResourceAccount']).toEqual([OWN, { 'Fn::ImportValue': 'RegistryAccount' }]);
  });

  test('are not those of endpoints that users add, and their owner can add to each', () => {
    const { stack, vpc } = networkOf(Egress.vpcEndpoints());
    vpc.addInterfaceEndpoint('Sqs', { service: ec2.InterfaceVpcEndpointAwsService.SQS });
    const s3 = vpc.node.findChild('S3Endpoint') as ec2.GatewayVpcEndpoint;
    s3.addToPolicy(new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: ['s3:GetObject'], resources: ['arn:aws:s3:::partner/*'] }));

    const policies = policiesOf(stack);
    expect(policies.get('sqs')).toBeUndefined();
    expect(allows(policies.get('s3') ?? [], { action: 's3:GetObject', resource: 'arn:aws:s3:::partner/key', principal: OWN, owner: REGISTRY })).toBe(true);
  });

  test.each([['public addresses', Egress.publicIp()], ['a NAT instance', Egress.natInstance()], ['NAT gateways', Egress.natGateway()]])('do not exist with %s, where the way to the internet goes round them', (_, egress) => {
    expect([...policiesOf(networkOf(egress).stack)]).toEqual([['s3', undefined]]);
  });

  test('fails for a list of accounts that only the deployment knows', () => {
    expect(() => Egress.vpcEndpoints({ trustedAccounts: Fn.split(',', Fn.importValue('Accounts')) })).toThrow('`trustedAccounts` is a list that isn\'t known until deployment');
  });

  test.each([['12345678901'], ['1234567890123'], ['arn:aws:iam::111122223333:root'], ['1111-2222-3333'], ['']])('fails for the trusted account %p', (account) => {
    expect(() => Egress.vpcEndpoints({ trustedAccounts: ['111122223333', account] })).toThrow(`12 digits, got '${account}'`);
  });
});
