import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { BucketFiles } from './bucket-files';
import { createCluster, IMAGE, productionApp } from './fixture';
import { ServiceVolume, type IVolumeSource, type ServiceVolumeOptions, type VolumeSourceConfig, type VolumeSourceOptions } from '../../src/binding';
import { FargateApi, FargateWorker, ScheduledJob, ServiceRehearsal } from '../../src/fargate';

interface World {
  readonly stack: Stack;
  readonly cluster: ecs.ICluster;
  readonly files: BucketFiles;
}

function createWorld(app?: ReturnType<typeof productionApp>): World {
  const { stack, vpc, cluster } = createCluster(app);
  return { stack, cluster, files: new BucketFiles(stack, 'Files', vpc) };
}

function models({ files }: World, options: Partial<ServiceVolumeOptions> = {}): ServiceVolume {
  return ServiceVolume.fromSource('Models', files.directory('/models'), { mountPath: '/models', ...options });
}

/** A source that remembers how often it was asked for what. */
class TestSource implements IVolumeSource {
  public readonly asked: { scope: Construct; options: VolumeSourceOptions }[] = [];

  constructor(private readonly config: VolumeSourceConfig = {}, public readonly sharedWrites?: boolean) {}

  public bindToTask(scope: Construct, options: VolumeSourceOptions): VolumeSourceConfig {
    this.asked.push({ scope, options });
    return this.config;
  }
}

/** Constructs whose tasks mount the volume, and the resource that waits for what it needs. */
const MOUNTING: [string, string, (world: World, volumes: ServiceVolume[]) => unknown][] = [
  ['a service', 'AWS::ECS::Service', ({ stack, cluster }, volumes) => new FargateApi(stack, 'Tasks', { cluster, image: IMAGE, volumes })],
  ['a worker', 'AWS::ECS::Service', ({ stack, cluster }, volumes) => new FargateWorker(stack, 'Tasks', { cluster, image: IMAGE, volumes })],
  ['a job', 'AWS::Scheduler::Schedule', ({ stack, cluster }, volumes) => new ScheduledJob(stack, 'Tasks', { cluster, image: IMAGE, volumes, schedule: ScheduleExpression.rate(Duration.hours(1)) })],
  ['a sidecar alone', 'AWS::ECS::Service', ({ stack, cluster }, volumes) => new FargateWorker(stack, 'Tasks', { cluster, image: IMAGE }).addSidecar('Loader', { image: IMAGE, volumes })],
];

describe.each(MOUNTING)('a kind of file system of which the library knows nothing, mounted by %s', (_who, waiting, mount) => {
  test('is a volume of the task with an access point of its own, reached by a rule that the task waits for', () => {
    const world = createWorld();
    mount(world, [models(world)]);
    const template = Template.fromStack(world.stack);
    const [accessPoint] = Object.keys(template.findResources('AWS::S3Files::AccessPoint'));
    const configuration = { FileSystemArn: world.stack.resolve(world.files.resource.attrFileSystemArn), AccessPointArn: { 'Fn::GetAtt': [accessPoint, 'AccessPointArn'] } };
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Volumes: Match.arrayWith([{ Name: 'volume-Models', S3FilesVolumeConfiguration: configuration }]),
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ MountPoints: Match.arrayWith([{ ContainerPath: '/models', ReadOnly: false, SourceVolume: 'volume-Models' }]) })]),
    });
    template.hasResourceProperties('AWS::S3Files::AccessPoint', { PosixUser: { Uid: '1000', Gid: '1000' } });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, ToPort: 2049 });
    template.hasResource(waiting, {
      DependsOn: Match.arrayWith([
        Match.stringLikeRegexp('^FilesMountTarget1'), Match.stringLikeRegexp('^FilesMountTarget2'), Match.stringLikeRegexp('^FilesSecurityGroupfrom'),
      ]),
    });
  });

  test.each([[true, ['s3files:ClientMount']], [false, ['s3files:ClientMount', 's3files:ClientWrite']]])('lets the task write unless it only reads (%s)', (readOnly, actions) => {
    const world = createWorld();
    mount(world, [models(world, { readOnly })]);
    const statements = Object.values(Template.fromStack(world.stack).findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(statements.flatMap(({ Action }) => Action).filter((action: string) => action.startsWith('s3files:'))).toEqual(actions);
  });
});

