import { identify } from './identity';
import type { InterfaceFactory, NetworkInterface } from './interfaces';
import { isMap, listOf, literalText, mentionsOf, resourceOf, Unknown, type ModelMap, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** A Lambda function; without a network it runs in one of AWS. */
export interface LambdaFunction {
  readonly owner: ModelResource;
  readonly network?: NetworkInterface;
}

/** An EC2 instance, or the instances of an Auto Scaling group. */
export interface Machine {
  readonly owner: ModelResource;
  readonly network: NetworkInterface;
  /** Network interfaces that templates make, and that the machine gets. */
  readonly cards: readonly ModelResource[];
  /** Whether it gets one that no template makes. */
  readonly hasForeignCard: boolean;
  readonly image: ModelValue | undefined;
  readonly profile: ModelValue | undefined;
  readonly userData: ModelValue | undefined;
  /** Whether it takes packets that are not for itself, as a NAT instance does. */
  readonly forwards: boolean;
}

/** A network interface without a machine. */
export interface SpareCard {
  readonly owner: ModelResource;
  readonly network: NetworkInterface;
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
  const cards = new Cards(model);
  return [
    ...model.ofType('AWS::EC2::Instance').map((owner) => machine(owner, instanceLaunch(owner), factory, cards)),
    ...model.ofType('AWS::AutoScaling::AutoScalingGroup').map((owner) => machine(owner, groupLaunch(owner), factory, cards)),
  ];
}

/** Network interfaces that no machine of the templates gets: of machines that are to come. Where a machine gets one from elsewhere, it may be any of these. */
export function findSpareCards(model: TemplateModel, factory: InterfaceFactory, machines: readonly Machine[]): SpareCard[] {
  if (machines.some(({ hasForeignCard }) => hasForeignCard)) {
    return [];
  }
  const cards = new Cards(model);
  const taken = new Set(machines.flatMap((each) => each.cards));
  return model.ofType('AWS::EC2::NetworkInterface').filter((card) => !taken.has(card)).map((card) => ({ owner: card, network: broughtAlong(card, card, factory, cards) }));
}

/** What a machine is launched with. */
interface Launch {
  /** A property, of the machine itself or of its launch template. */
  readonly value: (name: string) => ModelValue | undefined;
  readonly subnets: ModelValue | undefined;
  /** Whether some of it is in a launch template that no template of this app makes. */
  readonly isForeign: boolean;
}

function instanceLaunch(owner: ModelResource): Launch {
  const template = launchTemplate(owner.value('LaunchTemplate'));
  const value = (name: string) => owner.properties[name] ?? template?.[name];
  return { value, subnets: value('SubnetId'), isForeign: template === undefined };
}

function groupLaunch(owner: ModelResource): Launch {
  const mixed = owner.value('MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification');
  const configuration = owner.value('LaunchConfigurationName');
  const template = configuration === undefined ? launchTemplate(owner.value('LaunchTemplate') ?? mixed) : resourceOf(configuration)?.properties;
  return { value: (name) => template?.[name], subnets: owner.value('VPCZoneIdentifier'), isForeign: template === undefined };
}

function machine(owner: ModelResource, launch: Launch, factory: InterfaceFactory, cards: Cards): Machine {
  const { value } = launch;
  const first = firstCard(value('NetworkInterfaces'));
  const id = first.NetworkInterfaceId;
  return {
    owner,
    network: id === undefined ? madeAtLaunch(owner, launch, first, factory, cards) : broughtAlong(owner, resourceOf(id), factory, cards),
    cards: cards.of(owner, value('NetworkInterfaces')),
    hasForeignCard: id !== undefined && resourceOf(id) === undefined,
    image: value('ImageId'),
    profile: value('IamInstanceProfile'),
    userData: value('UserData'),
    forwards: owner.flag('SourceDestCheck') === false,
  };
}

function madeAtLaunch(owner: ModelResource, { value, subnets, isForeign }: Launch, card: ModelMap, factory: InterfaceFactory, cards: Cards): NetworkInterface {
  const groups = card.GroupSet ?? card.Groups ?? value('SecurityGroupIds') ?? value('SecurityGroups');
  return factory.make({
    kind: 'instance',
    owner,
    subnets: card.SubnetId ?? subnets,
    groups: groups ?? (isForeign ? unknownOf(owner, 'launch template') : undefined),
    publicIp: cards.hasAddress(owner) ? true : truth(card.AssociatePublicIpAddress ?? value('AssociatePublicIpAddress')),
    subnetDecidesPublicIp: true,
    ipv6: card.Ipv6AddressCount !== undefined || card.Ipv6Addresses !== undefined ? true : undefined,
  });
}

/** An interface that was made before has the addresses that it was given, and none by its subnet. One from elsewhere may have any. */
function broughtAlong(owner: ModelResource, card: ModelResource | undefined, factory: InterfaceFactory, cards: Cards): NetworkInterface {
  return factory.make({
    kind: 'instance',
    owner,
    subnets: card?.value('SubnetId') ?? unknownOf(owner, 'network interface'),
    groups: card === undefined ? unknownOf(owner, 'network interface') : card.value('GroupSet'),
    publicIp: card === undefined || cards.hasAddress(card) || cards.hasAddress(owner),
    ipv6: card?.value('Ipv6AddressCount') !== undefined || card?.value('Ipv6Addresses') !== undefined ? true : undefined,
  });
}

/** The interface that takes the place of the one that EC2 would make. */
function firstCard(value: ModelValue | undefined): ModelMap {
  const cards = listOf(value).filter(isMap);
  return cards.find(({ DeviceIndex }) => literalText(DeviceIndex) === '0') ?? cards[0] ?? {};
}

function unknownOf(owner: ModelResource, part: string): Unknown {
  return new Unknown(`${part} of ${owner.logicalId}`, 'it is not made in this app');
}

/** Undefined where a launch template is named that no template of this app makes. */
function launchTemplate(specification: ModelValue | undefined): ModelMap | undefined {
  if (specification === undefined) {
    return {};
  }
  return isMap(specification) ? resourceOf(specification.LaunchTemplateId ?? specification.LaunchTemplateName)?.record('LaunchTemplateData') : undefined;
}

/** Network interfaces as resources of their own, and what has an Elastic IP. */
class Cards {
  private readonly addressed: ReadonlySet<ModelResource>;
  private readonly attached: readonly ModelResource[];

  public constructor(model: TemplateModel) {
    const bound = model.ofType('AWS::EC2::EIP', 'AWS::EC2::EIPAssociation').flatMap((resource) => [resource.value('InstanceId'), resource.value('NetworkInterfaceId')]);
    this.addressed = new Set(bound.flatMap((value) => resourceOf(value) ?? []));
    this.attached = model.ofType('AWS::EC2::NetworkInterfaceAttachment');
  }

  public hasAddress(resource: ModelResource): boolean {
    return this.addressed.has(resource);
  }

  public of(owner: ModelResource, interfaces: ModelValue | undefined): ModelResource[] {
    const attachments = this.attached.filter((attachment) => resourceOf(attachment.value('InstanceId')) === owner);
    const mentioned = [...mentionsOf(interfaces), ...attachments.flatMap((attachment) => attachment.mentions())];
    return [...new Set(mentioned.filter(({ type }) => type === 'AWS::EC2::NetworkInterface'))];
  }
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
