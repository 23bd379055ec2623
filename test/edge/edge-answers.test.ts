import { Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ApplicationProtocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { EdgeContentType, EdgeDomain, type EdgeFixedResponseOptions, type EdgeRedirectOptions, PublicEdge } from '../../src/edge';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const HTTPS = { domainNames: ['example.com', 'www.example.com'] };

function createEdge({ domainNames }: { domainNames?: string[] } = HTTPS): { stack: Stack; edge: PublicEdge } {
  const stack = new Stack(developmentApp(), 'Backend');
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:123456789012:certificate/example');
  const domain = domainNames === undefined ? undefined : EdgeDomain.fromCertificate(certificate, domainNames);
  return { stack, edge: new PublicEdge(stack, 'Edge', { vpc: createVpc(stack), domain }) };
}

function addTarget(stack: Stack, edge: PublicEdge, hosts: string[]): void {
  const target = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc: edge.vpc }), image: IMAGE });
  edge.addRoute('Api', { hosts, target });
}

describe('a fixed response', () => {
  test('is a rule of the edge, and makes nothing else', () => {
    // GIVEN
    const { stack, edge } = createEdge();

    // WHEN
    const rule = edge.addFixedResponse('Robots', { paths: ['/robots.txt'], statusCode: 200, messageBody: 'User-agent: *\nDisallow: /' });

    // THEN
    expect(rule.node.path).toBe('Backend/Edge/Rules/Robots');
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, {
      ListenerArn: { Ref: Match.stringLikeRegexp('^EdgeHttps') },
      Priority: rule.priority,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/robots.txt'] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: 'User-agent: *\nDisallow: /' } }],
    });
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 0);
    expect(stack.resolve(rule.listenerRuleArn)).toEqual({ Ref: Object.keys(template.findResources(RULE))[0] });
  });

  test('needs no body, and takes values that are known at deployment', () => {
    // GIVEN
    const { stack, edge } = createEdge();

    // WHEN
    edge.addFixedResponse('Gone', { paths: ['/old/*'], statusCode: 410 });
    edge.addFixedResponse('Later', { paths: ['/later'], statusCode: Token.asNumber({ Ref: 'Status' }), messageBody: Token.asString({ Ref: 'Body' }), contentType: EdgeContentType.APPLICATION_JSON });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, { Actions: [{ FixedResponseConfig: { StatusCode: '410', ContentType: Match.absent(), MessageBody: Match.absent() } }] });
    template.hasResourceProperties(RULE, { Actions: [{ FixedResponseConfig: { StatusCode: { Ref: 'Status' }, ContentType: 'application/json', MessageBody: { Ref: 'Body' } } }] });
  });

  test('has a priority like a route', () => {
    const { edge } = createEdge();
    const [exact, below] = [['/a'], ['/a/*']].map((paths, index) => edge.addFixedResponse(`Rule${index}`, { paths, statusCode: 404 }).priority);
    expect(exact).toBeLessThan(below);
    expect(edge.addFixedResponse('Chosen', { statusCode: 404, priority: 77 }).priority).toBe(77);
  });

  test.each<[RegExp, Partial<EdgeFixedResponseOptions>]>([
    [/statusCode must be a whole number from 200 to 299 or from 400 to 599, got 301.*addRedirect/, { statusCode: 301 }],
    [/statusCode .* got 600/, { statusCode: 600 }],
    [/statusCode .* got 200.5/, { statusCode: 200.5 }],
    [/messageBody has 1026 bytes; a load balancer gives at most 1024/, { messageBody: 'é'.repeat(513) }],
    [/contentType must be one of text\/plain, .*got 'image\/png'/, { contentType: 'image/png' as EdgeContentType }],
    [/paths is empty/, { paths: [] }],
    [/priority must be a whole number/, { priority: 0 }],
  ])('fails with %s', (message: RegExp, options: Partial<EdgeFixedResponseOptions>) => {
    const { edge } = createEdge();
    expect(() => edge.addFixedResponse('Rule', { statusCode: 200, ...options })).toThrow(message);
    expect(edge.addFixedResponse('Rule', { statusCode: 200, messageBody: 'é'.repeat(512) }).priority).toBeGreaterThan(0);
  });

  test('fails on an id that a route, a response or a redirect has', () => {
    const { stack, edge } = createEdge();
    addTarget(stack, edge, ['example.com']);
    expect(() => edge.addFixedResponse('Api', { statusCode: 200 })).toThrow(/already has a route 'Api'/);
    edge.addRedirect('Old', { host: 'example.org' });
    expect(() => edge.addFixedResponse('Old', { statusCode: 200 })).toThrow(/already has a route 'Old'/);
  });

  test('fails at synth where it overlaps with something as specific', () => {
    const { stack, edge } = createEdge();
    edge.addFixedResponse('A', { paths: ['/a/*'], statusCode: 404 });
    edge.addRedirect('B', { paths: ['/*/b'], path: '/c' });
    expect(() => Template.fromStack(stack)).toThrow(/Routes 'A' and 'B' can match the same request/);
  });

  test('may have the id of a child of the edge', () => {
    const { stack, edge } = createEdge();
    edge.addFixedResponse('Resource', { statusCode: 404 });
    Template.fromStack(stack).resourceCountIs(RULE, 1);
  });
});

