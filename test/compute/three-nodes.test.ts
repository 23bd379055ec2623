import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { idsOf, threeNodes } from './three-nodes';
import { Egress, HardeningCheck, Posture, ReachabilityCheck } from '../../src';
import { InstanceImage } from '../../src/compute/image';
import { errorOf } from '../support/validated';

const resourcesOf = (template: Template, type: string) => Object.entries(template.findResources(type)) as [string, { readonly Properties: Record<string, never>; readonly [attribute: string]: unknown }][];

describe('three nodes in three zones', () => {
  const nodes = threeNodes();
  const template = Template.fromStack(nodes.stack);

  test('have a network interface each, in three private subnets with egress, whose address the stack knows', () => {
    const subnets = resourcesOf(template, 'AWS::EC2::NetworkInterface').map(([, { Properties: { SubnetId } }]) => (SubnetId as { readonly Ref: string }).Ref);
    expect(new Set(subnets).size).toBe(3);
    expect(subnets.every((subnet) => subnet.includes('Private'))).toBe(true);
    expect(JSON.stringify(template.toJSON())).toContain('PrimaryPrivateIpAddress');
    template.resourceCountIs('AWS::EC2::EIP', 3 * 1); // of the gateways of the network only
  });

  test('are launched with the interface as device 0, IMDSv2, an encrypted root disk and no key', () => {
    template.resourceCountIs('AWS::EC2::LaunchTemplate', 3);
    for (const [, { Properties: { LaunchTemplateData: data } }] of resourcesOf(template, 'AWS::EC2::LaunchTemplate')) {
      expect(data).toMatchObject({
        ImageId: 'resolve:ssm:/aws/service/debian/release/13/latest/arm64',
        InstanceType: 'm7g.medium',
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: { 'Fn::GetAtt': [expect.stringMatching(/^Node\dInterface/), 'Id'] }, DeleteOnTermination: false }],
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 16, DeleteOnTermination: true } }],
      });
      expect(data).not.toHaveProperty('KeyName');
      expect(data).not.toHaveProperty('SecurityGroupIds');
    }
  });

  test('are launched when their roles have what they need', () => {
    const [[, first]] = resourcesOf(template, 'AWS::EC2::LaunchTemplate');
    expect(first.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^Node1RoleDefaultPolicy/), expect.stringMatching(/^Node1Role[^D]/)]));
  });

  test('are waited for, each group for its own node', () => {
    const ids = idsOf(nodes.groups);
    for (const [id, group] of resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup')) {
      expect(group.CreationPolicy).toEqual({ ResourceSignal: { Count: 1, Timeout: 'PT20M' } });
      expect(ids).toContain(id);
    }
    const scripts = resourcesOf(template, 'AWS::EC2::LaunchTemplate').map(([, { Properties }]) => JSON.stringify(Properties));
    expect(scripts.map((script, index) => ids.filter((id) => script.includes(`--logical-resource-id \\"${id}\\"`)).join() === ids[index])).toEqual([true, true, true]);
  });

  test('have an encrypted volume each, in the zone of their subnet, which stays except where its creation fails', () => {
    template.allResourcesProperties('AWS::EC2::Volume', { Encrypted: true, VolumeType: 'gp3', Size: 20, Iops: 4000, Throughput: 250 });
    template.allResources('AWS::EC2::Volume', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    const zones = resourcesOf(template, 'AWS::EC2::Volume').map(([, { Properties: { AvailabilityZone } }]) => JSON.stringify(AvailabilityZone));
    expect(new Set(zones).size).toBe(3);
    expect(resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup').map(([, { Properties: { AvailabilityZones } }]) => JSON.stringify(AvailabilityZones[0]))).toEqual(zones);
  });

  test('may attach their own volume only, to instances of their own profile, signal for their own stack, and read the scripts', () => {
    const volumes = resourcesOf(template, 'AWS::EC2::Volume').map(([id]) => id);
    const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith('Node'));
    policies.forEach(([, { Properties }], index) => {
      const text = JSON.stringify(Properties);
      expect(volumes.filter((id) => text.includes(`{"Ref":"${id}"}`))).toEqual([volumes[index]]);
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Action: ['ec2:AttachVolume', 'ec2:DetachVolume'],
            Resource: { 'Fn::Join': ['', Match.arrayWith([':instance/*'])] },
            Condition: { ArnEquals: { 'ec2:InstanceProfile': { 'Fn::GetAtt': [Match.stringLikeRegexp('^Node1TemplateProfile'), 'Arn'] } } },
          },
          { Effect: 'Allow', Action: 's3:GetObject', Resource: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('^\\/[0-9a-f]{64}\\.tar$')])] } },
          { Effect: 'Allow', Action: 'cloudformation:SignalResource', Resource: { Ref: 'AWS::StackId' } },
        ]),
      },
    });
  });
});

