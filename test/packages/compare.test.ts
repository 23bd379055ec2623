import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { differences } from './compare';
import { sampleOf } from './readme';

const TEMPLATE = { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } } } };
const ASSETS = { files: { a1: { displayName: 'Code', destinations: {} } } };
const REPORT = { pluginReports: [{ pluginName: 'ReachabilityCheck', violations: [{ ruleName: 'a', stackTraces: ['app.ts:1'], acknowledgedStackTrace: 'at app.ts:1' }] }] };
const FILES: { [name: string]: string } = {
  'App.template.json': JSON.stringify(TEMPLATE, undefined, 1),
  'App.assets.json': JSON.stringify(ASSETS, undefined, 1),
  'asset.a1': 'code',
  'manifest.json': '{}',
  'validation-report.json': JSON.stringify(REPORT),
};

describe('assemblies of two languages', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-private-backend-packages-'));
  const write = (name: string, files: { [name: string]: string }) => {
    const directory = path.join(root, name);
    fs.mkdirSync(directory);
    Object.entries(files).forEach(([file, text]) => fs.writeFileSync(path.join(directory, file), text));
    return directory;
  };
  const { 'App.template.json': template, ...withoutTemplate } = FILES;
  const { 'asset.a1': _, ...withoutAsset } = FILES;
  const reference = write('reference', FILES);

  afterAll(() => fs.rmSync(root, { recursive: true }));

  test('are the same where templates, assets and findings are; other files and stack traces name lines of the app', () => {
    const report = FILES['validation-report.json'].replaceAll('app.ts', 'app.py');
    expect(differences(reference, write('same', { ...FILES, 'manifest.json': '{ "trace": 1 }', 'tree.json': '{}', 'validation-report.json': report }))).toEqual([]);
  });

  test.each([
    ['a changed value', { ...FILES, 'App.template.json': template.replace('Enabled', 'Suspended') }, /-.*Enabled[\s\S]*\+.*Suspended/],
    ['only white space', { ...FILES, 'App.template.json': `${template}\n` }, /App\.template\.json/],
    ['the hash of an asset', { ...FILES, 'App.assets.json': FILES['App.assets.json'].replace('a1', 'b2') }, /-.*a1[\s\S]*\+.*b2/],
    ['what a check found', { ...FILES, 'validation-report.json': FILES['validation-report.json'].replace('"a"', '"b"') }, /-.*"a"[\s\S]*\+.*"b"/],
    ['a check that did not run', { ...FILES, 'validation-report.json': '{ "pluginReports": [] }' }, /-.*ReachabilityCheck/],
    ['a missing template', withoutTemplate, /^App\.template\.json is missing\.$/],
    ['a missing asset', withoutAsset, /^asset\.a1 is missing\.$/],
    ['a second stack', { ...FILES, 'B.template.json': template }, /^B\.template\.json is not in the reference\.$/],
  ])('differ by %s', (name, files, message) => {
    expect(differences(reference, write(name, files))).toEqual([expect.stringMatching(message)]);
  });

  test('are not the same when neither has a template', () => {
    expect(differences(write('nothing', {}), path.join(root, 'absent'))).toEqual([expect.stringContaining('holds no template')]);
  });

  test('have a difference that is short enough to read', () => {
    const long = Array.from({ length: 1000 }, (__, line) => `"${line}"`).join('\n');
    const [text] = differences(write('short', FILES), write('long', { ...FILES, 'App.template.json': long }));
    expect(text.split('\n').length).toBeLessThan(150);
    expect(text).toMatch(/… and \d+ more lines$/);
  });
});

test('a sample of the README is the first block of its language under the heading', () => {
  const readme = ['# A', '```ts', 'no', '```', '## Sample', 'text', '```ts', 'a();', '```', '```python', 'b()', '```', '### Deeper', '```python', 'c()', '```', '## Next', '```go', 'no', '```', ''].join('\n');
  expect(sampleOf(readme, 'ts')).toBe('a();\n');
  expect(sampleOf(readme, 'python')).toBe('b()\n');
  expect(sampleOf(readme, 'go')).toBeUndefined();
});
