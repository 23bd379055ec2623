import { App, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CertificateAuthority, type CertificateAuthorityProps } from '../../src/certificates/certificate-authority';
import { Posture } from '../../src/posture';
import { allFlags } from '../support/feature-flags';
import { losses, replacements, synthesizeWith } from '../support/living-stack';

const PROPS: CertificateAuthorityProps = { commonName: 'Postgres nodes', permittedDnsNames: ['db.example.com'], permittedIpAddresses: ['10.0.1.5'] };
const KEY = { 'Fn::GetAtt': [Match.stringLikeRegexp('^AuthorityKey'), 'Arn'] };

function build(app: App, props: Partial<CertificateAuthorityProps> = {}): { stack: Stack; authority: CertificateAuthority } {
  const stack = new Stack(app, 'Backend');
  const authority = new CertificateAuthority(stack, 'Authority', { ...PROPS, ...props });
  authority.addIdentity('Node1', { commonName: 'node-1', dnsNames: ['db.example.com'], ipAddresses: ['10.0.1.5'] });
  return { stack, authority };
}

function templateOf(props: Partial<CertificateAuthorityProps> = {}, posture = Posture.development()): Template {
  const app = new App();
  posture.applyTo(app);
  return Template.fromStack(build(app, props).stack);
}

/** What the function of this name may do, by its policies. */
function statementsOf(template: Template, role: string): unknown[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')) as { Properties: { PolicyDocument: { Statement: unknown[] }; Roles: { Ref: string }[] } }[];
  return policies.filter(({ Properties }) => Properties.Roles.some(({ Ref }) => Ref.startsWith(role))).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

describe('the key of an authority', () => {
  test('is in KMS, on the curve P-256, and signs only', () => {
    templateOf().hasResourceProperties('AWS::KMS::Key', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', EnableKeyRotation: Match.absent() });
  });

  test.each([
    ['development', Posture.development(), {}, 'Delete', 'Delete'],
    ['production', Posture.production({ terminationProtection: false }), {}, 'RetainExceptOnCreate', 'Retain'],
    ['development, with a server that is kept', Posture.development(), { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }, 'RetainExceptOnCreate', 'Retain'],
    ['production, with a server of which a snapshot is kept', Posture.production({ terminationProtection: false }), { removalPolicy: RemovalPolicy.SNAPSHOT }, 'Delete', 'Delete'],
  ])('in %s leaves the stack as it should', (_what, posture, props, deletionPolicy, replacePolicy) => {
    templateOf(props, posture).hasResource('AWS::KMS::Key', { DeletionPolicy: deletionPolicy, UpdateReplacePolicy: replacePolicy });
  });

  test('stays when the posture, the names or a validity change, and nothing is replaced', () => {
    const apps = [Posture.development(), Posture.production({ terminationProtection: false })].flatMap((posture) => [
      synthesizeWith(posture, (app) => void build(app)),
      synthesizeWith(posture, (app) => void build(app, { permittedIpAddresses: ['10.0.1.6'], permittedDnsNames: ['db.example.org'], validity: Duration.days(7000), certificateValidity: Duration.days(7) })),
      synthesizeWith(posture, (app) => void build(app), allFlags()),
    ]);
    for (const before of apps) {
      for (const after of apps) {
        expect([...losses(before, after), ...replacements(before, after)]).toEqual([]);
      }
    }
    expect(Object.keys(apps[0]).filter((key) => key.startsWith('Backend/AuthorityKey'))).toHaveLength(1);
  });
});

describe('the certificate of an authority', () => {
  test('is issued in the deployment for the permitted names', () => {
    templateOf().hasResourceProperties('Custom::CertificateAuthority', {
      ServiceToken: { 'Fn::GetAtt': [Match.stringLikeRegexp('^AuthorityIssuer'), 'Arn'] },
      ServiceTimeout: '600',
      Key: KEY,
      CommonName: 'Postgres nodes',
      PermittedDnsNames: ['db.example.com'],
      PermittedIpAddresses: ['10.0.1.5'],
      ValidityDays: '3650',
    });
  });

  test('is a PEM file for whoever writes it into a template', () => {
    const app = new App();
    const { stack, authority } = build(app);
    expect(stack.resolve(authority.certificates._read(stack))).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Authority[0-9A-F]{8}$/), 'Certificates'] });
  });

  test('fails as a file that is uploaded before the deployment', () => {
    const { stack, authority } = build(new App());
    expect(() => authority.certificates.bind(stack, 'Upload')).toThrow('PemFile.tokenText');
  });
});