describe('a redirect', () => {
  test('changes what it is told, and keeps the rest', () => {
    // GIVEN
    const { stack, edge } = createEdge();

    // WHEN
    edge.addRedirect('Old', { hosts: ['old.example.com'], host: 'example.com', path: '/from/#{path}', query: '#{query}&old=1', permanent: true });
    edge.addRedirect('Port', { paths: ['/admin/*'], port: 8443 });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, {
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['old.example.com'] } }],
      Actions: [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Host: 'example.com', Path: '/from/#{path}', Query: '#{query}&old=1', Port: Match.absent(), Protocol: Match.absent() } }],
    });
    template.hasResourceProperties(RULE, { Actions: [{ RedirectConfig: { StatusCode: 'HTTP_302', Port: '8443', Host: Match.absent() } }] });
  });

  test('to HTTPS goes to its port', () => {
    const { stack, edge } = createEdge({});
    edge.addRedirect('Secure', { protocol: ApplicationProtocol.HTTPS });
    edge.addRedirect('Other', { paths: ['/a'], protocol: ApplicationProtocol.HTTPS, port: 8443 });
    const template = Template.fromStack(stack);
    template.hasResourceProperties(RULE, { Actions: [{ RedirectConfig: { Protocol: 'HTTPS', Port: '443' } }] });
    template.hasResourceProperties(RULE, { Actions: [{ RedirectConfig: { Protocol: 'HTTPS', Port: '8443' } }] });
  });

  test.each<[RegExp, EdgeRedirectOptions]>([
    [/changes the host, the path, the port or the protocol.*Set host/, {}],
    [/changes the host, the path, the port or the protocol/, { query: 'a=b' }],
    [/changes the host, the path, the port or the protocol/, { protocol: ApplicationProtocol.HTTPS, port: 443 }],
    [/cannot redirect HTTPS to HTTP/, { protocol: ApplicationProtocol.HTTP, host: 'example.org' }],
    [/protocol must be HTTP or HTTPS, got 'TCP'/, { protocol: 'TCP' as ApplicationProtocol, host: 'example.org' }],
    [/'https:\/\/example.org' is no host to redirect to/, { host: 'https://example.org' }],
    [/'example.org:8443' is no host to redirect to/, { host: 'example.org:8443' }],
    [/'\$\{host\}' is no host/, { host: '${host}' }],
    [/'#\{path\}.example.org' is no host/, { host: '#{path}.example.org' }],
    [/is no host to redirect to/, { host: 'a'.repeat(129) }],
    [/'new' is no path to redirect to/, { path: 'new' }],
    [/'\/new\?a=b' is no path to redirect to.*query/, { path: '/new?a=b' }],
    [/'\/#\{query\}' is no path/, { path: '/#{query}' }],
    [/is no path to redirect to/, { path: `/${'a'.repeat(128)}` }],
    [/'\?a=b' is no query to redirect to/, { path: '/new', query: '?a=b' }],
    [/is no query to redirect to/, { path: '/new', query: 'a'.repeat(129) }],
    [/port must be a whole number from 1 to 65535, got 0/, { port: 0 }],
    [/port must be a whole number from 1 to 65535, got 80.5/, { port: 80.5 }],
  ])('fails with %s', (message: RegExp, options: EdgeRedirectOptions) => {
    const { edge } = createEdge();
    expect(() => edge.addRedirect('Rule', { paths: ['/old'], ...options })).toThrow(message);
  });

  test.each<[string, EdgeRedirectOptions]>([
    ['a path below its own', { paths: ['/api/*'], path: '/api/v2/#{path}' }],
    ['the path of the request', { path: '/#{path}' }],
    ['a host that it takes', { hosts: ['*.example.com'], host: 'www.example.com' }],
    ['one of the names of the edge', { host: 'www.example.com' }],
    ['the host of the request', { paths: ['/*'], host: '#{host}' }],
    ['the port of the edge', { paths: ['/a*'], path: '/ab', port: 443 }],
  ])('fails at synth where it leads to itself: %s', (_: string, options: EdgeRedirectOptions) => {
    const { stack, edge } = createEdge();
    edge.addRedirect('Loop', options);
    expect(() => Template.fromStack(stack)).toThrow(/Route 'Loop' redirects requests to where it takes them again.*smaller priority/);
  });

  test.each<[string, EdgeRedirectOptions]>([
    ['to another host', { host: 'example.org' }],
    ['from one host to another', { hosts: ['old.example.com'], host: 'www.example.com' }],
    ['from the domain to its www', { hosts: ['example.com'], host: 'www.#{host}' }],
    ['to another path', { paths: ['/old/*'], path: '/new/#{path}' }],
    ['to another port', { port: 8443 }],
    ['to a host that is known at deployment', { host: Token.asString({ Ref: 'Host' }) }],
  ])('leads away from itself: %s', (_: string, options: EdgeRedirectOptions) => {
    const { stack, edge } = createEdge();
    edge.addRedirect('Away', options);
    Template.fromStack(stack).resourceCountIs(RULE, 1);
  });

  test('may lead to what a route before it takes', () => {
    // GIVEN
    const { stack, edge } = createEdge();
    addTarget(stack, edge, ['www.example.com']);

    // WHEN
    edge.addRedirect('Www', { host: 'www.example.com' });

    // THEN
    Template.fromStack(stack).resourceCountIs(RULE, 2);
  });

  test('fails at synth where a route before it takes only a part of what it leads to', () => {
    const { stack, edge } = createEdge();
    edge.addFixedResponse('Some', { hosts: ['www.example.com'], paths: ['/some/*'], statusCode: 404 });
    edge.addRedirect('Www', { host: 'www.example.com' });
    expect(() => Template.fromStack(stack)).toThrow(/Route 'Www' redirects requests to where it takes them again/);
  });
});
