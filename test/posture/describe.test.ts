import { App, Aws, CfnParameter, CfnResource, Fn, Lazy, NestedStack, SecretValue, Stack, Stage } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ArtifactMetadataEntryType } from 'aws-cdk-lib/cloud-assembly-schema';
import { Construct, type IConstruct } from 'constructs';
import * as fc from 'fast-check';
import { Posture } from '../../src';
import { METADATA_KEY, describe as describeAs, standFor, type Described } from '../../src/posture/shared/describe';

type Fields = Record<string, Described>;

/** As `null` it would make CloudFormation refuse the template. */
const NOT_KNOWN = { unknown: true };

/** A construct with one resource, as those of the library are. */
class Thing extends Construct {
  public readonly resource: CfnResource;

  constructor(scope: Construct, id: string, fields: () => Fields = () => ({})) {
    super(scope, id);
    this.resource = new CfnResource(this, 'Resource', { type: 'Custom::Thing' });
    describeAs(this, this, () => ({ kind: 'job', ...fields() }));
  }
}

interface Resource {
  readonly Metadata?: Record<string, Fields>;
  readonly DependsOn?: unknown;
}

interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: unknown;
}

function templateOf(stack: Stack): Template {
  const assembly = Stage.of(stack)!.synth({ force: true });
  return JSON.parse(JSON.stringify(assembly.getStackArtifact(stack.artifactId).template)) as Template;
}

function described({ resource }: Thing): Fields {
  const stack = Stack.of(resource);
  return templateOf(stack).Resources[stack.resolve(resource.logicalId) as string].Metadata![METADATA_KEY];
}

const newStack = (id = 'Backend', app = new App()) => new Stack(app, id);

describe('a description', () => {
  test('has a version, a kind, a name and a posture first, then what else there is by name', () => {
    const stack = newStack();
    Posture.development().applyTo(stack);
    const thing = new Thing(new Construct(stack, 'Jobs'), 'Nightly', () => ({ zone: 'a', cluster: 'b' }));
    expect(JSON.stringify(described(thing))).toBe('{"version":1,"kind":"job","name":"Jobs/Nightly","posture":"development","postureApplied":true,"cluster":"b","zone":"a"}');
  });

  test('has a name that the stack does not change, nor a stage, and that a nested stack is part of', () => {
    const stage = new Stage(new App(), 'Test', { env: { region: 'eu-central-1' } });
    const stack = new Stack(stage, 'Backend');
    new Thing(new NestedStack(stack, 'Inner'), 'Job');
    const outer = new Thing(stack, 'Job');
    expect(described(outer).name).toBe('Job');
    const nested = stack.node.findChild('Inner').node.findChild('Job') as Thing;
    const resolved = Stack.of(nested).resolve(nested.resource.cfnOptions.metadata) as Record<string, Fields>;
    expect(resolved[METADATA_KEY].name).toBe('Inner/Job');
  });

  test('names the nearest posture, whenever it was applied, and says where none was, without a warning', () => {
    const app = new App();
    const [bare, below] = ['Bare', 'Below'].map((id) => new Stack(app, id));
    const things = [new Thing(bare, 'Job'), new Thing(below, 'Job')];
    Posture.production().applyTo(below);
    expect(things.map(described)).toEqual([
      expect.objectContaining({ posture: 'production', postureApplied: false }),
      expect.objectContaining({ posture: 'production', postureApplied: true }),
    ]);
    expect(bare.node.metadata.filter(({ type }) => type === ArtifactMetadataEntryType.WARN)).toEqual([]);
  });

  test('leaves the metadata of others', () => {
    const thing = new Thing(newStack(), 'Job');
    thing.resource.addMetadata('aws:cdk:path', 'Backend/Job/Resource');
    const { Metadata } = templateOf(Stack.of(thing)).Resources[Stack.of(thing).resolve(thing.resource.logicalId) as string];
    expect(Object.keys(Metadata!).sort()).toEqual(['aws:cdk:path', METADATA_KEY]);
  });

  test('is read when everything is declared', () => {
    let port = 1;
    const thing = new Thing(newStack(), 'Job', () => ({ port }));
    port = 2;
    expect(described(thing).port).toBe(2);
  });

  test('leaves out what is not there', () => {
    const thing = new Thing(newStack(), 'Job', () => ({ nothing: undefined, all: [undefined, 1] as Described }));
    expect(described(thing)).toEqual({ version: 1, kind: 'job', name: 'Job', posture: 'production', postureApplied: false, all: [1] });
  });

  test('is nowhere where there is no resource', () => {
    const stack = newStack();
    describeAs(new Construct(stack, 'Empty'), undefined, () => ({ kind: 'job' }));
    describeAs(new Construct(stack, 'Imported'), Bucket.fromBucketName(stack, 'Bucket', 'existing'), () => ({ kind: 'job' }));
    new CfnResource(stack, 'Other', { type: 'Custom::Thing' });
    expect(JSON.stringify(templateOf(stack))).not.toContain(METADATA_KEY);
  });
});

