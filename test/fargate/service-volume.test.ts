import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { developmentApp, exportsOf, IMAGE } from './fixture';
import { ServiceVolume, type ServiceVolumeOptions } from '../../src/binding';
import { BackendCluster, FargateApi, FargateWorker, ScheduledJob, type FargateApiProps } from '../../src/fargate';
import { BackendNetwork } from '../../src/network';
import { PrivateFileSystem, type IPrivateFileSystem } from '../../src/storage';

interface World {
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.ICluster;
  readonly fileSystem: IPrivateFileSystem;
}

function createWorld(app = developmentApp(), dataStack?: Stack): World {
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(dataStack ?? stack, 'Network');
  return { stack, vpc, cluster: new BackendCluster(stack, 'Cluster', { vpc }), fileSystem: new PrivateFileSystem(dataStack ?? stack, 'Files', { vpc }) };
}

function createApi({ stack, cluster, fileSystem }: World, props: Partial<FargateApiProps> = {}, options: Partial<ServiceVolumeOptions> = {}): FargateApi {
  return new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes: [ServiceVolume.efs('UserUploads', { fileSystem, mountPath: '/var/uploads', ...options })], ...props });
}

/** What is in the task definition, containers by name. */
function taskOf(template: Template): { volumes: object[]; containers: Record<string, { MountPoints?: object[]; DependsOn?: object[]; Command?: string[] }> } {
  const [{ Properties }] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  return { volumes: Properties.Volumes, containers: Object.fromEntries(Properties.ContainerDefinitions.map((each: { Name: string }) => [each.Name, each])) };
}

function mount(containerPath: string, id: string, readOnly = false): object {
  return { ContainerPath: containerPath, ReadOnly: readOnly, SourceVolume: `volume-${id}` };
}

function permissionsOf(template: Template): { actions: string; resource: unknown; condition: unknown }[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => String(Action).startsWith('elasticfilesystem'))
    .map(({ Action, Resource, Condition }) => ({ actions: Action, resource: Resource, condition: Condition }));
}

