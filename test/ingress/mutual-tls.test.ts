import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { TrustStore } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CostReport, HardeningCheck } from '../../src/checks';
import { CustomDomain, IngressMutualTls, PublicIngress } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { Posture } from '../../src/posture';
import { PemFile } from '../../src/trust';
import { createVpc, developmentApp } from '../fargate/fixture';

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const TRUST_STORE = 'AWS::ElasticLoadBalancingV2::TrustStore';
const REVOCATION = 'AWS::ElasticLoadBalancingV2::TrustStoreRevocation';

const file = (name: string) => path.join(__dirname, 'certificates', `${name}.pem`);
const textOf = (name: string) => readFileSync(file(name), 'utf8');

function addIngress(stack: Stack, mutualTls: IngressMutualTls, https = true, vpc: IVpc = createVpc(stack)): void {
  const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', `arn:aws:acm:${stack.region}:111111111111:certificate/1`);
  new PublicIngress(stack, 'Ingress', { vpc, mutualTls, domain: https ? CustomDomain.fromCertificate(certificate, ['api.example.com']) : undefined });
}

function synthesize(mutualTls: (stack: Stack) => IngressMutualTls, https = true): Template {
  const stack = new Stack(developmentApp(), 'Stack');
  addIngress(stack, mutualTls(stack), https);
  return Template.fromStack(stack);
}

function verify(name = 'authority', revoked: string[] = []): Template {
  return synthesize(() => IngressMutualTls.verify({ caCertificates: PemFile.fromPath(file(name)), revocationLists: revoked.map((list) => PemFile.fromPath(file(list))) }));
}

describe('a file of authorities', () => {
  test('is uploaded as an asset, becomes a trust store, and clients are verified by it', () => {
    const template = verify();
    template.hasResourceProperties(TRUST_STORE, { CaCertificatesBundleS3Bucket: { 'Fn::Sub': Match.stringLikeRegexp('assets') }, CaCertificatesBundleS3Key: Match.stringLikeRegexp('\\.pem$') });
    template.hasResourceProperties(LISTENER, {
      Port: 443,
      MutualAuthentication: { Mode: 'verify', TrustStoreArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('TrustStore'), 'TrustStoreArn'] }, AdvertiseTrustStoreCaNames: 'off', IgnoreClientCertificateExpiry: false },
    });
    template.hasResourceProperties(LISTENER, { Port: 80, MutualAuthentication: Match.absent(), DefaultActions: [Match.objectLike({ Type: 'redirect' })] });
  });

  test('brings lists of revoked certificates, which the listener waits for', () => {
    const template = verify('authority', ['revoked']);
    template.hasResourceProperties(REVOCATION, { RevocationContents: [Match.objectLike({ S3Key: Match.stringLikeRegexp('\\.pem$') })] });
    template.hasResource(LISTENER, { Properties: { Port: 443 }, DependsOn: [Match.stringLikeRegexp('Revocation0')] });
  });

  test('may have several authorities, and text between them', () => {
    withFile(`# The first\n${textOf('authority')}\n# The second\n${textOf('authority')}`, (name) => {
      expect(() => synthesize(() => IngressMutualTls.verify({ caCertificates: PemFile.fromPath(name) }))).not.toThrow();
    });
  });

  test('is told to clients, and may have expired certificates, where that is asked for', () => {
    const caCertificates = PemFile.fromPath(file('authority'));
    synthesize(() => IngressMutualTls.verify({ caCertificates, advertiseTrustStoreCaNames: true, ignoreClientCertificateExpiry: true })).hasResourceProperties(LISTENER, {
      MutualAuthentication: Match.objectLike({ AdvertiseTrustStoreCaNames: 'on', IgnoreClientCertificateExpiry: true }),
    });
  });

  test.each([
    ['a certificate of a client', 'client', /Certificate 1 in `caCertificates` \('CN=Example Client'\) does not belong to a certificate authority.*at 'Stack\/Ingress'\)/],
    ['a key of another kind', 'ed25519', /\('CN=Ed25519 CA'\) has a key that load balancers don't support.*RSA key of 2048 to 8192 bits/],
    ['a short key', 'short', /\('CN=Short CA'\) has a key that load balancers don't support/],
    ['a certificate above 16384 bytes', 'large', /\('CN=Large CA'\) has 17411 bytes, and a trust store takes at most 16384/],
    ['a revocation list', 'revoked', /`caCertificates` must contain certificates in PEM format/],
    ['no file', 'nowhere', /nowhere.pem' can't be read/],
  ])('fails on %s', (_name, name, message) => {
    expect(() => verify(name)).toThrow(message);
  });

  test.each([
    ['a second certificate that is none', () => `${textOf('authority')}\n-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n`, /Certificate 2 in `caCertificates` can't be parsed/],
    ['a DER file', () => '0\x82\x01', /`caCertificates` must contain certificates in PEM format.*openssl x509 -inform der/],
    ['a private key', () => `${textOf('authority')}\n-----BEGIN EC PRIVATE KEY-----\n`, /contains a private key, which everybody who deploys could read/],
  ])('fails on %s', (_name, text, message) => {
    withFile(text(), (name) => expect(() => synthesize(() => IngressMutualTls.verify({ caCertificates: PemFile.fromPath(name) }))).toThrow(message));
  });

  test('fails on a revocation list that is none', () => {
    expect(() => verify('authority', ['revoked', 'authority'])).toThrow(/List 2 in `revocationLists` must be in PEM format.*openssl crl -inform der.*at 'Stack\/Ingress'\)/);
  });
});

