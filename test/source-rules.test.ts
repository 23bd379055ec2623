import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { forbiddenText, foreignExports, identifierUses, nondeterminism, partitionLiterals, reachable, type Sources } from './support/source-rules';

const ROOT = resolve(__dirname, '..');
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e8 })
  .split('\0').filter((path) => path !== '' && existsSync(resolve(ROOT, path)));
const read = (path: string) => readFileSync(resolve(ROOT, path), 'utf8');

const SOURCES: Sources = new Map(FILES.filter((path) => path.startsWith('src/') && path.endsWith('.ts')).map((path) => [path, read(path)]));
const HANDLERS = [...SOURCES.keys()].filter((path) => path.endsWith('.lambda.ts') || path === 'src/postgres/engine/handler/runner/entrypoint.ts');

const FOLDER = /^export \* from '\.\/[a-z-]+';$/;
/** Data about certificate authorities names the hosts and regions it was taken from; and a function that CloudFormation asks for an answer knows who may ask. */
const TRUST_DATA = /^src\/(trust\/|private\/handler\/s3-hosts\.ts)/;
/** Written by machines, or binary. */
const NOT_WRITTEN_BY_US = /(^|\/)(package-lock\.json|go\.sum|LICENSE)$|\.snap$|\.(png|svg|pem|tgz)$|^API\.md$|^\.projen\//;

describe('the sources', () => {
  test('export folders from the index, and the one thing of the ground that users of TypeScript need', () => {
    expect(foreignExports(read('src/index.ts'), FOLDER)).toEqual(['export { InvalidBackendError } from \'./private/errors\';']);
  });

  test.each([...SOURCES.keys()].filter((path) => /^src\/[a-z-]+\/index\.ts$/.test(path)))('export from %s only files beside it that are public', (path) => {
    expect(foreignExports(read(path), /^export (\*|\{[ \w,]+\}) from '\.\/(?!private\/|.*(-function|\.lambda|\.contract)')[a-z-]+';$/)).toEqual([]);
  });

  test('hold no literal partition or domain suffix', () => {
    expect([...SOURCES].filter(([path]) => !TRUST_DATA.test(path)).flatMap(([path, text]) => partitionLiterals(path, text))).toEqual([]);
  });

  test('ask at synth for no clock, chance, environment or network', () => {
    const atSynth = [...reachable(SOURCES, ['src/index.ts'])];
    expect(atSynth.length).toBeGreaterThan(10);
    expect(atSynth.flatMap((path) => nondeterminism(path, SOURCES.get(path)!))).toEqual([]);
  });

  test('make no outputs', () => {
    expect([...SOURCES].flatMap(([path, text]) => identifierUses(path, text, 'CfnOutput'))).toEqual([]);
  });

  test('are all used by the library or by a handler', () => {
    const used = reachable(SOURCES, ['src/index.ts', ...HANDLERS], true);
    expect([...SOURCES.keys()].filter((path) => !used.has(path))).toEqual([]);
  });
});

describe('the repository', () => {
  const texts = FILES.filter((path) => !NOT_WRITTEN_BY_US.test(path));

  test('has no source file over 400 lines', () => {
    const code = texts.filter((path) => /\.(ts|mjs|go|sh)$/.test(path));
    expect(code.map((path) => [path, read(path).split('\n').length - 1] as const).filter(([, lines]) => lines > 400)).toEqual([]);
  });

  test('holds nothing that must not be published', () => {
    expect(texts.flatMap((path) => forbiddenText(path, read(path)))).toEqual([]);
  });

  test('names no registry host in its lock files', () => {
    const locks = FILES.filter((path) => path.endsWith('package-lock.json'));
    expect(locks.length).toBeGreaterThan(0);
    expect(locks.filter((path) => read(path).includes('"resolved"'))).toEqual([]);
  });
});

describe('each rule of the sources', () => {
  test.each([
    ["const arn = 'arn:aws:s3:::bucket';"],
    ['const arn = `arn:aws:s3:::${name}`;'],
    ['const arn = `${a}arn:aws-cn:${b}`;'],
    ["const host = 'sts.amazonaws.com';"],
    ["new iam.ArnPrincipal('arn:aws:iam::1:root');"],
  ])('fails on the literal in %s', (text) => {
    expect(partitionLiterals('a.ts', text)).toHaveLength(1);
  });

  test.each([
    ['// see arn:aws:s3:::bucket\nconst a = `arn:${Aws.PARTITION}:s3:::b`;'],
    ["new iam.ServicePrincipal('ecs-tasks.amazonaws.com');"],
    ["iam.ServicePrincipal.servicePrincipalName('ecs-tasks.amazonaws.com');"],
    ["const rule = { fix: 'Limit it to ecs-tasks.amazonaws.com.' };"],
  ])('lets %s pass', (text) => {
    expect(partitionLiterals('a.ts', text)).toEqual([]);
  });

  test.each([
    'Date.now();', 'new Date();', 'Math.random();', 'process.env.HOME;', 'process.cwd();', 'crypto.randomUUID();',
    "import { get } from 'https';", "import { execSync } from 'node:child_process';",
  ])('fails on %s at synth', (text) => {
    expect(nondeterminism('a.ts', text).length).toBeGreaterThan(0);
  });

  test.each(['new Date(0);', '// Date.now()', "import type { Socket } from 'net';", 'Duration.days(1);', "import { readFileSync } from 'fs';"])('lets %s pass', (text) => {
    expect(nondeterminism('a.ts', text)).toEqual([]);
  });

  test('fails on an output, not on its mention', () => {
    expect(identifierUses('a.ts', 'new CfnOutput(this, "A");', 'CfnOutput')).toEqual(['a.ts:1']);
    expect(identifierUses('a.ts', '// no CfnOutput', 'CfnOutput')).toEqual([]);
  });

  test('follows what is loaded, not what is only a type', () => {
    const sources = new Map([
      ['src/index.ts', "export * from './a';"],
      ['src/a/index.ts', "import { b } from './b';\nimport type { C } from '../c';"],
      ['src/a/b.ts', ''], ['src/c.ts', ''], ['src/d.ts', ''],
    ]);
    expect([...reachable(sources, ['src/index.ts'])]).toEqual(['src/index.ts', 'src/a/index.ts', 'src/a/b.ts']);
    expect(reachable(sources, ['src/index.ts'], true)).toContain('src/c.ts');
  });

  test.each(["export * from './private/a';", "export * from 'fs';", "export { A } from './a';", 'const a = 1;'])('fails on %s in the index', (line) => {
    expect(foreignExports(`export * from './posture';\n${line}\n`, FOLDER)).toEqual([line]);
  });

  test.each([
    '/' + 'home/ada/project', '// TO' + 'DO: later', '// eslint-' + 'disable-next-line', 'test.' + "skip('x')", 'describe.' + 'only', 'x' + 'it()', 'AKIA' + 'ABCDEFGHIJKLMNOP',
    `-----BEGIN RSA PRIVATE KEY-----\n${'A'.repeat(64)}`,
  ])('fails on the text %j', (text) => {
    expect(forbiddenText('a.test.ts', `\n${text}`)).toEqual([expect.stringMatching(/^a\.test\.ts:2 holds /)]);
  });

  test.each(['https://example.com/home/page', 'a to-do list', 'fi' + 't()', '/run/cdk-private-backend/ca/ca.pem', 'AKIAIOSFODNN7EXAMPLE', '-----BEGIN PRIVATE KEY-----'])(
    'lets the text %s pass', (text) => {
      expect(forbiddenText('a.ts', text)).toEqual([]);
    });
});
