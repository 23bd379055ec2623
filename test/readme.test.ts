import type { App } from 'aws-cdk-lib';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import * as ts from 'typescript';
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
