import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AmplifyFrontend } from '../../src/frontend';
import { CustomDomain } from '../../src/ingress';
import { developmentApp } from '../fargate/fixture';

interface Given {
  readonly stack: Stack;
  readonly com: IHostedZone;
  readonly org: IHostedZone;
  readonly certificate: (region?: string) => acm.ICertificate;
}

function create(domainOf: (given: Given) => CustomDomain, region?: string): { stack: Stack; frontend: AmplifyFrontend } {
  const stack = new Stack(developmentApp(), 'Web', { env: { region } });
  const [com, org] = ['example.com', 'example.org'].map((zoneName) => HostedZone.fromHostedZoneAttributes(stack, zoneName, { hostedZoneId: `Z${zoneName}`, zoneName: `${zoneName}.` }));
  const certificate = (where = 'us-east-1') => acm.Certificate.fromCertificateArn(stack, `Certificate${where}`, `arn:aws:acm:${where}:111111111111:certificate/1`);
  const accessToken = secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'github-token');
  return { stack, frontend: new AmplifyFrontend(stack, 'Frontend', { repository: 'https://github.com/example/web', accessToken, domain: domainOf({ stack, com, org, certificate }) }) };
}

function domainIn(stack: Stack): { DomainName: unknown; SubDomainSettings: { Prefix: string }[]; CertificateSettings?: object } {
  return Object.values(Template.fromStack(stack).findResources('AWS::Amplify::Domain'))[0].Properties as ReturnType<typeof domainIn>;
}

describe('what Amplify is asked for', () => {
  test.each<[string, (given: Given) => CustomDomain, string, string[], string]>([
    ['a whole zone', ({ com }) => CustomDomain.fromHostedZone(com), 'example.com', [''], 'example.com'],
    ['one name', ({ com }) => CustomDomain.fromHostedZone(com, { domainNames: ['app.example.com'] }), 'app.example.com', [''], 'app.example.com'],
    ['a zone and a name in it', ({ com }) => CustomDomain.fromHostedZone(com, { domainNames: ['www.example.com', 'example.com'] }), 'example.com', ['www', ''], 'www.example.com'],
    ['names side by side', ({ com }) => CustomDomain.fromHostedZone(com, { domainNames: ['app.example.com', 'admin.example.com'] }), 'example.com', ['app', 'admin'], 'app.example.com'],
    ['names of a part of the zone', ({ com }) => CustomDomain.fromHostedZone(com, { domainNames: ['a.eu.example.com', 'b.eu.example.com'] }), 'eu.example.com', ['a', 'b'], 'a.eu.example.com'],
    ['a name and all below it', ({ com }) => CustomDomain.fromHostedZone(com, { domainNames: ['example.com', '*.example.com'] }), 'example.com', ['', '*'], 'example.com'],
    ['parts of one zone', ({ com }) => CustomDomain.combine([CustomDomain.fromHostedZone(com), CustomDomain.fromHostedZone(com, { domainNames: ['www.example.com'] })]), 'example.com', ['', 'www'], 'example.com'],
    ['names whose DNS is elsewhere', ({ certificate }) => CustomDomain.fromCertificate(certificate(), ['www.example.net', 'example.net']), 'example.net', ['www', ''], 'www.example.net'],
  ])('are %s', (_name, domainOf, root, prefixes, mainName) => {
    const { stack, frontend } = create(domainOf);
    const { DomainName, SubDomainSettings } = domainIn(stack);
    expect([DomainName, SubDomainSettings.map(({ Prefix }) => Prefix)]).toEqual([root, prefixes]);
    expect([frontend.domainName, frontend.url]).toEqual([mainName, `https://${mainName}`]);
  });

  test('is a name that is known only at deployment', () => {
    const { stack } = create((given) => CustomDomain.fromHostedZone(given.com, { domainNames: [new CfnParameter(given.stack, 'Name').valueAsString] }));
    expect(domainIn(stack)).toMatchObject({ DomainName: { Ref: 'Name' }, SubDomainSettings: [{ Prefix: '' }] });
  });

  test('are names in a zone that is known only at deployment', () => {
    const { stack } = create((given) => {
      const zoneName = new CfnParameter(given.stack, 'ZoneName').valueAsString;
      return CustomDomain.fromHostedZone(HostedZone.fromHostedZoneAttributes(given.stack, 'Zone', { hostedZoneId: 'Z1', zoneName }), { domainNames: [zoneName, `www.${zoneName}`] });
    });
    expect(domainIn(stack)).toMatchObject({ DomainName: { Ref: 'ZoneName' }, SubDomainSettings: [{ Prefix: '' }, { Prefix: 'www' }] });
  });
});

