import { type ChildProcess, spawn } from 'child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { createServer, type RequestListener, type Server } from 'http';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { REHEARSAL_COMMAND } from '../../src/fargate/private/rehearsal-command';

/** Says of an answer what busybox's `wget -S` says of it; the deployment tier has the real one. */
const WGET = `#!${process.execPath}
const request = require('http').get(process.argv.at(-1), { agent: false }, (response) => {
  console.error('  HTTP/1.1 ' + response.statusCode + ' ' + response.statusMessage);
  response.resume().on('end', () => process.exit(response.statusCode < 400 ? 0 : 1));
});
request.on('error', () => process.exit(1));
`;

let directory: string;
const servers: Server[] = [];
const children: ChildProcess[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  writeFileSync(join(directory, 'wget'), WGET);
  chmodSync(join(directory, 'wget'), 0o755);
});

afterEach(async () => {
  children.splice(0).forEach((child) => child.kill('SIGKILL'));
  await Promise.all(servers.splice(0).map(async (server) => new Promise((closed) => server.close(closed).closeAllConnections())));
});

afterAll(() => rmSync(directory, { recursive: true }));

async function listen(answer: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, host, listening));
  return (server.address() as AddressInfo).port;
}

interface Result {
  readonly code: number | null;
  readonly lastLine?: string;
}

function start(environment: { [name: string]: string }): { child: ChildProcess; ended: Promise<Result> } {
  const child = spawn('sh', ['-c', REHEARSAL_COMMAND], {
    env: { PATH: `${directory}:${process.env.PATH}`, REHEARSAL_PATH: '/healthz', REHEARSAL_TIMEOUT: '5', REHEARSAL_STABLE: '1', ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  let output = '';
  child.stdout!.on('data', (data: Buffer) => (output += data.toString()));
  return { child, ended: new Promise((ended) => child.on('close', (code) => ended({ code, lastLine: output.trimEnd().split('\n').at(-1) }))) };
}

async function run(environment: { [name: string]: string }): Promise<Result> {
  return start(environment).ended;
}

/** What the kernel does not tell on other systems cannot be judged, and passes. */
const KERNEL_TELLS = existsSync('/proc/net/tcp');

describe('a health path', () => {
  test('that answers 2xx twice is the end, once it does, and only where others reach it', async () => {
    let asked = 0;
    const port = await listen((_request, response) => {
      asked += 1;
      response.writeHead(asked < 2 ? 503 : 204).end();
    });

    const { code, lastLine } = await run({ REHEARSAL_CHECK: 'http', REHEARSAL_PORT: String(port), REHEARSAL_TIMEOUT: '20' });
    expect(asked).toBe(3);
    // Servers of tests listen on 127.0.0.1 only, which is just what the container must not.
    expect({ code, lastLine }).toEqual(KERNEL_TELLS ? { code: 1, lastLine: expect.stringContaining(`listens on port ${port} of 127.0.0.1 only`) } : { code: 0, lastLine: expect.stringContaining('answered 204') });
  });

  test.each([[500, {}], [404, {}], [301, { location: '/other' }], [302, { location: 'http://127.0.0.1:1/' }]])('fails that answers %d, whatever it leads to', async (status, headers) => {
    const port = await listen((request, response) => {
      response.writeHead(request.url === '/healthz' ? status : 200, headers).end();
    });

    expect(await run({ REHEARSAL_CHECK: 'http', REHEARSAL_PORT: String(port), REHEARSAL_TIMEOUT: '1' }))
      .toEqual({ code: 1, lastLine: `GET /healthz on port ${port} answered ${status}, and not 200 to 299 twice, within 1 seconds` });
  });

  test('fails without an answer', async () => {
    expect(await run({ REHEARSAL_CHECK: 'http', REHEARSAL_PORT: '1', REHEARSAL_TIMEOUT: '1' }))
      .toEqual({ code: 1, lastLine: 'GET /healthz on port 1 answered nothing, and not 200 to 299 twice, within 1 seconds' });
  });

  test('means nothing to the shell', async () => {
    const path = '/$(touch${IFS}injected)`id`"&|;\'*';
    const seen: (string | undefined)[] = [];
    const port = await listen((request, response) => {
      seen.push(request.url);
      response.writeHead(500).end();
    });

    await run({ REHEARSAL_CHECK: 'http', REHEARSAL_PORT: String(port), REHEARSAL_PATH: path, REHEARSAL_TIMEOUT: '1' });
    expect(seen.map((url) => decodeURI(url ?? ''))).toContain(path);
  });
});

describe('a port', () => {
  test('fails that nobody listens on', async () => {
    expect(await run({ REHEARSAL_CHECK: 'port', REHEARSAL_PORT: '1', REHEARSAL_TIMEOUT: '1' })).toEqual({ code: 1, lastLine: 'port 1 was not open for 1 seconds within 1 seconds' });
  });

  test('fails that only its own task reaches', async () => {
    const port = await listen((_request, response) => void response.end());

    const { code, lastLine } = await run({ REHEARSAL_CHECK: 'port', REHEARSAL_PORT: String(port) });
    expect(code).toBe(1);
    expect(lastLine).toMatch(KERNEL_TELLS ? /listens on port \d+ of 127\.0\.0\.1 only.*has to listen on 0\.0\.0\.0$/ : /was not open/);
  });
});

test('a worker has run for long enough', async () => {
  expect(await run({ REHEARSAL_CHECK: 'time' })).toEqual({ code: 0, lastLine: expect.stringMatching(/^the containers were still running after \d seconds$/) });
});

test('the check of the container says it all', async () => {
  expect(await run({ REHEARSAL_CHECK: 'health' })).toMatchObject({ code: 0 });
});

test('it ends at once when ECS stops the task', async () => {
  const { child, ended } = start({ REHEARSAL_CHECK: 'time', REHEARSAL_STABLE: '300' });
  await new Promise((begun) => setTimeout(begun, 500));
  child.kill('SIGTERM');

  expect(await ended).toMatchObject({ code: 143 });
});
