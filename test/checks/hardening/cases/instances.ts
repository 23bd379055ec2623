import { CfnParameter, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { casesOf, one, raw, type Build, type Case } from '../judge';

const REQUIRED = { MetadataOptions: { HttpTokens: 'required' } };
const parameter = (stack: Stack) => new CfnParameter(stack, 'Given').valueAsString;

function instance(properties: (stack: Stack) => Record<string, unknown>): Build {
  return (stack) => void raw(stack, 'Instance', 'AWS::EC2::Instance', properties(stack));
}

function templated(LaunchTemplateData: Record<string, unknown>, properties = {}): Build {
  return instance((stack) => ({
    LaunchTemplate: { LaunchTemplateId: raw(stack, 'Template', 'AWS::EC2::LaunchTemplate', { LaunchTemplateData: { ...REQUIRED, ...LaunchTemplateData } }).ref, Version: '1' }, ...properties,
  }));
}

/** A group of instances, whose launch template or configuration says this. */
function group(LaunchTemplateData: Record<string, unknown>, by: 'template' | 'policy' | 'configuration' = 'template'): Build {
  return (stack) => {
    const type = by === 'configuration' ? 'AWS::AutoScaling::LaunchConfiguration' : 'AWS::EC2::LaunchTemplate';
    const { ref } = raw(stack, 'Launch', type, by === 'configuration' ? { ...REQUIRED, ...LaunchTemplateData } : { LaunchTemplateData: { ...REQUIRED, ...LaunchTemplateData } });
    const LaunchTemplateSpecification = { LaunchTemplateId: ref, Version: '1' };
    const launch = { template: { LaunchTemplate: LaunchTemplateSpecification }, policy: { MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification } } }, configuration: { LaunchConfigurationName: ref } };
    raw(stack, 'Group', 'AWS::AutoScaling::AutoScalingGroup', { MinSize: '1', MaxSize: '1', ...launch[by] });
  };
}

const DISK = { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true } }] };
const CLEAR = { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8 } }] };

function bastion(subnetType: ec2.SubnetType, props: Partial<ec2.BastionHostLinuxProps> = {}): Build {
  return (stack) => void new ec2.BastionHostLinux(stack, 'Bastion', { vpc: new ec2.Vpc(stack, 'Vpc'), subnetSelection: { subnetType }, ...props });
}

const encrypted = (value: boolean) => [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: value }) }];