describe('a reference', () => {
  test('is the logical id that the resource has in the end, and no dependency', () => {
    const stack = newStack();
    const [bucket, renamed] = [new Bucket(stack, 'Files'), new CfnResource(stack, 'Old', { type: 'Custom::Thing' })];
    const thing = new Thing(stack, 'Job', () => ({ bucket, renamed, all: [bucket, renamed] }));
    renamed.overrideLogicalId('New');
    const id = stack.resolve((bucket.node.defaultChild as CfnResource).logicalId) as string;
    expect(described(thing)).toMatchObject({ bucket: id, renamed: 'New', all: [id, 'New'] });
    expect(Object.values(templateOf(stack).Resources).flatMap(({ DependsOn }) => DependsOn ?? [])).toEqual([]);
  });

  test('leads to the resource with the description, and to what a construct stands for', () => {
    const stack = newStack();
    const [topic, rule] = ['Topic', 'Rule'].map((id) => new CfnResource(stack, id, { type: 'Custom::Thing' }));
    const [monitoring, share] = ['Monitoring', 'Share'].map((id) => new Construct(stack, id));
    describeAs(monitoring, topic, () => ({ kind: 'monitoring' }));
    standFor(share, rule);
    expect(described(new Thing(stack, 'Job', () => ({ monitoring, share })))).toMatchObject({ monitoring: 'Topic', share: 'Rule' });
  });

  test('into another stack names the stack, and makes neither export nor order', () => {
    const app = new App();
    const [data, services] = [newStack('Data', app), newStack('Services', app)];
    const inner = new NestedStack(new NestedStack(data, 'Middle'), 'Inner');
    const [server, nested] = [data, inner].map((stack) => new CfnResource(stack, 'Server', { type: 'Custom::Thing' }));
    const thing = new Thing(services, 'Job', () => ({ server, nested }));
    const [middleId, innerId] = [inner.nestedStackParent!, inner].map((stack) => Stack.of(stack.nestedStackResource!).resolve(stack.nestedStackResource!.logicalId) as string);
    expect(described(thing)).toMatchObject({
      server: { stack: 'Data', nestedStacks: [], logicalId: 'Server' },
      nested: { stack: 'Data', nestedStacks: [middleId, innerId], logicalId: 'Server' },
    });
    expect(services.dependencies).toEqual([]);
    expect(templateOf(data).Outputs).toBeUndefined();
  });

  test('to what this app does not make is unknown', () => {
    const stack = newStack();
    const bucket = Bucket.fromBucketName(stack, 'Bucket', 'existing');
    expect(described(new Thing(stack, 'Job', () => ({ bucket, empty: new Construct(stack, `Empty${stack.node.children.length}`) }))))
      .toMatchObject({ bucket: NOT_KNOWN, empty: NOT_KNOWN });
  });
});

/** A value, and what of it may stand in a template. */
interface Sample {
  readonly make: (world: World) => unknown;
  readonly literal: unknown;
}

