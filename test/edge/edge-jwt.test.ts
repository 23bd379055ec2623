import { Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ApplicationProtocolVersion, IpAddressType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { EdgeDomain, EdgeJwt, EdgeJwtClaim, type EdgeJwtIssuerOptions, PublicEdge, type PublicEdgeProps } from '../../src/edge';
import { BackendCluster, Deployment, FargateApi, type FargateApiProps } from '../../src/fargate';
import { BackendNetwork } from '../../src/network';
import { developmentApp, IMAGE } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const ISSUER = { issuer: 'https://login.example.com/', jwksEndpoint: 'https://login.example.com/.well-known/jwks.json' };
const KEYS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' };

interface World {
  readonly home: Stack;
  readonly services: Stack;
  readonly edge: PublicEdge;
  readonly target: FargateApi;
}

function createWorld({ edge: edgeProps, api }: { edge?: Partial<PublicEdgeProps>; api?: Partial<FargateApiProps> } = {}): World {
  const app = developmentApp();
  const [home, services] = ['Home', 'Services'].map((id) => new Stack(app, id));
  const { vpc } = new BackendNetwork(home, 'Network', { ipv6: true });
  const certificate = Certificate.fromCertificateArn(home, 'Certificate', 'arn:aws:acm:eu-west-1:123456789012:certificate/example');
  const edge = new PublicEdge(home, 'Edge', { vpc, domain: EdgeDomain.fromCertificate(certificate, ['example.com']), ...edgeProps });
  return { home, services, edge, target: new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: IMAGE, ...api }) };
}

