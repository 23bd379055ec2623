import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as fc from 'fast-check';
import { BucketFiles } from './bucket-files';
import { createCluster, IMAGE } from './fixture';
import { ServiceVolume } from '../../src/binding';
import type { TaskPlan } from '../../src/fargate/private/service-plan';
import { TaskVolumes } from '../../src/fargate/private/task-volumes';
import { PrivateFileSystem } from '../../src/storage';

/** A volume as a test draws it. */
interface Drawn {
  readonly kind: 'disk' | 'efs' | 'bucket';
  readonly id: string;
  readonly readOnly: boolean;
}

interface World {
  readonly stack: Stack;
  readonly container: ecs.ContainerDefinition;
  readonly volumes: TaskVolumes;
  readonly draw: (drawn: Drawn, index: number) => ServiceVolume;
}

/** A task with one container, and something that waits for its volumes since before there were any. */
function createWorld(): World {
  const { stack, vpc } = createCluster();
  const task = new ecs.FargateTaskDefinition(stack, 'Task');
  const container = task.addContainer('Service', { image: IMAGE });
  const connections = new ec2.Connections({ securityGroups: [new ec2.SecurityGroup(stack, 'Tasks', { vpc, allowAllOutbound: false })] });
  const plan = { placement: { vpcSubnets: { subnets: vpc.privateSubnets } } } as TaskPlan;
  const volumes = new TaskVolumes({ scope: stack, task, connections, vpc, plan, logGroup: new logs.LogGroup(stack, 'Log') });
  new ecs.CfnService(stack, 'Waiting', { taskDefinition: task.taskDefinitionArn }).node.addDependency(volumes.readiness);
  const files = new PrivateFileSystem(stack, 'Files', { vpc });
  const bucket = new BucketFiles(stack, 'BucketFiles', vpc);
  const draw = ({ kind, id, readOnly }: Drawn, index: number) => {
    const options = { mountPath: `/at/${index}`, readOnly };
    const name = `${kind}-${id}`;
    return kind === 'disk' ? ServiceVolume.ephemeral(name, options)
      : kind === 'efs' ? ServiceVolume.efs(name, { fileSystem: files, ...options })
        : ServiceVolume.fromSource(name, bucket.directory(`/${id}`), options);
  };
  return { stack, container, volumes, draw };
}

/** The resources of a stack in which volumes were mounted in so many calls. */
function resourcesOf(groups: readonly (readonly Drawn[])[]): Record<string, unknown> {
  const { stack, container, volumes, draw } = createWorld();
  const drawn = groups.map((group, index) => group.map((each, place) => draw(each, groups.slice(0, index).flat().length + place)));
  drawn.forEach((group) => volumes.mount(container, { volumes: group, initId: 'Volumes' }));
  return Template.fromStack(stack).toJSON().Resources;
}

const DRAWN = fc.record<Drawn>({ kind: fc.constantFrom('disk', 'efs', 'bucket'), id: fc.constantFrom('a', 'b', 'c'), readOnly: fc.boolean() });

describe('volumes of a task', () => {
  test('that are mounted later are what they are when all are mounted at once', () => {
    fc.assert(fc.property(fc.array(DRAWN, { minLength: 1, maxLength: 6 }), fc.nat(6), (drawn, cut) => {
      expect(unordered(resourcesOf([drawn.slice(0, cut), drawn.slice(cut)]))).toEqual(unordered(resourcesOf([drawn])));
    }), { numRuns: 20 });
  });

  test('on its disk are opened by one container, whenever they come, and waited for once', () => {
    const task = taskOf(resourcesOf([[{ kind: 'disk', id: 'a', readOnly: false }], [{ kind: 'disk', id: 'a', readOnly: true }, { kind: 'disk', id: 'b', readOnly: false }]]));
    expect(task.ContainerDefinitions).toMatchObject([
      { Name: 'Service', DependsOn: [{ ContainerName: 'Volumes', Condition: 'SUCCESS' }] },
      { Name: 'Volumes', Command: ['chmod 1777 /at/0 /at/2'], MountPoints: [{ ContainerPath: '/at/0', ReadOnly: false }, { ContainerPath: '/at/2', ReadOnly: false }] },
    ]);
  });

  test('of file systems are waited for by what began to wait before', () => {
    const resources = resourcesOf([[], [{ kind: 'efs', id: 'a', readOnly: false }], [{ kind: 'bucket', id: 'a', readOnly: false }]]);
    const { DependsOn } = resources.Waiting as { DependsOn: string[] };
    const patterns = [/^FilesMountTarget1/, /^FilesMountTarget2/, /^FilesSecurityGroupfrom/, /^BucketFilesMountTarget1/, /^BucketFilesMountTarget2/, /^BucketFilesSecurityGroupfrom/];
    expect(patterns.filter((pattern) => !DependsOn.some((id) => pattern.test(id)))).toEqual([]);
  });
});

type Properties = { readonly Volumes?: { Name: string }[]; readonly PolicyDocument?: { Statement: object[] }; readonly ContainerDefinitions: object[] };

/** The same resources whatever the order of volumes and of statements, which means nothing to ECS and IAM. */
function unordered(resources: Record<string, unknown>): Record<string, unknown> {
  const sorted = (items: object[] = []) => [...items].sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
  return Object.fromEntries(Object.entries(resources as Record<string, { Properties: Properties }>).map(([id, { Properties: properties = { ContainerDefinitions: [] }, ...resource }]) => {
    const { Volumes, PolicyDocument, ...rest } = properties;
    return [id, { ...resource, Properties: rest, volumes: sorted(Volumes), statements: sorted(PolicyDocument?.Statement) }];
  }));
}

function taskOf(resources: Record<string, unknown>): Properties {
  return (Object.values(resources) as { Type: string; Properties: Properties }[]).find(({ Type }) => Type === 'AWS::ECS::TaskDefinition')!.Properties;
}
