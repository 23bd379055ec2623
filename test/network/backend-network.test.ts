import { App, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as fc from 'fast-check';
import { BackendNetwork, type BackendNetworkProps } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { allFlags } from '../support/feature-flags';

const EGRESSES = {
  publicIp: Egress.publicIp(),
  natInstance: Egress.natInstance(),
  natGateway: Egress.natGateway(),
  natGatewayPerAz: Egress.natGateway({ perAz: true }),
  endpoints: Egress.vpcEndpoints(),
};
const ZONES = [1, 2, 3];

function network(props: BackendNetworkProps = {}, posture = Posture.development(), stackProps = {}, context = {}) {
  const app = new App({ context });
  posture.applyTo(app);
  const stack = new Stack(app, 'Stack', stackProps);
  return { app, stack, network: new BackendNetwork(stack, 'Network', props), template: Template.fromStack(stack) };
}

function subnets(template: Template): Record<string, { CidrBlock: string; AvailabilityZone: unknown }> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::EC2::Subnet')).map(([id, { Properties }]) => [id, {
    CidrBlock: Properties.CidrBlock,
    AvailabilityZone: Properties.AvailabilityZone,
  }]));
}

function countSubnets(vpc: ec2.IVpc) {
  return [vpc.publicSubnets.length, vpc.privateSubnets.length, vpc.isolatedSubnets.length];
}

describe('the address plan', () => {
  const every = ZONES.flatMap((maxAzs) => Object.entries(EGRESSES).map(([name, egress]) => ({ name: `${name} in ${maxAzs} zones`, maxAzs, egress })));
  const largest = subnets(network({ maxAzs: 3, egress: Egress.natGateway() }).template);

  test.each(every)('keeps each subnet of $name where the full network has it', ({ maxAzs, egress }) => {
    // WHEN
    const found = subnets(network({ maxAzs, egress }).template);

    // THEN
    expect(Object.keys(found).length).toBeGreaterThanOrEqual(2 * maxAzs);
    for (const [id, subnet] of Object.entries(found)) {
      expect(largest[id]).toEqual(subnet);
    }
  });

  test('gives nine subnets of a sixteenth each, public, private, isolated', () => {
    expect(Object.values(largest).map(({ CidrBlock }) => CidrBlock)).toEqual([
      '10.0.0.0/20', '10.0.16.0/20', '10.0.32.0/20',
      '10.0.48.0/20', '10.0.64.0/20', '10.0.80.0/20',
      '10.0.96.0/20', '10.0.112.0/20', '10.0.128.0/20',
    ]);
  });

  test('is the same in both postures', () => {
    // GIVEN
    const development = subnets(network({}, Posture.development()).template);
    const production = subnets(network({}, Posture.production()).template);

    // THEN
    expect(Object.keys(development).length).toBe(4);
    expect(Object.keys(production).length).toBe(9);
    expect(production).toMatchObject(development);
  });

  test('fits every allowed range without overlap', () => {
    fc.assert(fc.property(fc.integer({ min: 16, max: 22 }), fc.nat({ max: 255 }), (prefix, octet) => {
      const third = Math.floor((octet * 256) / 2 ** (32 - prefix)) * (2 ** (32 - prefix) / 256) % 256;
      const cidr = `10.${octet}.${prefix > 16 ? third : 0}.0/${prefix}`;
      const blocks = Object.values(subnets(network({ cidr, maxAzs: 3, egress: Egress.natGateway() }).template)).map(({ CidrBlock }) => CidrBlock);
      expect(new Set(blocks).size).toBe(9);
      blocks.forEach((block) => expect(block.endsWith(`/${prefix + 4}`)).toBe(true));
    }), { numRuns: 15 });
  });
});

