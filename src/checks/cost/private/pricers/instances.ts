import { givesPublicAddress, hasElasticAddress } from './network';
import { isMap, resourceOf, type ModelMap, type ModelResource, type ModelValue } from '../../../private/model';
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
  for (const volume of volumes.length === 0 ? [{ VolumeSize: ROOT_VOLUME, VolumeType: 'gp3' } as ModelMap] : volumes) {
    chargeVolumes(resource, ledger, { size: volume.VolumeSize, type: volume.VolumeType, count, idleCount });
  }
}

const volume: Pricer = (resource, ledger) => chargeVolumes(resource, ledger, { size: resource.value('Size'), type: resource.value('VolumeType'), count: 1, idleCount: 1 });

interface Volumes {
  readonly size: ModelValue | undefined;
  readonly type: ModelValue | undefined;
  readonly count: number;
  readonly idleCount: number;
}

function chargeVolumes(resource: ModelResource, ledger: Ledger, { size, type = 'gp2', count, idleCount }: Volumes): void {
  const gigabytes = Number(typeof size === 'object' || size === undefined ? Number.NaN : size);
  if (Number.isNaN(gigabytes) || (type !== 'gp2' && type !== 'gp3')) {
    ledger.leaveOpen(resource, `The size or type of a volume (${String(size)}, ${String(type)}) is not decided or has no price in the table; it is not in the totals.`);
    return;
  }
  ledger.charge(resource, `ebs-${type}`, { quantity: count * gigabytes, idle: idleCount * gigabytes });
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
