import { Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { IpAddressType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { BackendCluster, ServiceDeployment, FargateApi, type FargateApiProps } from '../../src/fargate';
import { CustomDomain, IngressJwt, IngressJwtClaim, type IngressJwtIssuerOptions, PublicIngress, type PublicIngressProps } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { developmentApp, IMAGE } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const ISSUER = { issuer: 'https://login.example.com/', jwksEndpoint: 'https://login.example.com/.well-known/jwks.json' };
const KEYS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' };

interface World {
  readonly home: Stack;
  readonly services: Stack;
  readonly ingress: PublicIngress;
  readonly target: FargateApi;
}

function createWorld({ ingress: ingressProps, api }: { ingress?: Partial<PublicIngressProps>; api?: Partial<FargateApiProps> } = {}): World {
  const app = developmentApp();
  const [home, services] = ['Home', 'Services'].map((id) => new Stack(app, id));
  const { vpc } = new BackendNetwork(home, 'Network', { ipv6: true });
  const certificate = Certificate.fromCertificateArn(home, 'Certificate', 'arn:aws:acm:eu-west-1:123456789012:certificate/example');
  const ingress = new PublicIngress(home, 'Ingress', { vpc, domain: CustomDomain.fromCertificate(certificate, ['example.com']), ...ingressProps });
  return { home, services, ingress, target: new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: IMAGE, ...api }) };
}

