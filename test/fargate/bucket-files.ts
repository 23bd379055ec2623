import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3files from 'aws-cdk-lib/aws-s3files';
import { Construct, type IConstruct } from 'constructs';
import type { IMountableFileSystem, INetworkEndpoint, IServicePermissions, IVolumeSource, VolumeSourceConfig, VolumeSourceOptions } from '../../src/binding';

/** The files of a bucket, with S3 Files: a second kind of file system, of which nothing in `src/` knows. */
export class BucketFiles extends Construct implements INetworkEndpoint, IMountableFileSystem {
  public readonly endpoint = 'files.example';
  public readonly port = 2049;
  public readonly connections: ec2.Connections;
  public readonly mountTargets: s3files.CfnMountTarget[];
  public readonly resource: s3files.CfnFileSystem;

  private readonly directories = new Map<string, IVolumeSource>();

  constructor(scope: Construct, id: string, vpc: ec2.IVpc) {
    super(scope, id);
    const bucket = new s3.Bucket(this, 'Bucket', { versioned: true });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('elasticfilesystem.amazonaws.com') });
    this.resource = new s3files.CfnFileSystem(this, 'Resource', { bucket: bucket.bucketArn, roleArn: role.roleArn });
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, allowAllOutbound: false });
    this.connections = new ec2.Connections({ securityGroups: [group], defaultPort: ec2.Port.tcp(this.port) });
    this.mountTargets = vpc.privateSubnets.map(({ subnetId }, index) => new s3files.CfnMountTarget(this, `MountTarget${index + 1}`, {
      fileSystemId: this.resource.attrFileSystemId,
      subnetId,
      securityGroups: [group.securityGroupId],
    }));
  }

  public directory(path: string): IVolumeSource {
    const directory = this.directories.get(path) ?? new BucketDirectory(this, path);
    this.directories.set(path, directory);
    return directory;
  }
}

class BucketDirectory implements IVolumeSource {
  constructor(private readonly files: BucketFiles, private readonly path: string) {}

  public bindToTask(scope: Construct, { user, vpc }: VolumeSourceOptions): VolumeSourceConfig {
    requireSameVpc(scope, this.files, vpc);
    const [uid, gid] = user.split(':');
    const accessPoint = new s3files.CfnAccessPoint(scope, 'Resource', {
      fileSystemId: this.files.resource.attrFileSystemId,
      posixUser: { uid, gid: gid ?? uid },
      rootDirectory: { path: this.path, creationPermissions: { ownerUid: uid, ownerGid: gid ?? uid, permissions: '0750' } },
    });
    return {
      targets: [this.files],
      dependencies: this.files.mountTargets,
      permissions: this.allow('s3files:ClientMount'),
      writePermissions: this.allow('s3files:ClientWrite'),
      _properties: { s3FilesVolumeConfiguration: { fileSystemArn: this.files.resource.attrFileSystemArn, accessPointArn: accessPoint.attrAccessPointArn } },
    };
  }

  private allow(action: string): IServicePermissions {
    return { grantTo: (grantee) => iam.Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [this.files.resource.attrFileSystemArn] }) };
  }
}

/** A kind judges for itself which tasks can mount it. */
function requireSameVpc(scope: IConstruct, files: BucketFiles, vpc: ec2.IVpc): void {
  if (Stack.of(files) !== Stack.of(vpc)) {
    throw new Error(`'${scope.node.path}' can't mount files of another stack.`);
  }
}
