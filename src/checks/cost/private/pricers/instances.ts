import { givesPublicAddress, hasElasticAddress } from './network';
import { isMap, literalText, rendered, resourceOf, type ModelMap, type ModelResource, type ModelValue } from '../../../private/model';
import { HOURS, type Ledger, type Pricer } from '../ledger';

/** What the root volume of Amazon Linux images has, in GiB, where a template names no volume. */
const ROOT_VOLUME = 8;

const instance: Pricer = (resource, ledger) => {
  const template = launchTemplateOf(resource, 'LaunchTemplate');
  chargeInstances(resource, ledger, { count: 1, template, holder: resource.value('InstanceType') !== undefined ? resource : template, volumesOf: resource });
  const [first] = resource.list('NetworkInterfaces');
  const subnetGives = isMap(first) ? resourceOf(first.SubnetId)?.flag('MapPublicIpOnLaunch') === true : givesPublicAddress(resource, 'SubnetId');
  const asked = isMap(first) ? first.AssociatePublicIpAddress : undefined;
  const hasAddress = asked === undefined ? subnetGives : asked === true || asked === 'true';
  if (hasAddress && !hasElasticAddress(resource, ledger)) {
    ledger.charge(resource, 'public-ipv4', { quantity: HOURS, idle: 0 });
  }
};

const autoScalingGroup: Pricer = (resource, ledger) => {
  const least = ledger.count(resource, 'MinSize', 0);
  const count = resource.value('DesiredCapacity') === undefined ? least : ledger.count(resource, 'DesiredCapacity', least);
  const template = launchTemplateOf(resource, 'LaunchTemplate') ?? launchTemplateOf(resource, 'MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification')
    ?? resourceOf(resource.value('LaunchConfigurationName'));
  if (count > 0) {
    chargeInstances(resource, ledger, { count, template, holder: template, volumesOf: template });
  }
  const [first] = template?.list('LaunchTemplateData.NetworkInterfaces') ?? [];
  const asked = (isMap(first) ? first.AssociatePublicIpAddress : undefined) ?? template?.value('AssociatePublicIpAddress');
  const subnets = resource.list('VPCZoneIdentifier').map(resourceOf);
  const subnetsGive = subnets.length > 0 && subnets.every((subnet) => subnet?.flag('MapPublicIpOnLaunch') === true);
  if (asked === true || asked === 'true' || (asked === undefined && subnetsGive)) {
    ledger.charge(resource, 'public-ipv4', { quantity: count * HOURS, idle: 0 });
  }
  ledger.assume('Auto Scaling groups run their desired capacity, or their least; idle, none.');
};

interface Instances {
  readonly count: number;
  readonly template?: ModelResource;
  /** Which resource names the instance type. */
  readonly holder?: ModelResource;
  readonly volumesOf?: ModelResource;
}

function chargeInstances(resource: ModelResource, ledger: Ledger, { count, template, holder, volumesOf }: Instances): void {
  const path = holder?.type === 'AWS::EC2::LaunchTemplate' ? 'LaunchTemplateData.InstanceType' : 'InstanceType';
  const type = holder?.text(path);
  if (type === undefined) {
    ledger.leaveOpen(resource, 'The instance type is not decided by the templates, so the instance is not in the totals.');
  } else {
    ledger.chargeClass(resource, 'ec2', type, { quantity: count * HOURS, idle: 0 });
    ledger.assume('EC2 instances run Linux, on demand, all month; idle, they are stopped and keep their volumes.');
  }
  const mappings = [...volumesOf?.list('BlockDeviceMappings') ?? [], ...template?.list('LaunchTemplateData.BlockDeviceMappings') ?? []];
  const volumes = mappings.flatMap((mapping) => (isMap(mapping) && isMap(mapping.Ebs) ? [mapping.Ebs] : []));
  if (volumes.length === 0) {
    ledger.assume(`An instance without block device mappings has a root volume of ${ROOT_VOLUME} GB gp3, as the images of Amazon Linux have.`);
  }
  const idleCount = resource.type === 'AWS::AutoScaling::AutoScalingGroup' ? 0 : count;
  for (const properties of volumes.length === 0 ? [{ VolumeSize: ROOT_VOLUME, VolumeType: 'gp3' } as ModelMap] : volumes) {
    chargeVolumes(resource, ledger, { size: properties.VolumeSize, type: properties.VolumeType, properties, count, idleCount });
  }
}

const volume: Pricer = (resource, ledger) => {
  const { properties } = resource;
  chargeVolumes(resource, ledger, { size: properties.Size, type: properties.VolumeType, properties, count: 1, idleCount: 1 });
};

interface Volumes {
  readonly size: ModelValue | undefined;
  readonly type: ModelValue | undefined;
  /** Has what is asked for above what a volume includes. */
  readonly properties: ModelMap;
  readonly count: number;
  readonly idleCount: number;
}

function chargeVolumes(resource: ModelResource, ledger: Ledger, { size, type = 'gp2', properties, count, idleCount }: Volumes): void {
  const gigabytes = Number(typeof size === 'object' || size === undefined ? Number.NaN : size);
  if (Number.isNaN(gigabytes) || (type !== 'gp2' && type !== 'gp3')) {
    ledger.leaveOpen(resource, `The size or type of a volume (${String(size)}, ${String(type)}) is not decided or has no price in the table; it is not in the totals.`);
    return;
  }
  ledger.charge(resource, `ebs-${type}`, { quantity: count * gigabytes, idle: idleCount * gigabytes });
  for (const { property, included, price } of type === 'gp3' ? GP3_INCLUDES : []) {
    const more = aboveIncluded(resource, ledger, { value: properties[property], property, included });
    ledger.charge(resource, price, { quantity: count * more, idle: idleCount * more });
  }
}

/**
 * Performance that the price of a gp3 volume includes. More is charged by itself.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type
 */
const GP3_INCLUDES = [{ property: 'Iops', included: 3000, price: 'ebs-gp3-iops' }, { property: 'Throughput', included: 125, price: 'ebs-gp3-throughput' }] as const;

interface Performance {
  readonly value: ModelValue | undefined;
  readonly property: string;
  readonly included: number;
}

function aboveIncluded(resource: ModelResource, ledger: Ledger, { value = 0, property, included }: Performance): number {
  const number = Number(literalText(value) ?? Number.NaN);
  if (Number.isNaN(number)) {
    ledger.leaveOpen(resource, `${property} of a volume is ${rendered(value)}, which only the deployment decides; the ${included} that a gp3 volume includes are assumed.`);
    return 0;
  }
  return Math.max(0, number - included);
}

function launchTemplateOf(resource: ModelResource, path: string): ModelResource | undefined {
  const reference = resource.record(path);
  return resourceOf(reference.LaunchTemplateId) ?? resourceOf(reference.LaunchTemplateName);
}

export const INSTANCE_PRICERS: Record<string, Pricer> = {
  'AWS::EC2::Instance': instance,
  'AWS::AutoScaling::AutoScalingGroup': autoScalingGroup,
  'AWS::EC2::Volume': volume,
};
