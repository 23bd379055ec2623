import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import type { VolumePlan } from './plans';
import { shown } from './shown';
import { identifyVpc, isSameVpc } from '../../network/shared/same-vpc';
import { kebabCase } from '../../private/case';
import { InvalidBackendError } from '../../private/errors';
import { nameTag } from '../../private/path-text';
import { elsewhere } from '../../private/same-environment';
import { pathOf } from '../../private/stage-path';
import type { IPrivateFileSystem, PrivateFileSystem } from '../../storage';

/** A directory of a file system, and who mounts it as whom. */
export interface EfsVolumeProps {
  /** The service or job as its user knows it. */
  readonly service: IConstruct;
  readonly task: ecs.FargateTaskDefinition;
  readonly plan: VolumePlan;
  readonly fileSystem: IPrivateFileSystem;
  /** User of the container that mounts it first. */
  readonly user: string;
}

interface Owner {
  readonly user: string;
  readonly path: string;
}

/** EFS makes a directory for whoever mounts it first, and its owner stays. */
const OWNERS = new WeakMap<IPrivateFileSystem, Map<string, Owner>>();

/** A directory of a file system as one task mounts it: an access point, and the permission for it. */
export class EfsVolume extends Construct {
  /** The volume as ECS takes it. */
  public readonly configuration: ecs.EfsVolumeConfiguration;

  private readonly accessPoint: efs.CfnAccessPoint;
  private writable = false;

  constructor(scope: Construct, id: string, private readonly props: EfsVolumeProps) {
    super(scope, id);
    const { service, fileSystem, plan, user } = props;
    const directory = directoryOf(service, plan);
    const [uid, gid] = numbersOf(service, user);
    claimDirectory(service, fileSystem, directory, `${uid}:${gid}`);
    this.accessPoint = new efs.CfnAccessPoint(this, 'Resource', {
      fileSystemId: fileSystem.fileSystemId,
      posixUser: { uid, gid },
      rootDirectory: { path: directory, creationInfo: { ownerUid: uid, ownerGid: gid, permissions: '0750' } },
      accessPointTags: [{ key: 'Name', value: nameTag(this) }],
    });
    this.configuration = {
      fileSystemId: fileSystem.fileSystemId,
      transitEncryption: 'ENABLED',
      authorizationConfig: { accessPointId: this.accessPoint.attrAccessPointId, iam: 'ENABLED' },
    };
    this.allow('elasticfilesystem:ClientMount');
  }

  /** Lets the task write, once any of its containers does. */
  public grantWrite(): void {
    if (!this.writable) {
      this.writable = true;
      this.allow('elasticfilesystem:ClientWrite');
    }
  }

  private allow(action: string): void {
    this.props.task.addToTaskRolePolicy(new iam.PolicyStatement({
      actions: [action],
      resources: [this.props.fileSystem.fileSystemArn],
      conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': this.accessPoint.attrArn } },
    }));
  }
}

/** Refuses tasks that find no mount target, which would end before their first line of code. */
export function requireMountTargets(scope: IConstruct, fileSystem: IPrivateFileSystem, vpc: ec2.IVpc, subnets: ec2.ISubnet[]): void {
  const place = elsewhere(scope, fileSystem, ['region']);
  if (place !== undefined) {
    throw new InvalidBackendError(scope, 'ServiceVolume.otherRegion', `The file system ${place}. ECS mounts file systems of its own region only. Use a file system in this region.`);
  }
  const { _vpc, _subnets } = fileSystem as Partial<PrivateFileSystem>;
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

/** @see https://docs.aws.amazon.com/efs/latest/ug/enforce-root-directory-access-point.html */
function directoryOf(scope: IConstruct, { id, efs: files }: VolumePlan): string {
  const directory = files?.directory ?? `/${kebabCase(id)}`;
  if (Token.isUnresolved(directory) || !/^(\/[A-Za-z0-9_.-]+){1,4}$/.test(directory) || directory.length > 100 || directory.split('/').includes('..')) {
    throw new InvalidBackendError(scope, 'ServiceVolume.directory', `\`directory\` of the volume '${id}' must be one to four names of letters, digits, '_', '.' and '-', each after a '/', with at most 100 characters in all, got ${shown(directory)}. Use for example \`directory: '/uploads'\`.`);
  }
  return directory;
}

function numbersOf(scope: IConstruct, user: string): [string, string] {
  const [, uid, gid] = /^([1-9]\d*)(?::(\d+))?$/.exec(user) ?? [];
  if (uid === undefined) {
    throw new InvalidBackendError(scope, 'ServiceVolume.user', `\`user\` of a container that mounts files must be numeric and not root, got ${shown(user)}. EFS identifies users by number. Set for example \`user: '1000:1000'\` on the container.`);
  }
  return [uid, gid ?? uid];
}

function claimDirectory(scope: IConstruct, fileSystem: IPrivateFileSystem, directory: string, user: string): void {
  const owners = OWNERS.get(fileSystem) ?? new Map<string, Owner>();
  OWNERS.set(fileSystem, owners);
  const owner = owners.get(directory);
  if (owner !== undefined && owner.user !== user) {
    throw new InvalidBackendError(scope, 'ServiceVolume.otherUser', `The directory '${directory}' of '${fileSystem.node.path}' belongs to user '${owner.user}' of '${owner.path}', so user '${user}' can't use its files. Set the same \`user\` on both containers, or another \`directory\` on this volume.`);
  }
  owners.set(directory, owner ?? { user, path: scope.node.path });
}
