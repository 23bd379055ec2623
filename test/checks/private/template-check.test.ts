import { App, CfnCondition, CfnMapping, CfnOutput, CfnParameter, CfnResource, CrossStackReferences, Fn, NestedStack, ReferenceStrength, Stack, Stage, Validations } from 'aws-cdk-lib';
import { ColourCheck, paint, RULE } from './colour-check';
import { CheckOutcome } from '../../../src/checks';
import { Reference, rendered, Text, Unknown } from '../../../src/checks/private/model';

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

/** Synthesises, and gives what the check saw; a violation stops synthesis, which is expected of some. */
function check(app: App, plugin = new ColourCheck()): ColourCheck {
  Validations.of(app).addPlugins(plugin);
  try {
    app.synth();
  } catch (error) {
    expect(String(error)).toMatch(/ColourCheck/);
  }
  return plugin;
}

/** The one value seen, as text. */
function valueOf(colour: (stack: Stack, app: App) => unknown): string {
  const app = new App();
  const stack = new Stack(app, 'Main');
  paint(stack, 'Paint', colour(stack, app));
  const { seen } = check(app);
  expect(seen).toHaveLength(1);
  return rendered(seen[0].value ?? '(none)');
}

describe('values of a template', () => {
  test.each<[string, (stack: Stack, app: App) => unknown, string]>([
    ['a literal', () => 'blue', 'blue'],
    ['a join of literals', () => ({ 'Fn::Join': ['-', ['a', 1, true]] }), 'a-1-true'],
    ['a join with a reference', (stack) => Fn.join(':', ['arn', paintless(stack).ref]), 'arn:${Other}'],
    ['an attribute', (stack) => paintless(stack).getAtt('Arn'), '${Other.Arn}'],
    ['a substitution', () => ({ 'Fn::Sub': ['${a}-${!b}-${AWS::Partition}', { a: 'x' }] }), 'x-${b}-${AWS::Partition}'],
    ['a selection', () => ({ 'Fn::Select': [1, ['a', 'b']] }), 'b'],
    ['a selection from a split', () => ({ 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b'] }] }), 'b'],
    ['an availability zone', () => ({ 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }), '${Fn::GetAZs [""][0]}'],
    ['no value', () => ({ Ref: 'AWS::NoValue' }), '(none)'],
    ['the name of the stack', () => ({ Ref: 'AWS::StackName' }), 'Main'],
    ['a list', (stack) => [paintless(stack).ref, { Ref: 'AWS::NoValue' }, 'x'], '[${Other}, x]'],
    ['a value of something that is not there', () => ({ Ref: 'Nothing' }), '${Main.Nothing.Ref}'],
    ['an import from outside the app', () => Fn.importValue('theirs'), '${theirs}'],
    ['a function that is not known', () => ({ 'Fn::Length': ['a'] }), '${Fn::Length ["a"]}'],
  ])('%s', (_, colour, expected) => {
    expect(valueOf(colour)).toBe(expected);
  });

  test('a map is looked up where its keys are known', () => {
    const app = new App();
    const stack = new Stack(app, 'Main', { env: { region: 'eu-west-1', account: '111111111111' } });
    new CfnMapping(stack, 'Colours', { mapping: { 'eu-west-1': { Colour: 'green' } } });
    paint(stack, 'Paint', { 'Fn::FindInMap': ['Colours', { Ref: 'AWS::Region' }, 'Colour'] });
    expect(check(app).seen[0].value).toBe('green');
  });

  test('a parameter is open, and its reason names the default', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    paint(stack, 'Paint', new CfnParameter(stack, 'Colour', { default: 'red' }).valueAsString);
    const plugin = check(app);
    expect(plugin.seen[0].value).toBeInstanceOf(Unknown);
    expect(plugin.report().findings).toEqual([expect.objectContaining({ outcome: CheckOutcome.UNDECIDED, message: expect.stringContaining("(default 'red') is given at deployment") })]);
    expect(plugin.report().success).toBe(true);
    expect(plugin.report().rules).toEqual([{ ruleId: RULE.id, title: RULE.title, applied: 1, held: 0 }]);
  });
});

describe('values across templates', () => {
  test.each([['an export', false], ['a weak reference', true]])('are followed through %s', (_, weak) => {
    const app = new App();
    const producer = new Stack(app, 'Producer');
    const other = paintless(producer);
    if (weak) {
      CrossStackReferences.of(other).produce(ReferenceStrength.WEAK);
    }
    const consumer = new Stack(app, 'Consumer');
    paint(consumer, 'Paint', Fn.join('', ['x', other.getAtt('Arn').toString()]));
    const { seen: [{ value }] } = check(app);
    expect(value).toBeInstanceOf(Text);
    const [, reference] = (value as Text).parts;
    expect(reference).toEqual(expect.objectContaining({ attribute: 'Arn' }));
    expect((reference as Reference).resource.constructPath).toBe('Producer/Other');
  });

  test('are followed into a nested stack, out of it, and to its resources', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    const nested = new NestedStack(stack, 'Nested');
    const inner = paintless(nested);
    paint(nested, 'Inner', paintless(stack).ref);
    paint(stack, 'Outer', inner.ref);
    const { seen } = check(app);
    const seenBy = Object.fromEntries(seen.map(({ resource, value }) => [resource.constructPath, (value as Reference).resource.constructPath]));
    expect(seenBy).toEqual({ 'Main/Nested/Inner': 'Main/Other', 'Main/Outer': 'Main/Nested/Other' });
  });

  test('are followed between stacks of a stage', () => {
    const app = new App();
    const stage = new Stage(app, 'Prod');
    const other = paintless(new Stack(stage, 'Producer'));
    paint(new Stack(stage, 'Consumer'), 'Paint', other.ref);
    expect((check(app).seen[0].value as Reference).resource.constructPath).toBe('Prod/Producer/Other');
  });

  test('are judged once for each account and region, and reported together', () => {
    const app = new App();
    paint(new Stack(app, 'Here', { env: { region: 'eu-west-1', account: '111111111111' } }), 'Paint', 'red');
    paint(new Stack(app, 'There', { env: { region: 'us-east-1', account: '111111111111' } }), 'Paint', 'red');
    expect(check(app).report().findings.map(({ constructPath }) => constructPath)).toEqual(['Here/Paint', 'There/Paint']);
  });

  test('are found without metadata of paths', () => {
    const app = new App({ context: { 'aws:cdk:disable-path-metadata': true }, analyticsReporting: false });
    paint(new Stack(app, 'Main'), 'Paint', 'red');
    expect(check(app).report().findings[0].constructPath).toBe('Main/Paint');
  });
});

describe('conditions', () => {
  test('that are open are looked at both ways, and the finding says when', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    const stage = new CfnParameter(stack, 'Stage');
    const isProduction = new CfnCondition(stack, 'IsProduction', { expression: Fn.conditionEquals(stage.valueAsString, 'prod') });
    paint(stack, 'Paint', Fn.conditionIf(isProduction.logicalId, 'blue', 'red'));
    expect(check(app).report().findings.map(({ message }) => message)).toEqual(["it is red (when ${Main.Stage} is not 'prod')"]);
  });

  test('that are open leave out what they rule out', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    const stage = new CfnParameter(stack, 'Stage').valueAsString;
    const conditions = ['prod', 'test'].map((name) => new CfnCondition(stack, `Is${name}`, { expression: Fn.conditionEquals(stage, name) }));
    conditions.forEach((condition, index) => {
      paint(stack, `Paint${index}`, 'red').cfnOptions.condition = condition;
    });
    const plugin = check(app);
    expect(new Set(plugin.seen.map(({ condition }) => condition)).size).toBe(2);
    expect(plugin.report().findings.map(({ message }) => message)).toEqual([
      "it is red (when ${Main.Stage} is 'prod' and ${Main.Stage} is not 'test')",
      "it is red (when ${Main.Stage} is not 'prod' and ${Main.Stage} is 'test')",
    ]);
  });

  test('that are decided are not open', () => {
    const app = new App();
    const stack = new Stack(app, 'Main', { env: { region: 'eu-west-1', account: '111111111111' } });
    const here = new CfnCondition(stack, 'Here', { expression: Fn.conditionAnd(Fn.conditionEquals(Fn.ref('AWS::Region'), 'eu-west-1'), Fn.conditionNot(Fn.conditionEquals('a', 'b'))) });
    paint(stack, 'Paint', Fn.conditionIf(here.logicalId, 'red', 'blue'));
    const plugin = check(app);
    expect(plugin.seen.map(({ value, condition }) => [value, condition])).toEqual([['red', undefined]]);
  });

  test('that are many are looked at all true and all false, and the report says so', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    for (let i = 0; i < 7; i++) {
      const condition = new CfnCondition(stack, `C${i}`, { expression: Fn.conditionEquals(new CfnParameter(stack, `P${i}`).valueAsString, 'x') });
      paint(stack, `Paint${i}`, 'blue').cfnOptions.condition = condition;
    }
    const { notes, findings } = check(app).report();
    expect(findings).toEqual([]);
    expect(notes).toEqual(['7 conditions are open until deployment; only all true and all false were looked at, not every combination.']);
  });
});

