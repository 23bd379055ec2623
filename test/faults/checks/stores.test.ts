import { expecting } from '../expecting';
import { found, hardening, missing, reachability, violations } from '../support/checks';

describe('databases', () => {
  test('a DocumentDB cluster with a name is judged as one without', () => {
    const report = reachability(`
Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  S1: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24 } }
  G: { Type: AWS::DocDB::DBSubnetGroup, Properties: { DBSubnetGroupDescription: x, SubnetIds: [ !Ref S1 ] } }
  DbSg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: db, VpcId: !Ref Vpc } }
  FnSg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: fn, VpcId: !Ref Vpc } }
  Named: { Type: AWS::DocDB::DBCluster, Properties: { DBClusterIdentifier: orders, DBSubnetGroupName: !Ref G, VpcSecurityGroupIds: [ !GetAtt DbSg.GroupId ] } }
  F1: { Type: AWS::Lambda::Function, Properties: { Runtime: nodejs20.x, Handler: i.h, Role: r, Code: { ZipFile: x }, VpcConfig: { SubnetIds: [ !Ref S1 ], SecurityGroupIds: [ !GetAtt FnSg.GroupId ] }, Environment: { Variables: { DB: !GetAtt Named.Endpoint } } } }
`);
    expect(missing({ 'a function that is kept out by the named cluster': found(report, /client-to-store/, 'F1') })).toEqual([]);
  });

  const replication = `
Resources:
  R: { Type: AWS::DMS::ReplicationInstance, Properties: { ReplicationInstanceClass: dms.t3.micro } }
  Private: { Type: AWS::DMS::ReplicationInstance, Properties: { ReplicationInstanceClass: dms.t3.micro, PubliclyAccessible: false } }
`;

  test('a replication instance is public unless it says otherwise', () => {
    expect(missing({ 'a replication instance without PubliclyAccessible': found(hardening(replication), /public/, 'R') })).toEqual([]);
  });

  test('a replication instance that is not publicly accessible is not found', () => {
    expect(found(hardening(replication), /public/, 'Private')).toEqual([]);
  });

  // An absent PubliclyAccessible is undecided although the VPC has no internet gateway, and a cluster that takes its password from
  // a snapshot is a violation on its password.
  test.failing('public-database-decided-by-template: a VPC without internet gateway and a snapshot decide about their databases', expecting(() => {
    const report = hardening(`
Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  S1: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1a } }
  S2: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1b } }
  G: { Type: AWS::RDS::DBSubnetGroup, Properties: { DBSubnetGroupDescription: x, SubnetIds: [ !Ref S1, !Ref S2 ] } }
  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: postgres, EngineVersion: "16", DBInstanceClass: db.t4g.micro, AllocatedStorage: "20", DBSubnetGroupName: !Ref G, MasterUsername: u, ManageMasterUserPassword: true } }
  C: { Type: AWS::RDS::DBCluster, Properties: { Engine: aurora-postgresql, EngineVersion: "16.4", SnapshotIdentifier: snap, MasterUsername: admin, StorageEncrypted: true } }
`);
    expect([...found(report, /database-public$/, 'Db'), ...found(report, /database-password/, 'C')]).toEqual([]);
  }));
});

describe('file systems and disks', () => {
  // A function that only knows the id of a file system counts as a client that must reach its mount targets.
  test.failing('file-system-id-is-no-mount: a function that mounts nothing needs no way to a file system', expecting(() => {
    const report = reachability(`
Resources:
  Fs: { Type: AWS::EFS::FileSystem, Properties: { Encrypted: true } }
  Mt: { Type: AWS::EFS::MountTarget, Properties: { FileSystemId: !Ref Fs, SubnetId: subnet-1, SecurityGroups: [ sg-1 ] } }
  F: { Type: AWS::Lambda::Function, Properties: { Runtime: python3.12, Handler: i.h, Role: "arn:aws:iam::111122223333:role/x", Code: { ZipFile: "import boto3; boto3.client('efs').describe_file_systems()" }, Environment: { Variables: { FILE_SYSTEM_ID: !Ref Fs } } } }
`);
    expect(violations(found(report, /client-to-store/, 'F'))).toEqual([]);
  }));

  const templates = `
Resources:
  Lt: { Type: AWS::EC2::LaunchTemplate, Properties: { LaunchTemplateData: { ImageId: ami-1, InstanceType: t3.micro, MetadataOptions: { HttpTokens: required }, BlockDeviceMappings: [ { DeviceName: /dev/xvda, Ebs: { Encrypted: false, VolumeSize: 100 } } ] } } }
  Lc: { Type: AWS::AutoScaling::LaunchConfiguration, Properties: { ImageId: ami-1, InstanceType: t3.micro, MetadataOptions: { HttpTokens: required }, AssociatePublicIpAddress: true, BlockDeviceMappings: [ { DeviceName: /dev/xvda, Ebs: { Encrypted: true, VolumeSize: 100 } } ] } }
`;

  // Launch templates and launch configurations are read by no rule on disks, the latter by none on public addresses.
  test.failing('launch-template-disks: launch templates and launch configurations are judged like instances', expecting(() => {
    const report = hardening(templates);
    expect(missing({
      'an unencrypted disk of a launch template': found(report, /encryption/, 'Lt'),
      'the public address of a launch configuration': found(report, /public-ip/, 'Lc'),
    })).toEqual([]);
  }));

  test('an encrypted disk of a launch configuration is not found', () => {
    expect(found(hardening(templates), /encryption/, 'Lc')).toEqual([]);
  });

  const foundAtInstance = () => found(hardening(`
Resources:
  I: { Type: AWS::EC2::Instance, Properties: { ImageId: ami-1, InstanceType: m5.large, BlockDeviceMappings: [ { DeviceName: /dev/sdf, Ebs: { VolumeSize: 100, VolumeType: gp3 } } ] } }
`), /disk-encryption/, 'I');

  // The message calls a property unset that is set, where a value inside of it is wrong.
  test.failing('messages-that-are-not-true: a message about an unencrypted volume names the place that is wrong', expecting(() => {
    expect(foundAtInstance().filter((line) => /BlockDeviceMappings is not set/.test(line))).toEqual([]);
  }));

  test('an unencrypted volume of an instance is found', () => {
    expect(foundAtInstance()).not.toEqual([]);
  });
});