describe('a route with jwt', () => {
  test('verifies tokens before it forwards', () => {
    // GIVEN
    const { edge, services, target } = createWorld();
    const additionalClaims = [
      EdgeJwtClaim.singleString('client_id', 'shop'), EdgeJwtClaim.stringArray('aud', ['orders', 'carts']), EdgeJwtClaim.spaceSeparatedValues('scope', ['orders:read']),
    ];

    // WHEN
    edge.addRoute('Orders', { paths: ['/orders/*'], target, jwt: EdgeJwt.fromIssuer({ ...ISSUER, additionalClaims }) });

    // THEN
    Template.fromStack(services).hasResourceProperties(RULE, {
      Actions: [
        {
          Type: 'jwt-validation',
          Order: 1,
          JwtValidationConfig: {
            Issuer: ISSUER.issuer,
            JwksEndpoint: ISSUER.jwksEndpoint,
            AdditionalClaims: [
              { Name: 'client_id', Format: 'single-string', Values: ['shop'] },
              { Name: 'aud', Format: 'string-array', Values: ['orders', 'carts'] },
              { Name: 'scope', Format: 'space-separated-values', Values: ['orders:read'] },
            ],
          },
        },
        { Type: 'forward', Order: 2, TargetGroupArn: { Ref: Match.stringLikeRegexp('^ApiRoutes') } },
      ],
    });
  });

  test('lets the load balancer read the keys, by one rule in the stack of the edge, that is there before', () => {
    // GIVEN
    const { edge, home, target } = createWorld();
    const other = new FargateApi(home, 'Other', { cluster: new BackendCluster(home, 'Cluster', { vpc: edge.vpc }), image: IMAGE });

    // WHEN
    edge.addRoute('Api', { paths: ['/api/*'], target, jwt: EdgeJwt.fromIssuer(ISSUER) });
    edge.addRoute('Other', { paths: ['/other/*'], target: other, jwt: EdgeJwt.fromIssuer(ISSUER) });

    // THEN
    const template = Template.fromStack(home);
    const keys = template.findResources('AWS::EC2::SecurityGroupEgress', { Properties: { ...KEYS, GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^EdgeSecurityGroup'), 'GroupId'] } } });
    expect(Object.keys(keys)).toHaveLength(1);
    template.hasResource(RULE, { DependsOn: Match.arrayWith(Object.keys(keys)) });
  });

  test('is all that makes an edge read keys', () => {
    const { edge, home, target } = createWorld();
    edge.addRoute('Api', { target });
    Template.fromStack(home).resourcePropertiesCountIs('AWS::EC2::SecurityGroupEgress', KEYS, 0);
  });

  test('takes the tokens of a user pool', () => {
    // GIVEN
    const { edge, services, target } = createWorld();
    const userPool = new UserPool(services, 'Pool');

    // WHEN
    edge.addRoute('Orders', { target, jwt: EdgeJwt.fromUserPool(userPool, { additionalClaims: [EdgeJwtClaim.singleString('client_id', 'shop')] }) });

    // THEN
    const provider = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Pool'), 'ProviderName'] };
    Template.fromStack(services).hasResourceProperties(RULE, {
      Actions: Match.arrayWith([Match.objectLike({
        JwtValidationConfig: {
          Issuer: { 'Fn::Join': ['', ['https://', provider]] },
          JwksEndpoint: { 'Fn::Join': ['', ['https://', provider, '/.well-known/jwks.json']] },
          AdditionalClaims: [{ Name: 'client_id', Format: 'single-string', Values: ['shop'] }],
        },
      })]),
    });
  });

  test('may have shares', () => {
    // GIVEN
    const { edge, home, target } = createWorld();

    // WHEN
    edge.addWeightedRoute('Orders', { targets: [{ target, weight: 1 }], jwt: EdgeJwt.fromIssuer(ISSUER) });

    // THEN
    const template = Template.fromStack(home);
    const [keys] = Object.keys(template.findResources('AWS::EC2::SecurityGroupEgress', { Properties: KEYS }));
    template.hasResource(RULE, {
      Properties: { Actions: [{ Type: 'jwt-validation', Order: 1 }, { Type: 'forward', Order: 2, ForwardConfig: Match.objectLike({ TargetGroups: [Match.anyValue()] }) }] },
      DependsOn: Match.arrayWith([keys]),
    });
  });

  test('works without public IPv4 addresses in subnets of the user\'s choice', () => {
    const { edge, services, target } = createWorld({ edge: { ipAddressType: IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } } });
    edge.addRoute('Api', { target, jwt: EdgeJwt.fromIssuer(ISSUER) });
    Template.fromStack(services).resourceCountIs(RULE, 1);
  });

  test('takes an issuer that is known at deployment', () => {
    const { edge, services, target } = createWorld();
    edge.addRoute('Api', { target, jwt: EdgeJwt.fromIssuer({ issuer: Token.asString({ Ref: 'Issuer' }), jwksEndpoint: Token.asString({ Ref: 'Keys' }) }) });
    Template.fromStack(services).hasResourceProperties(RULE, { Actions: Match.arrayWith([Match.objectLike({ JwtValidationConfig: { Issuer: { Ref: 'Issuer' }, JwksEndpoint: { Ref: 'Keys' } } })]) });
  });

  test('fails on an edge without HTTPS', () => {
    const { edge, target } = createWorld({ edge: { domain: undefined } });
    expect(() => edge.addRoute('Api', { target, jwt: EdgeJwt.fromIssuer(ISSUER) })).toThrow(/Route 'Api': jwt needs HTTPS.*EdgeDomain/);
  });

  test('fails on an edge that reaches no issuer', () => {
    const { edge, target } = createWorld({ edge: { ipAddressType: IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4 } });
    expect(() => edge.addRoute('Api', { target, jwt: EdgeJwt.fromIssuer(ISSUER) })).toThrow(/read by IPv4 only.*IpAddressType.DUAL_STACK/);
  });

  test('fails on a target that speaks gRPC', () => {
    const { edge, target } = createWorld({ api: { protocolVersion: ApplicationProtocolVersion.GRPC } });
    expect(() => edge.addRoute('Api', { target, jwt: EdgeJwt.fromIssuer(ISSUER) })).toThrow(/speak GRPC, and verify no tokens for them. Let 'Services\/Api' verify them/);
  });

  test('fails on a target that moves requests when it is deployed', () => {
    const { edge, target } = createWorld({ api: { deployment: Deployment.blueGreen() } });
    expect(() => edge.addRoute('Api', { target, jwt: EdgeJwt.fromIssuer(ISSUER) })).toThrow(/verifies tokens and its target moves requests.*Deployment.rolling\(\)/);
  });

  test.each<[RegExp, Partial<EdgeJwtIssuerOptions>]>([
    [/issuer must have 1 to 256 characters, got 0/, { issuer: '' }],
    [/jwksEndpoint must have 1 to 256 characters, got 2/, { jwksEndpoint: `https://example.com/${'a'.repeat(256)}` }],
    [/must be a full URL with https:\/\/.*got 'http:\/\/example.com\/keys'/, { jwksEndpoint: 'http://example.com/keys' }],
    [/must be a full URL .*got 'https:\/\/example.com'/, { jwksEndpoint: 'https://example.com' }],
    [/must be a full URL .*got 'https:\/\/example.com:8443\/keys'/, { jwksEndpoint: 'https://example.com:8443/keys' }],
    [/describes the issuer and has no keys.*jwks_uri/, { jwksEndpoint: 'https://example.com/.well-known/openid-configuration' }],
    [/additionalClaims has 11 claims/, { additionalClaims: Array.from({ length: 11 }, (_, index) => EdgeJwtClaim.singleString(`claim${index}`, 'a')) }],
    [/additionalClaims has 'aud' twice/, { additionalClaims: [EdgeJwtClaim.singleString('aud', 'a'), EdgeJwtClaim.stringArray('aud', ['b'])] }],
    [/the claim 'iss' is verified anyway/, { additionalClaims: [EdgeJwtClaim.singleString('iss', 'a')] }],
    [/the name of a claim must have 1 to 256 characters/, { additionalClaims: [EdgeJwtClaim.singleString('', 'a')] }],
    [/the claim 'aud' needs 1 to 10 values, got 0/, { additionalClaims: [EdgeJwtClaim.stringArray('aud', [])] }],
    [/a value of the claim 'aud' must have 1 to 256 characters, got 257/, { additionalClaims: [EdgeJwtClaim.singleString('aud', 'a'.repeat(257))] }],
    [/the claim 'scope' has the value 'a b', which has a space/, { additionalClaims: [EdgeJwtClaim.spaceSeparatedValues('scope', ['a b'])] }],
  ])('fails with %s', (message: RegExp, options: Partial<EdgeJwtIssuerOptions>) => {
    const { edge, target } = createWorld();
    expect(() => edge.addRoute('Api', { target, jwt: EdgeJwt.fromIssuer({ ...ISSUER, ...options }) })).toThrow(message);
  });
});
