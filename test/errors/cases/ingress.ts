import { join } from 'path';
import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone, PrivateHostedZone } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import {
  CustomDomain, FargateApi, IngressContentType, IngressJwt, IngressJwtClaim, IngressMaintenance, IngressMutualTls, NetworkIngress, PemFile, PublicIngress, ServiceDeployment, StaticFrontend, type IIngressTarget,
} from '../../../src';
import { inEnvironment, inProduction, type ErrorCases } from '../case';
import type { World } from '../world';

const ISSUER = { issuer: 'https://login.example.com/', jwksEndpoint: 'https://login.example.com/.well-known/jwks.json' };
const ELEVEN_CLAIMS = Array.from({ length: 11 }, (_, index) => IngressJwtClaim.singleString(`claim${index}`, 'yes'));
const NINE_ADDRESSES = [1, 2, 4, 8, 16, 32, 64, 128, 200].map((first) => `${first}.0.0.1/32`);
const BALANCER_ARN = 'arn:aws:elasticloadbalancing:eu-central-1:111111111111:loadbalancer/app/shared/1';
const LISTENER_ARN = 'arn:aws:elasticloadbalancing:eu-central-1:111111111111:listener/app/shared/1/2';
const ISOLATED = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
const [NO_AUTHORITY, SHORT_KEY, LARGE_CERTIFICATE, AUTHORITY] = ['client', 'short', 'large', 'authority'].map(certificateFile);
const BROKEN_CERTIFICATE = PemFile.fromText('-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----');

