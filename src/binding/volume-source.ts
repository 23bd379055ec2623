import type { ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { CfnTaskDefinition, EfsVolumeConfiguration } from 'aws-cdk-lib/aws-ecs';
import type { Construct, IConstruct } from 'constructs';
import type { INetworkEndpoint } from './network-endpoint';
import type { IServicePermissions } from './service-binding';

/** Where the tasks run that mount a source, and as whom. */
export interface VolumeSourceOptions {
  /** User that the first container which mounts it runs as: a user id, `uid:gid`, or a name that the image knows. */
  readonly user: string;

  /** The network that the tasks run in. */
  readonly vpc: IVpc;

  /** The subnets that the tasks run in. */
  readonly subnets: ISubnet[];
}

/** Everything that tasks need for a volume. */
export interface VolumeSourceConfig {
  /**
   * How ECS mounts the volume, where EFS has its files.
   *
   * @default - a directory on the disk of the task, which belongs to root
   */
  readonly efsVolumeConfiguration?: EfsVolumeConfiguration;

  /**
   * The endpoints that tasks must be able to reach. Exactly these paths are opened, from the stack of the service.
   *
   * @default - no network path is opened
   */
  readonly targets?: INetworkEndpoint[];

  /**
   * Constructs whose resources must exist before tasks start, such as mount targets.
   *
   * @default - none beyond what the configuration refers to
   */
  readonly dependencies?: IConstruct[];

  /**
   * The permission to mount the volume and to read its files. Tasks start when they have it.
   *
   * @default - nothing
   */
  readonly permissions?: IServicePermissions;

  /**
   * The permission to write, which tasks get once one of their containers mounts the volume without `readOnly`.
   *
   * @default - nothing beyond `permissions`
   */
  readonly writePermissions?: IServicePermissions;

  /**
   * Properties of the volume for which aws-cdk-lib has no word, such as those of S3 Files.
   *
   * @internal
   */
  readonly _properties?: CfnTaskDefinition.VolumeProperty;
}

/** One directory that tasks mount from elsewhere, such as a directory of a `PrivateFileSystem`. `ServiceVolume.fromSource` mounts it. */
export interface IVolumeSource {
  /**
   * Whether a task sees the files that another task writes. Then a service with a container that writes is not rehearsed, unless you say so.
   *
   * @default true
   */
  readonly sharedWrites?: boolean;

  /**
   * Answers with everything that tasks need for the directory, and refuses tasks that could not mount it. It is called once for a
   * volume of a task definition, however many of its containers mount it.
   *
   * @param scope made for this volume below the service or job, for what the volume needs there, such as an access point
   */
  bindToTask(scope: Construct, options: VolumeSourceOptions): VolumeSourceConfig;
}

/** A file system with directories that tasks can mount, such as a `PrivateFileSystem`. */
export interface IMountableFileSystem {
  /**
   * A directory, as `ServiceVolume` mounts it. The same path is the same source.
   *
   * @param path absolute path in the file system, such as `/uploads`
   */
  directory(path: string): IVolumeSource;
}
