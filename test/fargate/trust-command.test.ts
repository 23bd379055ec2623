import { spawnSync } from 'child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { CA_DIRECTORY, CA_FILE } from '../../src/binding/shared/trust.contract';
import { TRUST_COMMAND } from '../../src/fargate/private/trust-command';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trust-'));
  file = join(directory, 'ca.pem');
});

afterEach(() => rmSync(directory, { recursive: true }));

function run(environment: { [name: string]: string }) {
  return spawnSync('sh', ['-c', TRUST_COMMAND], { env: { PATH: process.env.PATH, CA_FILE: file, ...environment }, encoding: 'utf8' });
}

function certificate(name: string): string {
  return `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;
}

test('the certificate authorities of all bindings become one file that anyone can read', () => {
  // WHEN
  const result = run({ CA_0: certificate('first'), CA_1: certificate('second') });

  // THEN
  expect(result).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(file, 'utf8')).toBe(`${certificate('first')}\n${certificate('second')}\n`);
  expect(statSync(file).mode.toString(8)).toBe('100644');
});

test('text that means something to a shell arrives as it is', () => {
  // GIVEN
  const text = '$(touch injected) `id` "quoted" \\n %s $HOME *';

  // WHEN
  run({ CA_0: text });

  // THEN
  expect(readFileSync(file, 'utf8')).toBe(`${text}\n`);
});

test('running again replaces the file', () => {
  // GIVEN
  run({ CA_0: certificate('old'), CA_1: certificate('older') });

  // WHEN
  run({ CA_0: certificate('new') });

  // THEN
  expect(readFileSync(file, 'utf8')).toBe(`${certificate('new')}\n`);
});

test('fails, and leaves no file, without any certificate authority', () => {
  // WHEN
  const result = run({});

  // THEN
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('CA_0');
  expect(existsSync(file)).toBe(false);
});

test('fails, and leaves no file, where the directory cannot be written', () => {
  // WHEN
  const result = run({ CA_0: certificate('any'), CA_FILE: join(directory, 'missing', 'ca.pem') });

  // THEN
  expect(result.status).not.toBe(0);
});

test('writes to the place that database URLs name, unless told otherwise', () => {
  expect(TRUST_COMMAND).toContain(`\${CA_FILE:-${CA_FILE}}`);
});

describe('the image that runs it', () => {
  const dockerfile = readFileSync(join(__dirname, '../../src/fargate/trust-image/Dockerfile'), 'utf8');

  test('declares the directory as a volume of the user that writes it, because a new volume belongs to root otherwise', () => {
    expect(dockerfile).toContain(`VOLUME ["${CA_DIRECTORY}"]`);
    expect(dockerfile).toMatch(/^USER 65532:65532$/m);
  });
});
