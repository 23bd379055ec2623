import { readFileSync } from 'fs';
import { join } from 'path';
import { DBMATE, GOOSE } from '../../../src/migrations/private/engines';
import { ERROR_RULES, WARNING_RULES } from '../../../src/migrations/shared/lint/lint-rules';
import { RunnerPaths } from '../../../src/migrations/shared/runner.contract';

const repository = join(__dirname, '..', '..', '..');

describe.each([GOOSE, DBMATE])('the Dockerfile of $name', (engine) => {
  const lines = readFileSync(join(repository, 'src', 'migrations', 'images', `${engine.name}.Dockerfile`), 'utf8').split('\n');
  const having = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  test('pins each base image by exact version and digest', () => {
    expect(having('FROM').length).toBeGreaterThan(1);
    for (const from of having('FROM')) expect(from).toMatch(/^(--platform=\$BUILDPLATFORM )?[a-z]+:\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}( AS \w+)?$/);
  });

  test('takes the version of the engine from the library, with the same default', () => {
    expect(having('ARG')).toContain(`${engine.versionArgument}=${engine.defaultVersion}`);
  });

  test('runs the runner as a user that is not root, by number, so that ECS can tell', () => {
    expect(having('USER')).toEqual(['65532:65532']);
    expect(having('ENTRYPOINT').map((line) => JSON.parse(line))).toEqual([['node', RunnerPaths.ENTRYPOINT]]);
  });

  test('runs nothing in the final stage, so that no emulation is needed to build for another architecture', () => {
    const final = lines.slice(lines.map((line) => line.startsWith('FROM ')).lastIndexOf(true));
    expect(final.filter((line) => line.startsWith('RUN '))).toEqual([]);
  });
});

test('the documentation explains every rule of the lint, and no other', () => {
  const documentation = readFileSync(join(repository, 'docs', 'migrations.md'), 'utf8');
  const section = documentation.slice(documentation.indexOf('## What the lint checks')).split('\n## ')[0];
  const documented = section.split('\n').filter((line) => line.startsWith('| `')).flatMap((line) => line.split(' | ')[0].match(/`[\w-]+`/g) ?? []).map((name) => name.slice(1, -1));
  expect(documented.sort()).toEqual([...ERROR_RULES, ...WARNING_RULES].sort());
});
