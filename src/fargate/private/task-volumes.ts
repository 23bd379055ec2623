import { Lazy, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, Dependable, type IConstruct, type IDependable } from 'constructs';
import { openTargets } from './service-network';
import type { TaskPlan } from './service-plan';
import { validateWritablePaths } from './validate-service';
import type { INetworkEndpoint, ServiceVolume, VolumeSourceConfig } from '../../binding';
import type { VolumePlan } from '../../binding/shared/volume-plan';
import { InvalidBackendError } from '../../private/errors';
import { shown } from '../../private/shown';
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

type VolumeProperty = ecs.CfnTaskDefinition.VolumeProperty;

interface Known {
  readonly plan: VolumePlan;
  /** What opened it, where it is on the disk of the task. */
  readonly init?: ecs.ContainerDefinition;
  readonly config?: VolumeSourceConfig;
}

/** The volumes of one task definition, of whatever kind. In it the same id is the same volume. */
export class TaskVolumes {
  /** What tasks wait for. Volumes may be added until the app is synthesised. */
  public readonly readiness: IDependable = {};

  private readonly known = new Map<string, Known>();
  private readonly written = new Set<string>();
  private readonly targets = new Set<INetworkEndpoint>();
  private readonly needed: IConstruct[] = [];

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
    this.addDisks(container, initId, fresh.filter(({ source }) => source === undefined));
    fresh.forEach((plan) => this.addSource(plan, user));
    plans.filter(({ readOnly }) => readOnly !== true).forEach(({ id }) => this.letWrite(id));
    plans.forEach(({ id }) => this.waitForDisk(container, id));
  }

  /** Not every language checks types: a file system itself, or one of CDK's own, are the likely mistakes. */
  private planOf(volume: ServiceVolume, index: number): VolumePlan {
    const plan = (volume as Partial<ServiceVolume> | undefined)?._plan;
    if (plan === undefined) {
      throw new InvalidBackendError(this.host.scope, 'Service.volumes', `\`volumes[${index}]\` is not a \`ServiceVolume\`. Use \`ServiceVolume.efs('Files', { fileSystem, mountPath: '/files' })\`.`);
    }
    return plan;
  }

  private isFresh({ id, source }: VolumePlan, earlier: VolumePlan[]): boolean {
    const other = this.known.get(id)?.plan ?? earlier.find((plan) => plan.id === id);
    if (other !== undefined && other.source !== source) {
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
    const { task, logGroup } = this.host;
    plans.forEach(({ id }) => task.addVolume({ name: volumeName(id) }));
    const mounts = plans.map((plan) => mountOf({ ...plan, readOnly: false }));
    const init = openMounts(container, initId, mounts, logGroup);
    plans.forEach((plan) => this.known.set(plan.id, { plan, init }));
  }

  private addSource(plan: VolumePlan, user: string): void {
    const { id, source } = plan;
    if (source === undefined) {
      return;
    }
    const { scope, task, vpc, plan: { placement } } = this.host;
    const holder = scope.node.tryFindChild('Volumes') as Construct | undefined ?? new Construct(scope, 'Volumes');
    const { subnets } = vpc.selectSubnets(placement.vpcSubnets);
    const config = source.bindToTask(new Construct(holder, id), { user, vpc, subnets });
    task.addVolume({ name: volumeName(id), efsVolumeConfiguration: config.efsVolumeConfiguration });
    this.describe(volumeName(id), config._properties);
    config.permissions?.grantTo(task.taskRole);
    this.needed.push(...this.open(config.targets ?? []), ...config.dependencies ?? []);
    this.known.set(id, { plan, config });
  }

  /** Opens what no other volume of these tasks has opened. */
  private open(targets: INetworkEndpoint[]): IConstruct[] {
    const fresh = targets.filter((target) => !this.targets.has(target));
    fresh.forEach((target) => this.targets.add(target));
    return openTargets(this.host.scope, this.host.connections, fresh);
  }

  /** Writes what aws-cdk-lib has no word for beside what it writes itself. */
  private describe(name: string, properties?: VolumeProperty): void {
    if (properties === undefined) {
      return;
    }
    const resource = this.host.task.node.defaultChild as ecs.CfnTaskDefinition;
    const { volumes } = resource;
    resource.volumes = Lazy.uncachedAny({
      produce: (context) => (context.resolve(volumes) as VolumeProperty[]).map((volume) => (volume.name === name ? { ...properties, ...volume } : volume)),
    });
  }

  /** Lets the tasks write, once any of their containers does. */
  private letWrite(id: string): void {
    if (!this.written.has(id)) {
      this.written.add(id);
      this.known.get(id)?.config?.writePermissions?.grantTo(this.host.task.taskRole);
    }
  }

  private waitForDisk(container: ecs.ContainerDefinition, id: string): void {
    const init = this.known.get(id)?.init;
    if (init !== undefined && container.containerDependencies.every((other) => other.container !== init)) {
      container.addContainerDependencies({ container: init, condition: ecs.ContainerDependencyCondition.SUCCESS });
    }
  }
}

function volumeName(id: string): string {
  return `volume-${id}`;
}

function mountOf({ id, mountPath, readOnly = false }: VolumePlan): ecs.MountPoint {
  return { sourceVolume: volumeName(id), containerPath: mountPath, readOnly };
}