describe('availability zones', () => {
  test('are selections that CloudFormation makes, three also where the environment is unknown', () => {
    const { template } = network({ maxAzs: 3 });
    for (const index of [0, 1, 2]) {
      template.hasResourceProperties('AWS::EC2::Subnet', { AvailabilityZone: { 'Fn::Select': [index, { 'Fn::GetAZs': '' }] } });
    }
  });

  test('need no lookup in a stack with a concrete environment', () => {
    // GIVEN
    const { app, template } = network({ maxAzs: 3 }, Posture.development(), { env: { account: '111111111111', region: 'eu-west-1' } });

    // THEN
    expect(app.synth().manifest.missing).toBeUndefined();
    template.hasResourceProperties('AWS::EC2::Subnet', { AvailabilityZone: { 'Fn::Select': [2, { 'Fn::GetAZs': '' }] } });
  });

  test('leave a stack that names its own zones as it was', () => {
    // GIVEN
    class Pinned extends Stack {
      public get availabilityZones() { return ['eu-west-1a']; }
    }
    const stack = new Pinned(new App(), 'Pinned');

    // WHEN
    new BackendNetwork(stack, 'Network', { maxAzs: 2, egress: Egress.publicIp() });

    // THEN
    expect(stack.availabilityZones).toEqual(['eu-west-1a']);
  });

  test.each([0, 4, 1.5, -1])('fails with %p zones', (maxAzs) => {
    expect(() => network({ maxAzs })).toThrow(`\`maxAzs\` must be 1, 2 or 3, got ${maxAzs}. In a region with fewer zones, set the number of its zones. (at 'Stack/Network')`);
  });

  test('fails with a token as number of zones', () => {
    expect(() => network({ maxAzs: Token.asNumber({ Ref: 'Zones' }) })).toThrow('`maxAzs` must be 1, 2 or 3, got a number that isn\'t known until deployment (it\'s a token)');
  });
});

describe('a stack whose zones were overridden on the object, as other languages do,', () => {
  test('has its override back afterwards', () => {
    // GIVEN
    const stack = new Stack(new App(), 'Stack');
    Object.defineProperty(stack, 'availabilityZones', { configurable: true, get: () => ['eu-west-1c'] });

    // WHEN
    new BackendNetwork(stack, 'Network', { maxAzs: 3, egress: Egress.publicIp() });

    // THEN
    expect(stack.availabilityZones).toEqual(['eu-west-1c']);
    expect(Object.keys(Template.fromStack(stack).findResources('AWS::EC2::Subnet'))).toHaveLength(6);
  });
});

describe('cidr', () => {
  test('fails for a token', () => {
    expect(() => network({ cidr: Token.asString({ Ref: 'Cidr' }) })).toThrow(/`cidr` isn't known until deployment \(it's a token\).*`cidr: '10\.0\.0\.0\/16'`/);
  });

  test.each(['10.0.0.0', '10.0.0/16', '10.0.300.0/16', 'network', '10.0.0.0/16 '])('fails for %p, which is no range', (cidr) => {
    expect(() => network({ cidr })).toThrow(`\`cidr\` must be an IPv4 range, for example '10.0.0.0/16', got '${cidr}'.`);
  });

  test.each(['10.0.0.0/15', '10.0.0.0/23', '10.0.0.0/8'])('fails for %p, in which the plan does not fit', (cidr) => {
    expect(() => network({ cidr })).toThrow(`\`cidr\` must have a prefix length from /16 to /22, got '${cidr}'`);
  });

  test.each(['10.0.1.0/16', '10.0.2.0/20'])('fails for %p, which starts in the middle of a range', (cidr) => {
    expect(() => network({ cidr })).toThrow(`\`cidr\` must be the first address of its range, got '${cidr}'`);
  });
});

