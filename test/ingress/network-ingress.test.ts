import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { createWorld, domainIn } from './network-ingress-world';
import { CustomDomain, NetworkIngress, type NetworkIngressProps } from '../../src/ingress';
import { Posture } from '../../src/posture';
import { createVpc, developmentApp, productionApp } from '../fargate/fixture';

const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const RULE = 'AWS::EC2::SecurityGroupIngress';
const ISOLATED = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

function attributesOf(stack: Stack): Record<string, unknown> {
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources(BALANCER)) as { Properties: { LoadBalancerAttributes: { Key: string; Value: unknown }[] } }[];
  return Object.fromEntries(Properties.LoadBalancerAttributes.map(({ Key, Value }) => [Key, Value]));
}

/** The rules that let clients in, of one route. */
function clientsOf(stack: Stack): unknown[] {
  return Object.entries(Template.fromStack(stack).findResources(RULE)).filter(([id]) => id.startsWith('NetworkIngressClients')).map(([, { Properties }]) => Properties as unknown);
}

describe('the load balancer', () => {
  test('is internal, in private subnets, in a security group that lets nothing out but to services', () => {
    const { home } = createWorld();
    const template = Template.fromStack(home);
    template.hasResourceProperties(BALANCER, {
      Type: 'network',
      Scheme: 'internal',
      Subnets: [{ Ref: Match.stringLikeRegexp('PrivateSubnet1') }, { Ref: Match.stringLikeRegexp('PrivateSubnet2') }],
      SecurityGroups: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^IngressSecurityGroup'), 'GroupId'] }],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Load balancer: may connect to routed services only',
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
    });
  });

  test('is in public subnets where the internet is to reach it', () => {
    const { home } = createWorld(() => ({ internetFacing: true }));
    Template.fromStack(home).hasResourceProperties(BALANCER, { Scheme: 'internet-facing', Subnets: [{ Ref: Match.stringLikeRegexp('PublicSubnet1') }, { Ref: Match.stringLikeRegexp('PublicSubnet2') }] });
  });

  test('is in isolated subnets where there are no others, and in those that were chosen', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Isolated', ...ISOLATED }, { name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] });
    new NetworkIngress(stack, 'Isolated', { vpc });
    new NetworkIngress(stack, 'Chosen', { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    const subnets = Object.values(Template.fromStack(stack).findResources(BALANCER)).map(({ Properties }) => JSON.stringify(Properties.Subnets));
    expect(subnets).toEqual([expect.stringContaining('IsolatedSubnet1'), expect.stringContaining('PublicSubnet1')]);
  });

  test('is protected and logs TLS in production, and neither in development', () => {
    const [development, production] = [developmentApp(), productionApp()].map((app) => createWorld((home) => ({ domain: domainIn(home, 'api.example.com') }), app).home);
    expect(attributesOf(development)).toEqual({ 'deletion_protection.enabled': 'false', 'load_balancing.cross_zone.enabled': 'true' });
    expect(attributesOf(production)).toEqual({
      'deletion_protection.enabled': 'true',
      'load_balancing.cross_zone.enabled': 'true',
      'access_logs.s3.enabled': 'true',
      'access_logs.s3.bucket': { Ref: expect.stringMatching(/^IngressAccessLogs/) },
    });
  });

  test('is made after the policy that lets it write its logs, and writes those of this account only', () => {
    const { home } = createWorld((stack) => ({ domain: domainIn(stack, 'api.example.com') }), productionApp());
    const template = Template.fromStack(home);
    const [policy] = Object.keys(template.findResources('AWS::S3::BucketPolicy'));
    template.hasResource(BALANCER, { DependsOn: Match.arrayWith([policy]) });
    const from = { ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':logs:eu-west-1:111111111111:*']] } } };
    const statement = (Action: string, equals: object) => Match.objectLike({
      Effect: 'Allow', Action, Principal: { Service: 'delivery.logs.amazonaws.com' }, Condition: { ...from, StringEquals: { 'aws:SourceAccount': '111111111111', ...equals } },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([statement('s3:GetBucketAcl', {}), statement('s3:PutObject', { 's3:x-amz-acl': 'bucket-owner-full-control' })]) },
    });
  });

  test('keeps its logs as long as it is told, and has no bucket where there is nothing to log', () => {
    const app = productionApp();
    const { home } = createWorld((stack) => ({ domain: domainIn(stack, 'api.example.com'), logRetention: 30, removalPolicy: RemovalPolicy.DESTROY }), app);
    Template.fromStack(home).hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete', Properties: { LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 30 })] } } });
    Template.fromStack(createWorld(undefined, productionApp()).home).resourceCountIs('AWS::S3::Bucket', 0);
    Template.fromStack(createWorld((stack) => ({ domain: domainIn(stack, 'api.example.com'), accessLogs: false, deletionProtection: false }), productionApp()).home).resourceCountIs('AWS::S3::Bucket', 0);
  });

  test('fails with logs of what is not TLS', () => {
    expect(() => createWorld(() => ({ accessLogs: true }))).toThrow(/network load balancers log TLS connections only/);
  });
});