describe('a source', () => {
  test('is asked once for all containers of a task, with its first user and the place of the tasks', () => {
    const world = createWorld();
    const source = new TestSource();
    const api = new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, user: '2000:2000', volumes: ['/a', '/b'].map((mountPath) => ServiceVolume.fromSource('Data', source, { mountPath })) });
    api.addSidecar('Agent', { image: IMAGE, user: '33', volumes: [ServiceVolume.fromSource('Data', source, { mountPath: '/data' })] });
    expect(source.asked.map(({ scope, options: { user, vpc, subnets } }) => [scope.node.path, user, vpc === world.cluster.vpc, subnets.length])).toEqual([['Backend/Api/Volumes/Data', '2000:2000', true, 2]]);
  });

  test('is asked for each of the tasks', () => {
    const { stack, cluster } = createWorld();
    const source = new TestSource();
    ['One', 'Two'].forEach((id) => new FargateWorker(stack, id, { cluster, image: IMAGE, volumes: [ServiceVolume.fromSource('Data', source, { mountPath: '/data' })] }));
    expect(source.asked.map(({ scope }) => scope.node.path)).toEqual(['Backend/One/Volumes/Data', 'Backend/Two/Volumes/Data']);
  });

  test('may be a file system of EFS that the library did not make', () => {
    const { stack, cluster } = createWorld();
    const fileSystem = new efs.CfnFileSystem(stack, 'Efs');
    const source = new TestSource({ efsVolumeConfiguration: { fileSystemId: fileSystem.ref, rootDirectory: '/shared' } });
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes: [ServiceVolume.fromSource('Data', source, { mountPath: '/data' })] });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      Volumes: [{ Name: 'volume-Data', EFSVolumeConfiguration: { FilesystemId: { Ref: stack.getLogicalId(fileSystem) }, RootDirectory: '/shared' } }],
    });
  });

  test('that two volumes lead to by one endpoint gets one rule', () => {
    const world = createWorld();
    const volumes = ['/one', '/two'].map((path) => ServiceVolume.fromSource(`At${path.slice(1)}`, world.files.directory(path), { mountPath: path }));
    new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, volumes });
    const template = Template.fromStack(world.stack);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.resourceCountIs('AWS::S3Files::AccessPoint', 2);
  });

  test('is in the task of a rehearsal as it is in those of the service', () => {
    const world = createWorld(productionApp());
    new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, volumes: [models(world), ServiceVolume.ephemeral('Spool', { mountPath: '/spool' })], rehearsal: ServiceRehearsal.enabled() });
    const volumes = Object.values(Template.fromStack(world.stack).findResources('AWS::ECS::TaskDefinition')).map(({ Properties }) => Properties.Volumes);
    expect(volumes).toEqual([volumes[0], volumes[0]]);
    expect(volumes[0]).toContainEqual(expect.objectContaining({ Name: 'volume-Models', S3FilesVolumeConfiguration: expect.anything() }));
  });

  test('fails for one id with two sources', () => {
    const world = createWorld();
    const volumes = ['/one', '/two'].map((path) => ServiceVolume.fromSource('Data', world.files.directory(path), { mountPath: path }));
    expect(() => new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: IMAGE, volumes })).toThrow("The volume 'Data' is two different directories");
  });

  test('fails with what it says itself', () => {
    const { stack, cluster } = createWorld();
    const files = new BucketFiles(new Stack(stack, 'Other'), 'Files', cluster.vpc);
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes: [models({ stack, cluster, files })] })).toThrow("'Backend/Api/Volumes/Models' can't mount files of another stack.");
  });
});

describe('a service in production', () => {
  const rehearsals = (stack: Stack) => Object.keys(Template.fromStack(stack).findResources('Custom::Rehearsal')).length;
  const CASES: [string, boolean | undefined, boolean | undefined, number][] = [
    ['is not rehearsed where it writes and the source says nothing', undefined, undefined, 0],
    ['is not rehearsed where other tasks see what it writes', true, false, 0],
    ['is rehearsed where nobody sees what it writes', false, false, 1],
    ['is rehearsed where it only reads', true, true, 1],
  ];

  test.each(CASES)('%s', (_name, sharedWrites, readOnly, count) => {
    const { stack, cluster } = createWorld(productionApp());
    const volumes = [ServiceVolume.fromSource('Data', new TestSource({}, sharedWrites), { mountPath: '/data', readOnly })];
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, volumes });
    expect(rehearsals(stack)).toBe(count);
  });

  test.each(CASES)('%s, or refuses the sidecar', (_name, sharedWrites, readOnly, count) => {
    const { stack, cluster } = createWorld(productionApp());
    const volumes = [ServiceVolume.fromSource('Data', new TestSource({}, sharedWrites), { mountPath: '/data', readOnly })];
    const add = () => new FargateApi(stack, 'Api', { cluster, image: IMAGE }).addSidecar('Agent', { image: IMAGE, volumes });
    if (count === 0) {
      expect(add).toThrow("The sidecar 'Agent' writes to the volume 'Data', whose files other tasks see");
    } else {
      add();
      expect(rehearsals(stack)).toBe(1);
    }
  });
});