describe('egress', () => {
  test('by public addresses makes public and isolated subnets and nothing that costs', () => {
    const { network: { vpc, egress }, template } = network({ maxAzs: 2, egress: Egress.publicIp() });
    expect(egress.kind).toBe('public-ip');
    expect(countSubnets(vpc)).toEqual([2, 0, 2]);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    template.resourceCountIs('AWS::EC2::Instance', 0);
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 1);
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  });

  test.each([[false, 1], [true, 3]])('by NAT gateways, perAz %p, makes %p in three zones', (perAz, count) => {
    const { network: { vpc }, template } = network({ maxAzs: 3, egress: Egress.natGateway({ perAz }) });
    expect(countSubnets(vpc)).toEqual([3, 3, 3]);
    template.resourceCountIs('AWS::EC2::NatGateway', count);
  });

  test('by endpoints makes interface endpoints that only the network reaches', () => {
    const { stack, network: { vpc }, template } = network({ maxAzs: 2, egress: Egress.vpcEndpoints() });
    expect(countSubnets(vpc)).toEqual([2, 0, 2]);
    template.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', PrivateDnsEnabled: true }, 6);
    for (const service of ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager', 'ssm', 'ssmmessages']) {
      template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
        ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, `.${service}`]] },
        SubnetIds: vpc.isolatedSubnets.map((subnet) => stack.resolve(subnet.subnetId)),
        SecurityGroupIds: [Match.objectLike({ 'Fn::GetAtt': [Match.stringLikeRegexp('EndpointSecurityGroup'), 'GroupId'] })],
      });
    }
    template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [{ CidrIp: '10.0.0.0/16', FromPort: 443, ToPort: 443, IpProtocol: 'tcp', Description: 'from the network' }],
    });
  });

  test('by a NAT instance routes all private subnets through one hardened instance', () => {
    const { stack, network: { vpc }, template } = network({ maxAzs: 3, egress: Egress.natInstance() });
    template.resourceCountIs('AWS::EC2::Instance', 1);
    const [instanceId] = Object.keys(template.findResources('AWS::EC2::Instance'));
    template.resourcePropertiesCountIs('AWS::EC2::Route', { DestinationCidrBlock: '0.0.0.0/0', InstanceId: { Ref: instanceId } }, 3);
    template.hasResourceProperties('AWS::EC2::Instance', {
      SourceDestCheck: false,
      InstanceType: 't4g.nano',
      ImageId: Match.absent(),
      KeyName: Match.absent(),
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeType: 'gp3' } }],
      NetworkInterfaces: [Match.objectLike({ AssociatePublicIpAddress: true, SubnetId: stack.resolve(vpc.publicSubnets[0].subnetId) })],
    });
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 } },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [{ CidrIp: '10.0.0.0/16', IpProtocol: '-1', Description: 'from the network' }],
    });
    template.resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('by a NAT instance has no parameter that a new image would change', () => {
    const { template } = network({ egress: Egress.natInstance() });
    expect(Object.values(template.findParameters('*')).filter(({ Type }) => Type.includes('AMI') || Type.includes('Image'))).toEqual([]);
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64' },
    });
  });
});

describe('every network', () => {
  test('has DNS and an S3 gateway endpoint on all route tables', () => {
    const { template } = network({ maxAzs: 3, egress: Egress.natGateway() });
    template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16', EnableDnsHostnames: true, EnableDnsSupport: true });
    const [endpoint] = Object.values(template.findResources('AWS::EC2::VPCEndpoint', { Properties: { VpcEndpointType: 'Gateway' } }));
    expect(endpoint.Properties.RouteTableIds).toHaveLength(9);
  });

  test('refers to no region or partition by name in China and in GovCloud', () => {
    for (const region of ['cn-north-1', 'us-gov-west-1']) {
      const { template } = network({ egress: Egress.vpcEndpoints(), flowLogs: true }, Posture.development(), { env: { region, account: '111111111111' } });
      const text = JSON.stringify(template.toJSON());
      expect(text).not.toContain('arn:aws:');
      expect(text).not.toContain('us-east-1');
      template.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 6);
    }
  });

  test('can stand twice in one stack', () => {
    const app = new App();
    Posture.production().applyTo(app);
    const stack = new Stack(app, 'Stack');
    new BackendNetwork(stack, 'One', { egress: Egress.vpcEndpoints() });
    new BackendNetwork(stack, 'Two', { egress: Egress.natInstance() });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::VPC', 2);
  });

  test('lets another stack use its subnets without an export that blocks the removal of that stack', () => {
    // GIVEN
    const app = new App();
    Posture.development().applyTo(app);
    const producer = new Stack(app, 'Producer');
    const consumer = new Stack(app, 'Consumer');
    const { vpc } = new BackendNetwork(producer, 'Network');

    // WHEN
    new ec2.SecurityGroup(consumer, 'Group', { vpc });
    new ec2.CfnNetworkInterface(consumer, 'Interface', { subnetId: vpc.isolatedSubnets[0].subnetId });

    // THEN
    const outputs = Object.values(Template.fromStack(producer).findOutputs('*'));
    expect(outputs.length).toBeGreaterThan(0);
    outputs.forEach((output) => expect(output.Export).toBeUndefined());
    Template.fromStack(consumer).hasResourceProperties('AWS::EC2::SecurityGroup', { VpcId: { 'Fn::GetStackOutput': Match.anyValue() } });
  });

  test('is the same with feature flags unset and all recommended', () => {
    const unset = network({ egress: Egress.natInstance() }, Posture.development());
    const all = network({ egress: Egress.natInstance() }, Posture.development(), {}, allFlags());
    const networking = (template: Template) => Object.fromEntries(Object.entries(template.toJSON().Resources as Record<string, { Type: string }>)
      .filter(([, { Type }]) => Type.startsWith('AWS::EC2')));
    expect(networking(all.template)).toEqual(networking(unset.template));
    expect(Object.keys(all.template.findResources('Custom::VpcRestrictDefaultSG'))).toEqual([]);
  });
});