describe('names', () => {
  test('are that of the load balancer without a domain', () => {
    const { home, ingress } = createWorld();
    const dnsName = { 'Fn::GetAtt': [expect.stringMatching(/^Ingress/), 'DNSName'] };
    expect(home.resolve([ingress.domainName, ingress.url])).toEqual([dnsName, { 'Fn::Join': ['', ['http://', dnsName]] }]);
  });

  test('of a zone have a certificate and a record each that leads to the load balancer', () => {
    const { home, ingress } = createWorld((stack) => ({
      domain: CustomDomain.fromHostedZone(HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }), { domainNames: ['*.example.com', 'api.example.com'] }),
    }));
    expect(ingress).toMatchObject({ domainName: 'api.example.com', url: 'https://api.example.com' });
    const template = Template.fromStack(home);
    template.hasResourceProperties('AWS::CertificateManager::Certificate', { DomainName: '*.example.com', SubjectAlternativeNames: ['api.example.com'] });
    template.resourceCountIs('AWS::Route53::RecordSet', 2);
    template.hasResourceProperties('AWS::Route53::RecordSet', {
      Name: 'api.example.com.', Type: 'A', AliasTarget: { DNSName: { 'Fn::GetAtt': [Match.anyValue(), 'DNSName'] }, HostedZoneId: { 'Fn::GetAtt': [Match.anyValue(), 'CanonicalHostedZoneID'] } },
    });
  });

  test('fail where another ingress has the same', () => {
    const zoneOf = (stack: Stack) => HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    const world = createWorld((stack) => ({ domain: CustomDomain.fromHostedZone(zoneOf(stack)) }));
    new NetworkIngress(world.services, 'Second', { vpc: world.vpc, domain: CustomDomain.fromHostedZone(zoneOf(world.services)) });
    expect(() => world.app.synth()).toThrow(/both need a DNS record for 'example.com'/);
  });

  test('fail with a certificate of another region', () => {
    const stack = new Stack(developmentApp(), 'America', { env: { account: '111111111111', region: 'us-east-1' } });
    expect(() => new NetworkIngress(stack, 'Ingress', { vpc: createVpc(stack), domain: domainIn(stack, 'api.example.com') })).toThrow(/A certificate in `domain` is in eu-west-1/);
  });
});

