import { App, NestedStack, Stack, Stage, Tags, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { createCluster, developmentApp, IMAGE, productionApp } from './fixture';
import { FargateApi, FargateWorker, ScheduledJob } from '../../src/fargate';
import { TASK_TAG, taskTagOf, taskTagsOfStack } from '../../src/fargate/shared/task-tag';

const SCHEDULE = ScheduleExpression.cron({ hour: '3', minute: '0' });

interface Tag {
  readonly Key: string;
  readonly Value: unknown;
}

/** Values of the tag by logical id, without hash. */
function tagsOf(stack: Stack): Record<string, unknown> {
  const resources = Template.fromStack(stack).toJSON().Resources as Record<string, { Properties?: { Tags?: Tag[] } }>;
  return Object.fromEntries(Object.entries(resources).flatMap(([id, { Properties: { Tags: tags = [] } = {} }]) => (
    Array.isArray(tags) ? tags.filter(({ Key }) => Key === TASK_TAG).map(({ Value }) => [id.replace(/[0-9A-F]{8}$/, ''), Value]) : [])));
}

describe('tasks get it', () => {
  test('from services and the task definitions of jobs and rehearsals, and from nothing else', () => {
    const { stack, cluster } = createCluster(productionApp());
    new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    new FargateWorker(new Construct(stack, 'Area'), 'Worker', { cluster, image: IMAGE });
    new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: SCHEDULE });

    expect(tagsOf(stack)).toEqual({
      ApiService: 'Backend/Api',
      ApiRehearsalTaskDefinition: 'Backend/Api/Rehearsal',
      AreaWorkerService: 'Backend/Area/Worker',
      JobTaskDefinition: 'Backend/Job',
    });
    const resources = Object.values(Template.fromStack(stack).findResources('AWS::ECS::Service'));
    expect(resources.map(({ Properties }) => Properties.PropagateTags)).toEqual(['SERVICE', 'SERVICE']);
    Template.fromStack(stack).hasResourceProperties('AWS::Scheduler::Schedule', { Target: { EcsParameters: { PropagateTags: 'TASK_DEFINITION' } } });
  });

  test('beside the tags of users', () => {
    const { stack, cluster } = createCluster();
    new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: SCHEDULE });
    Tags.of(stack.node.root).add('team', 'orders');
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', { Tags: [{ Key: TASK_TAG, Value: 'Backend/Job' }, { Key: 'team', Value: 'orders' }] });
  });

  test('also where users add or remove one of that key', () => {
    const { stack, cluster } = createCluster();
    new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: SCHEDULE });
    Tags.of(stack).add(TASK_TAG, 'Backend/Other', { priority: 1000, includeResourceTypes: ['AWS::ECS::TaskDefinition'] });
    Tags.of(stack).remove(TASK_TAG, { priority: 2000 });
    expect(tagsOf(stack)).toEqual({ JobTaskDefinition: 'Backend/Job' });
  });

  test.each<[string, (stack: Stack) => void]>([
    ['changed', (stack) => Tags.of(stack).add(TASK_TAG, 'Backend/Other', { priority: Number.MAX_SAFE_INTEGER })],
    ['removed', (stack) => Tags.of(stack).remove(TASK_TAG, { priority: Number.MAX_SAFE_INTEGER })],
  ])('fails where it was %s all the same', (_how, change) => {
    const { stack, cluster } = createCluster();
    new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: SCHEDULE });
    change(stack);
    expect(() => Template.fromStack(stack)).toThrow(/The tag 'cdk-private-backend:task' of 'Backend\/Job\/TaskDefinition\/Resource' was changed or removed[^]*TaskTag\.changed/);
  });
});

describe('its value', () => {
  test('differs between stages, stacks and copies of one app, and has the name of the deployed stack in it', () => {
    const app = developmentApp();
    const stacks = [
      new Stack(app, 'Backend'), new Stack(app, 'Other'), new Stack(app, 'Copy', { stackName: 'copy' }), ...['Dev', 'Prod'].map((id) => new Stack(new Stage(app, id), 'Backend')),
    ];
    const nested = new NestedStack(stacks[0], 'Nested');
    const values = [...stacks, nested].map((stack) => taskTagOf(new Construct(stack, 'Job')));
    expect(values).toEqual(['Backend/Job', 'Other/Job', 'copy/Job', 'Dev-Backend/Job', 'Prod-Backend/Job', 'Backend/Nested/Job']);
    expect(taskTagsOfStack(nested)).toBe('Backend/*');
  });

  test('stays where the construct of a stack moves and its name does not', () => {
    const one = new Stack(new App(), 'Backend', { stackName: 'backend' });
    const two = new Stack(new Stage(new App(), 'Prod'), 'Renamed', { stackName: 'backend' });
    expect(taskTagOf(new Construct(one, 'Job'))).toBe(taskTagOf(new Construct(two, 'Job')));
  });

  test('takes a name that is known only at deployment', () => {
    const stack = new Stack(new App(), 'Backend');
    Object.defineProperty(stack, 'stackName', { value: Token.asString({ Ref: 'AWS::StackName' }) });
    expect(stack.resolve(taskTagOf(new Construct(stack, 'Job')))).toEqual({ 'Fn::Join': ['', [{ Ref: 'AWS::StackName' }, '/Job']] });
  });

  test('has no more characters and no others than AWS takes and IAM reads literally, and no two constructs share one', () => {
    // CDK takes no id that every object has as a property.
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }).filter((text) => text.trim() !== '' && !/^(Default|Resource)$/.test(text) && !(text in {}));
    const ids = fc.array(id, { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(fc.array(ids, { minLength: 2, maxLength: 12 }), (paths) => {
      const stack = new Stack(new App(), 'Backend', { stackName: 'x'.repeat(128) });
      const child = (scope: Construct, each: string) => scope.node.tryFindChild(each) as Construct | undefined ?? new Construct(scope, each);
      const constructs = paths.map((path) => path.reduce<Construct>(child, stack));
      const values = [...new Set(constructs)].map(taskTagOf);
      values.forEach((value) => expect(value).toMatch(/^[A-Za-z0-9 _.:/=+@-]{1,256}$/));
      expect(new Set(values).size).toBe(values.length);
    }), { numRuns: 100 });
  });
});

test('the tag replaces nothing', () => {
  const createOnly = jest.requireActual<Record<string, string[]>>('../support/create-only-properties.json');
  expect([...createOnly['AWS::ECS::Service'], ...createOnly['AWS::ECS::TaskDefinition']]).not.toContain('Tags');
});
