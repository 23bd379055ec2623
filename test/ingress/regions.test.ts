import { Fn, Stack, type App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate, CertificateValidation, DnsValidatedCertificate, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ApplicationListener, ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone, PrivateHostedZone, PublicHostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AmplifyFrontend, StaticFrontend } from '../../src/frontend';
import { CustomDomain, PublicIngress } from '../../src/ingress';
import { createVpc, developmentApp } from '../fargate/fixture';

const ACCOUNT = '111111111111';
const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };
const VIRGINIA = { account: ACCOUNT, region: 'us-east-1' };
const arnIn = (region: string) => `arn:aws:acm:${region}:${ACCOUNT}:certificate/1`;

interface World {
  readonly app: App;
  readonly stack: Stack;
  readonly virginia: Stack;
  readonly vpc: ec2.IVpc;
}

function createWorld(env: { account?: string; region?: string } = FRANKFURT): World {
  const app = developmentApp();
  const stack = new Stack(app, 'Backend', { env, crossRegionReferences: true });
  return { app, stack, virginia: new Stack(app, 'Virginia', { env: VIRGINIA, crossRegionReferences: true }), vpc: createVpc(stack) };
}

function withCertificate({ stack, vpc }: World, certificate: ICertificate): PublicIngress {
  return new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromCertificate(certificate, ['api.example.com']) });
}

describe('the certificate of an ingress', () => {
  test('fails with the ARN of another region', () => {
    const world = createWorld();
    expect(() => withCertificate(world, Certificate.fromCertificateArn(world.stack, 'Certificate', arnIn('us-east-1'))))
      .toThrow(/A certificate in `domain` is in us-east-1, and this ingress is in eu-central-1\..*Use a certificate from eu-central-1.*at 'Backend\/Ingress'/);
  });

  test('fails where a stack of another region makes it', () => {
    const world = createWorld();
    expect(() => withCertificate(world, new Certificate(world.virginia, 'Certificate', { domainName: 'api.example.com' }))).toThrow(/is in us-east-1, and this ingress is in eu-central-1/);
  });

  test('fails where only one of several is of another region', () => {
    const { stack, vpc } = createWorld();
    const [first, second] = ['eu-central-1', 'us-east-1'].map((region) => Certificate.fromCertificateArn(stack, region, arnIn(region)));
    const domain = CustomDomain.combine([CustomDomain.fromCertificate(first, ['a.example.com']), CustomDomain.fromCertificate(second, ['b.example.com'])]);
    expect(() => new PublicIngress(stack, 'Ingress', { vpc, domain })).toThrow(/is in us-east-1/);
  });

  test.each<[string, (world: World) => ICertificate]>([
    ['the ARN of its region', ({ stack }) => Certificate.fromCertificateArn(stack, 'Certificate', arnIn('eu-central-1'))],
    ['an ARN that is known at deployment', ({ stack }) => Certificate.fromCertificateArn(stack, 'Certificate', Fn.importValue('Certificate'))],
    ['a certificate of IAM', ({ stack }) => Certificate.fromCertificateArn(stack, 'Certificate', `arn:aws:iam::${ACCOUNT}:server-certificate/mine`)],
    ['one of its stack', ({ stack }) => new Certificate(stack, 'Certificate', { domainName: 'api.example.com', validation: CertificateValidation.fromEmail() })],
  ])('may be %s', (_name, make) => {
    const world = createWorld();
    expect(() => withCertificate(world, make(world))).not.toThrow();
  });

  test('passes where the region of the stack is known at deployment', () => {
    const world = createWorld({});
    expect(() => withCertificate(world, Certificate.fromCertificateArn(world.stack, 'Certificate', arnIn('us-east-1')))).not.toThrow();
  });
});

test('a certificate that a function makes in us-east-1 is taken by a front end elsewhere', () => {
  const { stack } = createWorld();
  const hostedZone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
  const quiet = jest.spyOn(console, 'warn').mockImplementation();
  const certificate = new DnsValidatedCertificate(stack, 'Certificate', { hostedZone, domainName: 'www.example.com', region: 'us-east-1' });
  quiet.mockRestore();
  expect(() => new StaticFrontend(stack, 'Web', { domain: CustomDomain.fromCertificate(certificate, ['www.example.com']) })).not.toThrow();
});