export const INSTANCE_CASES: readonly Case[] = [
  ...casesOf('hardening-instance-imdsv2', {
    holds: {
      'an instance that says so': one('AWS::EC2::Instance', REQUIRED),
      'a launch template by id': templated({}),
      'a launch template by name': instance((stack) => {
        raw(stack, 'Template', 'AWS::EC2::LaunchTemplate', { LaunchTemplateName: 'hard', LaunchTemplateData: REQUIRED });
        return { LaunchTemplate: { LaunchTemplateName: 'hard', Version: '1' } };
      }),
      'the construct': (stack) => void new ec2.Instance(stack, 'Instance', {
        vpc: new ec2.Vpc(stack, 'Vpc'), instanceType: new ec2.InstanceType('t4g.nano'), machineImage: ec2.MachineImage.latestAmazonLinux2023(), requireImdsv2: true,
      }),
    },
    violation: {
      'an instance that does not say': [one('AWS::EC2::Instance'), /HttpTokens is not set/],
      'a launch template': [one('AWS::EC2::LaunchTemplate', { LaunchTemplateData: { MetadataOptions: { HttpTokens: 'optional' } } }), /'optional'/],
      'a launch configuration': one('AWS::AutoScaling::LaunchConfiguration', {}),
      'a bastion as it comes': bastion(ec2.SubnetType.PRIVATE_WITH_EGRESS),
    },
    undecided: {
      'a launch template from elsewhere': [one('AWS::EC2::Instance', { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '1' } }), /not in the templates/],
      'a parameter': instance((stack) => ({ MetadataOptions: { HttpTokens: parameter(stack) } })),
    },
  }),
  ...casesOf('hardening-instance-public-ip', {
    'holds': {
      'an interface that says no': one('AWS::EC2::Instance', { NetworkInterfaces: [{ DeviceIndex: '0', AssociatePublicIpAddress: false }] }),
      'a bastion in private subnets': bastion(ec2.SubnetType.PRIVATE_WITH_EGRESS),
    },
    'violation': {
      'an interface that says yes': [one('AWS::EC2::Instance', { NetworkInterfaces: [{ DeviceIndex: '0', AssociatePublicIpAddress: true }] }), /public address is on/],
      'a launch template': one('AWS::EC2::LaunchTemplate', { LaunchTemplateData: { NetworkInterfaces: [{ AssociatePublicIpAddress: true }] } }),
      'a bastion in public subnets': [bastion(ec2.SubnetType.PUBLIC), /from its subnet/],
    },
    'undecided': {
      'a subnet from elsewhere': [one('AWS::EC2::Instance', { SubnetId: 'subnet-1' }), /subnet/],
      'a parameter': instance((stack) => ({ NetworkInterfaces: [{ AssociatePublicIpAddress: parameter(stack) }] })),
    },
    'does not apply': { 'a NAT instance': one('AWS::EC2::Instance', { SourceDestCheck: false, NetworkInterfaces: [{ AssociatePublicIpAddress: true }] }) },
  }),
  ...casesOf('hardening-disk-encryption', {
    holds: {
      'an encrypted volume': bastion(ec2.SubnetType.PRIVATE_WITH_EGRESS, { blockDevices: encrypted(true) }),
      'one in a launch template': templated(DISK),
      'the launch template of a group': group(DISK),
      'the launch template of a group of several types': group(DISK, 'policy'),
      'the launch configuration of a group': group(DISK, 'configuration'),
    },
    violation: {
      'a volume in the clear': [bastion(ec2.SubnetType.PRIVATE_WITH_EGRESS, { blockDevices: encrypted(false) }), /Encryption of a volume is off/],
      'a group whose launch template has one in the clear': [group(CLEAR), /Encryption of a volume is off/],
      'a group whose launch template for several types has one in the clear': group(CLEAR, 'policy'),
      'a group whose launch configuration has one in the clear': group(CLEAR, 'configuration'),
      'a group whose launch template has no mapping': [group({}), /no block device mapping/],
      'no mapping': [bastion(ec2.SubnetType.PRIVATE_WITH_EGRESS), /no block device mapping/],
      'one of two': one('AWS::EC2::Instance', { BlockDeviceMappings: [{ DeviceName: 'a', Ebs: { Encrypted: true } }, { DeviceName: 'b', Ebs: { VolumeSize: 8 } }] }),
    },
    undecided: {
      'a parameter': instance((stack) => ({ BlockDeviceMappings: [{ DeviceName: 'a', Ebs: { Encrypted: parameter(stack) } }] })),
      'a launch template from elsewhere': [one('AWS::AutoScaling::AutoScalingGroup', { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '1' } }), /not in the templates/],
      'a launch configuration from elsewhere': one('AWS::AutoScaling::AutoScalingGroup', { LaunchConfigurationName: 'ours' }),
    },
  }),
  ...casesOf('hardening-instance-key-pair', {
    holds: { 'an instance': one('AWS::EC2::Instance', REQUIRED), 'a group': group(DISK), 'a launch configuration': group(DISK, 'configuration') },
    violation: {
      'an instance with one': [one('AWS::EC2::Instance', { KeyName: 'ours' }), /key pair, ours/],
      'a launch template with one': group({ KeyName: 'ours' }),
      'a launch configuration with one': group({ KeyName: 'ours' }, 'configuration'),
      'a parameter, which takes names of key pairs only': instance((stack) => ({ KeyName: parameter(stack) })),
    },
  }),
];
