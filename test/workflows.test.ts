import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PINNED_ACTIONS, withVersions } from '../projenrc/actions';
import { movedActions } from '../projenrc/compare-actions';
import { SUPPORTED_NODE_VERSIONS } from '../projenrc/workflows';
import { dangerousEvents, injections, jobsOf, permissionsOf, persistedCredentials, scriptsOf, secretsOf, unpinnedActions, unpinnedInstallations } from './support/workflow-rules';

const ROOT = join(__dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const WORKFLOWS = readdirSync(join(ROOT, '.github/workflows')).map((name) => `.github/workflows/${name}`);
/** For the repository of a reader, who copies an example. */
const OF_EXAMPLES = readdirSync(join(ROOT, 'examples')).map((name) => `examples/${name}/.github/workflows`).filter((path) => existsSync(join(ROOT, path)))
  .flatMap((path) => readdirSync(join(ROOT, path)).map((name) => `${path}/${name}`));
const SCRIPTS = readdirSync(join(ROOT, '.ci'), { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => `.ci/${name}`).filter((path) => read(path).startsWith('#!/usr/bin/env bash'));
/** Commands of devDependencies, which `npm ci` has put there. */
const COMMANDS = ['cdk', 'jest', 'jsii-diff', 'jsii-rosetta', 'projen', 'tsc', 'tsx', 'eslint'];
/** Does what a user does, who takes the newest of what the package allows. It has no secret, and its job may only read. */
const AS_A_USER = '.ci/tier-installed-examples';
const JOBS = WORKFLOWS.flatMap((path) => [...jobsOf(read(path))].map(([id, job]) => ({ name: `${path} ${id}`, id, job })));

test('there are workflows, jobs and scripts to judge', () => {
  expect(WORKFLOWS.length).toBeGreaterThan(7);
  expect(JOBS.length).toBeGreaterThan(20);
  expect(SCRIPTS.length).toBeGreaterThan(15);
  expect(OF_EXAMPLES.length).toBeGreaterThan(2);
});

describe.each([...WORKFLOWS, ...OF_EXAMPLES])('%s', (path) => {
  const text = read(path);

  test('names each action by a commit, with its version', () => {
    expect(unpinnedActions(text)).toEqual([]);
  });

  test('leaves no token in a checked out folder', () => {
    expect(persistedCredentials(text)).toEqual([]);
  });

  test('installs nothing but what a lock file or a version names, and runs no script of a dependency', () => {
    expect(scriptsOf(text).flatMap((script) => unpinnedInstallations(script, COMMANDS))).toEqual([]);
  });

  test('has no expression in a script, and no event that lends secrets to strangers', () => {
    expect([injections(text), dangerousEvents(text)]).toEqual([[], []]);
  });

  test('gives no permission to all jobs', () => {
    expect(text).toMatch(/^permissions: \{\}$/m);
  });
});

test.each(SCRIPTS.filter((path) => path !== AS_A_USER))('%s installs nothing but what a lock file or a version names', (path) => {
  expect(unpinnedInstallations(read(path), COMMANDS)).toEqual([]);
});

describe('permissions', () => {
  const MORE = {
    'codeql.yml analyze': 'contents: read, security-events: write',
    'pull-request-lint.yml validate': 'pull-requests: read',
    'rds-roots.yml report': 'issues: write',
    'release.yml release_github': 'contents: write',
    'release.yml release_npm': 'contents: read, id-token: write',
    'release.yml release_nuget': 'contents: read, id-token: write',
    'release.yml release_pypi': 'contents: read, id-token: write',
  };

  test('are to read, except where this list says more', () => {
    const all = WORKFLOWS.flatMap((path) => Object.entries(permissionsOf(read(path))).map(([id, permissions]) => [`${basename(path)} ${id}`, permissions]));
    expect(Object.fromEntries(all.filter(([, permissions]) => permissions !== 'contents: read'))).toEqual(MORE);
  });

  test.each(JOBS.filter(({ job }) => /: write$/m.test(job) || secretsOf(job).length > 0))('$name, which can publish or write, runs nothing of this repository or its dependencies', ({ id, job }) => {
    const scripts = scriptsOf(job).join('\n');
    expect(scripts).not.toMatch(/\bnpx\b|\bnode\b|\bprojen\b|\btsx\b|^bash \./m);
    const installs = scripts.match(/^.*npm ci.*$/gm) ?? [];
    expect(installs.filter((line) => !line.startsWith('cd .repo/.ci/publib && '))).toEqual([]);
    // An action that compiles what it reads: nothing it could publish with.
    expect(id === 'analyze' || !job.includes('codeql-action')).toBe(true);
  });

  test.each(JOBS.filter(({ job }) => secretsOf(job).length > 0))('$name has its secrets from an environment', ({ job }) => {
    expect(job).toMatch(/^ {4}environment: (release|upgrade)$/m);
  });
});

describe('workflows of examples', () => {
  test.each(OF_EXAMPLES)('%s has the commits of the table', (path) => {
    const text = read(path);
    expect(withVersions(text.replace(/(uses: \S+) # .*$/gm, '$1'))).toBe(text);
  });

  test('may read, and ask for the token that AWS takes, except where they run what a pull request brings', () => {
    const all = OF_EXAMPLES.flatMap((path) => Object.entries(permissionsOf(read(path))).map(([id, permissions]) => [`${basename(path)} ${id}`, permissions]));
    expect(Object.fromEntries(all)).toEqual({
      'backups.yml check': 'contents: read, id-token: write',
      'deliver.yml deploy': 'contents: read, id-token: write',
      'deliver.yml test': 'contents: read',
      'restore-drill.yml restore': 'contents: read, id-token: write',
    });
  });

  // An environment changes the subject of the token, and each role trusts one subject: test/examples/github-stack.test.ts.
  test('take each role where its trust expects the job', () => {
    const jobs = OF_EXAMPLES.flatMap((path) => [...jobsOf(read(path)).values()]);
    const environments = (role: string) => jobs.filter((job) => job.includes(`vars.${role} }}`)).map((job) => /^ {4}environment: (.*)$/m.exec(job)?.[1]);
    expect([environments('DEPLOY_ROLE'), environments('OPERATIONS_ROLE')]).toEqual([['production'], [undefined, undefined]]);
  });

  test('have no secret, and take no key', () => {
    expect(OF_EXAMPLES.map(read).filter((text) => /secrets\.|aws-(?:access-key-id|secret-access-key)/.test(text))).toEqual([]);
  });
});

describe('each rule', () => {
  const bad = [
    'on:',
    '  pull_request_target: {}',
    'jobs:',
    '  build:',
    '    steps:',
    '      - uses: actions/checkout@v7',
    '      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1',
    '      - name: Title',
    '        run: echo ${{ github.event.pull_request.title }}',
    '      - name: Install',
    '        run: |-',
    '          npm install',
    '          npx -p publib@latest publib-npm',
    '  other:',
    '    permissions:',
    '      id-token: write',
    '      contents: read',
    '    steps: []',
    '',
  ].join('\n');

  test('sees what it is for', () => {
    expect(unpinnedActions(bad)).toEqual(['actions/checkout@v7', 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1']);
    expect(persistedCredentials(bad)).toEqual(['build', 'build']);
    expect(injections(bad)).toEqual(['${{ github.event.pull_request.title }}']);
    expect(dangerousEvents(bad)).toHaveLength(1);
    expect(permissionsOf(bad)).toEqual({ build: 'none named', other: 'contents: read, id-token: write' });
    expect(scriptsOf(bad).flatMap((script) => unpinnedInstallations(script, COMMANDS))).toEqual(['npm install', 'npx -p publib@latest publib-npm']);
    expect(secretsOf('${{ secrets.MAVEN_PASSWORD }} ${{ secrets.GITHUB_TOKEN }}')).toEqual(['MAVEN_PASSWORD']);
  });

  test.each([
    'npm ci', 'npm i left-pad', 'npx left-pad', 'npx -y projen@latest', "npx '-p' 'publib@0.2.1' 'publib-npm'", 'pip install zizmor', 'pip install zizmor==1.32.0', 'go install github.com/rhysd/actionlint/cmd/actionlint@latest',
    'go install \\\n  github.com/rhysd/actionlint/cmd/actionlint', 'curl -sL https://example.com/x | bash',
  ])('sees %s', (script) => {
    expect(unpinnedInstallations(script, COMMANDS)).toHaveLength(1);
  });

  test.each([
    'npm ci --ignore-scripts', 'npx projen build', 'npx --no-install jest', '# npm install', 'pip install --require-hashes -r lock.txt', "go install -tags='a b' example.com/x/cmd/x@v1.2.3", 'go run ./cmd',
  ])('lets %s pass', (script) => {
    expect(unpinnedInstallations(script, COMMANDS)).toEqual([]);
  });
});

describe('the table of actions', () => {
  test('has a commit and an exact version for each, and one commit for both parts of CodeQL', () => {
    for (const { version, commit } of Object.values(PINNED_ACTIONS)) {
      expect([version, commit]).toEqual([expect.stringMatching(/^v\d+\.\d+\.\d+$/), expect.stringMatching(/^[0-9a-f]{40}$/)]);
    }
    expect(PINNED_ACTIONS['github/codeql-action/init']).toEqual(PINNED_ACTIONS['github/codeql-action/analyze']);
  });

  test('holds no action that no workflow uses', () => {
    const used = [...WORKFLOWS, ...OF_EXAMPLES].map(read).join('\n');
    expect(Object.keys(PINNED_ACTIONS).filter((name) => !used.includes(`uses: ${name}@`))).toEqual([]);
  });

  describe('compared with repositories', () => {
    const host = mkdtempSync(join(tmpdir(), 'cdk-private-backend-actions-'));
    const git = (...parameters: string[]) => execFileSync('git', ['-C', join(host, 'owner/action'), '-c', 'user.name=x', '-c', 'user.email=x@example.com', '-c', 'commit.gpgsign=false', '-c', 'tag.gpgsign=false', ...parameters], { encoding: 'utf8' }).trim();

    beforeAll(() => {
      mkdirSync(join(host, 'owner/action'), { recursive: true });
      git('init', '--quiet');
      git('commit', '--quiet', '--allow-empty', '--message', 'one');
      git('tag', 'v1.0.0');
      git('tag', '--annotate', '--message', 'two', 'v2.0.0');
    });
    afterAll(() => rmSync(host, { recursive: true }));

    test('is right where a tag names the commit, itself or by an object of its own', () => {
      const commit = git('rev-parse', 'HEAD');
      expect(git('rev-parse', 'v2.0.0')).not.toBe(commit);
      expect(movedActions({ 'owner/action': { version: 'v1.0.0', commit }, 'owner/action/init': { version: 'v2.0.0', commit } }, host)).toEqual([]);
    });

    test('fails for a tag that was moved, one that is gone, and the object of an annotated tag', () => {
      const [commit, object] = [git('rev-parse', 'HEAD'), git('rev-parse', 'v2.0.0')];
      git('commit', '--quiet', '--allow-empty', '--message', 'evil');
      git('tag', '--force', 'v1.0.0');
      const pinned = { 'owner/action': { version: 'v1.0.0', commit }, 'owner/action/gone': { version: 'v9.0.0', commit }, 'owner/action/init': { version: 'v2.0.0', commit: object } };
      expect(movedActions(pinned, host)).toEqual([
        `owner/action v1.0.0 is ${commit} in projenrc/actions.ts and ${git('rev-parse', 'HEAD')} in its repository.`,
        `owner/action/gone v9.0.0 is ${commit} in projenrc/actions.ts and missing in its repository.`,
        `owner/action/init v2.0.0 is ${object} in projenrc/actions.ts and ${commit} in its repository.`,
      ]);
    });
  });

  test.each(['someone/else@v1', 'actions/checkout@v7.0.1', 'actions/checkout@0000000000000000000000000000000000000000'])('fails for %s in a workflow', (uses) => {
    expect(() => withVersions(`      - uses: ${uses}`)).toThrow(/is not in projenrc\/actions\.ts/);
  });
});

describe('upgrades', () => {
  const { tasks } = JSON.parse(read('.projen/tasks.json')) as { tasks: { upgrade: { env: { [name: string]: string }; steps: { execArgs?: string[] }[] } } };

  test('wait seven days and run no script of what they find', () => {
    expect(tasks.upgrade.env).toMatchObject({ NPM_CONFIG_IGNORE_SCRIPTS: 'true', NPM_CONFIG_BEFORE: expect.stringContaining(String(7 * 24 * 3600 * 1000)) });
    expect(tasks.upgrade.steps[0].execArgs).toEqual(expect.arrayContaining(['--cooldown=7']));
  });

  test('are looked for by one exact version', () => {
    expect(tasks.upgrade.steps[0].execArgs?.slice(0, 2)).toEqual(['npx', expect.stringMatching(/^npm-check-updates@\d+\.\d+\.\d+$/)]);
  });
});

describe('versions of Node.js', () => {
  test('that are supported are tested, and the README and the guide for contributors name them', () => {
    expect(SUPPORTED_NODE_VERSIONS).toEqual(['22', '24']);
    expect([...(/^ {8}node:\n((?: {10}- .*\n)+)/m.exec(read('.github/workflows/checks.yml'))?.[1] ?? '').matchAll(/"(\d+)"/g)].map(([, version]) => version)).toEqual(SUPPORTED_NODE_VERSIONS);
    for (const page of ['README.md', 'CONTRIBUTING.md']) {
      expect(read(page)).toContain(`Node.js ${SUPPORTED_NODE_VERSIONS.join(' or ')}`);
    }
  });

  test('that still work are not refused by npm', () => {
    expect((JSON.parse(read('package.json')) as { engines: object }).engines).toEqual({ node: '>= 20.0.0' });
    expect(read('README.md')).toContain('Node.js 20, which gets no fixes since April 2026, still works');
  });
});

test('a release from another branch than main ends before its first step', () => {
  expect(jobsOf(read('.github/workflows/release.yml')).get('release')).toMatch(/^ {4}if: github\.ref == 'refs\/heads\/main'$/m);
});

test('the publisher is one exact version', () => {
  expect((JSON.parse(read('.ci/publib/package.json')) as { dependencies: object }).dependencies).toEqual({ publib: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
});

test.each(JOBS.filter(({ job }) => /publib-(?:pypi|nuget)/.test(job)))('$name, whose publisher installs packages from PyPI itself, finds those of the lock file only', ({ job }) => {
  expect(job).toMatch(/pip download [^\n]*--require-hashes [^\n]*--dest \.wheels -r \.repo\/\.ci\/python\/publib\.txt"?\n/);
  expect(job).toMatch(/ {10}PIP_NO_INDEX: "1"\n {10}PIP_FIND_LINKS: \$\{\{ github\.workspace \}\}\/\.wheels\n {8}run: .*publib-/);
});

test.each(readdirSync(join(ROOT, '.ci/python')))('each package in .ci/python/%s has a version and hashes', (name) => {
  const packages = read(`.ci/python/${name}`).replace(/\\\n\s*/g, ' ').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(packages.length).toBeGreaterThan(0);
  expect(packages.filter((line) => !/^[\w.-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}/.test(line))).toEqual([]);
});
