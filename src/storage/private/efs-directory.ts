import { Token } from 'aws-cdk-lib';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import type { FileSystemBase } from './file-system-base';
import { mountTargetsOf, requireMountTargets } from './mount-targets';
import type { IServicePermissions, IVolumeSource, VolumeSourceConfig, VolumeSourceOptions } from '../../binding';
import { InvalidBackendError } from '../../private/errors';
import { nameTag } from '../../private/path-text';
import { shown } from '../../private/shown';
import { dependOnStackOf } from '../../private/stack-order';

interface Owner {
  readonly user: string;
  readonly path: string;
}

/** A directory of a file system. Each task definition that mounts it has an access point of its own, and the permission for that one. */
export class EfsDirectory implements IVolumeSource {
  public readonly sharedWrites = true;

  /** EFS makes a directory for whoever mounts it first, and its owner stays. */
  private owner?: Owner;

  constructor(private readonly fileSystem: FileSystemBase, private readonly path: string) {}

  public bindToTask(scope: Construct, options: VolumeSourceOptions): VolumeSourceConfig {
    dependOnStackOf(scope, this.fileSystem, 'Services depend on their file systems, never the reverse.');
    requireMountTargets(scope, this.fileSystem, options);
    validatePath(scope, this.path);
    const [uid, gid] = numbersOf(scope, options.user);
    this.claim(scope, `${uid}:${gid}`);
    const accessPoint = this.createAccessPoint(scope, uid, gid);
    return {
      efsVolumeConfiguration: {
        fileSystemId: this.fileSystem.fileSystemId,
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: accessPoint.attrAccessPointId, iam: 'ENABLED' },
      },
      targets: [this.fileSystem],
      dependencies: mountTargetsOf(this.fileSystem),
      permissions: this.permission('elasticfilesystem:ClientMount', accessPoint),
      writePermissions: this.permission('elasticfilesystem:ClientWrite', accessPoint),
    };
  }

  private createAccessPoint(scope: Construct, uid: string, gid: string): efs.CfnAccessPoint {
    return new efs.CfnAccessPoint(scope, 'Resource', {
      fileSystemId: this.fileSystem.fileSystemId,
      posixUser: { uid, gid },
      rootDirectory: { path: this.path, creationInfo: { ownerUid: uid, ownerGid: gid, permissions: '0750' } },
      accessPointTags: [{ key: 'Name', value: nameTag(scope) }],
    });
  }

  private permission(action: string, { attrArn }: efs.CfnAccessPoint): IServicePermissions {
    return {
      grantTo: (grantee) => iam.Grant.addToPrincipal({
        grantee,
        actions: [action],
        resourceArns: [this.fileSystem.fileSystemArn],
        conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': attrArn } },
      }),
    };
  }

  private claim(scope: IConstruct, user: string): void {
    if (this.owner !== undefined && this.owner.user !== user) {
      throw new InvalidBackendError(scope, 'ServiceVolume.otherUser', `The directory '${this.path}' of '${this.fileSystem.node.path}' belongs to user '${this.owner.user}' of '${this.owner.path}', so user '${user}' can't use its files. Set the same \`user\` on both containers, or another \`directory\` on this volume.`);
    }
    this.owner ??= { user, path: scope.node.path };
  }
}

/** @see https://docs.aws.amazon.com/efs/latest/ug/enforce-root-directory-access-point.html */
function validatePath(scope: IConstruct, path: string): void {
  if (Token.isUnresolved(path) || !/^(\/[A-Za-z0-9_.-]+){1,4}$/.test(path) || path.length > 100 || path.split('/').includes('..')) {
    throw new InvalidBackendError(scope, 'ServiceVolume.directory', `\`directory\` of the volume '${scope.node.id}' must be one to four names of letters, digits, '_', '.' and '-', each after a '/', with at most 100 characters in all, got ${shown(path)}. Use for example \`directory: '/uploads'\`.`);
  }
}

function numbersOf(scope: IConstruct, user: string): [string, string] {
  const [, uid, gid] = /^([1-9]\d*)(?::(\d+))?$/.exec(user) ?? [];
  if (uid === undefined) {
    throw new InvalidBackendError(scope, 'ServiceVolume.user', `\`user\` of a container that mounts files must be numeric and not root, got ${shown(user)}. EFS identifies users by number. Set for example \`user: '1000:1000'\` on the container.`);
  }
  return [uid, gid ?? uid];
}
