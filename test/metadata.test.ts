import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { EXAMPLES, POSTURES, buildExample } from '../examples/checks/cases';
import * as library from '../src';
import { buildTwoRegions } from './support/two-regions';
import { TIERS, allIn, buildBackend } from './support/whole-backend';
import * as metadata from '../src/posture/shared/describe';

interface Resource {
  readonly Type: string;
  readonly Metadata?: { readonly [key: string]: unknown };
}

interface Template {
  readonly Resources: { readonly [logicalId: string]: Resource };
}

/** What a resource says of itself, and where. */
interface Found {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly says: { readonly kind: string; readonly name: string; readonly [field: string]: unknown };
}

const { METADATA_KEY, METADATA_VERSION } = metadata;

const LIMIT = 1_000_000;
/** What the whole library has none of. */
const OPTIONAL = new Set(['worker.rehearsal']);
const NOT_KNOWN = { unknown: true };
const COMMON = ['version', 'kind', 'name', 'posture', 'postureApplied'];

process.env.CDK_VALIDATION = 'false';

const templatesOf = (app: App) => new Map(app.synth().stacksRecursively.map(({ stackName, template }) => [stackName, template as Template]));

/** What lets a backend in production be without a domain, and its stacks without protection. */
const OPEN = { requireHttps: false, terminationProtection: false };

/** In production, which has more of everything. */
function newApp(): App {
  const app = new App({ analyticsReporting: false });
  library.Posture.production(OPEN).applyTo(app);
  return app;
}

/** Every construct of the library. */
function inSixStacks(): App {
  const app = newApp();
  buildBackend(Object.fromEntries(TIERS.map((tier) => [tier, new Stack(app, tier)])));
  buildTwoRegions(app);
  return app;
}

function foundIn(templates: Map<string, Template>): Found[] {
  return [...templates].flatMap(([stack, { Resources }]) => Object.entries(Resources).flatMap(([logicalId, { Type: type, Metadata }]) => (
    Metadata?.[METADATA_KEY] === undefined ? [] : [{ stack, logicalId, type, says: Metadata[METADATA_KEY] as Found['says'] }])));
}

