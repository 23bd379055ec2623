import { Lazy, Stack, type StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { IpAddressType, SslPolicy } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { CustomDomain, PublicIngress, type PublicIngressProps } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { createVpc, developmentApp } from '../fargate/fixture';

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const arnOf = (name: string) => `arn:aws:acm:eu-west-1:111111111111:certificate/${name}`;

interface Given {
  readonly com: IHostedZone;
  readonly org: IHostedZone;
  certificate(name: string): acm.ICertificate;
}

function create(domainOf: (given: Given) => CustomDomain, props: Partial<PublicIngressProps> = {}, stackProps: StackProps = {}): { ingress: PublicIngress; template: Template } {
  const stack = new Stack(developmentApp(), 'Stack', stackProps);
  const zone = (zoneName: string) => HostedZone.fromHostedZoneAttributes(stack, zoneName, { hostedZoneId: `Z${zoneName}`, zoneName });
  const given = { com: zone('example.com'), org: zone('example.org'), certificate: (name: string) => acm.Certificate.fromCertificateArn(stack, name, arnOf(name)) };
  const ingress = new PublicIngress(stack, 'Ingress', { vpc: createVpc(stack), domain: domainOf(given), ...props });
  return { ingress, template: Template.fromStack(stack) };
}

test('a wildcard is no address, so the first other name is that of the ingress', () => {
  expect(create(({ com }) => CustomDomain.fromHostedZone(com, { domainNames: ['*.example.com', 'example.com'] })).ingress.url).toBe('https://example.com');
});

describe('the host of a route', () => {
  const warningsOf = (hosts: string[], domainNames: string[]) => {
    const { ingress } = create(({ certificate }) => CustomDomain.fromCertificate(certificate('one'), domainNames));
    ingress.addFixedResponse('Gone', { hosts, statusCode: 410 });
    return Annotations.fromStack(Stack.of(ingress)).findWarning('*', Match.stringLikeRegexp('this ingress serves only')).map(({ entry }) => entry.data);
  };

  test('gets a warning where the ingress has no such name, because no request arrives', () => {
    expect(warningsOf(['old.example.com', 'api.example.com'], ['api.example.com', '*.example.org'])).toEqual([expect.stringMatching(
      /^Route 'Gone' is for 'old\.example\.com', and this ingress serves only 'api\.example\.com', '\*\.example\.org'\. Requests for other names don't arrive, .* Add the name to `domainNames`/,
    )]);
  });

  test.each([[['API.example.com'], ['api.example.com']], [['a.example.com'], ['*.example.com']], [['*.example.com'], ['api.example.com']]])('%j is one of %j', (hosts, domainNames) => {
    expect(warningsOf(hosts, domainNames)).toEqual([]);
  });
});

describe('several domains', () => {
  test('have certificates and records in zones of their own', () => {
    // WHEN
    const { ingress, template } = create(({ com, org }) => CustomDomain.combine([
      CustomDomain.fromHostedZone(com, { domainNames: ['api.example.com', 'www.example.com'] }),
      CustomDomain.fromHostedZone(org),
    ]));

    // THEN
    expect(ingress.url).toBe('https://api.example.com');
    template.hasResourceProperties('AWS::CertificateManager::Certificate', { DomainName: 'api.example.com', SubjectAlternativeNames: ['www.example.com'] });
    template.hasResourceProperties('AWS::CertificateManager::Certificate', { DomainName: 'example.org', DomainValidationOptions: [{ DomainName: 'example.org', HostedZoneId: 'Zexample.org' }] });
    const records = Object.values(template.findResources('AWS::Route53::RecordSet')).map(({ Properties }) => [Properties.Name, Properties.HostedZoneId]);
    expect(records).toEqual([['api.example.com.', 'Zexample.com'], ['www.example.com.', 'Zexample.com'], ['example.org.', 'Zexample.org']]);
  });

  test('give the listener the first certificate as its default, and the others by name', () => {
    const { template } = create(({ certificate }) => CustomDomain.combine([
      CustomDomain.fromCertificate(certificate('first'), ['example.com']),
      CustomDomain.fromCertificate(certificate('second'), ['example.org']),
    ]));
    template.hasResourceProperties(LISTENER, { Port: 443, Certificates: [{ CertificateArn: arnOf('first') }] });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerCertificate', { Certificates: [{ CertificateArn: arnOf('second') }] });
    template.resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  test('may share one certificate', () => {
    const { template } = create(({ com, org, certificate }) => {
      const shared = certificate('shared');
      return CustomDomain.combine([CustomDomain.fromHostedZone(com, { certificate: shared }), CustomDomain.fromHostedZone(org, { certificate: shared })]);
    });
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerCertificate', 0);
    template.resourceCountIs('AWS::Route53::RecordSet', 2);
  });

  test('may be parts of parts', () => {
    const { template } = create(({ com, org }) => CustomDomain.combine([CustomDomain.combine([CustomDomain.fromHostedZone(com)]), CustomDomain.fromHostedZone(org)]));
    template.resourceCountIs('AWS::Route53::RecordSet', 2);
  });

  test('change nothing of the first', () => {
    const certificateOf = (...others: ((given: Given) => CustomDomain)[]) => Object.keys(
      create((given) => CustomDomain.combine([CustomDomain.fromHostedZone(given.com), ...others.map((other) => other(given))])).template.findResources('AWS::CertificateManager::Certificate', { Properties: { DomainName: 'example.com' } }),
    );
    const alone = Object.keys(create(({ com }) => CustomDomain.fromHostedZone(com)).template.findResources('AWS::CertificateManager::Certificate'));
    expect(certificateOf(({ org }) => CustomDomain.fromHostedZone(org))).toEqual(alone);
  });

  test('after the first have ids that follow their main names, whatever their order', () => {
    const idsOf = (names: string[], tokens = 0) => {
      const { template } = create(({ com, org }) => CustomDomain.combine([
        CustomDomain.fromHostedZone(com),
        ...names.map((name) => CustomDomain.fromHostedZone(org, { domainNames: [name] })),
        ...Array.from({ length: tokens }, (_, index) => CustomDomain.fromHostedZone(org, { domainNames: [Lazy.string({ produce: () => `token${index}.example.org` })] })),
      ]));
      const certificates = Object.entries(template.findResources('AWS::CertificateManager::Certificate') as Record<string, { Properties: { DomainName: string } }>);
      return Object.fromEntries(certificates.map(([id, { Properties }]) => [Properties.DomainName, id]));
    };
    const ids = idsOf(['a.example.org', 'b.example.org', 'c.example.org']);
    expect(idsOf(['c.example.org', 'new.example.org', 'a.example.org', 'b.example.org'])).toMatchObject(ids);
    expect(ids['b.example.org']).toMatch(/^IngressDomain.*bexampleorg/);
    expect(new Set(Object.values(idsOf(['a.example.org'], 2))).size).toBe(4);
  });

  test('have records of both kinds with IPv6', () => {
    const stack = new Stack(developmentApp(), 'Network');
    const { vpc } = new BackendNetwork(stack, 'Network', { ipv6: true });
    const zones = ['example.com', 'example.org'].map((zoneName) => HostedZone.fromHostedZoneAttributes(stack, zoneName, { hostedZoneId: `Z${zoneName}`, zoneName }));
    new PublicIngress(stack, 'Ingress', { vpc, ipAddressType: IpAddressType.DUAL_STACK, domain: CustomDomain.combine(zones.map((zone) => CustomDomain.fromHostedZone(zone))) });
    Template.fromStack(stack).resourcePropertiesCountIs('AWS::Route53::RecordSet', { Type: 'AAAA' }, 2);
  });

  test.each([
    ['a name that two have', ({ com }: Given) => [CustomDomain.fromHostedZone(com), CustomDomain.fromHostedZone(com)], /`domainNames` has 'example.com' twice/],
    ['a name that the last two have', ({ com, org }: Given) => [CustomDomain.fromHostedZone(com), CustomDomain.fromHostedZone(org), CustomDomain.fromHostedZone(org)], /`domainNames` has 'example.org' twice/],
    ['none', () => [], /`domainNames` is empty/],
    ['a name outside of its zone', ({ com, org }: Given) => [CustomDomain.fromHostedZone(com), CustomDomain.fromHostedZone(org, { domainNames: ['example.com'] })], /which is not in the hosted zone 'example.org'/],
  ])('fail with %s', (_name, domains, message) => {
    expect(() => create((given) => CustomDomain.combine(domains(given)))).toThrow(message);
  });
});

describe('the TLS policy', () => {
  test.each([
    [undefined, 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06'],
    [SslPolicy.TLS13_13, 'ELBSecurityPolicy-TLS13-1-3-2021-06'],
  ])('is what was asked for (%s)', (sslPolicy, expected) => {
    create(({ com }) => CustomDomain.fromHostedZone(com), { sslPolicy }).template.hasResourceProperties(LISTENER, { Port: 443, SslPolicy: expected });
    create(({ com }) => CustomDomain.fromHostedZone(com), { sslPolicy }).template.hasResourceProperties(LISTENER, { Port: 80, SslPolicy: Match.absent() });
  });

  test('fails without HTTPS', () => {
    expect(() => create(({ com }) => CustomDomain.fromHostedZone(com), { sslPolicy: SslPolicy.TLS13_13, domain: undefined })).toThrow(/`sslPolicy` needs HTTPS, and `domain` of this ingress isn't set/);
  });
});