describe('clients', () => {
  const [group, list] = ['sg-1', 'pl-1'];

  test.each<[string, (home: Stack) => Partial<NetworkIngressProps>, unknown[]]>([
    ['those of the VPC where it is internal', () => ({}), [{ CidrIp: { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'Home' }) } }]],
    ['everybody where it is internet-facing', () => ({ internetFacing: true }), [{ CidrIp: '0.0.0.0/0' }]],
    ['those that were named, once', (home) => ({
      allowFrom: [ec2.Peer.ipv4('203.0.113.0/24'), ec2.Peer.ipv4('203.0.113.0/24'), ec2.Peer.prefixList(list), ec2.SecurityGroup.fromSecurityGroupId(home, 'Clients', group)],
    }), [{ CidrIp: '203.0.113.0/24' }, { SourcePrefixListId: list }, { SourceSecurityGroupId: group }]],
    ['nobody where none was named', () => ({ allowFrom: [] }), []],
  ])('are %s', (_name, props, peers) => {
    const { ingress, services, api } = createWorld(props);
    ingress.addRoute('Api', { target: api('Api') });
    const rule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, Description: 'Clients', GroupId: { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'Home' }) } };
    expect(clientsOf(services)).toHaveLength(peers.length);
    expect(clientsOf(services)).toEqual(expect.arrayContaining(peers.map((peer) => ({ ...rule, ...peer as object }))));
  });

  test('are let in one by one through the connections of the ingress', () => {
    const { services, ingress, api } = createWorld((stack) => ({ allowFrom: [], domain: domainIn(stack, 'api.example.com') }));
    api('Caller').connections.allowToDefaultPort(ingress);
    Template.fromStack(services).hasResourceProperties(RULE, {
      FromPort: 443, ToPort: 443, GroupId: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Home' }) }, SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Caller'), 'GroupId'] },
    });
  });

  test('fail where the range of an imported VPC is not known, unless they are named', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'], privateSubnetRouteTableIds: ['rtb-1'] });
    expect(() => new NetworkIngress(stack, 'Unknown', { vpc })).toThrow(/address range of the VPC 'Backend\/Vpc' isn't known.*`allowFrom/);
    expect(() => new NetworkIngress(stack, 'Named', { vpc, allowFrom: [ec2.Peer.ipv4('10.0.0.0/16')] })).not.toThrow();
  });
});

describe('a mistake', () => {
  const inStack = (props: Partial<NetworkIngressProps>, vpcIn: (stack: Stack) => ec2.IVpc = createVpc) => {
    const stack = new Stack(developmentApp(), 'Backend');
    return { stack, make: () => new NetworkIngress(stack, 'Ingress', { vpc: vpcIn(stack), ...props }) };
  };

  test.each<[string, object, RegExp]>([
    ['names without a domain', { domainNames: ['api.example.com'] }, /`domain: CustomDomain.fromHostedZone/],
    ['a certificate without a domain', { certificate: {} }, /CustomDomain.fromCertificate/],
    ['the scheme of AWS', { scheme: 'internet-facing' }, /`internetFacing: true`/],
    ['a web ACL', { waf: true }, /use a `PublicIngress`/],
    ['no network', { vpc: undefined }, /`vpc` is missing/],
  ])('fails with %s', (_name, props, message) => {
    expect(inStack(props).make).toThrow(message);
  });

  test('fails with a VPC that has no subnets for the scheme', () => {
    const isolated = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Isolated', ...ISOLATED }] });
    expect(inStack({ internetFacing: true }, isolated).make).toThrow(/does not have subnets for this construct, which can be in public subnets/);
  });

  test('is warned of where the internet does not reach the subnets', () => {
    const { stack, make } = inStack({ internetFacing: true, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } });
    make();
    Annotations.fromStack(stack).hasWarning('/Backend/Ingress', Match.stringLikeRegexp('only through a firewall of yours.*NetworkIngress.privateSubnets'));
  });
});

test('in production a stack with one needs termination protection', () => {
  const app = new App();
  Posture.production().applyTo(app);
  const stack = new Stack(app, 'Backend');
  new NetworkIngress(stack, 'Ingress', { vpc: createVpc(stack) });
  expect(() => app.synth()).toThrow(/requires termination protection of stack 'Backend', because the stack contains 'Backend\/Ingress'/);
});