describe('a directory of a file system', () => {
  test('is mounted encrypted, by IAM, through an access point that is the user of the container', () => {
    const world = createWorld();
    createApi(world);
    const template = Template.fromStack(world.stack);
    const [accessPoint] = Object.keys(template.findResources('AWS::EFS::AccessPoint'));
    const fileSystem = world.stack.resolve(world.fileSystem.fileSystemId);
    expect(taskOf(template).volumes).toContainEqual({
      Name: 'volume-UserUploads',
      EFSVolumeConfiguration: {
        FilesystemId: fileSystem,
        TransitEncryption: 'ENABLED',
        AuthorizationConfig: { AccessPointId: { 'Fn::GetAtt': [accessPoint, 'AccessPointId'] }, IAM: 'ENABLED' },
      },
    });
    expect(taskOf(template).containers.Service.MountPoints).toEqual([mount('/var/uploads', 'UserUploads')]);
    template.hasResourceProperties('AWS::EFS::AccessPoint', {
      FileSystemId: fileSystem,
      PosixUser: { Uid: '1000', Gid: '1000' },
      RootDirectory: { Path: '/user-uploads', CreationInfo: { OwnerUid: '1000', OwnerGid: '1000', Permissions: '0750' } },
    });
  });

  test('gives the task role this access point and nothing else', () => {
    const world = createWorld();
    createApi(world);
    const template = Template.fromStack(world.stack);
    const [accessPoint] = Object.keys(template.findResources('AWS::EFS::AccessPoint'));
    const scope = { resource: world.stack.resolve(world.fileSystem.fileSystemArn), condition: { StringEquals: { 'elasticfilesystem:AccessPointArn': { 'Fn::GetAtt': [accessPoint, 'Arn'] } } } };
    expect(permissionsOf(template)).toEqual([{ actions: 'elasticfilesystem:ClientMount', ...scope }, { actions: 'elasticfilesystem:ClientWrite', ...scope }]);
  });

  test('can be read only, for the container and for IAM', () => {
    const world = createWorld();
    createApi(world, {}, { readOnly: true });
    const template = Template.fromStack(world.stack);
    expect(permissionsOf(template).map(({ actions }) => actions)).toEqual(['elasticfilesystem:ClientMount']);
    expect(taskOf(template).containers.Service.MountPoints).toEqual([mount('/var/uploads', 'UserUploads', true)]);
  });

  test('opens port 2049 between the two and no other', () => {
    const world = createWorld();
    createApi(world);
    const template = Template.fromStack(world.stack);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { IpProtocol: 'tcp', FromPort: 2049, ToPort: 2049, GroupId: Match.objectLike({ 'Fn::GetAtt': [Match.stringLikeRegexp('^Files'), 'GroupId'] }) });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { IpProtocol: 'tcp', FromPort: 2049, ToPort: 2049 });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  });

  test('is waited for: mount targets and rules', () => {
    const world = createWorld();
    createApi(world);
    Template.fromStack(world.stack).hasResource('AWS::ECS::Service', {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^FilesMountTarget1'), Match.stringLikeRegexp('^FilesMountTarget2'), Match.stringLikeRegexp('^FilesSecurityGroupfrom')]),
    });
  });

  test('has the directory and the user that were asked for', () => {
    const world = createWorld();
    const { stack, cluster, fileSystem } = world;
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, user: '2000', volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/in', directory: '/a/b.c' })] });
    Template.fromStack(stack).hasResourceProperties('AWS::EFS::AccessPoint', { PosixUser: { Uid: '2000', Gid: '2000' }, RootDirectory: Match.objectLike({ Path: '/a/b.c' }) });
  });

  test('is shared by services that name it', () => {
    const world = createWorld();
    createApi(world);
    new FargateWorker(world.stack, 'Worker', { cluster: world.cluster, image: IMAGE, volumes: [ServiceVolume.efs('UserUploads', { fileSystem: world.fileSystem, mountPath: '/in' })] });
    Template.fromStack(world.stack).allResourcesProperties('AWS::EFS::AccessPoint', { RootDirectory: Match.objectLike({ Path: '/user-uploads' }) });
  });

  test('is mounted by jobs, which wait for it too', () => {
    const { stack, cluster, fileSystem } = createWorld();
    new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: ScheduleExpression.rate(Duration.hours(1)), volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/in' })] });
    const template = Template.fromStack(stack);
    expect(taskOf(template).containers.Job.MountPoints).toEqual([mount('/in', 'Uploads')]);
    template.hasResource('AWS::Scheduler::Schedule', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('^FilesMountTarget1')]) });
  });

  test('is mounted by a sidecar with the same access point, and only what writes may write', () => {
    const world = createWorld();
    const api = createApi(world, {}, { readOnly: true });
    api.addSidecar('Sync', { image: IMAGE, user: '33', volumes: [ServiceVolume.efs('UserUploads', { fileSystem: world.fileSystem, mountPath: '/sync' })] });
    const template = Template.fromStack(world.stack);
    template.resourceCountIs('AWS::EFS::AccessPoint', 1);
    expect(permissionsOf(template).map(({ actions }) => actions)).toEqual(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite']);
    const { containers } = taskOf(template);
    expect([containers.Service.MountPoints, containers.Sync.MountPoints]).toEqual([[mount('/var/uploads', 'UserUploads', true)], [mount('/sync', 'UserUploads')]]);
  });

  test('of a sidecar alone is waited for by the service', () => {
    const { stack, cluster, fileSystem } = createWorld();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    api.addSidecar('Sync', { image: IMAGE, volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/sync' })] });
    Template.fromStack(stack).hasResource('AWS::ECS::Service', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('^FilesMountTarget2')]) });
  });

  test('in another stack is referred to without exports, its rule in the stack of the service', () => {
    const app = developmentApp();
    const data = new Stack(app, 'Data');
    const world = createWorld(app, data);
    createApi(world);
    app.synth();
    expect([exportsOf(data), world.stack.dependencies]).toEqual([[], [data]]);
    Template.fromStack(world.stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    Template.fromStack(data).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('can be one that exists', () => {
    const { stack, cluster } = createWorld();
    const fileSystem = PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Old', { fileSystemId: 'fs-0123456789abcdef0', securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')] });
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/in' })] });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-1', FromPort: 2049 });
    template.hasResourceProperties('AWS::EFS::AccessPoint', { FileSystemId: 'fs-0123456789abcdef0' });
  });
});