/** What a public ingress and its domain refuse. */
const PUBLIC_INGRESS: ErrorCases = {
  'CustomDomain.duplicateName': ({ stack, vpc, zone }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone, { domainNames: ['api.example.com', 'api.example.com'] }) }),
  'CustomDomain.hostName': ({ stack, vpc, zone }) => new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone, { domainNames: ['https://api.example.com'] }) }),
  'CustomDomain.nameOnCloudFront': inEnvironment({ region: 'us-east-1' }, ({ stack }) => {
    const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/1');
    ['Web', 'Shop'].forEach((id) => new StaticFrontend(stack, id, { domain: CustomDomain.fromCertificate(certificate, ['www.example.com']) }));
  }),
  'CustomDomain.nameTwice': ({ stack, vpc, zone }) =>
    ['First', 'Second'].forEach((id) => new PublicIngress(stack, id, { vpc, domain: CustomDomain.fromHostedZone(zone, { domainNames: ['api.example.com'] }) })),
  'CustomDomain.noNames': ({ stack, vpc, zone }) => new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone, { domainNames: [] }) }),
  'CustomDomain.outsideZone': ({ stack, vpc, zone }) => new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone, { domainNames: ['api.example.org'] }) }),
  'CustomDomain.privateZone': ({ stack, vpc }) => {
    const zone = new PrivateHostedZone(stack, 'InternalZone', { vpc, zoneName: 'corp.example.com' });
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone) });
  },
  'CustomDomain.zoneNameUnknown': ({ stack, vpc }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(HostedZone.fromHostedZoneId(stack, 'Zone', 'Z0000000000000000000')) }),
  'PublicIngress.addressUnknown': ({ stack, vpc }) =>
    PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { vpc, loadBalancer: importBalancer(stack, BALANCER_ARN), listener: importListener(stack, LISTENER_ARN) }).url,
  'PublicIngress.availabilityZones': ({ stack }) => new PublicIngress(stack, 'Ingress', { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 }) }),
  'PublicIngress.certificateRegion': inEnvironment({ region: 'eu-central-1' }, ({ stack, vpc }) => {
    const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/1');
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromCertificate(certificate, ['api.example.com']) });
  }),
  'PublicIngress.certificates': ({ stack, vpc }) => {
    const domains = Array.from({ length: 27 }, (_, index) => {
      const certificate = acm.Certificate.fromCertificateArn(stack, `Certificate${index}`, `arn:aws:acm:eu-central-1:111111111111:certificate/${index}`);
      return CustomDomain.fromCertificate(certificate, [`shop${index}.example.com`]);
    });
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.combine(domains) });
  },
  'PublicIngress.foreignHost': ({ ingress, api }) => ingress.addRoute('Old', { hosts: ['old.example.com'], target: api }),
  'PublicIngress.http': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc }),
  'PublicIngress.httpsRequired': inProduction(({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc })),
  'PublicIngress.idleTimeoutUnknown': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, idleTimeout: Duration.seconds(Lazy.number({ produce: () => 90 })) }),
  'PublicIngress.importedArn': ({ stack, vpc }) =>
    PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { vpc, loadBalancer: importBalancer(stack, LISTENER_ARN), listener: importListener(stack, LISTENER_ARN) }),
  'PublicIngress.listenerOfAnother': ({ stack, vpc }) =>
    PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', {
      vpc, loadBalancer: importBalancer(stack, BALANCER_ARN.replace('shared', 'other')), listener: importListener(stack, LISTENER_ARN),
    }),
  'PublicIngress.listenerProtocol': ({ stack, ingress: { loadBalancer, listener } }) =>
    PublicIngress.fromPublicIngressAttributes(stack, 'Shared', { loadBalancer, listener, https: false }),
  'PublicIngress.lowPriority': ({ ingress, api }) => ingress.addRoute('Api', { target: api, priority: 10 }),
  'PublicIngress.missingAttribute': ({ stack }) =>
    PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { loadBalancer: importBalancer(stack, BALANCER_ARN), listener: importListener(stack, LISTENER_ARN) }),
  'PublicIngress.noPublicSubnets': ({ stack }) => new PublicIngress(stack, 'Ingress', { vpc: new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Private', ...ISOLATED }] }) }),
  'PublicIngress.otherRegion': inEnvironment({ account: '111111111111', region: 'eu-central-1' }, ({ app, vpc, domain }) => {
    new PublicIngress(new Stack(app, 'America', { env: { account: '111111111111', region: 'us-east-1' } }), 'Ingress', { vpc, domain });
  }),
  'PublicIngress.privateSubnets': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }),
  'PublicIngress.rules': ({ ingress }) => Array.from({ length: 101 }, (_, index) => ingress.addFixedResponse(`Gone${index}`, { paths: [`/gone/${index}`], statusCode: 410, priority: 100 + index })),
  'PublicIngress.sslPolicyNeedsHttps': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, sslPolicy: elbv2.SslPolicy.TLS13_13 }),
  'PublicIngress.subnetsWithoutIpv6': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, ipAddressType: elbv2.IpAddressType.DUAL_STACK }),
};

/** What a network ingress refuses, with its routes. */
const NETWORK_INGRESS: ErrorCases = {
  'NetworkIngress.accessLogsNeedTls': ({ stack, vpc }) => new NetworkIngress(stack, 'Ingress', { vpc, accessLogs: true }),
  'NetworkIngress.plainTcp': ({ stack, vpc, api }) => new NetworkIngress(stack, 'Ingress', { vpc }).addRoute('Api', { target: api }),
  'NetworkIngress.port': ({ stack, vpc, domain, api }) => new NetworkIngress(stack, 'Ingress', { vpc, domain }).addRoute('Api', { target: api, port: 70_000 }),
  'NetworkIngress.portTaken': ({ stack, vpc, domain, api }) => {
    const ingress = new NetworkIngress(stack, 'Ingress', { vpc, domain });
    ['Orders', 'Users'].forEach((id) => ingress.addRoute(id, { target: api }));
  },
  'NetworkIngress.privateSubnets': ({ stack, vpc }) => new NetworkIngress(stack, 'Ingress', { vpc, internetFacing: true, vpcSubnets: ISOLATED }),
  'NetworkIngress.tlsRequired': inProduction(({ stack, vpc, api }) => new NetworkIngress(stack, 'Ingress', { vpc }).addRoute('Api', { target: api })),
  'NetworkIngress.unknownRange': ({ stack }) => {
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-12345678', availabilityZones: ['eu-central-1a'], privateSubnetIds: ['subnet-12345678'] });
    new NetworkIngress(stack, 'Ingress', { vpc });
  },
};

