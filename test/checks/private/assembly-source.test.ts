import * as fs from 'fs';
import * as path from 'path';
import {
  App, CfnCondition, CfnOutput, CfnParameter, CfnResource, CfnStack, CrossStackReferences, Fn, LegacyStackSynthesizer, NestedStack, ReferenceStrength, Stack, Stage, Validations,
  type AppProps,
} from 'aws-cdk-lib';
import { ColourCheck, paint, RULE } from './colour-check';
import { buildPopularPattern } from '../../../examples/checks/popular-pattern';
import { CheckOutcome, CostReport, HardeningCheck, ReachabilityCheck, type CheckReport } from '../../../src/checks';
import type { TemplateCheck } from '../../../src/checks/private/template-check';
import { errorOf } from '../../support/validated';

const REGIONS = ['eu-west-1', 'us-east-1'].map((region) => ({ account: '111111111111', region }));

/** What a folder says, without its app. */
function judged(directory: string): CheckReport {
  const check = new ColourCheck();
  check.validateAssembly(directory);
  return check.report();
}

function nameless({ findings, notes, rules, summary }: CheckReport) {
  return { findings: findings.map(({ templatePath: _, ...finding }) => finding), notes, rules, summary };
}

/** Asks a plugin as the CDK does, about templates of a folder that the app knows nothing of. */
function validate(check: TemplateCheck, templatePaths: string[]) {
  return check.validate({ templatePaths, stackTemplates: [], appConstruct: new App(), accountId: undefined, region: undefined });
}

