import { join } from 'path';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { hardenedContainer } from './hardened-container';
import { CA_VARIABLE_PREFIX, TRUST_COMMAND } from './trust-command';
import { CA_DIRECTORY } from './trust.contract';
import { ServiceImage } from '../service-image';

/** User of the image in `trust-image/`, and owner of its volume. */
const TRUST_USER = '65532:65532';

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

/** Mounts paths that the service may write to. New volumes belong to root, so they are opened before the service starts. */
export function mountWritablePaths(service: ecs.ContainerDefinition, paths: string[], logGroup: logs.ILogGroup): void {
  if (paths.length === 0) {
    return;
  }
  const mounts = mountVolumes(service, 'writable', paths);
  const init = addInitContainer(service, 'WritablePaths', '0:0', `chmod 1777 ${paths.join(' ')}`, logGroup);
  init.addMountPoints(...mounts);
}

/** Mounts what ECS Exec needs where the root file system is read-only. */
export function mountExecuteCommandPaths(service: ecs.ContainerDefinition): void {
  mountVolumes(service, 'execute-command', EXECUTE_COMMAND_PATHS);
}

function mountVolumes(service: ecs.ContainerDefinition, prefix: string, paths: string[]): ecs.MountPoint[] {
  const mounts = paths.map((containerPath, index) => ({ sourceVolume: `${prefix}-${index}`, containerPath, readOnly: false }));
  mounts.forEach(({ sourceVolume }) => service.taskDefinition.addVolume({ name: sourceVolume }));
  service.addMountPoints(...mounts);
  return mounts;
}

function addInitContainer(service: ecs.ContainerDefinition, id: string, user: string, script: string, logGroup: logs.ILogGroup): ecs.ContainerDefinition {
  const { taskDefinition } = service;
  const container = taskDefinition.addContainer(id, {
    image: ServiceImage.fromDirectory(join(__dirname, '..', 'trust-image')),
    essential: false,
    entryPoint: ['sh', '-c'],
    command: [script],
    ...hardenedContainer(taskDefinition, `${id}Linux`, { logGroup, streamPrefix: id, user }),
  });
  service.addContainerDependencies({ container, condition: ecs.ContainerDependencyCondition.SUCCESS });
  return container;
}
