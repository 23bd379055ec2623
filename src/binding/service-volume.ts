import type { VolumePlan } from './shared/volume-plan';
import type { IMountableFileSystem, IVolumeSource } from './volume-source';
import { kebabCase } from '../private/case';
import { MOUNTABLE, requireKind, VOLUME_SOURCE } from '../private/props';

/** What every kind of volume can be told. */
export interface ServiceVolumeOptions {
  /** Absolute path in the container, such as `/var/uploads`. What the image has there cannot be seen. */
  readonly mountPath: string;

  /**
   * Whether the container may only read.
   *
   * @default false
   */
  readonly readOnly?: boolean;
}

/** Options of a directory of a file system. */
export interface EfsServiceVolumeOptions extends ServiceVolumeOptions {
  /** The file system, such as a `PrivateFileSystem`. */
  readonly fileSystem: IMountableFileSystem;

  /**
   * Directory of the file system, at most four deep, made when it is mounted first. Services that name the same one share its files, and
   * must have the same user.
   *
   * @default - the id in kebab case: `UserUploads` is `/user-uploads`
   */
  readonly directory?: string;
}

/**
 * A directory that containers mount. In a task the same id is the same directory, so containers share it by naming it.
 *
 * | | outlives the task | shared by | for |
 * |---|---|---|---|
 * | `efs` | yes | all services that name the directory | uploads, plug-ins, whatever cannot live in a bucket |
 * | `fromSource` | as the source says | as the source says | a kind of file system of your own |
 * | `ephemeral` | no | containers of one task | sockets, spools, configuration that a sidecar writes |
 *
 * @example
 * import type { Stack } from 'aws-cdk-lib';
 * import { ContainerImage, type ICluster } from 'aws-cdk-lib/aws-ecs';
 * import { FargateApi, PrivateFileSystem, ServiceImage, ServiceVolume } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const cluster: ICluster;
 * const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc: cluster.vpc });
 * const api = new FargateApi(stack, 'Api', {
 *   cluster,
 *   image: ServiceImage.fromDirectory('service'),
 *   volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/var/uploads' })],
 * });
 * api.addSidecar('Scanner', {
 *   image: ContainerImage.fromRegistry('example/scanner'),
 *   volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/scan', readOnly: true })],
 * });
 */
export class ServiceVolume {
  /**
   * A directory of a file system: encrypted on the way, through an access point that only this service may mount and in which it is the
   * user that its container runs as.
   *
   * @param id name of the volume, unique in its task
   */
  public static efs(id: string, options: EfsServiceVolumeOptions): ServiceVolume {
    requireKind('ServiceVolume.efs()', 'fileSystem', options.fileSystem, MOUNTABLE);
    return ServiceVolume.fromSource(id, options.fileSystem.directory(options.directory ?? `/${kebabCase(id)}`), options);
  }

  /**
   * A directory on the disk of the task that anyone in its containers can write to, gone with the task.
   *
   * @param id name of the volume, unique in its task
   */
  public static ephemeral(id: string, options: ServiceVolumeOptions): ServiceVolume {
    return new ServiceVolume({ id, mountPath: options.mountPath, readOnly: options.readOnly });
  }

  /**
   * A directory of any kind, such as one that a file system of your own has.
   *
   * @param id name of the volume, unique in its task
   * @param source the directory
   */
  public static fromSource(id: string, source: IVolumeSource, options: ServiceVolumeOptions): ServiceVolume {
    requireKind('ServiceVolume.fromSource()', 'source', source, VOLUME_SOURCE);
    return new ServiceVolume({ id, mountPath: options.mountPath, readOnly: options.readOnly, source });
  }

  private constructor(
    /** @internal */
    public readonly _plan: VolumePlan,
  ) {}
}
