import { join } from 'path';
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

/** Gives the service the certificate authorities of its bindings as a read-only file, before it starts. */
export function deliverCertificateAuthorities(service: ecs.ContainerDefinition, authorities: ecs.Secret[], logGroup: logs.ILogGroup): void {
  if (authorities.length === 0) {
    return;
  }
  const sourceVolume = 'certificate-authorities';
  const { taskDefinition } = service;
  taskDefinition.addVolume({ name: sourceVolume });
  const init = addInitContainer(service, 'CertificateAuthorities', TRUST_USER, TRUST_COMMAND, logGroup);
  authorities.forEach((authority, index) => init.addSecret(`${CA_VARIABLE_PREFIX}${index}`, authority));
  init.addMountPoints({ sourceVolume, containerPath: CA_DIRECTORY, readOnly: false });
  service.addMountPoints({ sourceVolume, containerPath: CA_DIRECTORY, readOnly: true });
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

/** Lets anyone write to what is mounted, before a container starts. */
export function openMounts(container: ecs.ContainerDefinition, initId: string, mounts: ecs.MountPoint[], logGroup: logs.ILogGroup): ecs.ContainerDefinition {
  const init = addInitContainer(container, initId, '0:0', `chmod 1777 ${mounts.map(({ containerPath }) => containerPath).join(' ')}`, logGroup);
  init.addMountPoints(...mounts);
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

function addInitContainer(service: ecs.ContainerDefinition, id: string, user: string, script: string, logGroup: logs.ILogGroup): ecs.ContainerDefinition {
  const { taskDefinition } = service;
  const container = taskDefinition.addContainer(id, {
    image: smallImage(),
    essential: false,
    entryPoint: ['sh', '-c'],
    command: [script],
    ...hardenedContainer(taskDefinition, `${id}Linux`, { logGroup, streamPrefix: id, user }),
  });
  service.addContainerDependencies({ container, condition: ecs.ContainerDependencyCondition.SUCCESS });
  return container;
}
