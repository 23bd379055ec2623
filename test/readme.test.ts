import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { Validations, type App } from 'aws-cdk-lib';
import * as ts from 'typescript';
import { buildExample, EXAMPLES, POSTURES, type Example, type PostureName } from '../examples/checks/cases';
import * as library from '../src';

const ROOT = path.join(__dirname, '..');
const SAMPLE = /## Sample[\s\S]*?```ts\n([\s\S]*?)```/.exec(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8'))?.[1] ?? '';

describe('the first sample of the README', () => {
  const before = { directory: process.cwd(), validation: process.env.CDK_VALIDATION };
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-private-backend-readme-'));

  beforeAll(() => {
    // What its reader has: migrations for goose, and a service with a Dockerfile.
    fs.cpSync(path.join(ROOT, 'examples/01-private-backend/migrations'), path.join(directory, 'migrations'), { recursive: true });
    fs.mkdirSync(path.join(directory, 'service'));
    fs.writeFileSync(path.join(directory, 'service/Dockerfile'), 'FROM scratch\n');
    process.chdir(directory);
    process.env.CDK_VALIDATION = 'true';
  });

  afterAll(() => {
    process.chdir(before.directory);
    process.env.CDK_VALIDATION = before.validation;
    fs.rmSync(directory, { recursive: true });
  });

  test('has at most 15 lines besides imports and blank lines', () => {
    const lines = SAMPLE.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('import'));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(15);
  });

  test('synthesises as it stands, under the strict validator', () => {
    const javascript = ts.transpileModule(SAMPLE, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } }).outputText;
    const resolve = (name: string): unknown => (name === 'cdk-private-backend' ? library : jest.requireActual(name));
    const app = new Function('require', 'exports', `${javascript}\nreturn app;`)(resolve, {}) as App;
    const assembly = app.synth();
    const report = JSON.parse(fs.readFileSync(path.join(assembly.directory, 'validation-report.json'), 'utf8')) as { pluginReports: { conclusion: string }[] };
    expect(report.pluginReports.filter(({ conclusion }) => conclusion !== 'success')).toEqual([]);
    const types = Object.values((assembly.stacks[0].template as { Resources: Record<string, { Type: string }> }).Resources).map(({ Type }) => Type);
    expect(types).toEqual(expect.arrayContaining(['AWS::RDS::DBInstance', 'Custom::PostgresUser', 'Custom::Migration', 'AWS::ECS::Service', 'AWS::SSM::Document']));
  });
});

describe('what the sample made, in the README', () => {
  const text = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const column = (row: string, index: number) => new RegExp(`^\\| ${row} \\|(.*)$`, 'm').exec(text)?.[1].split('|')[index] ?? '';

  test.each([library.Posture.development(), library.Posture.production()].map((posture, index) => ({ posture, index })))('has the values of $posture.name', ({ posture, index }) => {
    expect(column('network', index)).toContain(`${posture.maxAzs} zones`);
    expect(column('PostgreSQL', index)).toContain(`\`db.${posture.databaseInstanceType.toString()}\`, ${posture.databaseAllocatedStorage.toGibibytes()} GB, backups of ${posture.backupRetention.toDays()} days`);
    expect(column('PostgreSQL', index).includes('Multi-AZ')).toBe(posture.multiAz);
    expect(column('PostgreSQL', index).includes('deletion protection')).toBe(posture.deletionProtection);
    expect(column('API', index)).toContain(`${posture.minTasks} task`);
    expect(column('API', index).includes(`scaling to ${posture.maxTasks}`)).toBe(posture.maxTasks > posture.minTasks);
    expect(column('ingress', index).includes('WAF, access logs, deletion protection')).toBe(posture.waf && posture.accessLogs && posture.loadBalancerDeletionProtection);
  });

  test('links to anchors of the API reference that are there', () => {
    const reference = fs.readFileSync(path.join(ROOT, 'API.md'), 'utf8');
    const anchors = [...text.matchAll(/API\.md#([\w.-]+)/g)].map(([, anchor]) => anchor);
    expect(anchors.length).toBeGreaterThan(5);
    expect(anchors.filter((anchor) => !reference.includes(`id="${anchor}"`))).toEqual([]);
  });
});

describe.each(EXAMPLES)('the cost of example $directory', (example) => {
  const amounts = [...new RegExp(`\\(${example.directory}\\).*`).exec(fs.readFileSync(path.join(ROOT, 'examples/README.md'), 'utf8'))![0].matchAll(/≈ (\d+)/g)].map(([, amount]) => Number(amount));

  test.each(POSTURES.map((posture, index) => ({ posture, index })))('is what the cost report says in $posture', ({ posture, index }) => {
    expect(amounts).toHaveLength(POSTURES.length);
    expect(amounts[index]).toBe(Math.round(costOf(example, posture).total));
  });
});

describe('the cost of the sample, in the README', () => {
  test.each(POSTURES.map((posture, index) => ({ posture, index })))('is what the cost report says in $posture', ({ posture, index }) => {
    const { total, idleTotal } = costOf(EXAMPLES[0], posture);
    const cell = /^\| ≈ USD a month \|(.*)$/m.exec(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8'))![1].split('|')[index];
    expect(cell).toMatch(new RegExp(`${Math.round(total)} running`));
    expect(cell).toMatch(new RegExp(`${Math.round(idleTotal)} paused`));
  });
});

function costOf(example: Example, posture: PostureName): library.CostSummary {
  const { app } = buildExample(example, posture);
  const cost = new library.CostReport();
  Validations.of(app).addPlugins(cost);
  app.synth();
  return cost.report();
}
