import { spawn } from 'child_process';
import { resolve } from 'path';
import { startPostgres } from '../../support/postgres-server';

const ROOT = resolve(__dirname, '../../..');

/** As the failover tier runs it on its cluster, but only a part: the other files of this folder run all of it. */
async function run(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn('npx', ['--no-install', 'jest', '--config', 'jest.config.json', '--ci', '--testMatch', '<rootDir>/test/postgres/lifecycle/external.e2e.ts', '-t', 'deleting stacks'], { cwd: ROOT, env: { ...process.env, ...env } });
  let output = '';
  [child.stdout, child.stderr].forEach((stream) => stream.on('data', (data: Buffer) => { output += data.toString(); }));
  return new Promise((done) => child.once('close', (code) => done({ code, output })));
}

test('the suite runs on a server that others have started, and again there', async () => {
  const server = await startPostgres({ major: 17, admin: 'self-hosted' });
  const { admin: { username, password }, host, port, caFile } = server;
  const env = { SERVER_HOST: host, SERVER_PORT: String(port), SERVER_ADMIN: username, SERVER_PASSWORD: password, SERVER_CA_FILE: caFile };
  try {
    for (const time of ['first', 'second']) {
      const { code, output } = await run(env);
      expect([time, code, /Tests: .*/.exec(output)?.[0]]).toEqual([time, 0, expect.stringMatching(/ 1 passed/)]);
    }
  } finally {
    await server.remove();
  }
}, 300_000);

test('fails without a server', async () => {
  const { code, output } = await run({ SERVER_HOST: '' });
  expect(code).toBe(1);
  expect(output).toContain('SERVER_PORT is missing');
}, 120_000);
