import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as cdk from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { API_RULES, type ApiType, type ApiValue, type Assembly } from './support/api-gate';

const ROOT = resolve(__dirname, '..');

/** Looks a class of aws-cdk-lib up where it lives: `aws-cdk-lib.aws_ec2.Vpc`. */
function isConstructClass(fqn: string): boolean {
  const [library, ...path] = fqn.split('.');
  const found = library === 'aws-cdk-lib' ? path.reduce<unknown>((scope, name) => (scope as Record<string, unknown> | undefined)?.[name], cdk) : undefined;
  return typeof found === 'function' && found.prototype instanceof Construct;
}

describe('the published API', () => {
  const file = resolve(ROOT, '.jsii');

  test('has been compiled', () => {
    if (!existsSync(file)) {
      throw new Error('There is no .jsii. Run: npx projen compile');
    }
  });

  test.each(Object.entries(API_RULES))('%s', (_name, rule) => {
    const assembly = JSON.parse(readFileSync(file, 'utf8')) as Assembly;
    expect(Object.keys(assembly.types ?? {}).length).toBeGreaterThan(0);
    expect(rule(assembly, isConstructClass)).toEqual([]);
  });
});

describe('each rule of the gate', () => {
  const documented = { summary: 'Something.' };
  const text = { primitive: 'string' };

  const prop = (name: string, more: Partial<ApiValue> = {}): ApiValue => ({ name, type: text, docs: documented, ...more });
  const type = (name: string, more: Partial<ApiType> = {}): ApiType => ({ fqn: `lib.${name}`, name, kind: 'class', docs: documented, ...more });
  const struct = (name: string, ...properties: ApiValue[]) => type(name, { kind: 'interface', datatype: true, properties });
  const assembly = (...types: ApiType[]): Assembly => ({ types: Object.fromEntries(types.map((one) => [one.fqn, one])) });
  const headings = '## What it makes\n\n## Defaults that matter\n\n## Security considerations\n\n## Cost\n\nNothing.';

  const cases: [rule: string, offender: Assembly, offence: string, innocent: Assembly][] = [
    ['every type and member is documented',
      assembly(type('A', { docs: {} })), 'A', assembly(type('A'))],
    ['every type and member is documented',
      assembly(type('A', { properties: [prop('b', { docs: undefined })] })), 'A.b',
      assembly(type('A', { properties: [prop('b', { docs: undefined, overrides: 'lib.IA' })] }))],
    ['every type and member is documented',
      assembly(type('A', { methods: [{ name: 'b' }] })), 'A.b', assembly(type('A', { methods: [{ name: 'b', docs: documented }] }))],
    ['every type and member is documented',
      assembly(type('A', { kind: 'enum', members: [{ name: 'B' }] })), 'A.B', assembly(type('A', { kind: 'enum', members: [{ name: 'B', docs: documented }] }))],
    ['every optional prop names its default, and never as undefined',
      assembly(struct('P', prop('a', { optional: true }))), 'P.a', assembly(struct('P', prop('a')))],
    ['every optional prop names its default, and never as undefined',
      assembly(struct('P', prop('a', { optional: true, docs: { default: 'undefined' } }))), 'P.a',
      assembly(struct('P', prop('a', { optional: true, docs: { default: '- none' } })))],
    ['no type is any',
      assembly(struct('P', prop('a', { type: { collection: { elementtype: { primitive: 'any' } } } }))), 'P.a', assembly(struct('P', prop('a')))],
    ['no type is any',
      assembly(type('A', { methods: [{ name: 'b', docs: documented, returns: { type: { primitive: 'json' } } }] })), 'A.b()',
      assembly(type('A', { methods: [{ name: 'b', docs: documented, returns: { type: text } }] }))],
    ['no type is a union or an intersection',
      assembly(type('A', { initializer: { parameters: [prop('x', { type: { union: { types: [text, { primitive: 'number' }] } } })] } })), 'A(x)',
      assembly(type('A', { initializer: { parameters: [prop('x')] } }))],
    ['no type is a union or an intersection',
      assembly(type('A', { methods: [{ name: 'b', docs: documented, parameters: [prop('x', { type: { intersection: { types: [text] } } })] }] })), 'A.b(x)',
      assembly(type('A', { methods: [{ name: 'b', docs: documented, parameters: [prop('x')] }] }))],
    ['no prop is an ARN',
      assembly(struct('FooProps', prop('keyArn'))), 'FooProps.keyArn', assembly(struct('FooAttributes', prop('keyArn')))],
    ['no prop is a resource of the Cfn layer',
      assembly(struct('P', prop('a', { type: { fqn: 'aws-cdk-lib.aws_ec2.CfnVPC' } }))), 'P.a',
      assembly(struct('P', prop('a', { type: { fqn: 'aws-cdk-lib.aws_ec2.IVpc' } })))],
    ['no prop is a resource of the Cfn layer',
      assembly(struct('P', prop('a', { type: { fqn: 'aws-cdk-lib.aws_ecs.CfnService.LoadBalancerProperty' } }))), 'P.a',
      assembly(struct('P', prop('a', { type: { fqn: 'aws-cdk-lib.aws_ecs.LoadBalancerTarget' } })))],
    ['no prop is a concrete resource where an interface exists',
      assembly(struct('P', prop('a', { type: { collection: { elementtype: { fqn: 'aws-cdk-lib.aws_ec2.Vpc' } } } }))), 'P.a',
      assembly(struct('P', prop('a', { type: { fqn: 'aws-cdk-lib.aws_ec2.IVpc' } }), prop('b', { type: { fqn: 'aws-cdk-lib.aws_ec2.InstanceType' } })))],
    ['no prop is a concrete resource where an interface exists',
      assembly(struct('P', prop('a', { type: { fqn: 'lib.Bucket' } })), type('Bucket', { base: 'aws-cdk-lib.Resource' })), 'P.a',
      assembly(struct('P', prop('a', { type: { fqn: 'lib.Backend' } })), type('Backend', { base: 'constructs.Construct' }))],
    ['no class shows its props',
      assembly(type('A', { properties: [prop('props')] })), 'A.props', assembly(type('A', { properties: [prop('port')] }))],
    ['nothing private and no generated function class is exported',
      assembly(type('A', { locationInModule: { filename: 'src/fargate/private/a.ts' } })), 'A of src/fargate/private/a.ts',
      assembly(type('A', { locationInModule: { filename: 'src/fargate/a.ts' } }))],
    ['nothing private and no generated function class is exported',
      assembly(type('AFunction', { locationInModule: { filename: 'src/fargate/a-function.ts' } })), 'AFunction of src/fargate/a-function.ts',
      assembly(type('A', { locationInModule: { filename: 'src/fargate/function.ts' } }))],
    ['the documentation of every construct has the four headings',
      assembly(type('A', { base: 'lib.B', docs: { remarks: headings.replace('## Cost\n', '') } }), type('B', { abstract: true, base: 'constructs.Construct' })), 'A: ## Cost',
      assembly(type('A', { base: 'constructs.Construct', docs: { remarks: headings } }), type('NoConstruct'))],
  ];

  test.each(cases)('fails on an offence against: %s', (rule, offender, offence, innocent) => {
    expect(API_RULES[rule](offender, isConstructClass)).toEqual([offence]);
    expect(API_RULES[rule](innocent, isConstructClass)).toEqual([]);
  });

  test('is shown to be able to fail', () => {
    expect([...new Set(cases.map(([rule]) => rule))].sort()).toEqual(Object.keys(API_RULES).sort());
  });
});
