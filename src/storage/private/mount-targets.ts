import { type CfnResource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { FileSystemBase } from './file-system-base';
import type { VolumeSourceOptions } from '../../binding';
import { identifyVpc, isSameVpc } from '../../network/shared/same-vpc';
import { InvalidBackendError } from '../../private/errors';
import { resourcesBelow } from '../../private/main-resource';
import { elsewhere } from '../../private/same-environment';
import { pathOf } from '../../private/stage-path';

/** The mount targets of a file system; none where others made it. */
export function mountTargetsOf(fileSystem: IConstruct): CfnResource[] {
  return resourcesBelow(fileSystem).filter(({ cfnResourceType }) => cfnResourceType === 'AWS::EFS::MountTarget');
}

/** Refuses tasks that find no mount target, which would end before their first line of code. */
export function requireMountTargets(scope: IConstruct, fileSystem: FileSystemBase, { vpc, subnets }: VolumeSourceOptions): void {
  const place = elsewhere(scope, fileSystem, ['region']);
  if (place !== undefined) {
    throw new InvalidBackendError(scope, 'ServiceVolume.otherRegion', `The file system ${place}. ECS mounts file systems of its own region only. Use a file system in this region.`);
  }
  const { _vpc, _subnets } = fileSystem;
  if (_vpc === undefined || _subnets === undefined) {
    return;
  }
  const [own, wanted] = [identifyVpc(_vpc), identifyVpc(vpc)];
  if (own !== undefined && wanted !== undefined && isSameVpc(own, wanted) === false) {
    throw new InvalidBackendError(scope, 'ServiceVolume.otherNetwork', `The file system '${fileSystem.node.path}' is in the VPC '${pathOf(_vpc)}', but the tasks are in '${pathOf(vpc)}', from where they can't mount files. Use \`new PrivateFileSystem(stack, 'Files', { vpc: cluster.vpc })\`.`);
  }
  const served = zonesOf(_subnets);
  const missing = served === undefined ? [] : (zonesOf(subnets) ?? []).filter((zone) => served.every((each) => isOtherZone(each, zone)));
  if (missing.length > 0) {
    throw new InvalidBackendError(scope, 'ServiceVolume.noMountTarget', `The file system '${fileSystem.node.path}' does not have a mount target in ${missing.map(nameOfZone).join(', ')}, where tasks may run. Set \`vpcSubnets\` of the file system to subnets in every zone of the tasks.`);
  }
}

/** The zones of subnets; nothing where subnets were imported without saying theirs. */
function zonesOf(subnets: ec2.ISubnet[]): string[] | undefined {
  try {
    return subnets.map((subnet) => JSON.stringify(Stack.of(subnet).resolve(subnet.availabilityZone)));
  } catch {
    return undefined;
  }
}

/** A zone that CloudFormation chooses may be any that is written out. */
function isOtherZone(one: string, other: string): boolean {
  return one !== other && one.startsWith('"') === other.startsWith('"');
}

/** Zones that CloudFormation chooses have numbers only. */
function nameOfZone(zone: string): string {
  const index = /^\{"Fn::Select":\[(\d+),\{"Fn::GetAZs":/.exec(zone)?.[1];
  return index === undefined ? `'${zone.replace(/^"|"$/g, '')}'` : `zone ${Number(index) + 1} of the region`;
}