describe('a volume on the disk of the task', () => {
  test('is opened once and seen by whoever names it, after that', () => {
    const { stack, cluster } = createWorld();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes: [ServiceVolume.ephemeral('Spool', { mountPath: '/spool' })] });
    api.addSidecar('Shipper', { image: IMAGE, volumes: [ServiceVolume.ephemeral('Spool', { mountPath: '/in', readOnly: true })] });
    const { volumes, containers } = taskOf(Template.fromStack(stack));
    expect(volumes).toContainEqual({ Name: 'volume-Spool' });
    expect(containers.Volumes).toMatchObject({ Command: ['chmod 1777 /spool'], MountPoints: [mount('/spool', 'Spool')] });
    expect(containers.Service).toMatchObject({ MountPoints: [mount('/spool', 'Spool')], DependsOn: [{ ContainerName: 'Volumes', Condition: 'SUCCESS' }] });
    expect(containers.Shipper).toMatchObject({ MountPoints: [mount('/in', 'Spool', true)], DependsOn: [{ ContainerName: 'Volumes', Condition: 'SUCCESS' }] });
  });

  test('is one volume at two paths of one container, and so is a directory of a file system', () => {
    const { stack, cluster, fileSystem } = createWorld();
    const volumes = ['/a', '/b'].flatMap((mountPath) => [ServiceVolume.ephemeral('Spool', { mountPath }), ServiceVolume.efs('Files', { fileSystem, mountPath: `/files${mountPath}` })]);
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes });
    const task = taskOf(Template.fromStack(stack));
    expect(task.volumes).toEqual([{ Name: 'volume-Spool' }, expect.objectContaining({ Name: 'volume-Files' })]);
    expect(task.containers.Service.MountPoints).toEqual([mount('/a', 'Spool'), mount('/files/a', 'Files'), mount('/b', 'Spool'), mount('/files/b', 'Files')]);
    expect(task.containers.Volumes.MountPoints).toEqual([mount('/a', 'Spool')]);
  });

  test('can belong to two sidecars', () => {
    const { stack, cluster } = createWorld();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    ['One', 'Two'].forEach((id) => api.addSidecar(id, { image: IMAGE, volumes: [ServiceVolume.ephemeral('Spool', { mountPath: '/spool', readOnly: id === 'One' })] }));
    const { containers } = taskOf(Template.fromStack(stack));
    expect(containers.OneVolumes.MountPoints).toEqual([mount('/spool', 'Spool')]);
    expect(containers.Two).toMatchObject({ MountPoints: [mount('/spool', 'Spool')], DependsOn: [{ ContainerName: 'OneVolumes', Condition: 'SUCCESS' }] });
    expect(containers.Service.DependsOn).toBeUndefined();
  });
});

