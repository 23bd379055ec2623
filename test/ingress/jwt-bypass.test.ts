import { Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { CustomDomain, IngressJwt, IngressJwtClaim, IngressMutualTls, PublicIngress, type IngressRouteOptions } from '../../src/ingress';
import { PemFile } from '../../src/trust';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const ISSUER = { issuer: 'https://login.example.com/', jwksEndpoint: 'https://login.example.com/.well-known/jwks.json' };
const JWT = IngressJwt.fromIssuer(ISSUER);
const claims = (...additionalClaims: IngressJwtClaim[]) => IngressJwt.fromIssuer({ ...ISSUER, additionalClaims });
const scope = (...values: string[]) => IngressJwtClaim.spaceSeparatedValues('scope', values);

type Routes = Record<string, Omit<IngressRouteOptions, 'target'>>;

interface World {
  readonly stack: Stack;
  readonly ingress: PublicIngress;
  readonly api: FargateApi;
  readonly other: FargateApi;
  ingressNamed(id: string, mutualTls?: IngressMutualTls): PublicIngress;
}

function createWorld(): World {
  const stack = new Stack(developmentApp(), 'Backend');
  const vpc = createVpc(stack);
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:123456789012:certificate/example');
  const ingressNamed = (id: string, mutualTls?: IngressMutualTls) => new PublicIngress(stack, id, { vpc, mutualTls, domain: CustomDomain.fromCertificate(certificate, ['*.example.com']) });
  const [api, other] = ['Api', 'Other'].map((id) => new FargateApi(stack, id, { cluster, image: IMAGE }));
  return { stack, ingress: ingressNamed('Ingress'), api, other, ingressNamed };
}

function problemsOf({ stack }: World): string[] {
  return stack.node.findAll().flatMap(({ node }) => node.validate()).filter((message) => message.includes('IngressJwt.bypass'));
}

function withRoutes(routes: Routes): World {
  const world = createWorld();
  Object.entries(routes).forEach(([id, options]) => world.ingress.addRoute(id, { ...options, target: world.api }));
  return world;
}

interface Rule {
  readonly Priority: number;
  readonly Conditions: { readonly PathPatternConfig?: { readonly Values: string[] }; readonly HostHeaderConfig?: { readonly Values: string[] }; readonly HttpHeaderConfig?: unknown }[];
  readonly Actions: { readonly Type: string }[];
}

function matches(pattern: string, text: string): boolean {
  const source = pattern.replace(/[\\^$+.()|[\]{}/]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(text);
}

/** What the listener does with a request: the first rule by priority decides, on the path as it was written. Clients choose hosts and headers as they like. */
function outcomesOf(world: World, path: string): ('open' | 'guarded' | 'answered')[] {
  const rules = Object.values(Template.fromStack(world.stack).findResources('AWS::ElasticLoadBalancingV2::ListenerRule'))
    .map(({ Properties }) => Properties as Rule).sort((a, b) => a.Priority - b.Priority);
  const takes = (rule: Rule) => rule.Conditions.every(({ PathPatternConfig: paths }) => paths === undefined || paths.Values.some((value) => matches(value, path)));
  const isChosen = (rule: Rule) => rule.Conditions.some(({ HostHeaderConfig: hosts, HttpHeaderConfig: headers }) => hosts !== undefined || headers !== undefined);
  const taking = rules.filter(takes);
  const last = taking.findIndex((rule) => !isChosen(rule));
  return (last === -1 ? taking : taking.slice(0, last + 1)).map(({ Actions }) => (Actions[0].Type === 'jwt-validation' ? 'guarded' : Actions[0].Type === 'forward' ? 'open' : 'answered'));
}

/** How a server may be asked for a path. */
function spellingsOf(path: string): string[] {
  const first = path.charCodeAt(1).toString(16);
  return [
    path, path.toUpperCase(), path.replace(/^\/(.)/, (_, letter: string) => `/${letter.toUpperCase()}`), `/${path}`, `/.${path}`, `/%${first}${path.slice(2)}`, `/public/..${path}`, `/public/%2e%2e${path}`,
    `/healthz/..${path}`, path.replace(/\/(?=.)/g, '//'), `${path};v=1`,
  ];
}

const GUARDED: Routes = { Admin: { paths: ['/admin', '/admin/*'], jwt: JWT } };

describe('a route around a guarded one', () => {
  test.each<[string, Routes]>([
    ['a catch-all', { Everything: {} }],
    ['a prefix', { Public: { paths: ['/public/*'] } }],
    ['any extension', { Images: { paths: ['/*.png'], priority: 45_000 } }],
    ['one character', { Version: { paths: ['/?dmin/users'], priority: 45_000 } }],
    ['another spelling of a guarded path', { Shout: { paths: ['/ADMIN/USERS'] } }],
    ['a path with segments that servers take away', { Dots: { paths: ['/public/../admin/users'] } }],
    ['a second slash', { Slashes: { paths: ['//admin/users'] } }],
    ['the same path for another host', { Host: { hosts: ['www.example.com'], paths: ['/admin'] } }],
    ['any path of another host', { Host: { hosts: ['www.example.com'] } }],
    ['the same path with a header', { Header: { headers: { 'x-version': ['2'] }, paths: ['/admin'] } }],
    ['some of several paths', { Mixed: { paths: ['/healthz', '/public/*'] } }],
  ])('fails with %s, which some spelling gets through', (_name, open) => {
    const world = withRoutes({ ...GUARDED, ...open });
    expect(problemsOf(world)).toHaveLength(1);
    const unchecked = withRoutes({ ...GUARDED, ...Object.fromEntries(Object.entries(open).map(([id, options]) => [id, { ...options, targetVerifiesTokens: true }])) });
    const around = ['/admin', '/admin/users', '/admin/users.png'].flatMap(spellingsOf).filter((path) => outcomesOf(unchecked, path).includes('open'));
    expect(around).not.toEqual([]);
  });

  test.each<[string, Routes]>([
    ['exact paths beside', { Health: { paths: ['/healthz', '/login'] } }],
    ['an exact path below the guarded ones', { Login: { paths: ['/admin/login'] } }],
    ['an exact path of another host', { Health: { hosts: ['www.example.com'], paths: ['/healthz'] } }],
  ])('is none with %s, whatever the spelling', (_name, open) => {
    const world = withRoutes({ ...GUARDED, ...open });
    expect(problemsOf(world)).toEqual([]);
    ['/admin', '/admin/users'].flatMap(spellingsOf).forEach((path) => expect({ path, outcomes: outcomesOf(world, path) }).not.toEqual({ path, outcomes: expect.arrayContaining(['open']) }));
  });

  test('is none where everything is guarded but exact paths', () => {
    const world = withRoutes({ All: { jwt: JWT }, Health: { paths: ['/healthz'] }, Login: { paths: ['/login', '/logout'] } });
    expect(problemsOf(world)).toEqual([]);
    expect(outcomesOf(world, '/healthz')).toEqual(['open']);
    ['/admin', '/orders/1'].flatMap(spellingsOf).forEach((path) => expect(outcomesOf(world, path)).toEqual(['guarded']));
  });

  test('names both routes, the target and what to do', () => {
    expect(problemsOf(withRoutes({ ...GUARDED, Everything: {} }))).toEqual([expect.stringMatching(
      /^Route 'Everything' leads to 'Backend\/Api' without the token that route 'Admin' requires, and also takes other spellings of its paths, such as '\/ADMIN' or '\/\/admin'\. Set the same `jwt`.*`targetVerifiesTokens: true`/,
    )]);
  });

  test('is none where the target verifies tokens itself', () => {
    expect(problemsOf(withRoutes({ ...GUARDED, Everything: { targetVerifiesTokens: true } }))).toEqual([]);
  });

  test('is none to another target', () => {
    const world = withRoutes(GUARDED);
    world.ingress.addRoute('Website', { target: world.other });
    expect(problemsOf(world)).toEqual([]);
  });

  test('is none with answers of the ingress', () => {
    const world = withRoutes(GUARDED);
    world.ingress.addFixedResponse('Gone', { paths: ['/*'], statusCode: 410 });
    world.ingress.addRedirect('Old', { paths: ['/old/*'], path: '/admin' });
    expect(problemsOf(world)).toEqual([]);
  });

  test('is none where another rule takes all of its requests first', () => {
    const world = withRoutes({ ...GUARDED, Everything: { priority: 50_000 } });
    world.ingress.addFixedResponse('Closed', { paths: ['/*'], statusCode: 503, priority: 49_999 });
    expect(problemsOf(world)).toEqual([]);
  });
});

describe('tokens of another kind', () => {
  test.each<[string, IngressJwt, number]>([
    ['without the claim', JWT, 1],
    ['with another value', claims(scope('orders')), 1],
    ['of another issuer', IngressJwt.fromIssuer({ ...ISSUER, issuer: 'https://other.example.com/' }), 1],
    ['with the same claim', claims(scope('admin')), 0],
    ['with a claim more', claims(IngressJwtClaim.singleString('client_id', 'shop'), scope('admin')), 0],
  ])('%s lead around a guarded route as often as expected', (_name, jwt, count) => {
    expect(problemsOf(withRoutes({ Admin: { paths: ['/admin/*'], jwt: claims(scope('admin')) }, Everything: { jwt } }))).toHaveLength(count);
  });
});

describe('several ingresses', () => {
  test('fail where one leads around the other', () => {
    const world = withRoutes(GUARDED);
    world.ingressNamed('Second').addRoute('Everything', { target: world.api });
    expect(problemsOf(world)).toHaveLength(1);
  });

  test('do not where the other asks clients for certificates', () => {
    const world = withRoutes(GUARDED);
    const caCertificates = PemFile.fromPath(`${__dirname}/certificates/authority.pem`);
    world.ingressNamed('Partners', IngressMutualTls.verify({ caCertificates })).addRoute('Everything', { target: world.api });
    expect(problemsOf(world)).toEqual([]);
  });

  test('fail where the other hands certificates on without a look', () => {
    const world = withRoutes(GUARDED);
    world.ingressNamed('Partners', IngressMutualTls.passthrough()).addRoute('Everything', { target: world.api });
    expect(problemsOf(world)).toHaveLength(1);
  });
});

describe('shares', () => {
  test('fail for each target that another route guards', () => {
    const world = withRoutes(GUARDED);
    world.ingress.addWeightedRoute('Shares', { paths: ['/shares/*'], targets: [{ target: world.other, weight: 1 }, { target: world.api, weight: 1 }] });
    expect(problemsOf(world)).toEqual([expect.stringContaining("'Backend/Api'")]);
  });

  test('guard each of their targets', () => {
    const world = createWorld();
    world.ingress.addWeightedRoute('Shares', { paths: ['/shares/*'], targets: [{ target: world.other, weight: 1 }, { target: world.api, weight: 1 }], jwt: JWT });
    world.ingress.addRoute('Everything', { target: world.other });
    expect(problemsOf(world)).toHaveLength(1);
  });
});

test('fails with a path that is known only at deployment and may have wildcards', () => {
  const { stack, ingress, api } = createWorld();
  ingress.addRoute('Admin', { paths: ['/admin/*'], target: api, jwt: JWT });
  ingress.addRoute('Unknown', { paths: [Fn.importValue('Path')], target: api, priority: 9 });
  expect(stack.node.findAll().flatMap(({ node }) => node.validate()).join()).toContain('IngressJwt.bypass');
});