describe('a finding', () => {
  test('stops synthesis, with the rule, the message and the fix', () => {
    const app = new App();
    paint(new Stack(app, 'Main'), 'Paint', 'red');
    Validations.of(app).addPlugins(new ColourCheck());
    expect(() => app.synth()).toThrow(/it is red[^]*Paint it\./);
  });

  test('of a rule that only warns does not stop synthesis', () => {
    const app = new App();
    paint(new Stack(app, 'Main'), 'Paint', 'red');
    const plugin = new ColourCheck({ ...RULE, severity: 'warning' });
    Validations.of(app).addPlugins(plugin);
    app.synth();
    expect(plugin.report().findings[0].outcome).toBe(CheckOutcome.ADVICE);
  });

  test.each(['Main/Paint', 'Main'])('that is acknowledged on %s is reported with the reason and stops nothing', (at) => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    const resource = paint(stack, 'Paint', 'red');
    Validations.of(at === 'Main' ? stack : resource).acknowledge({ id: RULE.id, reason: 'The client likes red.' });
    const plugin = new ColourCheck();
    Validations.of(app).addPlugins(plugin);
    app.synth();
    expect(plugin.report().findings).toEqual([expect.objectContaining({ outcome: CheckOutcome.ACKNOWLEDGED, acknowledgement: 'The client likes red.' })]);
    expect(plugin.report().rulesHeld).toBe(0);
  });

  test('names an id in the report that acknowledges it and nothing else', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    ['Paint', 'Other'].forEach((id) => paint(stack, id, 'red'));
    Validations.of(app).acknowledge({ id: 'ColourCheck::test-red[Main/Paint]', reason: 'The client likes red.' });
    Validations.of(app).addPlugins(new ColourCheck());
    expect(() => app.synth()).toThrow(/^(?![^]*Main.Paint)[^]*Acknowledge with 'ColourCheck::test-red\[Main.Other\]'/);
  });

  test.each([RULE.id, `ColourCheck::${RULE.id}`])('that is acknowledged as %s on another construct still stops synthesis', (id) => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    paint(stack, 'Paint', 'red');
    Validations.of(paint(stack, 'Other', 'red')).acknowledge({ id, reason: 'Not here.' });
    Validations.of(app).addPlugins(new ColourCheck());
    expect(() => app.synth()).toThrow(/it is red/);
  });

  test('fails to be reported before synthesis', () => {
    expect(() => new ColourCheck().report()).toThrow(/The check hasn't run yet.*addPlugins.*\(in ColourCheck\.report\(\)\)/);
  });

  test('is shown in Markdown, beside the rules', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    paint(stack, 'Loud', 'red');
    paint(stack, 'Quiet', 'blue');
    new CfnOutput(stack, 'Output', { value: 'x' });
    expect(check(app).report().toMarkdown().split('\n')).toEqual([
      'ColourCheck: 0 of 1 rules that apply hold; findings: 1 violation.',
      '',
      '| rule | | holds for |',
      '|---|---|---|',
      '| `test-red` | Nothing is red | 1 of 2 |',
      '',
      '- **violation** `test-red` at `Main/Loud`: it is red Paint it.',
    ]);
  });
});

function paintless(scope: Stack): CfnResource {
  return new CfnResource(scope, 'Other', { type: 'Test::Other' });
}
