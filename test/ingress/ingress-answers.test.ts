import { Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ApplicationProtocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { IngressContentType, CustomDomain, type IngressFixedResponseOptions, type IngressRedirectOptions, PublicIngress } from '../../src/ingress';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const HTTPS = { domainNames: ['example.com', 'www.example.com'] };

function createIngress({ domainNames }: { domainNames?: string[] } = HTTPS): { stack: Stack; ingress: PublicIngress } {
  const stack = new Stack(developmentApp(), 'Backend');
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:123456789012:certificate/example');
  const domain = domainNames === undefined ? undefined : CustomDomain.fromCertificate(certificate, domainNames);
  return { stack, ingress: new PublicIngress(stack, 'Ingress', { vpc: createVpc(stack), domain }) };
}

function addTarget(stack: Stack, ingress: PublicIngress, hosts: string[]): void {
  const target = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc: ingress.vpc }), image: IMAGE });
  ingress.addRoute('Api', { hosts, target });
}

describe('a fixed response', () => {
  test('is a rule of the ingress, and makes nothing else', () => {
    // GIVEN
    const { stack, ingress } = createIngress();

    // WHEN
    const rule = ingress.addFixedResponse('Robots', { paths: ['/robots.txt'], statusCode: 200, messageBody: 'User-agent: *\nDisallow: /' });

    // THEN
    expect(rule.node.path).toBe('Backend/Ingress/Rules/Robots');
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, {
      ListenerArn: { Ref: Match.stringLikeRegexp('^IngressHttps') },
      Priority: rule.priority,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/robots.txt'] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: 'User-agent: *\nDisallow: /' } }],
    });
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 0);
    expect(stack.resolve(rule.listenerRuleArn)).toEqual({ Ref: Object.keys(template.findResources(RULE))[0] });
  });

  test('needs no body, and takes values that are known at deployment', () => {
    // GIVEN
    const { stack, ingress } = createIngress();

    // WHEN
    ingress.addFixedResponse('Gone', { paths: ['/old/*'], statusCode: 410 });
    ingress.addFixedResponse('Later', { paths: ['/later'], statusCode: Token.asNumber({ Ref: 'Status' }), messageBody: Token.asString({ Ref: 'Body' }), contentType: IngressContentType.APPLICATION_JSON });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, { Actions: [{ FixedResponseConfig: { StatusCode: '410', ContentType: Match.absent(), MessageBody: Match.absent() } }] });
    template.hasResourceProperties(RULE, { Actions: [{ FixedResponseConfig: { StatusCode: { Ref: 'Status' }, ContentType: 'application/json', MessageBody: { Ref: 'Body' } } }] });
  });

  test('has a priority like a route', () => {
    const { ingress } = createIngress();
    const [exact, below] = [['/a'], ['/a/*']].map((paths, index) => ingress.addFixedResponse(`Rule${index}`, { paths, statusCode: 404 }).priority);
    expect(exact).toBeLessThan(below);
    expect(ingress.addFixedResponse('Chosen', { statusCode: 404, priority: 77 }).priority).toBe(77);
  });

  test.each<[RegExp, Partial<IngressFixedResponseOptions>]>([
    [/`statusCode` must be a whole number from 200 to 299 or from 400 to 599, got 301.*addRedirect/, { statusCode: 301 }],
    [/`statusCode` .* got 600/, { statusCode: 600 }],
    [/`statusCode` .* got 200.5/, { statusCode: 200.5 }],
    [/`messageBody` has 1026 bytes, and a load balancer sends at most 1024/, { messageBody: 'é'.repeat(513) }],
    [/`contentType` must be one of text\/plain, .*got 'image\/png'/, { contentType: 'image/png' as IngressContentType }],
    [/`paths` is empty/, { paths: [] }],
    [/`priority` must be a whole number/, { priority: 0 }],
  ])('fails with %s', (message: RegExp, options: Partial<IngressFixedResponseOptions>) => {
    const { ingress } = createIngress();
    expect(() => ingress.addFixedResponse('Rule', { statusCode: 200, ...options })).toThrow(message);
    expect(ingress.addFixedResponse('Rule', { statusCode: 200, messageBody: 'é'.repeat(512) }).priority).toBeGreaterThan(0);
  });

  test('fails on an id that a route, a response or a redirect has', () => {
    const { stack, ingress } = createIngress();
    addTarget(stack, ingress, ['example.com']);
    expect(() => ingress.addFixedResponse('Api', { statusCode: 200 })).toThrow(/already has a route 'Api'/);
    ingress.addRedirect('Old', { host: 'example.org' });
    expect(() => ingress.addFixedResponse('Old', { statusCode: 200 })).toThrow(/already has a route 'Old'/);
  });

  test('fails at synth where it overlaps with something as specific', () => {
    const { stack, ingress } = createIngress();
    ingress.addFixedResponse('A', { paths: ['/a/*'], statusCode: 404 });
    ingress.addRedirect('B', { paths: ['/*/b'], path: '/c' });
    expect(() => Template.fromStack(stack)).toThrow(/Routes 'A' and 'B' can match the same request/);
  });

  test('may have the id of a child of the ingress', () => {
    const { stack, ingress } = createIngress();
    ingress.addFixedResponse('Resource', { statusCode: 404 });
    Template.fromStack(stack).resourceCountIs(RULE, 1);
  });
});