/** What quotas of a load balancer warn of. */
const QUOTAS: ErrorCases = {
  'PublicIngress.targetGroups': ({ ingress, vpc, stack }) => {
    const target = (id: string) => new SilentTarget(stack, id, vpc);
    Array.from({ length: 101 }, (_, index) => ingress.addRoute(`Api${index}`, { paths: [`/api/${index}`], target: target(`Target${index}`), priority: 100 + index }));
  },
};

/** What routes to one target refuse. */
const ROUTES: ErrorCases = {
  'IngressRoute.conditionValues': ({ ingress, api }) =>
    ingress.addRoute('Api', { paths: ['/v1/orders/*', '/v2/orders/*', '/v3/orders/*'], hosts: ['api.example.com'], headers: { 'x-client': ['web', 'app'] }, target: api }),
  'IngressRoute.duplicateHeader': ({ ingress, api }) => ingress.addRoute('Api', { headers: { 'X-Version': ['1'], 'x-version': ['2'] }, target: api }),
  'IngressRoute.duplicateId': ({ ingress, api }) => ['/orders', '/users'].map((path) => ingress.addRoute('Api', { paths: [path], target: api })),
  'IngressRoute.duplicateIdOfImport': ({ stack, vpc }) => {
    const [loadBalancer, listener] = [importBalancer(stack, BALANCER_ARN), importListener(stack, LISTENER_ARN)];
    const [first, second] = ['First', 'Second'].map((id) => PublicIngress.fromPublicIngressAttributes(stack, id, { vpc, loadBalancer, listener }));
    first.addFixedResponse('Gone', { paths: ['/old'], statusCode: 410 });
    second.addFixedResponse('Gone', { paths: ['/former'], statusCode: 410 });
  },
  'IngressRoute.headerName': ({ ingress, api }) => ingress.addRoute('Api', { headers: { 'x-*': ['1'] }, target: api }),
  'IngressRoute.headerValues': ({ ingress, api }) => ingress.addRoute('Api', { headers: { 'x-version': [] }, target: api }),
  'IngressRoute.hostHeader': ({ ingress, api }) => ingress.addRoute('Api', { headers: { Host: ['api.example.com'] }, target: api }),
  'IngressRoute.hostPattern': ({ ingress, api }) => ingress.addRoute('Api', { hosts: ['api.example.com:8080'], target: api }),
  'IngressRoute.noPaths': ({ ingress, api }) => ingress.addRoute('Api', { paths: [], target: api }),
  'IngressRoute.orderUndecided': ({ ingress, api }) => {
    ingress.addRoute('Orders', { paths: ['/v1/*'], target: api });
    ingress.addRoute('Lists', { paths: ['/*/list'], target: api });
  },
  'IngressRoute.otherVpc': ({ stack, domain, api }) => new PublicIngress(stack, 'Ingress', { vpc: new ec2.Vpc(stack, 'Vpc'), domain }).addRoute('Api', { target: api }),
  'IngressRoute.pathPattern': ({ ingress, api }) => ingress.addRoute('Api', { paths: ['orders/*'], target: api }),
  'IngressRoute.priority': ({ ingress, api }) => ingress.addRoute('Api', { priority: 60_000, target: api }),
  'IngressRoute.priorityUnknown': ({ ingress, api }) => ingress.addRoute('Api', { paths: [Lazy.string({ produce: () => '/orders' })], target: api }),
  'IngressRoute.protocolNeedsHttps': (world) => new PublicIngress(world.stack, 'Ingress', { vpc: world.vpc }).addRoute('Api', { target: grpcApi(world) }),
  'IngressRoute.requestsCut': ({ stack, cluster, image, ingress }) => {
    const target = new FargateApi(stack, 'Api', { cluster, image, deregistrationDelay: Duration.seconds(5) });
    ingress.addRoute('Api', { target });
  },
  'IngressRoute.samePriority': ({ ingress, api }) => {
    ingress.addRoute('Orders', { paths: ['/orders'], target: api, priority: 100 });
    ingress.addRoute('Users', { paths: ['/users'], target: api, priority: 100 });
  },
  'IngressRoute.wildcards': ({ ingress, api }) => ingress.addRoute('Api', { paths: ['/*/*/*/*', '/*/v?/??'], target: api }),
};