test('an object in S3 is used as it is', () => {
  const template = synthesize((stack) => {
    const bucket = Bucket.fromBucketName(stack, 'Bucket', 'authorities');
    return IngressMutualTls.verify({ caCertificates: PemFile.fromBucket(bucket, 'ca.pem', 'v1'), revocationLists: [PemFile.fromBucket(bucket, 'revoked.pem')] });
  });
  template.hasResourceProperties(TRUST_STORE, { CaCertificatesBundleS3Bucket: 'authorities', CaCertificatesBundleS3Key: 'ca.pem', CaCertificatesBundleS3ObjectVersion: 'v1' });
  template.hasResourceProperties(REVOCATION, { RevocationContents: [{ S3Bucket: 'authorities', S3Key: 'revoked.pem', S3ObjectVersion: Match.absent() }] });
});

test('a trust store of one\'s own is used as it is', () => {
  const arn = 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:truststore/mine/1';
  const template = synthesize((stack) => IngressMutualTls.verifyWithTrustStore(TrustStore.fromTrustStoreArn(stack, 'Store', arn), { ignoreClientCertificateExpiry: true }));
  template.resourceCountIs(TRUST_STORE, 0);
  template.hasResourceProperties(LISTENER, { MutualAuthentication: { Mode: 'verify', TrustStoreArn: arn, IgnoreClientCertificateExpiry: true } });
});

test('certificates may be passed through to the services', () => {
  synthesize(() => IngressMutualTls.passthrough()).hasResourceProperties(LISTENER, { Port: 443, MutualAuthentication: { Mode: 'passthrough', TrustStoreArn: Match.absent() } });
});

test.each([
  ['verified', () => IngressMutualTls.verify({ caCertificates: PemFile.fromPath(file('authority')) })],
  ['passed through', () => IngressMutualTls.passthrough()],
])('fails without HTTPS, whether certificates are %s', (_name, create) => {
  expect(() => synthesize(create, false)).toThrow(/`mutualTls` needs HTTPS.*`domain` of this ingress isn't set/);
});

test('the checks know a trust store', () => {
  // GIVEN
  const app = new App();
  Posture.production({ terminationProtection: false }).applyTo(app);
  const stack = new Stack(app, 'Stack', { env: { account: '111111111111', region: 'us-east-1' } });
  addIngress(stack, IngressMutualTls.verify({ caCertificates: PemFile.fromPath(file('authority')), revocationLists: [PemFile.fromPath(file('revoked'))] }), true, new BackendNetwork(stack, 'Network').vpc);
  const [cost, hardening] = [new CostReport(), new HardeningCheck()];
  Validations.of(app).addPlugins(cost, hardening);
  const quiet = jest.spyOn(console, 'error').mockImplementation();

  // WHEN
  app.synth();
  quiet.mockRestore();

  // THEN
  expect(cost.report().lines.find(({ resourceType }) => resourceType === TRUST_STORE)?.monthly).toBeCloseTo(3.65, 2);
  expect(cost.report().unknownTypes).toEqual([]);
  expect(hardening.report().findings.filter(({ constructPath }) => constructPath.startsWith('Stack/Ingress'))).toEqual([]);
});

function withFile(text: string, use: (name: string) => void): void {
  const directory = mkdtempSync(path.join(tmpdir(), 'pem-'));
  try {
    const name = path.join(directory, 'file.pem');
    writeFileSync(name, text, 'latin1');
    use(name);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