function without(template: Template): Template {
  const resources = Object.entries(template.Resources).map(([logicalId, { Metadata, ...rest }]): [string, Resource] => {
    const { [METADATA_KEY]: _, ...others } = Metadata ?? {};
    return [logicalId, Object.keys(others).length === 0 ? rest : { ...rest, Metadata: others }];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}

const app = inSixStacks();
const templates = templatesOf(app);
const found = foundIn(templates);

describe('what a deployed stack says of itself', () => {
  const classes = Object.entries(library).filter(([, each]) => typeof each === 'function' && each.prototype instanceof Construct) as [string, abstract new (...args: never[]) => IConstruct][];

  test('knows all public constructs', () => {
    expect(classes.length).toBeGreaterThan(18);
  });

  test.each(classes)('%s says what it is, each of them', (_name, each) => {
    const made = app.node.findAll().filter((construct) => construct instanceof each);
    expect(made.length).toBeGreaterThan(0);
    const silent = made.filter((construct) => {
      const stack = Stack.of(construct);
      const name = construct.node.path.slice(stack.node.path.length + 1);
      return !found.some(({ stack: other, says }) => other === stack.stackName && says.name === name);
    });
    expect(silent.map(({ node }) => node.path)).toEqual([]);
  });

  test('has one form', () => {
    for (const { says } of found) {
      expect(Object.keys(says)).toEqual([...COMMON, ...Object.keys(says).slice(COMMON.length).sort()]);
      expect(says).toMatchObject({ version: METADATA_VERSION, posture: 'production', postureApplied: true });
    }
  });

  test('names nothing twice in a stack', () => {
    const names = found.map(({ stack, says }) => `${stack}/${says.name}`);
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
  });

  test('refers to resources that are there', () => {
    const targets = (stack: string, value: unknown): string[] => {
      if (Array.isArray(value)) {
        return value.flatMap((each) => targets(stack, each));
      }
      const reference = value as { readonly stack: string; readonly nestedStacks: string[]; readonly logicalId?: string };
      return typeof reference === 'object' && reference.logicalId !== undefined ? [`${reference.stack}/${reference.logicalId}`] : [];
    };
    const mentioned = found.flatMap(({ stack, says }) => Object.values(says).flatMap((value) => targets(stack, value)));
    expect(mentioned.length).toBeGreaterThan(20);
    expect(mentioned.filter((target) => templates.get(target.split('/')[0])?.Resources[target.split('/')[1]] === undefined)).toEqual([]);
  });

  test('is literal, also where each name is known only at deployment', () => {
    const unknown = newApp();
    const stack = new Stack(unknown, 'Backend');
    const text = (id: string) => new CfnParameter(stack, id).valueAsString;
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number', default: 5432 }).valueAsNumber;
    buildBackend(allIn(stack), {
      names: {
        databaseName: text('DatabaseName'),
        username: text('Username'),
        importedEndpoint: text('Endpoint'),
        domainName: text('DomainName'),
        host: text('Host'),
        databasePort: number('DatabasePort'),
        importedPort: number('ImportedPort'),
        localPort: number('LocalPort'),
      },
    });
    const said = foundIn(templatesOf(unknown)).map(({ says }) => says);
    expect(said).toContainEqual(expect.objectContaining({ kind: 'database', databaseName: NOT_KNOWN }));
    expect(said).toContainEqual(expect.objectContaining({ kind: 'tunnel', host: NOT_KNOWN, localPort: NOT_KNOWN, port: NOT_KNOWN }));
    expect(said).toContainEqual(expect.objectContaining({ kind: 'ingress', domainNames: [NOT_KNOWN], url: NOT_KNOWN }));
    for (const says of [...said, ...found.map(({ says: each }) => each)]) {
      expect(JSON.stringify(says)).not.toMatch(/null|"(Ref|Fn::\w+)"|\$\{Token|1\.888|\{\{resolve/);
    }
  });

  test('leads from a user to a tunnel, from an alarm to a service, and from a starter to its task', () => {
    const one = (kind: string, name: string) => found.find(({ says }) => says.kind === kind && says.name.endsWith(name))!;
    const reference = ({ stack, logicalId }: Found) => ({ stack, nestedStacks: [], logicalId });
    const server = one('database-server', 'Postgres');
    expect(one('database-user', 'ApiUser').says).toMatchObject({ server: reference(server), username: 'api_user', secret: expect.stringMatching(/^ApiUserSecret/) });
    expect(one('tunnel', 'Tunnels/Postgres').says).toMatchObject({ target: reference(server), bastion: one('bastion', 'Bastion').logicalId, port: 5432, localPort: 5432 });
    expect(one('tunnel', 'Tunnels/Legacy').says).toMatchObject({ target: NOT_KNOWN, host: 'db.example.com', localPort: 15432 });
    expect(one('database-user', 'LegacyUser').says).toMatchObject({ server: NOT_KNOWN, host: 'db.example.com' });
    const api = one('api', 'FirstApi');
    const route = one('route', 'Api0');
    expect(route.says).toMatchObject({ targets: [api.logicalId], ingress: reference(one('ingress', 'FirstIngress')) });
    expect(found.filter(({ says: { kind, of } }) => kind === 'alarm' && JSON.stringify(of) === JSON.stringify(reference(api))).map(({ says }) => says.symptom))
      .toEqual(expect.arrayContaining(['service-cpu', 'service-memory', 'service-tasks']));
    expect(found.filter(({ says: { kind, of } }) => kind === 'alarm' && JSON.stringify(of) === JSON.stringify(reference(route))).map(({ says }) => says.symptom)).toContain('route-errors');
    expect(one('starter', 'Goose/Starter').says.of).toBe(one('migrations', 'Goose').logicalId);
  });

  test('is all that differs from templates without it', () => {
    const silent = silently();
    expect(JSON.stringify([...silent])).not.toContain(`"${METADATA_KEY}":`);
    expect([...templates, ...exampleTemplates()].map(([name, template]) => [name, without(template)])).toEqual([...silent]);
  });

  test('leaves the templates of the examples far below the limit of CloudFormation', () => {
    const examples = exampleTemplates();
    const sizes = [...examples].map(([name, template]) => ({ name, before: JSON.stringify(without(template), undefined, 1).length, after: JSON.stringify(template, undefined, 1).length }));
    expect(sizes.length).toBeGreaterThan(8);
    sizes.forEach(({ before, after }) => {
      expect(after).toBeLessThan(LIMIT / 2);
      expect(after - before).toBeLessThan(before * 0.15);
    });
  });
});

function exampleTemplates(): Map<string, Template> {
  const all = EXAMPLES.flatMap((example) => POSTURES.map((posture) => ({ posture, app: buildExample(example, posture).app })));
  return new Map(all.flatMap((each) => [...templatesOf(each.app)].map(([name, template]): [string, Template] => [`${each.posture}/${name}`, template])));
}

/** The same templates, of a library that says nothing. */
function silently(): Map<string, Template> {
  const spy = jest.spyOn(metadata, 'describe').mockReturnValue();
  try {
    return new Map([...templatesOf(inSixStacks()), ...exampleTemplates()]);
  } finally {
    spy.mockRestore();
  }
}

describe('docs/metadata.md', () => {
  const page = readFileSync(resolve(__dirname, '..', 'docs/metadata.md'), 'utf8');
  const section = (title: string) => new RegExp(`^## ${title}$([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, 'm').exec(page)![1];
  const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
  const rows = (title: string) => section(title).split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(1, -1).map(quoted));

  const kinds = [...new Set(found.map(({ says }) => says.kind))].sort();

  test('has all kinds, and each is made by some construct', () => {
    expect(rows('Kinds').map(([[kind]]) => kind)).toEqual(kinds);
  });

  test.each(kinds)('has the resources and the fields of `%s`', (kind) => {
    const [, types, fields] = rows('Kinds').find(([[name]]) => name === kind)!;
    const made = found.filter(({ says }) => says.kind === kind);
    expect(made.filter(({ type }) => !types.includes(type))).toEqual([]);
    const said = new Set(made.flatMap(({ says }) => Object.keys(says).slice(COMMON.length)));
    expect([...said].filter((field) => !fields.includes(field))).toEqual([]);
    expect(fields.filter((field) => !said.has(field) && !OPTIONAL.has(`${kind}.${field}`))).toEqual([]);
  });

  test('says of each field what it means, and of no other', () => {
    const fields = new Set([...COMMON, ...found.flatMap(({ says }) => Object.keys(says))]);
    expect(rows('Fields').map(([[field]]) => field)).toEqual([...COMMON, ...[...fields].slice(COMMON.length).sort()]);
  });
});