/** What weighted routes refuse. */
const WEIGHTED: ErrorCases = {
  'IngressRoute.duplicateTarget': ({ ingress, api }) => ingress.addWeightedRoute('Api', { targets: [{ target: api, weight: 1 }, { target: api, weight: 2 }] }),
  'IngressRoute.mixedProtocols': (world) => world.ingress.addWeightedRoute('Api', { targets: [{ target: world.api, weight: 9 }, { target: grpcApi(world), weight: 1 }] }),
  'IngressRoute.stickiness': ({ ingress, api }) => ingress.addWeightedRoute('Api', { targets: [{ target: api, weight: 1 }], stickiness: Duration.days(8) }),
  'IngressRoute.targetUnknown': ({ ingress, otherStack, cluster, image }) => {
    const target = new FargateApi(otherStack, 'Api', { cluster, image, healthCheckPath: Lazy.string({ produce: () => '/health' }) });
    ingress.addWeightedRoute('Api', { targets: [{ target, weight: 1 }] });
  },
  'IngressRoute.targets': ({ ingress }) => ingress.addWeightedRoute('Api', { targets: [] }),
  'IngressRoute.weight': ({ ingress, api }) => ingress.addWeightedRoute('Api', { targets: [{ target: api, weight: 1000 }] }),
  'IngressRoute.weightsAreZero': ({ ingress, api }) => ingress.addWeightedRoute('Api', { targets: [{ target: api, weight: 0 }] }),
  'IngressRoute.weightsOfEcs': (world) => world.ingress.addWeightedRoute('Api', { targets: [{ target: blueGreenApi(world), weight: 1 }] }),
};

