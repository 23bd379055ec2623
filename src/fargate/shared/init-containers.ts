import { join } from 'path';
import { Lazy } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { hardenedContainer } from './hardened-container';
import { CA_DIRECTORY } from '../../binding/shared/trust.contract';
import { CA_VARIABLE_PREFIX, TRUST_COMMAND } from '../private/trust-command';
import { ServiceImage } from '../service-image';

/** User of the small image, and owner of its volume. */
export const TRUST_USER = '65532:65532';

/** Paths that ECS Exec writes to. Its agent runs as root, to which new volumes belong. */
const EXECUTE_COMMAND_PATHS = ['/var/lib/amazon', '/var/log/amazon'];

/** Id of the container that writes certificate authorities. */
const CERTIFICATE_AUTHORITIES = 'CertificateAuthorities';

/** Volume that it writes them to. */
const AUTHORITIES_VOLUME = 'certificate-authorities';

/** Id of the container that prepares the writable paths of the task's own container. */
export const WRITABLE_PATHS = 'WritablePaths';

/** Id of the container that prepares the volumes of the task's own container. */
export const VOLUMES = 'Volumes';

/** Ids that no other container of a task may take, since bindings may need them later. */
export const INIT_IDS = [CERTIFICATE_AUTHORITIES, WRITABLE_PATHS, VOLUMES];

/** A container of the library's own that ends before another one starts. */
class InitContainer extends ecs.ContainerDefinition {
  private secretCount = 0;

  /** Hands over one more secret, in a variable with the next number. */
  public addNumbered(prefix: string, secret: ecs.Secret): void {
    this.addSecret(`${prefix}${this.secretCount}`, secret);
    this.secretCount += 1;
  }
}

/** Gives the service the certificate authorities of its bindings as a read-only file, before it starts. One container delivers all, whenever they come. */
export function deliverCertificateAuthorities(service: ecs.ContainerDefinition, authorities: ecs.Secret[], logGroup: logs.ILogGroup): void {
  if (authorities.length === 0) {
    return;
  }
  const init = findInit(service, CERTIFICATE_AUTHORITIES) ?? addTrustContainer(service, logGroup);
  authorities.forEach((authority) => init.addNumbered(CA_VARIABLE_PREFIX, authority));
}

function addTrustContainer(service: ecs.ContainerDefinition, logGroup: logs.ILogGroup): InitContainer {
  service.taskDefinition.addVolume({ name: AUTHORITIES_VOLUME });
  const init = addInitContainer(service, CERTIFICATE_AUTHORITIES, TRUST_USER, TRUST_COMMAND, logGroup);
  init.addMountPoints({ sourceVolume: AUTHORITIES_VOLUME, containerPath: CA_DIRECTORY, readOnly: false });
  service.addMountPoints({ sourceVolume: AUTHORITIES_VOLUME, containerPath: CA_DIRECTORY, readOnly: true });
  return init;
}

/** What in a task definition may belong to certificate authorities: their container, waits for it, their volume, its mounts. */
interface TrustPart {
  readonly name?: string;
  readonly containerName?: string;
  readonly sourceVolume?: string;
}

/** Resolved parts of a task definition in their order, but first those for the certificate authorities. */
export function trustFirst(parts: unknown): TrustPart[] | undefined {
  const all = parts as TrustPart[] | undefined;
  return all && [...all.filter(isForTrust), ...all.filter((part) => !isForTrust(part))];
}

function isForTrust({ name, containerName, sourceVolume }: TrustPart): boolean {
  return [name, containerName].includes(CERTIFICATE_AUTHORITIES) || [name, sourceVolume].includes(AUTHORITIES_VOLUME);
}

/** Paths of a container that are mounted from volumes of the task. */
export interface MountedPaths {
  /** Id of the container that prepares them, and first part of the names of their volumes. */
  readonly owner: { readonly initId: string; readonly volumes: string };
  /** Paths that the container alone sees. */
  readonly own: string[];
  /** Paths that another container sees too, and who that is. */
  readonly shared?: { readonly paths: string[]; readonly other: ecs.ContainerDefinition; readonly volumes: string };
}

/** Mounts paths that a container may write to. New volumes belong to root, so they are opened before the container starts. */
export function mountWritablePaths(container: ecs.ContainerDefinition, { owner, own, shared }: MountedPaths, logGroup: logs.ILogGroup): void {
  const ownMounts = mountVolumes(container, owner.volumes, own);
  const sharedMounts = shared === undefined ? [] : mountVolumes(container, shared.volumes, shared.paths);
  const mounts = [...ownMounts, ...sharedMounts];
  if (mounts.length === 0) {
    return;
  }
  const init = openMounts(container, owner.initId, mounts, logGroup);
  if (shared !== undefined && sharedMounts.length > 0) {
    shared.other.addMountPoints(...sharedMounts);
    shared.other.addContainerDependencies({ container: init, condition: ecs.ContainerDependencyCondition.SUCCESS });
  }
}

/** Lets anyone write to what is mounted, before a container starts. One container opens all that has the same id, whenever it comes. */
export function openMounts(container: ecs.ContainerDefinition, initId: string, mounts: ecs.MountPoint[], logGroup: logs.ILogGroup): ecs.ContainerDefinition {
  const init = findInit(container, initId) ?? addOpeningContainer(container, initId, logGroup);
  init.addMountPoints(...mounts);
  return init;
}

function addOpeningContainer(container: ecs.ContainerDefinition, initId: string, logGroup: logs.ILogGroup): InitContainer {
  const command = Lazy.string({ produce: () => `chmod 1777 ${init.mountPoints.map(({ containerPath }) => containerPath).join(' ')}` });
  const init: InitContainer = addInitContainer(container, initId, '0:0', command, logGroup);
  return init;
}

/** Mounts what ECS Exec needs where the root file system is read-only. */
export function mountExecuteCommandPaths(container: ecs.ContainerDefinition, volumes = 'execute-command'): void {
  mountVolumes(container, volumes, EXECUTE_COMMAND_PATHS);
}

function mountVolumes(container: ecs.ContainerDefinition, prefix: string, paths: string[]): ecs.MountPoint[] {
  const mounts = paths.map((containerPath, index) => ({ sourceVolume: `${prefix}-${index}`, containerPath, readOnly: false }));
  mounts.forEach(({ sourceVolume }) => container.taskDefinition.addVolume({ name: sourceVolume }));
  container.addMountPoints(...mounts);
  return mounts;
}

/** An image with a shell and little else, for what the library itself runs in tasks. */
export function smallImage(): ecs.ContainerImage {
  return ServiceImage.fromDirectory(join(__dirname, '..', 'trust-image'));
}

function findInit({ taskDefinition }: ecs.ContainerDefinition, id: string): InitContainer | undefined {
  const found = taskDefinition.node.tryFindChild(id);
  return found instanceof InitContainer ? found : undefined;
}

function addInitContainer(service: ecs.ContainerDefinition, id: string, user: string, script: string, logGroup: logs.ILogGroup): InitContainer {
  const { taskDefinition } = service;
  const container = new InitContainer(taskDefinition, id, {
    taskDefinition,
    image: smallImage(),
    essential: false,
    entryPoint: ['sh', '-c'],
    command: [script],
    ...hardenedContainer(taskDefinition, `${id}Linux`, { logGroup, streamPrefix: id, user }),
  });
  service.addContainerDependencies({ container, condition: ecs.ContainerDependencyCondition.SUCCESS });
  return container;
}
