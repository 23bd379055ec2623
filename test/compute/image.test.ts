import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { BackendNetwork, Egress, Posture } from '../../src';
import { HardenedInstance, type HardenedInstanceProps } from '../../src/compute/hardened-instance';
import { InstanceImage } from '../../src/compute/image';

const { ARM_64, X86_64 } = ec2.InstanceArchitecture;

function instanceOf(props: Partial<HardenedInstanceProps> = {}): Template {
  const app = new App({ analyticsReporting: false });
  Posture.development({ egress: Egress.natGateway() }).applyTo(app);
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network');
  new HardenedInstance(stack, 'Instance', {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    publicAddress: false,
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.SMALL),
    securityGroup: new ec2.SecurityGroup(stack, 'Group', { vpc }),
    role: new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }),
    setUp: ['echo ready'],
    sourceDestCheck: true,
    ...props,
  });
  return Template.fromStack(stack);
}

const templatesOf = (template: Template) => template.findResources('AWS::EC2::LaunchTemplate') as Record<string, { readonly Properties: { readonly LaunchTemplateData: unknown } }>;

describe('an image', () => {
  test.each([
    ['Amazon Linux 2023', InstanceImage.amazonLinux2023(), ARM_64, 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64'],
    ['Amazon Linux 2023', InstanceImage.amazonLinux2023(), X86_64, 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64'],
    ['Debian 13', InstanceImage.debian13(), ARM_64, 'resolve:ssm:/aws/service/debian/release/13/latest/arm64'],
    ['Debian 13', InstanceImage.debian13(), X86_64, 'resolve:ssm:/aws/service/debian/release/13/latest/amd64'],
    ['one\'s own', InstanceImage.debian13().prebuilt('ami-0123456789abcdef0'), ARM_64, 'ami-0123456789abcdef0'],
  ])('of %s is found for each architecture', (_, image, architecture, id) => {
    expect(image.idFor(architecture)).toBe(id);
  });

  test.each([
    ['Amazon Linux 2023, whose packages are in S3', InstanceImage.amazonLinux2023(), false],
    ['Debian 13', InstanceImage.debian13(), true],
    ['a prebuilt image', InstanceImage.debian13().prebuilt('ami-0123456789abcdef0'), false],
  ])('says whether its packages come from mirrors: %s', (_, image, mirrors) => {
    expect(image.needsMirrors).toBe(mirrors);
  });
});

describe('an instance', () => {
  test('of another image has another launch template, since it stays on the first version of one', () => {
    const ids = [undefined, InstanceImage.debian13()].map((image) => Object.keys(templatesOf(instanceOf({ image })))[0]);
    expect(ids).toEqual([expect.stringMatching(/^InstanceTemplateArm64/), expect.stringMatching(/^InstanceTemplateDebian13Arm64/)]);
  });

  test.each([
    ['the default version, which stays', InstanceImage.debian13(), 'DefaultVersionNumber'],
    ['the latest version where the user names the image', InstanceImage.debian13().prebuilt('ami-0123456789abcdef0'), 'LatestVersionNumber'],
  ])('is launched from %s', (_, image, attribute) => {
    instanceOf({ image }).hasResourceProperties('AWS::EC2::Instance', { ImageId: Match.absent(), LaunchTemplate: { Version: { 'Fn::GetAtt': [Match.anyValue(), attribute] } } });
  });

  test('has a root disk of the size that was asked for, encrypted', () => {
    instanceOf({ rootDisk: { size: Size.gibibytes(30) } }).hasResourceProperties('AWS::EC2::Instance', {
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 30, VolumeType: 'gp3' } }],
    });
  });

  test('of Debian that reports may signal for its stack, before it is there', () => {
    const template = instanceOf({ image: InstanceImage.debian13(), reportsSetUp: true });
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Action: 'cloudformation:SignalResource', Effect: 'Allow', Resource: { Ref: 'AWS::StackId' } }] } });
    template.hasResource('AWS::EC2::Instance', {
      CreationPolicy: { ResourceSignal: { Count: 1, Timeout: Duration.minutes(20).toIsoString() } },
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^RoleDefaultPolicy')]),
    });
  });

  test('that does not report, and one of Amazon Linux, needs no permission', () => {
    instanceOf({ image: InstanceImage.debian13() }).resourceCountIs('AWS::IAM::Policy', 0);
    instanceOf({ reportsSetUp: true }).resourceCountIs('AWS::IAM::Policy', 0);
  });
});
