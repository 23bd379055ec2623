import { CfnResource, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, Dependable, type IDependable } from 'constructs';
import { EfsVolume, requireMountTargets } from './efs-volume';
import type { VolumePlan } from './plans';
import { openTargets } from './service-network';
import type { TaskPlan } from './service-plan';
import { shown } from './shown';
import { validateWritablePaths } from './validate-service';
import { InvalidBackendError } from '../../private/errors';
import { dependOnStackOf } from '../../private/stack-order';
import type { IPrivateFileSystem } from '../../storage';
import type { ServiceVolume } from '../service-volume';
import { DEFAULT_USER } from '../shared/hardened-container';
import { openMounts } from '../shared/init-containers';

/** The tasks whose containers mount volumes. */
export interface VolumeHost {
  readonly scope: Construct;
  readonly task: ecs.FargateTaskDefinition;
  readonly connections: ec2.Connections;
  readonly vpc: ec2.IVpc;
  readonly plan: TaskPlan;
  readonly logGroup: logs.ILogGroup;
}

/** A container that mounts volumes. */
export interface MountingContainer {
  readonly volumes?: ServiceVolume[];
  readonly user?: string;
  /** Id of the container that prepares volumes on the disk of the task. */
  readonly initId: string;
}

interface Known {
  readonly plan: VolumePlan;
  /** What opened it, where it is on the disk of the task. */
  readonly init?: ecs.ContainerDefinition;
  readonly files?: EfsVolume;
}

/** The volumes of one task definition. In it the same id is the same volume. */
export class TaskVolumes {
  /** What tasks wait for. Volumes may be added until the app is synthesised. */
  public readonly readiness: IDependable = {};

  private readonly known = new Map<string, Known>();
  private readonly fileSystems = new Set<IPrivateFileSystem>();
  private readonly needed: CfnResource[] = [];

  constructor(private readonly host: VolumeHost) {
    Dependable.implement(this.readiness, { dependencyRoots: this.needed });
  }

  /** Mounts volumes in a container, and makes those that no container had before. */
  public mount(container: ecs.ContainerDefinition, { volumes = [], user = DEFAULT_USER, initId }: MountingContainer): void {
    const plans = volumes.map((volume, index) => this.planOf(volume, index));
    const taken = container.mountPoints.map(({ containerPath }) => String(containerPath));
    validateWritablePaths(this.host.scope, plans.map(({ mountPath }) => mountPath), '`mountPath` of volumes', taken);
    const fresh = plans.filter((plan, index) => this.isFresh(plan, plans.slice(0, index)));
    container.addMountPoints(...plans.map(mountOf));
    this.addDisks(container, initId, fresh.filter(({ efs }) => efs === undefined));
    fresh.forEach((plan) => this.addFiles(plan, user));
    plans.filter((plan) => plan.readOnly !== true).forEach(({ id }) => this.known.get(id)?.files?.grantWrite());
    const inits = new Set(plans.filter((plan) => !fresh.includes(plan)).flatMap(({ id }) => this.known.get(id)?.init ?? []));
    inits.forEach((init) => container.addContainerDependencies({ container: init, condition: ecs.ContainerDependencyCondition.SUCCESS }));
  }

  /** Not every language checks types: a file system itself, or one of CDK's own, are the likely mistakes. */
  private planOf(volume: ServiceVolume, index: number): VolumePlan {
    const plan = (volume as Partial<ServiceVolume> | undefined)?._plan;
    if (plan === undefined) {
      throw new InvalidBackendError(this.host.scope, 'Service.volumes', `\`volumes[${index}]\` is not a \`ServiceVolume\`. Use \`ServiceVolume.efs('Files', { fileSystem, mountPath: '/files' })\`.`);
    }
    if (plan.efs !== undefined && (plan.efs.fileSystem as Partial<IPrivateFileSystem> | undefined)?.port === undefined) {
      throw new InvalidBackendError(this.host.scope, 'ServiceVolume.fileSystem', `\`fileSystem\` of the volume '${plan.id}' is not an \`IPrivateFileSystem\`. Use \`new PrivateFileSystem(stack, 'Files', { vpc })\`, or import one with \`PrivateFileSystem.fromPrivateFileSystemAttributes\`.`);
    }
    return plan;
  }

  private isFresh({ id, efs }: VolumePlan, earlier: VolumePlan[]): boolean {
    const other = this.known.get(id)?.plan ?? earlier.find((plan) => plan.id === id);
    if (other !== undefined && (other.efs?.fileSystem !== efs?.fileSystem || other.efs?.directory !== efs?.directory)) {
      throw new InvalidBackendError(this.host.scope, 'ServiceVolume.duplicateId', `The volume '${id}' is two different directories, but in one task an id is one directory. Use another id for one of them.`);
    }
    if (Token.isUnresolved(id) || !/^[A-Za-z0-9_-]{1,200}$/.test(id)) {
      throw new InvalidBackendError(this.host.scope, 'ServiceVolume.id', `The id of a volume must be up to 200 letters, digits, '-' and '_', got ${shown(id)}.`);
    }
    return other === undefined;
  }

  /** New volumes on the disk of a task belong to root. */
  private addDisks(container: ecs.ContainerDefinition, initId: string, plans: VolumePlan[]): void {
    if (plans.length === 0) {
      return;
    }
    plans.forEach(({ id }) => this.host.task.addVolume({ name: volumeName(id) }));
    const init = openMounts(container, initId, plans.map((plan) => mountOf({ ...plan, readOnly: false })), this.host.logGroup);
    plans.forEach((plan) => this.known.set(plan.id, { plan, init }));
  }

  private addFiles(plan: VolumePlan, user: string): void {
    const { scope, task } = this.host;
    if (plan.efs === undefined) {
      return;
    }
    this.connect(plan.efs.fileSystem);
    const holder = scope.node.tryFindChild('Volumes') as Construct | undefined ?? new Construct(scope, 'Volumes');
    const files = new EfsVolume(holder, plan.id, { service: scope, task, plan, fileSystem: plan.efs.fileSystem, user });
    task.addVolume({ name: volumeName(plan.id), efsVolumeConfiguration: files.configuration });
    this.known.set(plan.id, { plan, files });
  }

  private connect(fileSystem: IPrivateFileSystem): void {
    const { scope, connections, vpc, plan } = this.host;
    if (this.fileSystems.has(fileSystem)) {
      return;
    }
    this.fileSystems.add(fileSystem);
    dependOnStackOf(scope, fileSystem, 'Services depend on their file systems, never the reverse.');
    requireMountTargets(scope, fileSystem, vpc, vpc.selectSubnets(plan.placement.vpcSubnets).subnets);
    const mountTargets = fileSystem.node.findAll().filter((child): child is CfnResource => CfnResource.isCfnResource(child) && child.cfnResourceType === 'AWS::EFS::MountTarget');
    this.needed.push(...openTargets(scope, connections, [fileSystem]), ...mountTargets);
  }
}

function volumeName(id: string): string {
  return `volume-${id}`;
}

function mountOf({ id, mountPath, readOnly = false }: VolumePlan): ecs.MountPoint {
  return { sourceVolume: volumeName(id), containerPath: mountPath, readOnly };
}