interface World {
  readonly stack: Stack;
  readonly parameter: CfnParameter;
  readonly number: CfnParameter;
  readonly elsewhere: CfnResource;
}

const UNKNOWN: Record<string, (world: World) => unknown> = {
  'a pseudo parameter': () => Aws.REGION,
  'a parameter': ({ parameter }) => parameter.valueAsString,
  'a number': ({ number }) => number.valueAsNumber,
  'a list': ({ parameter }) => Fn.split(',', parameter.valueAsString),
  'a part of a list': ({ parameter }) => Fn.select(1, Fn.split(',', parameter.valueAsString)),
  'an import': () => Fn.importValue('other'),
  'an attribute of another stack': ({ elsewhere }) => elsewhere.getAtt('Address').toString(),
  'a reference to another stack': ({ elsewhere }) => elsewhere.ref,
  'a resolvable': ({ elsewhere }) => elsewhere.getAtt('Port'),
  'a text with an address in it': ({ elsewhere }) => `https://${elsewhere.ref}/path`,
  'a late text that is unknown': ({ parameter }) => Lazy.string({ produce: () => parameter.valueAsString }),
  'an object': () => Lazy.any({ produce: () => ({ deep: Aws.ACCOUNT_ID }) }),
  'a secret': () => SecretValue.secretsManager('password').unsafeUnwrap(),
  'a field of a secret': ({ stack }) => Secret.fromSecretNameV2(stack, `Secret${stack.node.children.length}`, 'name').secretValueFromJson('password').unsafeUnwrap(),
  'a secret that is written out': () => 'user-{{resolve:ssm-secure:name}}',
  'something else': () => new Date(0),
};

const sample: fc.Arbitrary<Sample> = fc.letrec<{ value: Sample; list: Sample }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string().filter((text) => !text.includes('{{resolve:')), fc.integer(), fc.boolean()).map((literal): Sample => ({ make: () => literal, literal })),
    fc.string({ unit: 'grapheme-ascii' }).map((literal): Sample => ({ make: () => Lazy.string({ produce: () => literal }), literal })),
    fc.constantFrom(...Object.values(UNKNOWN)).map((make): Sample => ({ make, literal: NOT_KNOWN })),
    tie('list'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }).map((all): Sample => ({ make: (world) => all.map(({ make }) => make(world)), literal: all.map(({ literal }) => literal) })),
})).value;

function newWorld(): World {
  const app = new App();
  const [stack, other] = [newStack('Backend', app), newStack('Other', app)];
  return {
    stack,
    parameter: new CfnParameter(stack, 'Text'),
    number: new CfnParameter(stack, 'Number', { type: 'Number' }),
    elsewhere: new CfnResource(other, 'Elsewhere', { type: 'Custom::Thing' }),
  };
}

describe('only literals get into the template:', () => {
  test.each(Object.entries(UNKNOWN))('not %s', (_, make) => {
    const world = newWorld();
    const value = make(world);
    expect(described(new Thing(world.stack, 'Job', () => ({ value: value as Described }))).value).toEqual(NOT_KNOWN);
  });

  test('whatever a construct says, however deep', () => {
    fc.assert(fc.property(sample, ({ make, literal }) => {
      // GIVEN
      const world = newWorld();
      const value = make(world) as Described;

      // WHEN
      const thing = new Thing(world.stack, 'Job', () => ({ value }));

      // THEN
      expect(described(thing).value).toEqual(JSON.parse(JSON.stringify(literal)));
      expect(world.stack.dependencies).toEqual([]);
      expect(Object.keys(templateOf(Stack.of(world.elsewhere)))).not.toContain('Outputs');
    }), { numRuns: 60 });
  });

  test('also where it is a construct of another stack', () => {
    const { stack, elsewhere }: { stack: Stack; elsewhere: IConstruct } = newWorld();
    expect(JSON.stringify(described(new Thing(stack, 'Job', () => ({ elsewhere }))))).not.toMatch(/"Ref"|"Fn::/);
  });
});
