import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { climbing, cycles, intruding, levelsOf, roomOf, tying } from './support/rooms';
import { importersOf, importsAmong, type Sources } from './support/source-rules';

const ROOT = resolve(__dirname, '..');
const PAGE = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
const ROOMS = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
const SOURCES: Sources = new Map(readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => [`src/${path.replaceAll('\\', '/')}`, readFileSync(join(ROOT, 'src', path), 'utf8')]));
const IMPORTS = importsAmong(SOURCES);
const hasIndex = (room: string) => existsSync(join(ROOT, 'src', room, 'index.ts'));

describe('the rooms of the source', () => {
  test('are those that docs/architecture.md has, each once', () => {
    expect(levelsOf(PAGE).flat().sort()).toEqual([...ROOMS].sort());
  });

  test('import only rooms below them', () => {
    expect(IMPORTS.length).toBeGreaterThan(500);
    expect(climbing(IMPORTS, levelsOf(PAGE))).toEqual([]);
  });

  test('have no cycle', () => {
    expect(cycles(IMPORTS)).toEqual([]);
  });

  test('keep their insides to themselves', () => {
    expect(intruding(IMPORTS, hasIndex)).toEqual([]);
  });

  test('know no checks, and the checks know postures, errors and the arithmetic of addresses', () => {
    expect(IMPORTS.filter(({ from }) => roomOf(from) === 'checks').length).toBeGreaterThan(100);
    expect(tying(IMPORTS, 'checks', ['src/posture/index.ts', 'src/private/errors.ts', 'src/private/cidr.ts'])).toEqual([]);
  });
});

describe('the kind of a load balancer', () => {
  const MODULE = 'aws-cdk-lib/aws-elasticloadbalancingv2';
  const knowing = (sources: Sources) => importersOf(sources, MODULE).filter((path) => /^src\/(binding|fargate|monitoring|symptoms)\//.test(path));

  test('is a matter of ingresses: services, contracts and monitoring know none', () => {
    expect(importersOf(SOURCES, MODULE)).toContain('src/ingress/private/target-group.ts');
    expect(knowing(SOURCES)).toEqual([]);
  });

  test('fails in a service, be it a type alone', () => {
    const text = `import type { IApplicationTargetGroup } from '${MODULE}';`;
    expect(knowing(new Map([['src/fargate/a.ts', text], ['src/ingress/b.ts', text], ['src/binding/c.ts', `// ${text}`]]))).toEqual(['src/fargate/a.ts']);
  });
});

describe('each rule of the rooms can fail:', () => {
  const levels = levelsOf('```\nsrc/\n  checks/            a leaf\n  cache/ ingress/       stores\n  private/           ground\n```');
  const imports = (...pairs: [string, string][]) => pairs.map(([from, to]) => ({ from: `src/${from}`, to: `src/${to}` }));

  test('levels are read from the page', () => {
    expect(levels).toEqual([['checks'], ['cache', 'ingress'], ['private']]);
  });

  test.each([
    ['up', imports(['private/a.ts', 'cache/index.ts'])],
    ['beside', imports(['cache/a.ts', 'ingress/index.ts'])],
    ['into a room that is on no level', imports(['cache/a.ts', 'attic/index.ts'])],
  ])('an import %s', (_, wrong) => {
    expect(climbing(wrong, levels)).toHaveLength(1);
  });

  test('imports down, and within a room, are well', () => {
    expect(climbing(imports(['checks/a.ts', 'private/b.ts'], ['cache/private/a.ts', 'cache/b.ts'], ['index.ts', 'checks/index.ts']), levels)).toEqual([]);
  });

  test('rooms that import each other through a third, once', () => {
    expect(cycles(imports(['b/x.ts', 'c/x.ts'], ['c/x.ts', 'a/x.ts'], ['a/x.ts', 'b/x.ts'], ['a/y.ts', 'd/x.ts']))).toEqual(['a → b → c']);
  });

  test('a leaf that knows more than it may, and one that is known', () => {
    const all = imports(
      ['checks/private/a.ts', 'posture/index.ts'], ['checks/private/a.ts', 'checks/b.ts'], ['index.ts', 'checks/index.ts'],
      ['checks/private/a.ts', 'posture/shared/b.ts'], ['checks/a.ts', 'network/index.ts'], ['fargate/a.ts', 'checks/index.ts'],
    );
    expect(tying(all, 'checks', ['src/posture/index.ts'])).toEqual([
      'src/checks/private/a.ts imports src/posture/shared/b.ts', 'src/checks/a.ts imports src/network/index.ts', 'src/fargate/a.ts imports src/checks/index.ts',
    ]);
  });

  test('insides of another room', () => {
    const all = imports(
      ['b/x.ts', 'a/index.ts'], ['b/x.ts', 'a/shared/x.ts'], ['b/x.ts', 'bare/x.ts'],
      ['b/x.ts', 'a/x.ts'], ['b/x.ts', 'a/private/x.ts'], ['b/x.ts', 'bare/private/x.ts'], ['bare/x.ts', 'bare/handler/sql/x.ts'],
      ['b/engine/x.lambda.ts', 'bare/handler/x.ts'], ['b/handler/x.ts', 'bare/handler/x.ts'],
    );
    expect(intruding(all, (room) => room === 'a')).toHaveLength(4);
  });
});

describe('docs/architecture.md', () => {
  test('names only files and folders that are there', () => {
    const paths = [...PAGE.matchAll(/`((?:src|test|docs|examples|bench|projenrc)\/[\w./-]+)`/g)].map(([, path]) => path);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