describe('a certificate to be validated', () => {
  const problems = (stack: Stack) => stack.node.findAll().flatMap(({ node }) => node.validate());
  const inZone = (make: (world: World) => IHostedZone, certificate?: boolean) => {
    const world = createWorld();
    const given = certificate === true ? Certificate.fromCertificateArn(world.stack, 'Certificate', arnIn('eu-central-1')) : undefined;
    new PublicIngress(world.stack, 'Ingress', { vpc: world.vpc, domain: CustomDomain.fromHostedZone(make(world), { domainNames: ['api.corp.example.com'], certificate: given }) });
    return problems(world.stack);
  };
  const zoneName = 'corp.example.com';

  test.each<[string, (world: World) => IHostedZone]>([
    ['a private zone', ({ stack, vpc }) => new PrivateHostedZone(stack, 'Zone', { vpc, zoneName })],
    ['a zone with networks', ({ stack, vpc }) => new HostedZone(stack, 'Zone', { vpcs: [vpc], zoneName })],
    ['a zone that gets a network later', ({ stack, vpc }) => {
      const zone = new HostedZone(stack, 'Zone', { zoneName });
      zone.addVpc(vpc);
      return zone;
    }],
  ])('fails in %s', (_name, make) => {
    expect(inZone(make)).toEqual([expect.stringMatching(/`domain` needs a certificate, and 'Backend\/Zone' is a private hosted zone.*Pass a valid certificate/)]);
  });

  test.each<[string, (world: World) => IHostedZone]>([
    ['a public zone', ({ stack }) => new PublicHostedZone(stack, 'Zone', { zoneName })],
    ['an imported zone, of which nobody can see what it is', ({ stack }) => HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName })],
  ])('passes in %s', (_name, make) => {
    expect(inZone(make)).toEqual([]);
  });

  test('is none where one is given, which may have records in a private zone', () => {
    expect(inZone(({ stack, vpc }) => new PrivateHostedZone(stack, 'Zone', { vpc, zoneName }), true)).toEqual([]);
  });

  test('fails for Amplify too, which makes it itself', () => {
    const { stack, vpc } = createWorld();
    const zone = new PrivateHostedZone(stack, 'Zone', { vpc, zoneName });
    new AmplifyFrontend(stack, 'Web', { repository: 'https://github.com/example/web', accessToken: Secret.fromSecretNameV2(stack, 'Token', 'token'), domain: CustomDomain.fromHostedZone(zone) });
    expect(problems(stack)).toEqual([expect.stringContaining('CustomDomain.privateZone')]);
  });

  test.each<[string, (stack: Stack) => IHostedZone]>([
    ['a zone', (stack) => HostedZone.fromHostedZoneId(stack, 'Zone', 'Z1')],
    ['a private zone', (stack) => PrivateHostedZone.fromPrivateHostedZoneId(stack, 'Zone', 'Z1')],
  ])('fails for %s that was imported without its name', (_name, make) => {
    const { stack, vpc } = createWorld();
    expect(() => new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(make(stack)) }))
      .toThrow(/The name of the hosted zone 'Backend\/Zone' isn't known.*by `HostedZone\.fromHostedZoneAttributes`/);
  });
});

describe('the network of an ingress', () => {
  test('fails in another region', () => {
    const { virginia, vpc } = createWorld();
    expect(() => new PublicIngress(virginia, 'Ingress', { vpc })).toThrow(/`vpc` is in eu-central-1, and the stack of this ingress is in us-east-1\./);
  });

  test('fails where it was imported from another region', () => {
    const { stack } = createWorld();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Imported', { vpcId: 'vpc-1', region: 'us-east-1', availabilityZones: ['us-east-1a', 'us-east-1b'], publicSubnetIds: ['subnet-1', 'subnet-2'] });
    expect(() => new PublicIngress(stack, 'Ingress', { vpc })).toThrow(/`vpc` is in us-east-1/);
  });

  test('passes where a region is known at deployment', () => {
    const { stack, vpc } = createWorld({});
    new PublicIngress(stack, 'Ingress', { vpc });
    Template.fromStack(stack).resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
  });

  test('fails for the listener of another region', () => {
    const { stack, vpc } = createWorld();
    const balancer = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer/app/shared/1`;
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    expect(() => PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', {
      vpc,
      loadBalancer: ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'Balancer', { loadBalancerArn: balancer, securityGroupId: 'sg-1' }),
      listener: ApplicationListener.fromApplicationListenerAttributes(stack, 'Listener', { listenerArn: `${balancer.replace(':loadbalancer/', ':listener/')}/2`, securityGroup }),
    })).toThrow(/`listener` is in us-east-1, and the stack of this ingress is in eu-central-1/);
  });
});