describe('the functions of an authority', () => {
  test('may use its key and write their logs, each its own, and nothing else', () => {
    const template = templateOf();
    const logs = (id: string) => ({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(`^Authority${id}Logs`) as string, 'Arn'] } });
    const use = (Action: unknown) => ({ Action, Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^AuthorityKey/) as string, 'Arn'] } });
    expect(statementsOf(template, 'AuthorityIssuerRole')).toEqual([logs('Issuer'), use(['kms:GetPublicKey', 'kms:Sign'])]);
    expect(statementsOf(template, 'AuthoritySignerRole')).toEqual([logs('Signer'), use('kms:Sign')]);
    expect(JSON.stringify(template.findResources('AWS::IAM::Role'))).not.toContain('ManagedPolicyArns');
  });

  test('are in no network, on arm64, with a log group of the posture', () => {
    const template = templateOf({}, Posture.production({ terminationProtection: false }));
    template.resourceCountIs('AWS::Lambda::Function', 2);
    template.allResourcesProperties('AWS::Lambda::Function', { VpcConfig: Match.absent(), Architectures: ['arm64'], LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp('^Authority(Issuer|Signer)Logs') } } });
    template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'RetainExceptOnCreate', Properties: { RetentionInDays: 90 } });
  });

  test('are there before they are called, with their permissions', () => {
    const template = templateOf();
    template.hasResource('AWS::Lambda::Function', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('^AuthoritySignerRoleDefaultPolicy')]), Properties: { Environment: Match.objectLike({}) } });
    template.hasResource('AWS::Lambda::Function', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('^AuthorityIssuerRoleDefaultPolicy')]), Properties: { Environment: Match.absent() } });
    template.hasResource('AWS::Lambda::Alias', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('^AuthoritySigner[0-9A-F]{8}$')]) });
  });
});

describe('an identity', () => {
  test('is an alias of the signer, which has its names', () => {
    const template = templateOf({ certificateValidity: Duration.hours(6) });
    template.hasResourceProperties('AWS::Lambda::Alias', { FunctionName: { Ref: Match.stringLikeRegexp('^AuthoritySigner') }, FunctionVersion: '$LATEST', Name: 'Node1' });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          KEY,
          AUTHORITIES: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Authority[0-9A-F]{8}$'), 'Certificates'] },
          IDENTITIES: '{"Node1":{"commonName":"node-1","dnsNames":["db.example.com"],"ipAddresses":["10.0.1.5"]}}',
          VALIDITY_DAYS: '0.25',
        },
      },
    });
  });

  test('can have names that only the deployment knows', () => {
    const stack = new Stack(new App(), 'Backend');
    const host = new CfnParameter(stack, 'Host').valueAsString;
    const addresses = [1, 2].map((index) => new ec2.CfnNetworkInterface(stack, `Interface${index}`, { subnetId: 'subnet-1' }).attrPrimaryPrivateIpAddress);
    const authority = new CertificateAuthority(stack, 'Authority', { ...PROPS, permittedDnsNames: [host], permittedIpAddresses: addresses });
    addresses.forEach((address, index) => authority.addIdentity(`Node${index + 1}`, { commonName: `node-${index + 1}`, dnsNames: [host], ipAddresses: [address] }));

    const [attribute, host_] = [{ 'Fn::GetAtt': ['Interface1', 'PrimaryPrivateIpAddress'] }, { Ref: 'Host' }];
    Template.fromStack(stack).hasResourceProperties('Custom::CertificateAuthority', { PermittedDnsNames: [host_], PermittedIpAddresses: Match.arrayWith([attribute]) });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ IDENTITIES: { 'Fn::Join': ['', Match.arrayWith(['{"Node1":{"commonName":"node-1","dnsNames":["', host_, '"],"ipAddresses":["', attribute])] } }) },
    });
  });

  test('lets a role invoke its alias, and no other', () => {
    const { stack, authority } = build(new App());
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const identity = authority.addIdentity('Node2', { commonName: 'node-2', dnsNames: ['db.example.com'], ipAddresses: [] });
    identity.grantSign(role).assertSuccess();

    const alias = { Ref: expect.stringMatching(/^AuthorityNode2[0-9A-F]{8}$/) as string };
    expect(stack.resolve(identity.functionArn)).toEqual(alias);
    expect(statementsOf(Template.fromStack(stack), 'Role')).toEqual([{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: alias }]);
  });

  test('fails with an id that another has, or a part of the authority', () => {
    const { authority } = build(new App());
    for (const id of ['Node1', 'Signer']) {
      expect(() => authority.addIdentity(id, { commonName: 'x', dnsNames: [], ipAddresses: [] })).toThrow('Props.duplicateId');
    }
  });
});
