import * as fs from 'fs';
import * as path from 'path';
import { CfnResource, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { expectPage } from './support/generated-docs';
import { losses, resourcesOf } from './support/living-stack';
import { acceptedPlaceOf, acceptedPlaces, renderAcceptedFindings } from './support/nag-reasons';
import { buildExample, EXAMPLES, POSTURES, RECOVERED, type PostureName } from '../examples/checks/cases';

const CASES = [
  ...EXAMPLES.flatMap((example) => POSTURES.map((posture) => ({ name: example.directory, when: posture as string, example, posture }))),
  { name: RECOVERED.directory, when: 'production after a recovery', example: RECOVERED, posture: 'production' as const },
];

interface Report {
  readonly pluginReports: { readonly pluginName: string; readonly conclusion: string; readonly violations: Violation[] }[];
}
interface Violation {
  readonly ruleName: string;
  readonly violatingConstructs: { readonly constructPath: string }[];
}

function reportOf(directory: string): Report {
  return JSON.parse(fs.readFileSync(path.join(directory, 'validation-report.json'), 'utf8')) as Report;
}

const PACKS = {
  'AwsSolutions': AwsSolutionsChecks,
  'NIST.800.53.R5': NIST80053R5Checks,
  'HIPAA.Security': HIPAASecurityChecks,
  'PCI.DSS.321': PCIDSS321Checks,
  'Serverless': ServerlessChecks,
};

function packsFor(name: string, posture: PostureName): (keyof typeof PACKS)[] {
  if (posture === 'development') {
    return ['AwsSolutions'];
  }
  return name === '01-private-backend' ? ['AwsSolutions', 'NIST.800.53.R5', 'HIPAA.Security', 'PCI.DSS.321', 'Serverless'] : ['AwsSolutions', 'NIST.800.53.R5'];
}

function stackOf(key: string): string {
  return key.split('/')[0];
}

const neededPlaces = new Set<string | undefined>();

describe.each(CASES)('example $name in $when', ({ name, when, example, posture }) => {
  const before = process.env.CDK_VALIDATION;
  beforeEach(() => {
    process.env.CDK_VALIDATION = 'true';
  });
  afterEach(() => {
    process.env.CDK_VALIDATION = before;
  });

  test('passes the built-in validator, strict', () => {
    const { app } = buildExample(example, posture, { '@aws-cdk/core:validateAgainstDefaultRules': true });
    const { directory } = app.synth();
    // Newer validators leave out what has nothing to say; synth itself throws on an error, as the last test shows.
    expect(reportOf(directory).pluginReports.filter(({ conclusion, violations }) => conclusion !== 'success' || violations.length > 0)).toEqual([]);
  });

  test(`has no finding of cdk-nag without a written reason: ${packsFor(name, posture).join(', ')}`, () => {
    const { app } = buildExample(example, posture);
    const packs = packsFor(name, posture);
    Validations.of(app).addPlugins(...packs.map((pack) => new PACKS[pack](app)));
    expect(() => app.synth()).toThrow(/AwsSolutions/);
    const { pluginReports } = reportOf(app.outdir);
    const findings = packs.map((pack) => pluginReports.find(({ pluginName }) => pluginName === pack)?.violations ?? []);
    expect(findings.map(({ length }) => length > 0)).toEqual(packs.map(() => true));
    const unexplained = findings.flat().flatMap(({ ruleName, violatingConstructs }) => violatingConstructs.flatMap(({ constructPath }) => {
      const place = acceptedPlaceOf(ruleName, constructPath, posture);
      neededPlaces.add(place);
      return place === undefined ? [`${ruleName} at ${constructPath}`] : [];
    }));
    expect(unexplained).toEqual([]);
  });

  // After a recovery it has nothing that the other templates do not: test/examples/two-regions.test.ts.
  if (when === posture) {
    test('gives the template that was reviewed', () => {
      process.env.CDK_VALIDATION = 'false';
      const { stacks } = buildExample(example, posture);
      // Hashes of assets follow from bundled files, whose own tests hold them.
      for (const stack of stacks) {
        const template = JSON.stringify(Template.fromStack(stack).toJSON()).replace(/[0-9a-f]{64}/g, '<hash>');
        expect(JSON.parse(template)).toMatchSnapshot(stack.stackName);
      }
    });
  }
});

test('every example is among them', () => {
  const folders = fs.readdirSync(path.join(__dirname, '..', 'examples')).filter((name) => /^\d+-/.test(name));
  expect(EXAMPLES.map(({ directory }) => directory)).toEqual(folders);
});

test('example 03 has as many lines as its README says, and less than 120', () => {
  const directory = path.join(__dirname, '..', 'examples', '03-rex');
  const read = (name: string) => fs.readFileSync(path.join(directory, name), 'utf8');
  const lines = fs.readdirSync(directory).filter((name) => name.endsWith('.ts')).flatMap((name) => read(name).trimEnd().split('\n')).length;
  expect(lines).toBeLessThan(120);
  expect(read('README.md')).toContain(`in ${lines} lines`);
});

test('every written reason is still needed, at each of its places', () => {
  expect(acceptedPlaces().filter((place) => !neededPlaces.has(place))).toEqual([]);
});

test('the page of accepted findings is what the reasons say', () => {
  expectPage('docs/accepted-findings.md', renderAcceptedFindings());
});

test.each(EXAMPLES)('changing the posture of example $directory replaces nothing that holds data and no subnet', (example) => {
  const [development, production] = POSTURES.map((posture) => resourcesOf(buildExample(example, posture).app));
  expect(losses(development, production)).toEqual([]);
  // A stack that is no longer in the app stays in the account.
  const stacks = new Set(Object.keys(development).map(stackOf));
  expect(losses(Object.fromEntries(Object.entries(production).filter(([key]) => stacks.has(stackOf(key)))), development)).toEqual([]);
});

test('fails, with the validator strict, on a property that does not exist', () => {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'true';
  const { app, stacks: [stack] } = buildExample(EXAMPLES[1], 'development', { '@aws-cdk/core:validateAgainstDefaultRules': true });
  new CfnResource(stack, 'Bucket', { type: 'AWS::S3::Bucket', properties: { Unheard: 'of' } });
  expect(() => app.synth()).toThrow(/'Unheard' was unexpected/);
  process.env.CDK_VALIDATION = before;
});
