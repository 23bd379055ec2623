import { HOLDS, judgeFlagValue, open, reasonOf, wrong, type Answer, type HardeningRule } from './hardening-rule';
import { hasForeignTemplate, launchTemplateOf } from './launch-templates';
import { subnetKind } from './subnets';
import type { World } from './world';
import { isMap, literalText, rendered, resourceOf, type ModelMap, type ModelResource, type ModelValue } from '../../private/model';

const TEMPLATE = 'AWS::EC2::LaunchTemplate';

function judgeTokens(resource: ModelResource, world: World): Answer {
  const path = resource.type === TEMPLATE ? 'LaunchTemplateData.MetadataOptions.HttpTokens' : 'MetadataOptions.HttpTokens';
  const value = resource.value(path) ?? (resource.type === 'AWS::EC2::Instance' ? launchTemplateOf(resource, world)?.value('LaunchTemplateData.MetadataOptions.HttpTokens') : undefined);
  if (value === undefined) {
    return hasForeignTemplate(resource, world)
      ? open('Whether it asks for IMDSv2 is in a launch template that is not in the templates.', 'LaunchTemplate')
      : wrong('It does not ask for IMDSv2: HttpTokens is not set.', path);
  }
  const text = literalText(value);
  return text === 'required' ? HOLDS : text === undefined ? open(`Whether it asks for IMDSv2 is not decided: ${reasonOf(value)}.`, path) : wrong(`It does not ask for IMDSv2: HttpTokens is '${text}'.`, path);
}

/** The network interfaces that an instance or launch template describes. */
function interfacesOf(resource: ModelResource): ModelMap[] {
  return resource.list(resource.type === TEMPLATE ? 'LaunchTemplateData.NetworkInterfaces' : 'NetworkInterfaces').filter(isMap);
}

function judgePublicAddress(resource: ModelResource, world: World): Answer {
  // What translates the addresses of others has to have one.
  if (resource.flag('SourceDestCheck') === false) {
    return undefined;
  }
  const interfaces = interfacesOf(resource);
  const stated = interfaces.filter(({ AssociatePublicIpAddress: value }) => value !== undefined);
  if (stated.length > 0) {
    return stated.flatMap(({ AssociatePublicIpAddress: value }) => judgeFlagValue(value, 'NetworkInterfaces', { what: 'A public address', demanded: false }) ?? []);
  }
  return resource.type === TEMPLATE ? undefined : judgeSubnet(resource.value('SubnetId') ?? interfaces[0]?.SubnetId, world);
}

function judgeSubnet(subnet: ModelValue | undefined, world: World): Answer {
  if (subnet === undefined || subnetKind(subnet, world) === 'open') {
    return open('Whether it has a public address is decided by its subnet, which is not in the templates.', 'SubnetId');
  }
  const mapped = resourceOf(subnet)?.flag('MapPublicIpOnLaunch') === true && subnetKind(subnet, world) === 'public';
  return mapped ? wrong('It gets a public address from its subnet, which is public.', 'SubnetId') : HOLDS;
}

function judgeKeyPair(resource: ModelResource): Answer {
  const path = resource.type === TEMPLATE ? 'LaunchTemplateData.KeyName' : 'KeyName';
  return resource.value(path) === undefined ? HOLDS : wrong(`It has a key pair, ${rendered(resource.value(path)!)}, with which whoever holds the private key logs in.`, path);
}

export const INSTANCE_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-instance-imdsv2',
    title: 'Instances ask for a token before they hand out credentials',
    why: 'With version 1 of the metadata service one forged request from a process on the instance reads the role\'s credentials.',
    fix: 'Set requireImdsv2 to true, or httpTokens: LaunchTemplateHttpTokens.REQUIRED on the launch template.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html',
    from: 'development',
    types: ['AWS::EC2::Instance', TEMPLATE, 'AWS::AutoScaling::LaunchConfiguration'],
    judge: judgeTokens,
  },
  {
    id: 'hardening-instance-public-ip',
    title: 'Instances have no public IP address',
    why: 'Session Manager needs no open port, so a bastion needs no public address.',
    fix: 'Place it in a private subnet with vpcSubnets, or set associatePublicIpAddress to false.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-9',
    from: 'production',
    types: ['AWS::EC2::Instance', TEMPLATE],
    judge: judgePublicAddress,
  },
  {
    id: 'hardening-instance-key-pair',
    title: 'Instances have no key pair',
    why: 'A private key is passed on, never expires, and leaves no trace of who used it. Session Manager asks IAM, and logs.',
    fix: 'Leave keyPair (keyName) out, and open sessions with Session Manager.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html',
    from: 'production',
    types: ['AWS::EC2::Instance', TEMPLATE, 'AWS::AutoScaling::LaunchConfiguration'],
    judge: judgeKeyPair,
  },
];