test.each(Object.entries(EGRESSES))('a network with %s passes the strict validator', (_name, egress) => {
  // GIVEN
  const { app } = network({ egress }, Posture.production(), { env: { account: '111111111111', region: 'eu-west-1' } }, {
    '@aws-cdk/core:validateAgainstDefaultRules': true,
  });
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'true';

  // THEN
  try {
    expect(() => app.synth({ force: true })).not.toThrow();
  } finally {
    process.env.CDK_VALIDATION = before;
  }
});

describe('flow logs', () => {
  test('are off in development and on in production, kept three months and retained', () => {
    expect(network().network.flowLogGroup).toBeUndefined();
    const { stack, template, network: made } = network({}, Posture.production());
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      ResourceType: 'VPC', TrafficType: 'ALL', LogDestinationType: 'cloud-watch-logs', LogGroupName: stack.resolve(made.flowLogGroup?.logGroupName),
    });
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'RetainExceptOnCreate', Properties: { RetentionInDays: 90 } });
  });

  test('fail on a snapshot as removal policy', () => {
    expect(() => network({ flowLogs: true, removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(/`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT/);
  });

  test('take retention, removal policy and a key that is told to serve them', () => {
    // GIVEN
    const app = new App();
    Posture.development().applyTo(app);
    const stack = new Stack(app, 'Stack');
    const key = new kms.Key(stack, 'Key');

    // WHEN
    new BackendNetwork(stack, 'Network', {
      flowLogs: true,
      flowLogRetention: logs.RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN,
      flowLogEncryptionKey: key,
    });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Retain',
      Properties: { RetentionInDays: 365, KmsKeyId: stack.resolve(key.keyArn) },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({
          Principal: { Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] } },
          Condition: { ArnLike: Match.anyValue() },
        })]),
      },
    });
  });
});

describe('the default security group', () => {
  test.each([
    ['development', Posture.development(), undefined, 0],
    ['production', Posture.production(), undefined, 1],
    ['production, told otherwise,', Posture.production(), false, 0],
    ['development, told otherwise,', Posture.development(), true, 1],
  ])('in %s is closed or not, whatever the feature flag says', (_name, posture, restrictDefaultSecurityGroup, count) => {
    for (const context of [{}, allFlags()]) {
      network({ restrictDefaultSecurityGroup }, posture, {}, context).template.resourceCountIs('Custom::VpcRestrictDefaultSG', count);
    }
  });
});

test('a network without a posture warns once and takes production defaults', () => {
  const stack = new Stack(new App(), 'Stack');
  const { vpc } = new BackendNetwork(stack, 'Network');
  expect(countSubnets(vpc)).toEqual([3, 3, 3]);
  expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('No posture was applied'))).toHaveLength(1);
});
