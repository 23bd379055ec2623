import { App, Stack } from 'aws-cdk-lib';
import { collisions, unknownTypes } from './identities';
import { buildMore } from './more';
import { runWith, type Change, type Naming } from './renames';
import { Posture } from '../../src/posture';
import { resourcesOf, type LivingApp } from '../support/living-stack';
import { allIn, buildBackend } from '../support/whole-backend';

jest.mock('../../src', () => (jest.requireActual('./renames') as { renaming: (library: object) => object }).renaming(jest.requireActual('../../src')));

/**
 * What is an address, or holds data: the name has to stay, so CloudFormation has to find out that it is taken. By type and, where only
 * some resources of it are meant, by a part of the line; with where users are told.
 */
const EXPECTED: [type: string, part: string, why: string][] = [
  ['AWS::ServiceDiscovery::PrivateDnsNamespace', 'Cluster', 'the domain of all names in a cluster: docs/fargate.md'],
  ['AWS::ServiceDiscovery::HttpNamespace', 'Cluster', 'the same for Service Connect: docs/fargate.md'],
  ['AWS::ServiceDiscovery::Service', 'Api', 'the name under which others call a service: docs/fargate.md'],
  ['AWS::ECS::Service', 'ServiceConnectConfiguration', 'the same with Service Connect: docs/fargate.md'],
  ['Custom::PostgresUser', 'Username', 'the broker gives the login to its new declaration, as docs/postgres.md says'],
  ['AWS::ElastiCache::ServerlessCache', 'Serverless', 'its refusal keeps the data, which a replacement would lose: docs/cache.md'],
  ['AWS::CloudFront::Distribution', 'www.example.com', 'the address of a front end'],
  ['AWS::Amplify::Domain', 'app.example.com', 'the address of a front end'],
];

const isExpected = (line: string) => EXPECTED.some(([type, part]) => line.startsWith(type) && line.includes(part));

const APPS: [string, (app: App) => void][] = [['a whole backend', (app) => buildBackend(allIn(new Stack(app, 'Backend')))], ['the rest of the library', buildMore]];

function build(declare: (app: App) => void, change?: Change): { living: LivingApp; namings: Naming[] } {
  const app = new App({ context: { '@aws-cdk/core:stackResourceLimit': 1000 } });
  Posture.production({ terminationProtection: false }).applyTo(app);
  const namings = runWith(() => declare(app), change);
  return { living: resourcesOf(app), namings };
}

const found: string[] = [];

describe.each(APPS)('%s', (_what, declare) => {
  const { living: before, namings } = build(declare);
  const changes = namings.flatMap(({ what, hasScope }, index) => (hasScope ? ['rename', 'move'] as const : ['rename'] as const).map((how) => ({ how, what, index })));

  test('consists of types of which it is known what makes them unique', () => {
    expect(changes.length).toBeGreaterThan(20);
    expect(unknownTypes(before)).toEqual([]);
  });

  test.each(changes)('takes no name that is there still: $how $what ($index)', ({ how, index }) => {
    const lines = collisions(before, build(declare, { how, index }).living);
    found.push(...lines);
    expect(lines.filter((line) => !isExpected(line))).toEqual([]);
  });
});

test('what is expected was found', () => {
  expect(EXPECTED.filter(([type, part]) => !found.some((line) => line.startsWith(type) && line.includes(part)))).toEqual([]);
});
