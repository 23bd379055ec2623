import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { FileSystemBase, NFS_PORT } from './file-system-base';
import { InvalidBackendError } from '../../private/errors';
import type { PrivateFileSystemAttributes } from '../private-file-system';

/** A file system that others made. */
export class ImportedFileSystem extends FileSystemBase {
  public readonly fileSystemId: string;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, { fileSystemId, securityGroups }: PrivateFileSystemAttributes) {
    super(scope, id);
    if (!Token.isUnresolved(fileSystemId) && !/^fs-[0-9a-f]{8,40}$/.test(fileSystemId)) {
      throw new InvalidBackendError(this, 'PrivateFileSystem.fileSystemId', `\`fileSystemId\` must be an id such as 'fs-0123456789abcdef0', got '${fileSystemId}'.`);
    }
    if (securityGroups.length === 0) {
      throw new InvalidBackendError(this, 'PrivateFileSystem.noSecurityGroups', '`securityGroups` is empty, so services can\'t reach the file system. Pass at least one security group of its mount targets.');
    }
    this.fileSystemId = fileSystemId;
    this.connections = new ec2.Connections({ securityGroups, defaultPort: ec2.Port.tcp(NFS_PORT) });
  }
}