/** What fixed responses and redirects refuse. */
const ANSWERS: ErrorCases = {
  'IngressRoute.contentType': ({ ingress }) => ingress.addFixedResponse('Gone', { statusCode: 410, contentType: 'text/xml' as IngressContentType }),
  'IngressRoute.messageBody': ({ ingress }) => ingress.addFixedResponse('Gone', { statusCode: 410, messageBody: 'a'.repeat(2000) }),
  'IngressRoute.redirectHost': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/old'], host: 'https://www.example.com' }),
  'IngressRoute.redirectLoop': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/api/*'], path: '/api/v2/#{path}' }),
  'IngressRoute.redirectPath': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/old'], path: '/new?from=old' }),
  'IngressRoute.redirectPort': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/old'], port: 70_000 }),
  'IngressRoute.redirectProtocol': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/old'], protocol: 'TCP' as elbv2.ApplicationProtocol }),
  'IngressRoute.redirectQuery': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/old'], path: '/new', query: '?from=old' }),
  'IngressRoute.redirectToHttp': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/old'], protocol: elbv2.ApplicationProtocol.HTTP }),
  'IngressRoute.redirectUnchanged': ({ ingress }) => ingress.addRedirect('Old', { paths: ['/old'] }),
  'IngressRoute.statusCode': ({ ingress }) => ingress.addFixedResponse('Moved', { statusCode: 301 }),
};

/** What the verification of tokens refuses. */
const JWT: ErrorCases = {
  'IngressJwt.additionalClaims': ({ ingress, api }) => ingress.addRoute('Api', { target: api, jwt: IngressJwt.fromIssuer({ ...ISSUER, additionalClaims: ELEVEN_CLAIMS }) }),
  'IngressJwt.bypass': ({ ingress, api }) => {
    ingress.addRoute('Admin', { paths: ['/admin/*'], target: api, jwt: IngressJwt.fromIssuer(ISSUER) });
    ingress.addRoute('Everything', { paths: ['/*'], target: api });
  },
  'IngressJwt.claimValues': ({ ingress, api }) => ingress.addRoute('Api', { target: api, jwt: requireClaims(IngressJwtClaim.stringArray('aud', [])) }),
  'IngressJwt.claimValueWithSpace': ({ ingress, api }) => ingress.addRoute('Api', { target: api, jwt: requireClaims(IngressJwtClaim.spaceSeparatedValues('scope', ['read write'])) }),
  'IngressJwt.deployment': (world) => world.ingress.addRoute('Api', { target: blueGreenApi(world), jwt: IngressJwt.fromIssuer(ISSUER) }),
  'IngressJwt.discoveryEndpoint': ({ ingress, api }) =>
    ingress.addRoute('Api', { target: api, jwt: IngressJwt.fromIssuer({ ...ISSUER, jwksEndpoint: 'https://login.example.com/.well-known/openid-configuration' }) }),
  'IngressJwt.duplicateClaim': ({ ingress, api }) =>
    ingress.addRoute('Api', { target: api, jwt: requireClaims(IngressJwtClaim.singleString('aud', 'web'), IngressJwtClaim.singleString('aud', 'app')) }),
  'IngressJwt.httpsRequired': ({ stack, vpc, api }) => new PublicIngress(stack, 'Ingress', { vpc }).addRoute('Api', { target: api, jwt: IngressJwt.fromIssuer(ISSUER) }),
  'IngressJwt.ipv4Required': ({ stack, vpc, domain, api }) => {
    const ingress = new PublicIngress(stack, 'Ingress', { vpc, domain, ipAddressType: elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4 });
    ingress.addRoute('Api', { target: api, jwt: IngressJwt.fromIssuer(ISSUER) });
  },
  'IngressJwt.jwksEndpoint': ({ ingress, api }) => ingress.addRoute('Api', { target: api, jwt: IngressJwt.fromIssuer({ ...ISSUER, jwksEndpoint: 'http://login.example.com/keys' }) }),
  'IngressJwt.appProtocol': (world) => world.ingress.addRoute('Api', { target: grpcApi(world), jwt: IngressJwt.fromIssuer(ISSUER) }),
  'IngressJwt.standardClaim': ({ ingress, api }) => ingress.addRoute('Api', { target: api, jwt: requireClaims(IngressJwtClaim.singleString('iss', 'https://login.example.com/')) }),
  'IngressJwt.textLength': ({ ingress, api }) => ingress.addRoute('Api', { target: api, jwt: IngressJwt.fromIssuer({ ...ISSUER, issuer: '' }) }),
};

/** What maintenance and certificates of clients refuse. */
const GUARDS: ErrorCases = {
  'IngressMaintenance.allowFrom': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, maintenance: IngressMaintenance.on({ allowFrom: ['203.0.113.7'] }) }),
  'IngressMaintenance.everyAddress': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, maintenance: IngressMaintenance.on({ allowFrom: ['0.0.0.0/0'] }) }),
  'IngressMaintenance.ipv6Range': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, maintenance: IngressMaintenance.on({ allowFrom: ['2001:db8::/32'] }) }),
  'IngressMaintenance.priorityTaken': ({ stack, vpc, domain, api }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain, maintenance: IngressMaintenance.on() }).addRoute('Api', { target: api, priority: 1 }),
  'IngressMaintenance.rangeStart': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, maintenance: IngressMaintenance.on({ allowFrom: ['203.0.113.7/24'] }) }),
  'IngressMaintenance.rangeUnknown': ({ stack, vpc }) =>
    new PublicIngress(stack, 'Ingress', { vpc, maintenance: IngressMaintenance.on({ allowFrom: [Lazy.string({ produce: () => '203.0.113.0/24' })] }) }),
  'IngressMaintenance.tooManyRules': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, maintenance: IngressMaintenance.on({ allowFrom: NINE_ADDRESSES }) }),
  'IngressMutualTls.caCertificates': ({ stack, vpc, domain }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain, mutualTls: IngressMutualTls.verify({ caCertificates: PemFile.fromText('CN=Example CA') }) }),
  'IngressMutualTls.certificateKey': ({ stack, vpc, domain }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain, mutualTls: IngressMutualTls.verify({ caCertificates: SHORT_KEY }) }),
  'IngressMutualTls.certificateSize': ({ stack, vpc, domain }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain, mutualTls: IngressMutualTls.verify({ caCertificates: LARGE_CERTIFICATE }) }),
  'IngressMutualTls.httpsRequired': ({ stack, vpc }) => new PublicIngress(stack, 'Ingress', { vpc, mutualTls: IngressMutualTls.passthrough() }),
  'IngressMutualTls.notAnAuthority': ({ stack, vpc, domain }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain, mutualTls: IngressMutualTls.verify({ caCertificates: NO_AUTHORITY }) }),
  'IngressMutualTls.revocationLists': ({ stack, vpc, domain }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain, mutualTls: IngressMutualTls.verify({ caCertificates: AUTHORITY, revocationLists: [AUTHORITY] }) }),
  'IngressMutualTls.unreadableCertificate': ({ stack, vpc, domain }) =>
    new PublicIngress(stack, 'Ingress', { vpc, domain, mutualTls: IngressMutualTls.verify({ caCertificates: BROKEN_CERTIFICATE }) }),
};