describe('refused', () => {
  const cases: [string, (world: World) => unknown, string | RegExp][] = [
    ['a path that is mounted already', (world) => createApi(world, { writablePaths: ['/var/uploads'] }), "`mountPath` of volumes has '/var/uploads', which is already mounted"],
    ['a path of a sidecar that the service has', (world) => createApi(world).addSidecar('Agent', { image: IMAGE, sharedPaths: ['/var/uploads'] }), "`sharedPaths` of the sidecar 'Agent' has '/var/uploads', which is already mounted"],
    ['a file system in place of a volume', ({ stack, cluster, fileSystem }) => new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes: [fileSystem as unknown as ServiceVolume] }), '`volumes[0]` is not a `ServiceVolume`'],
    ['a file system of CDK', (world) => createApi({ ...world, fileSystem: new efs.FileSystem(world.stack, 'Other', { vpc: world.vpc }) as unknown as IPrivateFileSystem }), /`fileSystem` can't be a FileSystem.*Pass a file system/],
    ['/tmp', (world) => createApi(world, {}, { mountPath: '/tmp' }), 'which is writable already'],
    ['a relative path', (world) => createApi(world, {}, { mountPath: 'uploads' }), '`mountPath` of volumes must be absolute paths'],
    ['root', (world) => createApi(world, { user: '0:0' }), /`user` .*must be numeric and not root, got '0:0'/],
    ['a user by name', (world) => createApi(world, { user: 'node' }), /`user` .*must be numeric and not root, got 'node'/],
    ['a user that is known only at deployment', (world) => createApi(world, { user: Token.asString({ Ref: 'User' }) }), /`user` .*must be numeric and not root, got a value that isn't known until deployment \(it's a token\)/],
    ['the root of a file system', (world) => createApi(world, {}, { directory: '/' } as Partial<ServiceVolumeOptions>), "must be one to four names of letters, digits, '_', '.' and '-'"],
    ['a directory five deep', (world) => createApi(world, {}, { directory: '/a/b/c/d/e' } as Partial<ServiceVolumeOptions>), "got '/a/b/c/d/e'"],
    ['a directory that leads out', (world) => createApi(world, {}, { directory: '/a/../b' } as Partial<ServiceVolumeOptions>), "got '/a/../b'"],
    ['an id with a space', (world) => new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, volumes: [ServiceVolume.ephemeral('my files', { mountPath: '/a' })] }), /The id of a volume must be.*got 'my files'/],
    ['an id with two meanings', (world) => createApi(world).addSidecar('Agent', { image: IMAGE, volumes: [ServiceVolume.ephemeral('UserUploads', { mountPath: '/a' })] }), "The volume 'UserUploads' is two different directories"],
    ['an id with two meanings in one container', (world) => createApi(world, { volumes: ['/a', '/b'].map((directory) => ServiceVolume.efs('Files', { fileSystem: world.fileSystem, mountPath: directory, directory })) }), "The volume 'Files' is two different directories"],
    ['a directory that belongs to another user', (world) => {
      createApi(world);
      new FargateWorker(world.stack, 'Worker', { cluster: world.cluster, image: IMAGE, user: '2000:2000', volumes: [ServiceVolume.efs('UserUploads', { fileSystem: world.fileSystem, mountPath: '/in' })] });
    }, /'\/user-uploads' of 'Backend\/Files' belongs to user '1000:1000' of 'Backend\/Api\/Volumes\/UserUploads', so user '2000:2000' can't use its files/],
    ['a file system of another network', (world) => {
      const { vpc } = new BackendNetwork(world.stack, 'Other');
      createApi({ ...world, fileSystem: new PrivateFileSystem(world.stack, 'OtherFiles', { vpc }) });
    }, /'Backend\/OtherFiles' is in the VPC 'Backend\/Other', but the tasks are in 'Backend\/Network', from where they can't mount files/],
    ['tasks in a zone without mount target', (world) => {
      const fileSystem = new PrivateFileSystem(world.stack, 'OneZone', { vpc: world.vpc, vpcSubnets: { subnets: [world.vpc.isolatedSubnets[0]] } });
      createApi({ ...world, fileSystem });
    }, /'Backend\/OneZone' does not have a mount target in zone 2 of the region.*Set `vpcSubnets` of the file system to subnets in every zone of the tasks/],
  ];

  test.each(cases)('fails for %s', (_name, make, message) => {
    expect(() => make(createWorld())).toThrow(message);
  });

  test('fails where the stack of the file system depends on that of the service', () => {
    const app = developmentApp();
    const data = new Stack(app, 'Data');
    const world = createWorld(app);
    data.addStackDependency(world.stack);
    const fileSystem = new PrivateFileSystem(data, 'Files', { vpc: world.vpc });
    expect(() => createApi({ ...world, fileSystem })).toThrow('Services depend on their file systems, never the reverse.');
  });
});
