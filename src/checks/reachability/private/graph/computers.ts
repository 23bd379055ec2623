import { identify } from './identity';
import type { InterfaceFactory, NetworkInterface } from './interfaces';
import { isMap, resourceOf, type ModelMap, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** A Lambda function; without a network it runs in one of AWS. */
export interface LambdaFunction {
  readonly owner: ModelResource;
  readonly network?: NetworkInterface;
}

/** An EC2 instance, or the instances of an Auto Scaling group. */
export interface Machine {
  readonly owner: ModelResource;
  readonly network: NetworkInterface;
  readonly profile: ModelValue | undefined;
  readonly userData: ModelValue | undefined;
  /** Whether it takes packets that are not for itself, as a NAT instance does. */
  readonly forwards: boolean;
}

export function findFunctions(model: TemplateModel, factory: InterfaceFactory): LambdaFunction[] {
  return model.ofType('AWS::Lambda::Function').map((owner) => {
    const subnets = owner.value('VpcConfig.SubnetIds');
    const inside = subnets !== undefined && owner.list('VpcConfig.SubnetIds').length > 0;
    return {
      owner,
      // A function never has a public address, whatever its subnet gives.
      network: inside ? factory.make({
        kind: 'function', owner, subnets, groups: owner.value('VpcConfig.SecurityGroupIds'), publicIp: false, ipv6: owner.flag('VpcConfig.Ipv6AllowedForDualStack') === true,
      }) : undefined,
    };
  });
}

export function findMachines(model: TemplateModel, factory: InterfaceFactory): Machine[] {
  const addressed = elasticAddresses(model);
  return [
    ...model.ofType('AWS::EC2::Instance').map((resource) => instance(resource, factory, addressed)),
    ...model.ofType('AWS::AutoScaling::AutoScalingGroup').map((resource) => scalingGroup(resource, factory)),
  ];
}

function instance(owner: ModelResource, factory: InterfaceFactory, addressed: ReadonlySet<ModelResource>): Machine {
  const template = launchTemplate(owner.value('LaunchTemplate'));
  const value = (name: string) => owner.properties[name] ?? template[name];
  const [first] = [value('NetworkInterfaces')].flat() as (ModelValue | undefined)[];
  const card = isMap(first) ? first : {};
  const attached = resourceOf(card.NetworkInterfaceId);
  const network = factory.make({
    kind: 'instance',
    owner,
    subnets: attached?.value('SubnetId') ?? card.SubnetId ?? value('SubnetId'),
    groups: attached?.value('GroupSet') ?? card.GroupSet ?? card.Groups ?? value('SecurityGroupIds'),
    publicIp: addressed.has(owner) || (attached !== undefined && addressed.has(attached)) ? true : truth(card.AssociatePublicIpAddress),
    subnetDecidesPublicIp: true,
    ipv6: card.Ipv6AddressCount !== undefined || card.Ipv6Addresses !== undefined ? true : undefined,
  });
  return { owner, network, profile: value('IamInstanceProfile'), userData: value('UserData'), forwards: owner.flag('SourceDestCheck') === false };
}

function scalingGroup(owner: ModelResource, factory: InterfaceFactory): Machine {
  const mixed = owner.value('MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification');
  const configuration = resourceOf(owner.value('LaunchConfigurationName'))?.properties;
  const template = configuration ?? launchTemplate(owner.value('LaunchTemplate') ?? mixed);
  const [first] = [template.NetworkInterfaces].flat() as (ModelValue | undefined)[];
  const card = isMap(first) ? first : {};
  const network = factory.make({
    kind: 'instance',
    owner,
    subnets: owner.value('VPCZoneIdentifier'),
    groups: card.Groups ?? template.SecurityGroupIds ?? template.SecurityGroups,
    publicIp: truth(card.AssociatePublicIpAddress ?? template.AssociatePublicIpAddress),
    subnetDecidesPublicIp: true,
  });
  return { owner, network, profile: template.IamInstanceProfile, userData: template.UserData, forwards: false };
}

function launchTemplate(specification: ModelValue | undefined): ModelMap {
  const resource = isMap(specification) ? resourceOf(specification.LaunchTemplateId ?? specification.LaunchTemplateName) : undefined;
  return resource?.record('LaunchTemplateData') ?? {};
}

/** Instances and interfaces that an Elastic IP is bound to. */
function elasticAddresses(model: TemplateModel): ReadonlySet<ModelResource> {
  const bound = model.ofType('AWS::EC2::EIP', 'AWS::EC2::EIPAssociation').flatMap((resource) => [resource.value('InstanceId'), resource.value('NetworkInterfaceId')]);
  return new Set(bound.map((value) => (value === undefined ? undefined : resourceOf(value))).filter((resource): resource is ModelResource => resource !== undefined));
}

function truth(value: ModelValue | undefined): boolean | undefined {
  return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
}

/** The name or ARN of a profile, as instances and launch templates write it. */
export function profileOf(value: ModelValue | undefined): ModelResource | undefined {
  return resourceOf(isMap(value) ? value.Arn ?? value.Name : value);
}

/** Whether two values name one thing. */
export function isNamed(value: ModelValue, type: string, resource: ModelResource): boolean {
  return identify(value, [type]).resource === resource;
}
