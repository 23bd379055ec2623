import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { HardeningCheck } from '../../../src/checks/hardening';
import { AssemblyFiles } from '../../../src/checks/private/assembly-files';
import { readAssembly } from '../../../src/checks/private/assembly-source';

type Metadata = Record<string, unknown>;

/** A resource of a template: its construct path, and what it says it is. */
interface Resource {
  readonly id: string;
  readonly at?: string;
  readonly says?: Metadata;
}

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'assembly-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function write(stacks: Record<string, readonly Resource[]>): void {
  const artifacts = Object.keys(stacks).map((id) => [id, { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: `${id}.template.json` } }]);
  fs.writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({ artifacts: Object.fromEntries(artifacts) }));
  for (const [id, resources] of Object.entries(stacks)) {
    const Resources = Object.fromEntries(resources.map(({ id: logicalId, at, says }) => [logicalId, {
      Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' }, Metadata: { ...(at === undefined ? {} : { 'aws:cdk:path': at }), ...(says === undefined ? {} : { 'cdk-private-backend': says }) },
    }]));
    fs.writeFileSync(path.join(folder, `${id}.template.json`), JSON.stringify({ Resources }));
  }
}

/** The posture of a resource of stack Main. */
function postureOf(logicalId: string): string | undefined {
  return readAssembly(new AssemblyFiles(folder, 'Test.read()')).find(({ stackPath }) => stackPath === 'Main')!.originOf(logicalId).posture;
}

const DEVELOPMENT = { version: 1, kind: 'network', posture: 'development', postureApplied: true };
const PRODUCTION = { ...DEVELOPMENT, posture: 'production' };
const subject = (at?: string, says?: Metadata): Resource => ({ id: 'Subject', at, says });
const other = (id: string, says: Metadata): Resource => ({ id: id.replaceAll('/', ''), at: `Main/${id}`, says });

describe('the posture of a resource', () => {
  test.each<[string, readonly Resource[], string | undefined]>([
    ['is what it says', [subject('Main/A/Resource', DEVELOPMENT), other('A/B/Resource', PRODUCTION)], 'development'],
    ['is what the nearest says', [subject('Main/A/B/C'), other('A/B/Resource', DEVELOPMENT), other('A/Resource', PRODUCTION)], 'development'],
    ['is what a resource beside it says', [subject('Main/A/Subject'), other('A/Resource', DEVELOPMENT), other('B/Resource', PRODUCTION)], 'development'],
    ['is what all in its stack say where none is near', [subject('Main/Subject'), other('A/Resource', DEVELOPMENT), other('B/Resource', DEVELOPMENT)], 'development'],
    ['is what all in its stack say where its path is not known', [subject(), other('A/Resource', DEVELOPMENT)], 'development'],
    ['is what all in its stack say where its path is another stack\'s', [subject('Old/A/Subject'), other('A/Resource', DEVELOPMENT)], 'development'],
    ['is not known where the nearest disagree', [subject('Main/A/Subject'), other('A/B', DEVELOPMENT), other('A/C', PRODUCTION)], undefined],
    ['is not known where none says anything', [subject('Main/Subject')], undefined],
    ['is none where none was applied', [subject('Main/A/Subject'), other('A/Resource', { ...PRODUCTION, postureApplied: false })], undefined],
    ['is not known of a later version', [subject('Main/A/Resource', { ...DEVELOPMENT, version: 2 })], undefined],
    ['is not known where it is no text', [subject('Main/A/Resource', { ...DEVELOPMENT, posture: ['development'] })], undefined],
  ])('%s', (_, resources, expected) => {
    write({ Main: resources, Other: [{ id: 'Other', at: 'Other/A/Resource', says: DEVELOPMENT }] });
    expect(postureOf('Subject')).toBe(expected);
  });

  test.each([['development', 0], ['production', 1], [undefined, 1]] as const)('%s decides which rules hold it to account', (posture, findings) => {
    write({ Main: [subject('Main/A/Resource', posture && { ...DEVELOPMENT, posture })] });
    const check = new HardeningCheck();
    check.validateAssembly(folder);
    expect(check.report().findings.filter(({ ruleId }) => ruleId === 'hardening-vpc-flow-logs')).toHaveLength(findings);
  });
});