describe('the certificate', () => {
  test('is made by Amplify, and so are records', () => {
    const { stack } = create(({ com }) => CustomDomain.fromHostedZone(com));
    expect(domainIn(stack).CertificateSettings).toBeUndefined();
    Template.fromStack(stack).resourceCountIs('AWS::CertificateManager::Certificate', 0);
    Template.fromStack(stack).resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  test.each<[string, (given: Given) => CustomDomain]>([
    ['of a zone', ({ com, certificate }) => CustomDomain.fromHostedZone(com, { certificate: certificate() })],
    ['of names elsewhere', ({ certificate }) => CustomDomain.fromCertificate(certificate(), ['example.net'])],
  ])('%s is the one that was given', (_name, domainOf) => {
    const { stack } = create(domainOf);
    expect(domainIn(stack).CertificateSettings).toEqual({ CertificateType: 'CUSTOM', CustomCertificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/1' });
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('AmplifyFrontend'));
  });

  test('may be made in the same stack in us-east-1', () => {
    const { stack } = create((given) => CustomDomain.fromHostedZone(given.com, { certificate: new acm.Certificate(given.stack, 'Own', { domainName: 'example.com' }) }), 'us-east-1');
    expect(domainIn(stack).CertificateSettings).toEqual({ CertificateType: 'CUSTOM', CustomCertificateArn: { Ref: expect.stringMatching('^Own') as string } });
  });

  test('gives a warning where its region is not known', () => {
    const { stack } = create((given) => CustomDomain.fromHostedZone(given.com, { certificate: new acm.Certificate(given.stack, 'Own', { domainName: 'example.com' }) }));
    Annotations.fromStack(stack).hasWarning('/Web/Frontend', Match.stringLikeRegexp('isn\'t known until deployment.*AmplifyFrontend\\.unknownCertificateRegion'));
  });
});

test.each<[string, (given: Given) => CustomDomain, RegExp]>([
  ['a certificate of another region', ({ com, certificate }) => CustomDomain.fromHostedZone(com, { certificate: certificate('eu-west-1') }), /The certificate in `domain` is in eu-west-1, .*AmplifyFrontend\.certificateRegion/],
  ['several certificates', ({ com, certificate }) => CustomDomain.combine([CustomDomain.fromHostedZone(com, { certificate: certificate() }), CustomDomain.fromCertificate(certificate('us-east-2'), ['www.example.com'])]), /has 2 certificates.*AmplifyFrontend\.severalCertificates/],
  ['several zones', ({ com, org }) => CustomDomain.combine([CustomDomain.fromHostedZone(com), CustomDomain.fromHostedZone(org)]), /such as 'example\.com' and 'example\.org'.*AmplifyFrontend\.severalZones/],
  ['a zone and a name elsewhere', ({ com, certificate }) => CustomDomain.combine([CustomDomain.fromHostedZone(com, { certificate: certificate() }), CustomDomain.fromCertificate(certificate('us-east-2'), ['other.com'])]), /AmplifyFrontend\.severalZones/],
  ['a token among several names', (given) => CustomDomain.fromHostedZone(given.com, { domainNames: ['example.com', new CfnParameter(given.stack, 'Name').valueAsString] }), /isn't known until deployment.*AmplifyFrontend\.unknownName/],
  ['a name with a protocol', ({ com }) => CustomDomain.fromHostedZone(com, { domainNames: ['https://app.example.com'] }), /`domainNames` has 'https/],
])('fails for %s', (_name, domainOf, message) => {
  expect(() => create(domainOf)).toThrow(message);
});