describe('the checks', () => {
  test.each([
    ['Debian 13', InstanceImage.debian13()],
    ['Amazon Linux 2023', InstanceImage.amazonLinux2023()],
    ['an image of one\'s own', InstanceImage.debian13().prebuilt('ami-0123456789abcdef0')],
  ])('and the validator of CDK find nothing wrong with nodes of %s', (_, image) => {
    expect(errorOf(threeNodes({ image }).app, [new ReachabilityCheck(), new HardeningCheck()])).toBe('');
  });
});

describe('the checks look at the nodes: they', () => {
  test('find a group that everybody may connect to', () => {
    const { app, group } = threeNodes({ egress: Egress.publicIp() });
    group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.SSH);
    expect(errorOf(app, [new ReachabilityCheck(), new HardeningCheck()])).toMatch(/NodeGroup/);
  });

  test('find a volume that is not encrypted', () => {
    const { app, stack } = threeNodes();
    (stack.node.findChild('Node1Data').node.findChild('Resource').node.defaultChild as ec2.CfnVolume).encrypted = false;
    expect(errorOf(app, [new ReachabilityCheck(), new HardeningCheck()])).toMatch(/Node1Data/);
  });

  test('find instances without IMDSv2', () => {
    const { app, stack } = threeNodes();
    (stack.node.findChild('Node1Template').node.findChild('Resource') as ec2.CfnLaunchTemplate).addPropertyOverride('LaunchTemplateData.MetadataOptions.HttpTokens', 'optional');
    expect(errorOf(app, [new ReachabilityCheck(), new HardeningCheck()])).toMatch(/Node1Template/);
  });
});

describe('without a gateway', () => {
  test('nodes are in public subnets, and their interfaces have addresses of their own, since EC2 gives them none', () => {
    const template = Template.fromStack(threeNodes({ egress: Egress.publicIp() }).stack);
    template.resourceCountIs('AWS::EC2::EIP', 3);
    const [[, { Properties: association }]] = resourcesOf(template, 'AWS::EC2::EIPAssociation');
    expect(association).toEqual({ AllocationId: { 'Fn::GetAtt': [expect.stringMatching(/^Node1InterfacePublicAddress/), 'AllocationId'] }, NetworkInterfaceId: { 'Fn::GetAtt': [expect.stringMatching(/^Node1Interface/), 'Id'] } });
    const [[, address]] = resourcesOf(template, 'AWS::EC2::EIP');
    expect(address.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/DefaultRoute/)]));
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: 'Nodes: accept no connection', SecurityGroupIngress: Match.absent() });
  });
});

describe('with a key of one\'s own', () => {
  const template = Template.fromStack(threeNodes({ encryptionKey: true }).stack);

  test('disks are encrypted with it', () => {
    template.allResourcesProperties('AWS::EC2::Volume', { KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } });
    template.allResourcesProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: { BlockDeviceMappings: [{ Ebs: { KmsKeyId: Match.anyValue() } }] } });
  });

  test('EC2 may ask for grants in the name of the instance, and nobody else with its role', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:CreateGrant', Condition: Match.objectLike({ Bool: { 'kms:GrantIsForAWSResource': true } }) })]) },
    });
  });
});

describe('in development', () => {
  test('volumes go with the stack', () => {
    const { stack } = threeNodes({ posture: Posture.development() });
    Template.fromStack(stack).allResources('AWS::EC2::Volume', { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });
});