describe('a route with jwt', () => {
  test('verifies tokens before it forwards', () => {
    // GIVEN
    const { ingress, services, target } = createWorld();
    const additionalClaims = [
      IngressJwtClaim.singleString('client_id', 'shop'), IngressJwtClaim.stringArray('aud', ['orders', 'carts']), IngressJwtClaim.spaceSeparatedValues('scope', ['orders:read']),
    ];

    // WHEN
    ingress.addRoute('Orders', { paths: ['/orders/*'], target, jwt: IngressJwt.fromIssuer({ ...ISSUER, additionalClaims }) });

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

  test('lets the load balancer read the keys, by one rule in the stack of the ingress, that is there before', () => {
    // GIVEN
    const { ingress, home, target } = createWorld();
    const other = new FargateApi(home, 'Other', { cluster: new BackendCluster(home, 'Cluster', { vpc: ingress.vpc }), image: IMAGE });

    // WHEN
    ingress.addRoute('Api', { paths: ['/api/*'], target, jwt: IngressJwt.fromIssuer(ISSUER) });
    ingress.addRoute('Other', { paths: ['/other/*'], target: other, jwt: IngressJwt.fromIssuer(ISSUER) });

    // THEN
    const template = Template.fromStack(home);
    const keys = template.findResources('AWS::EC2::SecurityGroupEgress', { Properties: { ...KEYS, GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngressSecurityGroup'), 'GroupId'] } } });
    expect(Object.keys(keys)).toHaveLength(1);
    template.hasResource(RULE, { DependsOn: Match.arrayWith(Object.keys(keys)) });
  });

  test('is all that makes an ingress read keys', () => {
    const { ingress, home, target } = createWorld();
    ingress.addRoute('Api', { target });
    Template.fromStack(home).resourcePropertiesCountIs('AWS::EC2::SecurityGroupEgress', KEYS, 0);
  });

  test('takes the tokens of a user pool', () => {
    // GIVEN
    const { ingress, services, target } = createWorld();
    const userPool = new UserPool(services, 'Pool');

    // WHEN
    ingress.addRoute('Orders', { target, jwt: IngressJwt.fromUserPool(userPool, { additionalClaims: [IngressJwtClaim.singleString('client_id', 'shop')] }) });

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
    const { ingress, home, target } = createWorld();

    // WHEN
    ingress.addWeightedRoute('Orders', { targets: [{ target, weight: 1 }], jwt: IngressJwt.fromIssuer(ISSUER) });

    // THEN
    const template = Template.fromStack(home);
    const [keys] = Object.keys(template.findResources('AWS::EC2::SecurityGroupEgress', { Properties: KEYS }));
    template.hasResource(RULE, {
      Properties: { Actions: [{ Type: 'jwt-validation', Order: 1 }, { Type: 'forward', Order: 2, ForwardConfig: Match.objectLike({ TargetGroups: [Match.anyValue()] }) }] },
      DependsOn: Match.arrayWith([keys]),
    });
  });

  test('works without public IPv4 addresses in subnets of the user\'s choice', () => {
    const { ingress, services, target } = createWorld({ ingress: { ipAddressType: IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } } });
    ingress.addRoute('Api', { target, jwt: IngressJwt.fromIssuer(ISSUER) });
    Template.fromStack(services).resourceCountIs(RULE, 1);
  });

  test('takes an issuer that is known at deployment', () => {
    const { ingress, services, target } = createWorld();
    ingress.addRoute('Api', { target, jwt: IngressJwt.fromIssuer({ issuer: Token.asString({ Ref: 'Issuer' }), jwksEndpoint: Token.asString({ Ref: 'Keys' }) }) });
    Template.fromStack(services).hasResourceProperties(RULE, { Actions: Match.arrayWith([Match.objectLike({ JwtValidationConfig: { Issuer: { Ref: 'Issuer' }, JwksEndpoint: { Ref: 'Keys' } } })]) });
  });

  test('fails on an ingress without HTTPS', () => {
    const { ingress, target } = createWorld({ ingress: { domain: undefined } });
    expect(() => ingress.addRoute('Api', { target, jwt: IngressJwt.fromIssuer(ISSUER) })).toThrow(/Route 'Api': `jwt` needs HTTPS.*CustomDomain/);
  });

  test('fails on an ingress that reaches no issuer', () => {
    const { ingress, target } = createWorld({ ingress: { ipAddressType: IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4 } });
    expect(() => ingress.addRoute('Api', { target, jwt: IngressJwt.fromIssuer(ISSUER) })).toThrow(/read by IPv4 only.*IpAddressType.DUAL_STACK/);
  });

  test('fails on a target that speaks gRPC', () => {
    const { ingress, target } = createWorld({ api: { appProtocol: AppProtocol.grpc } });
    expect(() => ingress.addRoute('Api', { target, jwt: IngressJwt.fromIssuer(ISSUER) })).toThrow(/`appProtocol` of 'Services\/Api' is 'grpc', and load balancers verify tokens only for targets with HTTP\/1.1. Verify the token in the service/);
  });

  test('fails on a target that moves requests when it is deployed', () => {
    const { ingress, target } = createWorld({ api: { deployment: ServiceDeployment.blueGreen() } });
    expect(() => ingress.addRoute('Api', { target, jwt: IngressJwt.fromIssuer(ISSUER) })).toThrow(/Route 'Api' uses `jwt`, but its target uses blue\/green, linear or canary deployment.*ServiceDeployment.rolling\(\).*at 'Services\/Api'\)/);
  });

  test.each<[RegExp, Partial<IngressJwtIssuerOptions>]>([
    [/`issuer` must have 1 to 256 characters, got 0/, { issuer: '' }],
    [/`jwksEndpoint` must have 1 to 256 characters, got 2/, { jwksEndpoint: `https://example.com/${'a'.repeat(256)}` }],
    [/`jwksEndpoint` must be a full URL with 'https:\/\/'.*got 'http:\/\/example.com\/keys'/, { jwksEndpoint: 'http://example.com/keys' }],
    [/must be a full URL .*got 'https:\/\/example.com'/, { jwksEndpoint: 'https://example.com' }],
    [/must be a full URL .*got 'https:\/\/example.com:8443\/keys'/, { jwksEndpoint: 'https://example.com:8443/keys' }],
    [/describes the issuer and doesn't contain keys.*jwks_uri/, { jwksEndpoint: 'https://example.com/.well-known/openid-configuration' }],
    [/`additionalClaims` has 11 claims, and a load balancer verifies at most 10. Verify 1 of/, { additionalClaims: Array.from({ length: 11 }, (_, index) => IngressJwtClaim.singleString(`claim${index}`, 'a')) }],
    [/`additionalClaims` has 'aud' twice/, { additionalClaims: [IngressJwtClaim.singleString('aud', 'a'), IngressJwtClaim.stringArray('aud', ['b'])] }],
    [/the claim 'iss' is always verified. Remove 'iss'/, { additionalClaims: [IngressJwtClaim.singleString('iss', 'a')] }],
    [/the name of a claim must have 1 to 256 characters/, { additionalClaims: [IngressJwtClaim.singleString('', 'a')] }],
    [/the claim 'aud' must have 1 to 10 values, got 0/, { additionalClaims: [IngressJwtClaim.stringArray('aud', [])] }],
    [/a value of the claim 'aud' must have 1 to 256 characters, got 257/, { additionalClaims: [IngressJwtClaim.singleString('aud', 'a'.repeat(257))] }],
    [/the claim 'scope' has the value 'a b', and spaces separate values in this claim.*: 'a', 'b'/, { additionalClaims: [IngressJwtClaim.spaceSeparatedValues('scope', ['a b'])] }],
  ])('fails with %s', (message: RegExp, options: Partial<IngressJwtIssuerOptions>) => {
    const { ingress, target } = createWorld();
    expect(() => ingress.addRoute('Api', { target, jwt: IngressJwt.fromIssuer({ ...ISSUER, ...options }) })).toThrow(message);
  });
});
