import * as fs from 'fs';
import * as path from 'path';

const ROOT = path.join(__dirname, '../..');
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { [name: string]: string } };
const { versionReporting, context } = JSON.parse(read('examples/01-private-backend/cdk.json')) as { versionReporting: boolean; context: { [key: string]: unknown } };

describe('example 01, in every language', () => {
  test('pins the feature flags that the oldest supported aws-cdk-lib recommends', () => {
    const recommended = JSON.parse(read('node_modules/aws-cdk-lib/recommended-feature-flags.json')) as { [flag: string]: unknown };
    const known = JSON.parse(read('node_modules/aws-cdk-lib/package.json')) as { version: string };
    const pinned = Object.fromEntries(Object.entries(context).filter(([key]) => key.startsWith('@aws-cdk')));
    expect(recommended).toMatchObject(pinned);
    // A newer aws-cdk-lib, with which the tests run too, knows more.
    expect(Object.keys(recommended).length - Object.keys(pinned).length).toBeLessThanOrEqual(known.version === devDependencies['aws-cdk-lib'] ? 0 : 100);
  });

  test('reports no versions, which differ between languages', () => {
    expect(versionReporting).toBe(false);
  });

  test.each([
    ['python/requirements.txt', ['aws-cdk-lib>=$aws-cdk-lib,', 'constructs>=$constructs,']],
    ['java/pom.xml', ['<artifactId>aws-cdk-lib</artifactId>\n      <version>$aws-cdk-lib<', '<artifactId>constructs</artifactId>\n      <version>$constructs<']],
    ['go/go.mod', ['awscdk/v2 v$aws-cdk-lib\n', 'constructs/v10 v$constructs\n']],
  ])('asks in %s for the oldest supported peers', (file, lines) => {
    const text = read(`examples/01-private-backend/${file}`);
    const wanted = lines.map((line) => line.replace(/\$(aws-cdk-lib|constructs)/, (__, name: string) => devDependencies[name]));
    expect(wanted.filter((line) => !text.includes(line))).toEqual([]);
  });
});