describe('a redirect', () => {
  test('changes what it is told, and keeps the rest', () => {
    // GIVEN
    const { stack, ingress } = createIngress();

    // WHEN
    ingress.addRedirect('Old', { hosts: ['old.example.com'], host: 'example.com', path: '/from/#{path}', query: '#{query}&old=1', permanent: true });
    ingress.addRedirect('Port', { paths: ['/admin/*'], port: 8443 });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, {
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['old.example.com'] } }],
      Actions: [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Host: 'example.com', Path: '/from/#{path}', Query: '#{query}&old=1', Port: Match.absent(), Protocol: Match.absent() } }],
    });
    template.hasResourceProperties(RULE, { Actions: [{ RedirectConfig: { StatusCode: 'HTTP_302', Port: '8443', Host: Match.absent() } }] });
  });

  test('to HTTPS goes to its port', () => {
    const { stack, ingress } = createIngress({});
    ingress.addRedirect('Secure', { protocol: ApplicationProtocol.HTTPS });
    ingress.addRedirect('Other', { paths: ['/a'], protocol: ApplicationProtocol.HTTPS, port: 8443 });
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, { Actions: [{ RedirectConfig: { Protocol: 'HTTPS', Port: '443' } }] });
    template.hasResourceProperties(RULE, { Actions: [{ RedirectConfig: { Protocol: 'HTTPS', Port: '8443' } }] });
  });

  test.each<[RegExp, IngressRedirectOptions]>([
    [/must change the host, path, port or protocol.*Set `host`/, {}],
    [/must change the host, path, port or protocol/, { query: 'a=b' }],
    [/must change the host, path, port or protocol/, { protocol: ApplicationProtocol.HTTPS, port: 443 }],
    [/can't redirect HTTPS to HTTP/, { protocol: ApplicationProtocol.HTTP, host: 'example.org' }],
    [/`protocol` must be HTTP or HTTPS, got 'TCP'/, { protocol: 'TCP' as ApplicationProtocol, host: 'example.org' }],
    [/`host` must have .*, got 'https:\/\/example.org'/, { host: 'https://example.org' }],
    [/`host` must have .*, got 'example.org:8443'/, { host: 'example.org:8443' }],
    [/`host` must have .*, got '\$\{host\}'/, { host: '${host}' }],
    [/`host` must have .*, got '#\{path\}.example.org'/, { host: '#{path}.example.org' }],
    [/`host` must have 1 to 128 letters, .*, got 'aaa/, { host: 'a'.repeat(129) }],
    [/`path` must start with '\/' .*, got 'new'/, { path: 'new' }],
    [/`path` must start with '\/' .*, got '\/new\?a=b'.*`query`/, { path: '/new?a=b' }],
    [/`path` must start with '\/' .*, got '\/#\{query\}'/, { path: '/#{query}' }],
    [/`path` must .* at most 128 characters, .*, got '\/aaa/, { path: `/${'a'.repeat(128)}` }],
    [/`query` must have .*, got '\?a=b'/, { path: '/new', query: '?a=b' }],
    [/`query` must have at most 128 characters, .*, got 'aaa/, { path: '/new', query: 'a'.repeat(129) }],
    [/`port` must be a whole number from 1 to 65535, got 0/, { port: 0 }],
    [/`port` must be a whole number from 1 to 65535, got 80.5/, { port: 80.5 }],
  ])('fails with %s', (message: RegExp, options: IngressRedirectOptions) => {
    const { ingress } = createIngress();
    expect(() => ingress.addRedirect('Rule', { paths: ['/old'], ...options })).toThrow(message);
  });

  test.each<[string, IngressRedirectOptions]>([
    ['a path below its own', { paths: ['/api/*'], path: '/api/v2/#{path}' }],
    ['the path of the request', { path: '/#{path}' }],
    ['a host that it takes', { hosts: ['*.example.com'], host: 'www.example.com' }],
    ['one of the names of the ingress', { host: 'www.example.com' }],
    ['the host of the request', { paths: ['/*'], host: '#{host}' }],
    ['the port of the ingress', { paths: ['/a*'], path: '/ab', port: 443 }],
  ])('fails at synth where it leads to itself: %s', (_: string, options: IngressRedirectOptions) => {
    const { stack, ingress } = createIngress();
    ingress.addRedirect('Loop', options);
    expect(() => Template.fromStack(stack)).toThrow(/Route 'Loop' redirects requests to .*, which the route itself matches.*smaller `priority`/);
  });

  test.each<[string, IngressRedirectOptions]>([
    ['to another host', { host: 'example.org' }],
    ['from one host to another', { hosts: ['old.example.com'], host: 'www.example.com' }],
    ['from the domain to its www', { hosts: ['example.com'], host: 'www.#{host}' }],
    ['to another path', { paths: ['/old/*'], path: '/new/#{path}' }],
    ['to another port', { port: 8443 }],
    ['to a host that is known at deployment', { host: Token.asString({ Ref: 'Host' }) }],
  ])('leads away from itself: %s', (_: string, options: IngressRedirectOptions) => {
    const { stack, ingress } = createIngress();
    ingress.addRedirect('Away', options);
    Template.fromStack(stack).resourceCountIs(RULE, 1);
  });

  test('may lead to what a route before it takes', () => {
    // GIVEN
    const { stack, ingress } = createIngress();
    addTarget(stack, ingress, ['www.example.com']);

    // WHEN
    ingress.addRedirect('Www', { host: 'www.example.com' });

    // THEN
    Template.fromStack(stack).resourceCountIs(RULE, 2);
  });

  test('fails at synth where a route before it takes only a part of what it leads to', () => {
    const { stack, ingress } = createIngress();
    ingress.addFixedResponse('Some', { hosts: ['www.example.com'], paths: ['/some/*'], statusCode: 404 });
    ingress.addRedirect('Www', { host: 'www.example.com' });
    expect(() => Template.fromStack(stack)).toThrow(/Route 'Www' redirects requests to .*, which the route itself matches/);
  });
});