/** What an ingress refuses, with its domain, routes, tokens, certificates of clients and maintenance. */
export const INGRESS: ErrorCases = { ...PUBLIC_INGRESS, ...NETWORK_INGRESS, ...QUOTAS, ...ROUTES, ...WEIGHTED, ...ANSWERS, ...JWT, ...GUARDS };

/** A target of one's own, of which there can be many in no time. */
class SilentTarget extends Construct implements IIngressTarget {
  public readonly port = 80;
  public readonly healthCheckPath = '/';
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, public readonly vpc: ec2.IVpc) {
    super(scope, id);
    this.connections = new ec2.Connections({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(this, 'Group', `sg-${id}`)] });
  }

  public attachToIngress(): void {
    // Nothing runs here.
  }
}

function certificateFile(name: string): PemFile {
  return PemFile.fromPath(join(__dirname, '../../ingress/certificates', `${name}.pem`));
}

function importBalancer(stack: Stack, loadBalancerArn: string): elbv2.IApplicationLoadBalancer {
  return elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'Balancer', { loadBalancerArn, securityGroupId: 'sg-1' });
}

function importListener(stack: Stack, listenerArn: string): elbv2.IApplicationListener {
  return elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'Listener', { listenerArn, securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1') });
}

function grpcApi({ stack, cluster, image }: World): FargateApi {
  return new FargateApi(stack, 'GrpcApi', { cluster, image, appProtocol: ecs.AppProtocol.grpc });
}

function blueGreenApi({ stack, cluster, image }: World): FargateApi {
  return new FargateApi(stack, 'BlueGreenApi', { cluster, image, deployment: ServiceDeployment.blueGreen() });
}

function requireClaims(...additionalClaims: IngressJwtClaim[]): IngressJwt {
  return IngressJwt.fromIssuer({ ...ISSUER, additionalClaims });
}