/** The templates that the CDK asks plugins about. */
function templatesOf({ outdir }: App): string[] {
  const files = fs.readdirSync(outdir, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.template.json') && !file.endsWith('.nested.template.json')).map((file) => path.join(outdir, file));
}

interface SourceCase {
  readonly name: string;
  readonly build: (app: App) => void;
  /** Construct paths of what is red or open. */
  readonly found: readonly string[];
  readonly props?: AppProps;
}

const APPS: readonly SourceCase[] = [
  { name: 'a stack with another name than its path', build: (app) => paint(new Stack(app, 'Main', { stackName: 'other' }), 'Paint', { 'Fn::Select': [1, ['a', 'red']] }), found: ['Main/Paint'] },
  { name: 'a stack of a stage', build: (app) => paint(new Stack(new Stage(app, 'Prod'), 'Main'), 'Paint', 'red'), found: ['Prod/Main/Paint'] },
  {
    name: 'stages in a stage, with one stack each',
    build: (app) => ['A', 'B'].forEach((id) => paint(new Stack(new Stage(new Stage(app, id), 'Inner'), 'Main'), 'Paint', 'red')),
    found: ['A/Inner/Main/Paint', 'B/Inner/Main/Paint'],
  },
  { name: 'stacks of two regions', build: (app) => REGIONS.forEach((env) => paint(new Stack(app, env.region, { env }), 'Paint', 'red')), found: ['eu-west-1/Paint', 'us-east-1/Paint'] },
  {
    name: 'regions, as values',
    build: (app) => {
      paint(new Stack(app, 'Here', { env: REGIONS[0] }), 'Paint', { 'Fn::If': ['C', 'red', 'blue'] });
      new CfnCondition(app.node.findChild('Here') as Stack, 'C', { expression: Fn.conditionEquals(Fn.ref('AWS::Region'), 'eu-west-1') });
      paint(new Stack(app, 'Anywhere'), 'Paint', { Ref: 'AWS::Region' });
    },
    found: ['Anywhere/Paint', 'Here/Paint'],
  },
  {
    name: 'nested stacks in nested stacks, with the same logical ids',
    build: (app) => {
      const stack = new Stack(app, 'Main');
      const nested = new NestedStack(stack, 'Nested');
      [stack, nested, new NestedStack(nested, 'Deep')].forEach((each) => paint(each, 'Paint', 'red'));
    },
    found: ['Main/Nested/Deep/Paint', 'Main/Nested/Paint', 'Main/Paint'],
  },
  {
    name: 'two nested stacks with one and the same template',
    build: (app) => {
      const stack = new Stack(app, 'Main');
      ['One', 'Two'].forEach((id) => paint(new NestedStack(stack, id), 'Paint', 'red'));
    },
    found: ['Main/One/Paint', 'Main/Two/Paint'],
  },
  {
    name: 'values that go into nested stacks and out of them',
    build: (app) => {
      const stack = new Stack(app, 'Main');
      const nested = new NestedStack(stack, 'Nested', { parameters: { Given: 'red' } });
      paint(nested, 'Inner', new CfnParameter(nested, 'Given').valueAsString);
      const deep = new NestedStack(nested, 'Deep');
      paint(deep, 'Open', new CfnParameter(stack, 'Theirs').valueAsString);
      paint(deep, 'Named', { Ref: 'AWS::StackName' });
    },
    found: ['Main/Nested/Deep/Named', 'Main/Nested/Deep/Open', 'Main/Nested/Inner'],
  },
  {
    name: 'a nested stack with the old synthesizer',
    build: (app) => paint(new NestedStack(new Stack(app, 'Main', { synthesizer: new LegacyStackSynthesizer() }), 'Nested'), 'Paint', 'red'),
    found: ['Main/Nested/Paint'],
  },
  { name: 'a stack within a stack', build: (app) => paint(new Stack(new Stack(app, 'Outer'), 'Inner'), 'Paint', 'red'), found: ['Outer/Inner/Paint'] },
  { name: 'a nested stack whose template is somewhere else', build: (app) => new CfnStack(new Stack(app, 'Main'), 'Theirs', { templateUrl: 'https://example.com/a.json' }), found: ['Main/Theirs'] },
  {
    name: 'exports and weak references',
    build: (app) => {
      const [producer, consumer] = [new Stack(app, 'Producer'), new Stack(app, 'Consumer')];
      new CfnOutput(producer, 'Exported', { value: 'red', exportName: 'colour' });
      paint(consumer, 'Imported', Fn.importValue('colour'));
      const other = new CfnResource(producer, 'Other', { type: 'Test::Other' });
      CrossStackReferences.of(other).produce(ReferenceStrength.WEAK);
      paint(consumer, 'Referring', Fn.select(0, [Fn.importValue('theirs'), other.ref]));
    },
    found: ['Consumer/Imported', 'Consumer/Referring'],
  },
  {
    name: 'what was acknowledged on a resource, a stack and a nested stack',
    build: (app) => {
      const [stack, other] = [new Stack(app, 'Main'), new Stack(app, 'Other')];
      const nested = new NestedStack(stack, 'Nested');
      const painted = [stack, nested, other].map((each) => paint(each, 'Paint', 'red'));
      [painted[0], nested, other].forEach((each) => Validations.of(each).acknowledge({ id: RULE.id, reason: `at ${each.node.path}` }));
    },
    found: ['Main/Nested/Paint', 'Main/Paint', 'Other/Paint'],
  },
  { name: 'paths in the metadata of resources', build: (app) => paint(new Stack(app, 'Main'), 'Paint', 'red'), props: { context: { 'aws:cdk:enable-path-metadata': true } }, found: ['Main/Paint'] },
  { name: 'a folder without its tree', build: (app) => paint(new Stack(app, 'Main'), 'Paint', 'red'), props: { treeMetadata: false, analyticsReporting: false }, found: ['Main/Paint'] },
];

describe('a folder says what its app says, of', () => {
  test.each(APPS)('$name', ({ build, found, props }) => {
    const app = new App(props);
    build(app);
    const check = new ColourCheck();
    errorOf(app, [check]);
    expect(check.report().findings.map(({ constructPath }) => constructPath).sort()).toEqual(found);
    expect(nameless(judged(app.outdir))).toEqual(nameless(check.report()));
  });
});

describe('templates that the app does not contain', () => {
  test.each([() => new ReachabilityCheck(), () => new HardeningCheck(), () => CostReport.budget(1)])('are read from the folder that they stand in, for check %#', (make) => {
    const [app, ofApp, ofFolder] = [buildPopularPattern(), make(), make()];
    const said = errorOf(app, [ofApp]);
    expect(validate(ofFolder, templatesOf(app)).success).toBe(said === '');
    expect(ofFolder.report()).toEqual(ofApp.report());
  });

  test('are read with the whole app around their stage', () => {
    const app = new App();
    new CfnOutput(new Stack(app, 'Producer'), 'Exported', { value: 'red', exportName: 'colour' });
    paint(new Stack(new Stage(app, 'Prod'), 'Consumer'), 'Paint', Fn.importValue('colour'));
    app.synth();
    const check = new ColourCheck();
    validate(check, templatesOf(app).filter((file) => file.includes('Prod')));
    expect(check.report().findings).toEqual([expect.objectContaining({ outcome: CheckOutcome.VIOLATION, constructPath: 'Prod/Consumer/Paint' })]);
  });

  test('are read in a project that has a manifest of another kind', () => {
    const project = fs.mkdtempSync(path.join(fs.realpathSync(process.cwd()), 'node_modules', '.project-'));
    try {
      fs.writeFileSync(path.join(project, 'manifest.json'), '{ "name": "a web app", ');
      const app = new App({ outdir: path.join(project, 'cdk.out') });
      paint(new Stack(app, 'Main'), 'Paint', 'red');
      app.synth();
      expect(validate(new ColourCheck(), templatesOf(app)).success).toBe(false);
    } finally {
      fs.rmSync(project, { recursive: true });
    }
  });

  test('fail to be read together with those of another folder', () => {
    const files = ['One', 'Two'].flatMap((id) => {
      const app = new App();
      paint(new Stack(app, id), 'Paint', 'blue');
      app.synth();
      return templatesOf(app);
    });
    expect(() => validate(new ColourCheck(), files)).toThrow(/Two\.template\.json' isn't a template of the cloud assembly in .*ColourCheck\.validate\(\)/);
  });
});

test('what was acknowledged on the app is not in the folder, and stays a violation', () => {
  const app = new App();
  paint(new Stack(app, 'Main'), 'Paint', 'red');
  Validations.of(app).acknowledge({ id: RULE.id, reason: 'Here.' });
  app.synth();
  expect(judged(app.outdir).findings.map(({ outcome }) => outcome)).toEqual([CheckOutcome.VIOLATION]);
});

describe('nothing is passed over in silence:', () => {
  const FILES = ['manifest.json', 'Main.template.json', 'Main.metadata.json', 'Main.assets.json', 'MainNested3F44D81B.nested.template.json'];

  function written(): string {
    const app = new App();
    paint(new NestedStack(new Stack(app, 'Main'), 'Nested'), 'Paint', 'blue');
    return app.synth().directory;
  }

  test('the whole folder is judged', () => {
    const directory = written();
    expect(judged(directory)).toMatchObject({ findings: [], notes: [], rulesHeld: 1 });
    expect(fs.readdirSync(directory)).toEqual(expect.arrayContaining(FILES));
  });

  test.each(FILES.flatMap((file) => [
    { file, fault: 'empty', change: (at: string) => fs.writeFileSync(at, '') },
    { file, fault: 'cut off', change: (at: string) => fs.truncateSync(at, fs.statSync(at).size - 2) },
    { file, fault: 'no map', change: (at: string) => fs.writeFileSync(at, '[]') },
  ]))('fails where $file is $fault', ({ file, change }) => {
    const directory = written();
    change(path.join(directory, file));
    expect(() => judged(directory)).toThrow(new RegExp(`'${file}' of the cloud assembly in '.*' can't be read: .*ColourCheck\\.validateAssembly\\(\\)`));
  });

  test.each(FILES.slice(0, 4))('fails where %s is not there', (file) => {
    const directory = written();
    fs.rmSync(path.join(directory, file));
    expect(() => judged(directory)).toThrow(file === 'manifest.json' ? /isn't a cloud assembly/ : new RegExp(`'${file}' of .* can't be read: "ENOENT`));
  });

  test('a nested stack without its template is undecided', () => {
    const directory = written();
    fs.rmSync(path.join(directory, FILES[4]));
    const { findings, rulesHeld } = judged(directory);
    expect(rulesHeld).toBe(0);
    expect(findings).toEqual([expect.objectContaining({
      ruleId: 'nested-template', outcome: CheckOutcome.UNDECIDED, constructPath: 'Main/Nested.NestedStack/Nested.NestedStackResource', message: expect.stringContaining('nothing in it was judged'),
    })]);
  });

  test('a folder without stacks', () => {
    const { directory } = new App().synth();
    expect(judged(directory).notes).toEqual(['Nothing was judged: there are no templates.']);
    expect(judged(directory).summary).toBe('ColourCheck: nothing was judged, because no rule applies to what is there.');
  });
});

test('a stack without resources is said to be not judged, and synthesis goes on', () => {
  const app = new App();
  new Stack(app, 'Main');
  const check = new ColourCheck();
  expect(errorOf(app, [check])).toBe('');
  expect(check.report().notes).toEqual(['Nothing was judged: no resources are in Main.template.json.']);
  expect(validate(check, templatesOf(app))).toMatchObject({ success: true, violations: [{ ruleName: 'nothing-judged', severity: 'warning', violatingResources: [{ templatePath: expect.any(String) }] }] });
  const { pluginReports } = JSON.parse(fs.readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as { pluginReports: { violations: { description: string }[] }[] };
  expect(pluginReports[0].violations).toEqual([expect.objectContaining({ description: 'Nothing was judged: no resources are in Main.template.json.' })]);
});
