import { readFileSync } from 'fs';
import { join } from 'path';
import { DBMATE, GOOSE } from '../../../src/migrations/private/engines';
import { ERROR_RULES, WARNING_RULES } from '../../../src/migrations/shared/lint/lint-rules';
import { RunnerPaths } from '../../../src/migrations/shared/runner.contract';
import { GOOSE_VERSION } from '../../support/goose';

const repository = join(__dirname, '..', '..', '..');

/** Go modules, whose paths hold the major version. */
const MODULES = { goose: 'github.com/pressly/goose/v3/cmd/goose', dbmate: 'github.com/amacneil/dbmate/v2' };

describe.each([GOOSE, DBMATE])('the Dockerfile of $name', (engine) => {
  const lines = readFileSync(join(repository, 'src', 'migrations', 'images', `${engine.name}.Dockerfile`), 'utf8').split('\n');
  const having = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  test('takes the version of the engine from the library, with the same default', () => {
    expect(having('ARG')).toContain(`${engine.versionArgument}=${engine.defaultVersion}`);
  });

  test('has the version that the tests of the runner use', () => {
    const tested = { goose: GOOSE_VERSION, dbmate: (JSON.parse(readFileSync(require.resolve('dbmate/package.json'), 'utf8')) as { version: string }).version };
    expect(engine.defaultVersion).toBe(tested[engine.name]);
    expect(engine.defaultVersion.split('.')[0]).toBe(/\/v(\d+)(\/|$)/.exec(MODULES[engine.name])?.[1]);
  });

  test('runs the runner as a user that is not root, by number, so that ECS can tell', () => {
    expect(having('USER')).toEqual(['65532:65532']);
    expect(having('ENTRYPOINT').map((line) => JSON.parse(line))).toEqual([['node', RunnerPaths.ENTRYPOINT]]);
  });

  test('installs the engine from source that Go compares with its checksum database', () => {
    const text = lines.join('\n');
    expect(text).toMatch(new RegExp(`\\bgo install .*"${MODULES[engine.name]}@v\\$\\{${engine.versionArgument}\\}"`, 's'));
    expect(text).not.toMatch(/GO(SUMDB|NOSUMDB|NOSUMCHECK|INSECURE|PRIVATE|FLAGS|PROXY)\b/);
  });
});

test('the documentation explains every rule of the lint, and no other', () => {
  const documentation = readFileSync(join(repository, 'docs', 'migrations.md'), 'utf8');
  const section = documentation.slice(documentation.indexOf('## What the lint checks')).split('\n## ')[0];
  const documented = section.split('\n').filter((line) => line.startsWith('| `')).flatMap((line) => line.split(' | ')[0].match(/`[\w-]+`/g) ?? []).map((name) => name.slice(1, -1));
  expect(documented.sort()).toEqual([...ERROR_RULES, ...WARNING_RULES].sort());
});
